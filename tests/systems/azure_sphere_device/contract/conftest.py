"""One suite for the simulated and the real board.

By default each test gets a new simulated board. With `pytest --real ADDRESS --ca-file FILE` all of
them talk to that board; what would change it for good is left out unless `--allow-irreversible`
is given, and so is what the board is too old or too locked for.
"""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from orchestrator.systems.azure_sphere_device.endpoints import (
    DEVICE_ENDPOINTS,
    OPEN,
    SERVICE_ENDPOINTS,
)
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, LocalService, Slot
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.tls import pinned_context
from tests.systems.azure_sphere_device.contract.target import Target

DEVELOPMENT, FIELD_SERVICING = 11, 13
ROWS = {row.operation_id or row.name: row for row in (*DEVICE_ENDPOINTS, *SERVICE_ENDPOINTS)}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a real board, do last what leaves it changed: afterwards it answers little."""
    if config.getoption("--real"):
        items.sort(key=lambda item: item.get_closest_marker("irreversible") is not None)


def in_process(spec: BoardSpec) -> Target:
    """Return a new simulated board in its slot, and the service that lists it."""
    slot = Slot(spec, "127.0.35.2")
    return Target(
        slot.address,
        simulated=True,
        patience_seconds=5.0,
        board_transport=httpx.ASGITransport(slot.app),
        service_transport=httpx.ASGITransport(LocalService([slot])),
    )


@pytest.fixture
def new_target(pytestconfig: pytest.Config) -> Callable[..., Target]:
    """Make a target; the members of a spec count for simulated boards only."""
    real, ca_file = pytestconfig.getoption("--real"), pytestconfig.getoption("--ca-file")
    address, _, port = (real or "").partition(":")

    def make(**spec: object) -> Target:
        if address:
            return Target(
                address,
                service_url=pytestconfig.getoption("--service-url"),
                https_port=int(port or 443),
                context=pinned_context(Path(ca_file)),
            )
        quick = {"boot_seconds": 0.0, "restart_delay_seconds": 0.0, "interface_change_seconds": 0.0}
        return in_process(BoardSpec(**(quick | spec)))  # type: ignore[arg-type]  # by name

    return make


@pytest.fixture
def target(new_target: Callable[..., Target]) -> Target:
    """Return the board of most tests: blank, and open for application development."""
    return new_target(capabilities=(DEVELOPMENT,))


@pytest.fixture(autouse=True)
async def _leave_out(request: pytest.FixtureRequest, new_target: Callable[..., Target]) -> None:
    """Skip on a real board what it must not suffer or cannot do."""
    real = new_target()
    if real.simulated:
        return
    node, options = request.node, request.config
    if node.get_closest_marker("simulated"):
        pytest.skip("needs a board that can be told how to be")
    irreversible = node.get_closest_marker("irreversible")
    if irreversible and not options.getoption("--allow-irreversible"):
        pytest.skip("would change the board for good; see --allow-irreversible")
    ids = [name for mark in node.iter_markers("operations") for name in mark.args]
    await _skip_beyond_the_board(real, [ROWS[name] for name in ids if name in ROWS])


async def _skip_beyond_the_board(real: Target, rows: list[Endpoint]) -> None:
    async with real.device() as device:
        version = await device.get_device_rest_api_version()
        state = (await device.get_manufacturing_state()).manufacturingState
        capabilities = set((await device.get_device_capabilities()).device_capabilities)
    for row in rows:
        if row.since and _as_numbers(row.since) > _as_numbers(version):
            pytest.skip(f"{row.label} needs device API {row.since}, this board answers {version}")
    closed = state == "DeviceComplete" and not capabilities & {DEVELOPMENT, FIELD_SERVICING}
    if closed and any(row.lock not in {OPEN, ""} for row in rows):
        pytest.skip("the board is locked")


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
