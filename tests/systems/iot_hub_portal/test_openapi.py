"""Requests of our client and answers of the simulator against the contract, for every row."""

import random
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.iot_hub_portal.endpoints import PORTAL_ENDPOINTS
from orchestrator.systems.iot_hub_portal.simulator import PortalSpec
from orchestrator.transport.endpoint import Endpoint
from tests import contracts
from tests.contracts.openapi import Contract, Exchange
from tests.systems.iot_hub_portal.portals import CALLS, CONFIG, DEVICE_MODEL, Bench

CONTRACT_FILE = Path(contracts.__path__[0]) / "iothub-portal.openapi.yaml"

UNDOCUMENTED = {
    204: "deleting answers 204 in the implementation of the time; the document knows 200 alone",
    400: "values that do not fit; the document describes no refusal",
    401: "a sign-in that is not accepted, or a model in use",
    404: "something that is not registered",
}
"""Statuses of the simulator that the document does not list, with the reason."""


@cache
def contract() -> Contract:
    """Return the portal's contract, read once."""
    return Contract(CONTRACT_FILE)


def findings(exchanges: list[Exchange]) -> list[str]:
    """Return what differs from the contract and is no listed status."""
    return [
        f"{found.operation_id} {found.side}: {found.what}"
        for exchange in exchanges
        for found in contract().findings(exchange)
        if found.what not in {f"status {status} is not agreed" for status in UNDOCUMENTED}
    ]


@pytest.mark.parametrize("row", PORTAL_ENDPOINTS, ids=lambda row: row.name)
async def test_both_directions_are_as_agreed(row: Endpoint) -> None:
    """What our client sends and what the simulator answers fits the contract, and succeeds."""
    bench = await Bench().filled()
    if row.name == "delete_device_model":
        await bench.client.delete_device("00DF3A5C7E9B1D20")
    if row.name == "create_concentrator":
        await bench.client.delete_concentrator("24E124FFFEF0A1B2")
    bench.exchanges.clear()
    await CALLS[row.name](bench.client)
    assert [exchange.method for exchange in bench.exchanges] == [row.method]
    assert bench.exchanges[0].status in row.success
    assert findings(bench.exchanges) == []


@pytest.mark.parametrize(
    "spec",
    [
        PortalSpec(),
        PortalSpec(device_models=(DEVICE_MODEL,), configs=(CONFIG,)),
        PortalSpec(device_models=(DEVICE_MODEL,), bulk_results=False, deletes_with_204=False),
        PortalSpec(refuses_unknown_models=True, connects_after_seconds=None),
        PortalSpec(tokens={"other": 1e9}),
    ],
    ids=["empty", "usual", "documented", "strict", "closed"],
)
async def test_every_answer_is_as_agreed(spec: PortalSpec) -> None:
    """Asked everything three times in any order, a portal answers within the contract."""
    bench = Bench(spec)
    names = list(CALLS) * 3
    random.Random(7).shuffle(names)
    for name in names:
        with suppress(OrchestratorError):
            await CALLS[name](bench.client)
    assert len(bench.exchanges) >= len(names)
    assert findings(bench.exchanges) == []
