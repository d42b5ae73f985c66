"""Answers of a host that went wrong: each becomes a model or a typed error, never anything else.

The good answers come from the simulator; seeded mutations spoil them for every row of the table,
for event streams and for the messages of the terminal.
"""

from collections import Counter
from functools import cache
from random import Random

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import OrchestratorError, UnusableAnswer
from orchestrator.systems.advantech_portal.client import (
    EventUnusable,
    HostEvent,
    StreamLost,
    StreamOpened,
    Terminal,
)
from orchestrator.systems.advantech_portal.endpoints import ADMIN, HOST_ENDPOINTS
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.sse import StreamPolicy
from orchestrator.transport.websocket import Socket
from tests.patience import PATIENCE_SECONDS
from tests.systems.advantech_portal.hosts import (
    ADMIN as ADMIN_ACCOUNT,
)
from tests.systems.advantech_portal.hosts import (
    CALLS,
    OPERATOR,
    SECRETS,
    Documented,
    Watch,
    host,
    login_result,
)
from tests.systems.advantech_portal.simulated import Bench
from tests.systems.advantech_portal.test_terminal import Script
from tests.systems.azure_sphere_device.test_fuzz import spoiled, text_of
from tests.transport.memory import Growth

CASES_PER_ROW, SEED = 20, 20_261_121
MEMORY_MIB = 50
PLAIN = [row for row in HOST_ENDPOINTS if not row.door]
STREAMS = [row for row in HOST_ENDPOINTS if row.door == "SSE"]
EVENTS = "text/event-stream"
REFUSALS = (400, 401, 403, 404, 422, 423, 500, 503, 599)


@cache
def good_answers() -> dict[str, bytes]:
    """Return one answer per row, from a host that has everything."""
    found: dict[str, bytes] = {}

    async def ask() -> None:
        for row in PLAIN:
            bench = Bench()
            await bench.call(row.name)
            found[row.name] = bench.exchanges[-1].answer or b"{}"

    anyio.run(ask)
    return found


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
def test_spoiled_answers_end_as_a_model_or_a_typed_error(row: Endpoint) -> None:
    """Nothing else escapes, in time, in 50 MiB, and no message holds what a terminal obeys."""
    random = Random(f"{SEED}/{row.name}")
    good = good_answers()[row.name]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/login" and row.name != "login":
            return httpx.Response(200, json=login_result())
        status = random.choice((*row.success, *row.success, *REFUSALS))
        return httpx.Response(status, content=spoiled(good, random))

    async def ask() -> Counter[str]:
        ends: Counter[str] = Counter()
        account = ADMIN_ACCOUNT if row.lock == ADMIN else OPERATOR
        for _ in range(CASES_PER_ROW):
            fault: OrchestratorError | None = None
            async with host(answer, account=account) as client:
                try:
                    await CALLS[row.name](client)
                except OrchestratorError as error:
                    fault = error
            assert text_of(fault).isprintable(), text_of(fault).encode()
            assert len(str(fault)) < 2000
            assert not any(secret in str(fault) for secret in SECRETS)
            ends[type(fault).__name__] += 1
        return ends

    growth = Growth()

    async def in_time() -> Counter[str]:
        with anyio.fail_after(PATIENCE_SECONDS):
            return await ask()

    ends = anyio.run(in_time)
    assert sum(ends.values()) == CASES_PER_ROW
    assert len(ends) >= 2, ends
    assert growth.mib < MEMORY_MIB


@pytest.mark.parametrize("row", STREAMS, ids=lambda row: row.name)
async def test_spoiled_streams_end_as_news(row: Endpoint) -> None:
    """Events that fit, events that do not, and breaks: a stream never ends its reader."""
    random = Random(f"{SEED}/{row.name}")
    documented = Documented()
    event = b'event: hwmon\nid: 1\ndata: {"temperature": []}\n\nid: 2\ndata: {"vin1State": 1}\n\n'
    kinds: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("accept") != "text/event-stream":
            return documented(request)
        return httpx.Response(
            random.choice((200, 200, 200, 503)),
            content=spoiled(event * 3, random),
            headers={
                "Content-Type": random.choice(("text/event-stream", "text/event-stream", "x"))
            },
        )

    watch = Watch()
    client = host(answer, clock=watch, sleep=watch.sleep, streams=StreamPolicy(jitter=0.0))
    with anyio.fail_after(PATIENCE_SECONDS):
        async with client, getattr(client, row.name)() as stream:
            for _ in range(300):
                news, fault = None, None
                try:
                    news = await anext(stream)
                except OrchestratorError as error:
                    fault = error
                kinds[type(news or fault).__name__] += 1
                if isinstance(news, StreamLost | EventUnusable):
                    fault = news.error
                elif fault is None:
                    assert isinstance(news, HostEvent | StreamOpened)
                assert text_of(fault).isprintable()
    assert kinds["StreamLost"] > 10
    assert kinds["StreamOpened"] > 10


@given(st.lists(st.text(max_size=40) | st.binary(max_size=40), max_size=5))
def test_any_message_of_a_terminal_is_taken_or_typed(messages: list[str | bytes]) -> None:
    """Whatever a host says, the reader gets output, or an error that says why not."""

    async def read() -> None:
        terminal = Terminal(Socket(Script(*messages)))
        for _ in messages:
            fault: UnusableAnswer | None = None
            try:
                assert (await terminal.receive(1)).kind in set("123456")
            except UnusableAnswer as error:
                fault = error
            assert str(fault).isprintable()

    anyio.run(read)
