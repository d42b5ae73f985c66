"""Requests that nobody thought of, made from the contract: the simulator never breaks."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.simulator import TENANT_ID, CloudSpec
from orchestrator.transport.endpoint import Endpoint
from tests.contracts.openapi import Exchange
from tests.systems.azure_sphere_cloud.clouds import MINE, Bench, contract, fill, findings

EXAMPLES = 6
MALFORMED_ALL_THE_SAME = {
    "createProduct": "an empty name is not excluded by the contract",
    "createDeviceGroup": "an empty name is not excluded by the contract",
    "createDeviceCapability": "a number that is no capability is not excluded by the contract",
}
"""Operations whose valid requests may be called malformed, with the reason."""


@cache
def schema() -> Any:
    """Return the contract as schemathesis reads it."""
    return schemathesis.openapi.from_dict(contract().document)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """A thread that runs the simulator's side."""
    with start_blocking_portal() as started:
        yield started


class Site:
    """A filled cloud, asked with whatever a case holds."""

    def __init__(self, portal: BlockingPortal) -> None:
        self.portal = portal
        self.bench = Bench(CloudSpec())
        self.ids = portal.call(fill, self.bench)
        self.bench.exchanges.clear()
        self.statuses: Counter[int] = Counter()

    def ask(self, case: Any, *, known: bool) -> Exchange:
        """Send a case, with ids that the cloud knows where `known`, and return the exchange."""
        if known:
            ids = {
                "tenantId": TENANT_ID,
                "productId": self.ids["product"],
                "deviceGroupId": self.ids["group"],
                "imageId": self.ids["image"],
                "deviceId": MINE,
            }
            for name in case.path_parameters or {}:
                case.path_parameters[name] = ids.get(name, case.path_parameters[name])
            # Any text fits the contract, but only the service knows tokens of pages.
            for name in [each for each in case.headers or {} if each == "Sphere-Continuation"]:
                del case.headers[name]
        given = case.as_transport_kwargs(base_url="http://cloud")
        self.portal.call(self._send, given)
        exchange = self.bench.exchanges[-1]
        self.statuses[exchange.status] += 1
        return exchange

    async def _send(self, given: dict[str, Any]) -> None:
        headers = {
            name: value
            for name, value in given["headers"].items()
            if name.isascii() and str(value).isascii() and str(value).isprintable()
        }
        headers["Authorization"] = "Bearer token"
        async with httpx.AsyncClient(transport=self.bench.transport) as client:
            await client.request(
                given["method"],
                given["url"],
                params=given.get("params"),
                headers=headers,
                json=given.get("json"),
                content=given.get("data"),
            )


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_no_request_breaks_the_simulator(
    row: Endpoint, mode: GenerationMode, portal: BlockingPortal
) -> None:
    """No unhandled error, no unlisted status, every answer as agreed, valid ones not malformed."""
    site = Site(portal)
    operation = schema()[row.path][row.method]
    positive = mode is GenerationMode.POSITIVE

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
        exchange = site.ask(case, known=positive)
        assert 200 <= exchange.status < 500, exchange
        answers = [what for what in findings([exchange]) if " answer: " in what]
        assert answers == [], exchange
        if positive and row.operation_id not in MALFORMED_ALL_THE_SAME:
            assert exchange.status != 400, exchange

    try:
        check()
    except schemathesis.errors.InvalidSchema:
        raise
    except Exception as error:
        if type(error).__name__ not in {"Unsatisfiable", "SkipTest", "Skipped"}:
            raise
        pytest.skip("nothing about this operation can be wrong")
    assert site.statuses.total() >= 1
    assert 401 not in site.statuses
