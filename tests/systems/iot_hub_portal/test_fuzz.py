"""Answers of a portal that went wrong: each becomes a model or a typed error, never anything else.

The good answers come from the simulator; seeded mutations spoil them for every row of the table.
"""

from collections import Counter
from functools import cache
from random import Random

import anyio
import httpx
import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.endpoints import PORTAL_ENDPOINTS
from orchestrator.transport.endpoint import Endpoint
from tests.patience import PATIENCE_SECONDS
from tests.systems.azure_sphere_device.test_fuzz import spoiled, text_of
from tests.systems.iot_hub_portal.portals import CALLS, CONCENTRATOR, DEVICE, QUICK, Bench
from tests.transport.memory import Growth

CASES_PER_ROW, SEED = 20, 20_261_121
MEMORY_MIB = 50


@cache
def good_answers() -> dict[str, bytes]:
    """Return one answer per row, from a portal that has one of each kind."""
    found: dict[str, bytes] = {}

    async def ask() -> None:
        for row in PORTAL_ENDPOINTS:
            bench = await Bench().filled()
            if row.name == "delete_device_model":
                await bench.client.delete_device(DEVICE)
            if row.name == "create_concentrator":
                await bench.client.delete_concentrator(CONCENTRATOR)
            bench.exchanges.clear()
            await CALLS[row.name](bench.client)
            found[row.name] = bench.exchanges[-1].answer or b"{}"

    anyio.run(ask)
    return found


@pytest.mark.parametrize("row", PORTAL_ENDPOINTS, ids=lambda row: row.name)
def test_spoiled_answers_end_as_a_model_or_a_typed_error(row: Endpoint) -> None:
    """Nothing else escapes, in time, in 50 MiB, and no message holds what a terminal obeys."""
    random = Random(f"{SEED}/{row.name}")
    good = good_answers()[row.name]

    def answer(_request: httpx.Request) -> httpx.Response:
        status = random.choice((*row.success, *row.success, 400, 401, 404, 409, 500, 503, 599))
        return httpx.Response(status, content=spoiled(good, random))

    async def ask() -> Counter[str]:
        ends: Counter[str] = Counter()
        for _ in range(CASES_PER_ROW):
            transport = httpx.MockTransport(answer)
            fault: OrchestratorError | None = None
            async with IotHubPortal(
                "https://portal.test", transport=transport, retry=QUICK
            ) as portal:
                try:
                    await CALLS[row.name](portal)
                except OrchestratorError as error:
                    fault = error
            assert text_of(fault).isprintable(), text_of(fault).encode()
            assert len(str(fault)) < 2000
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
