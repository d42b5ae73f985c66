"""Hostile peers over real TLS: whatever they send ends as a typed error, in time and in bounds."""

import asyncio
import gc
import logging
import ssl
from collections import Counter
from collections.abc import Iterator
from random import Random
from time import monotonic

import anyio
import pytest

from orchestrator.domain.errors import OrchestratorError, UnusableAnswer
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Endpoint, WireModel
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.tls import pinned_context
from tests.patience import PATIENCE_SECONDS
from tests.transport.attacks import ATTACKS, Attack
from tests.transport.memory import Growth
from tests.transport.peers import NAME, Authority, Peer, reply, serving

CASES, AT_ONCE, SEED = 650, 16, 20_261_121
SECONDS = 0.4
MEMORY_MIB = 50


class Thing(WireModel):
    """What these peers should answer."""

    name: str
    items: list[dict[str, int]] | None = None


# Every second row may be repeated after a lost answer.
ROWS = (
    Endpoint("get_thing", "", "T", "GET", "/thing", Thing, idempotent=True),
    Endpoint("change_thing", "", "T", "PUT", "/thing", Thing, Thing),
)
TWICE = RetryPolicy(attempts=2, first_wait_seconds=0.01, jitter_seconds=0.01)


def shown(error: BaseException | None) -> str:
    """Return all that a person may get to see of an error of ours."""
    texts = []
    while isinstance(error, OrchestratorError):
        texts += [str(error), error.what, error.remedy, error.code, *error.where.values()]
        error = error.__cause__
    return " ".join(texts)


async def attacked(url: str, context: ssl.SSLContext, number: int) -> tuple[str, float]:
    """Make one call; return the class of its error and the seconds it took."""
    client = HttpClient(url, peer="board", context=context, server_name=NAME, retry=TWICE)
    row = ROWS[number % 2]
    began = monotonic()
    async with client:
        try:
            body = Thing(name="b") if row.request else None
            await client.call(row, body=body, timeout_seconds=SECONDS)
        except OrchestratorError as error:
            fault: OrchestratorError | None = error
        else:
            fault = None
    seconds = monotonic() - began
    assert shown(fault).isprintable(), shown(fault).encode()
    assert len(str(fault)) < 2000
    return type(fault).__name__, seconds


class Listener(logging.Handler):
    """Keeps what a terminal would obey in any line of any log, and nothing else."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.ugly: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line."""
        if not (line := record.getMessage()).isprintable():
            self.ugly.append(line)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """All logs, down to the least important line."""
    root, handler = logging.getLogger(), Listener()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


async def test_every_attack_ends_as_a_typed_error(authority: Authority, listener: Listener) -> None:
    """Seeded attacks end within their deadline and 50 MiB; logs and messages stay printable."""
    ends: Counter[tuple[str, str]] = Counter()
    slowest: dict[str, float] = {}
    limit = anyio.CapacityLimiter(AT_ONCE)
    context, serving_context = pinned_context(authority.ca_file), authority.server_context()

    async def case(number: int) -> None:
        attack = ATTACKS[number % len(ATTACKS)]
        random = Random(f"{SEED}/{number}")

        async def script(peer: Peer) -> None:
            await attack(random, peer)
            peer.writer.close()

        async with limit, serving(script, serving_context) as server:
            end, seconds = await attacked(server.url, context, number)
            await asyncio.sleep(0)
        ends[attack.__name__, end] += 1
        slowest[attack.__name__] = max(slowest.get(attack.__name__, 0), seconds)

    async with anyio.create_task_group() as tasks:
        for number in range(CASES):
            tasks.start_soon(case, number)
    assert sum(ends.values()) == CASES
    # A board can neither please with nonsense nor make the program look broken.
    assert not [pair for pair in ends if pair[1] in {"NoneType", "StationMisuse"}], ends
    assert max(slowest.values()) < SECONDS + PATIENCE_SECONDS, slowest
    assert listener.ugly == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_an_attack_costs_little_memory(attack: Attack, authority: Authority) -> None:
    """No attack lets the station grow by 50 MiB, though it sends twice that or unpacks to more."""
    context = pinned_context(authority.ca_file)
    random = Random(SEED)

    async def script(peer: Peer) -> None:
        await attack(random, peer)
        peer.writer.close()

    async with serving(script, authority.server_context()) as server:
        await attacked(server.url, context, 0)
        gc.collect()
        growth = Growth()
        for number in range(1, 5):
            await attacked(server.url, context, number)
    assert growth.mib < MEMORY_MIB


@pytest.mark.parametrize("target", ["http://xn--/", "javascript:1", "http://[", "http://a:99999/"])
async def test_a_redirect_is_refused_whatever_it_names(target: str) -> None:
    """A target that no library can read is the board's fault, like any other redirect."""

    async def script(peer: Peer) -> None:
        await peer.send(reply(b"{}", "302 Go", f"Location: {target}\r\n".encode()))

    async with serving(script) as server, HttpClient(server.url, peer="board") as client:
        with pytest.raises(UnusableAnswer, match="not followed"):
            await client.call(ROWS[0])
