"""Requests that nobody thought of, made from the contract: the simulator never breaks."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.in_process_stream import StreamingTransport
from tests.contracts.openapi import Exchange, Recorded
from tests.systems.advantech_portal.hosts import Documented
from tests.systems.advantech_portal.simulator.bench import URL, Bench

EXAMPLES = 8
PLAIN = [row for row in HOST_ENDPOINTS if not row.door]
UNDOCUMENTED = {
    401: "the document forgot it for some calls that need a token",
    403: "the admin account with its documented password, and accounts without the right",
    404: "a path parameter that leads to no row, such as an empty one",
    405: "a path parameter that makes another row of the path",
    413: "a body beyond what a host reads",
}
"""Statuses of the simulator that the document does not list everywhere, with the reason."""


@cache
def schema() -> Any:
    """Return the contract as schemathesis reads it."""
    return schemathesis.openapi.from_dict(Documented.contract.document)


def can_be_wrong(row: Endpoint) -> bool:
    """Say whether a request has anything beside its path: parameters or a body."""
    asked = schema()[row.path][row.method]
    return any((asked.path_parameters, asked.query, asked.headers, asked.cookies, asked.body))


def cases() -> list[Any]:
    """Return each operation with each way in which its requests are made."""
    return [
        pytest.param(row, mode, id=f"{row.name}-{mode.value}")
        for row in PLAIN
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or can_be_wrong(row)
    ]


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """A thread that runs the simulator's side."""
    with start_blocking_portal() as started:
        yield started


class Site:
    """A host, asked with whatever a case holds, with a token that is good for all calls."""

    def __init__(self, portal: BlockingPortal, row: Endpoint) -> None:
        self.portal = portal
        self.admin = row.lock.endswith("admin account")
        self.bench = Bench(admin_password="Better-1")
        account = (("admin", "Better-1"), 2) if self.admin else (("engineer", "Engineer-1"), 0)
        portal.call(self.bench.log_in, *account)
        self.exchanges: list[Exchange] = []
        self.statuses: Counter[int] = Counter()

    def ask(self, case: Any) -> Exchange:
        """Send a case and return the exchange."""
        self.portal.call(self._send, case.as_transport_kwargs(base_url=URL))
        exchange = self.exchanges[-1]
        self.statuses[exchange.status] += 1
        self.bench.watch.seconds += 1
        # A host that restarts or goes off is not what this is about.
        self.bench.host.settle()
        self.bench.host.switch_on()
        self.bench.watch.seconds += 60
        return exchange

    async def _send(self, given: dict[str, Any]) -> None:
        ready = requests.Request(**given).prepare()
        headers = {
            name: value
            for name, value in ready.headers.items()
            if name.isascii() and str(value).isascii() and str(value).isprintable()
        }
        headers |= {"Authorization": f"Bearer {self.bench.token}", "Accept": "application/json"}
        body = ready.body.encode() if isinstance(ready.body, str) else ready.body
        transport = StreamingTransport(Recorded(self.bench.app, self.exchanges))
        async with httpx.AsyncClient(transport=transport) as client:
            await client.request(ready.method or "", ready.url or "", headers=headers, content=body)


def findings(exchange: Exchange) -> list[str]:
    """Return what of an answer differs from the contract and is no listed status."""
    allowed = {f"status {status} is not agreed" for status in UNDOCUMENTED}
    return [
        found.what
        for found in Documented.contract.findings(exchange)
        if found.side == "answer" and found.what not in allowed
    ]


@pytest.mark.parametrize(("row", "mode"), cases())
def test_no_request_breaks_a_host(
    row: Endpoint, mode: GenerationMode, portal: BlockingPortal
) -> None:
    """No unhandled error, no unlisted status, and every answer as agreed."""
    site = Site(portal, row)
    operation = schema()[row.path][row.method]

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        exchange = site.ask(case)
        assert 200 <= exchange.status < 500, exchange
        assert findings(exchange) == [], exchange

    check()
    assert site.statuses.total() >= 1
