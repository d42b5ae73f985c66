"""Which calls of the outside systems the simulators answer, asked of the simulators themselves."""

from collections.abc import Callable, Mapping
from typing import Any

import anyio

from orchestrator.systems.advantech_portal.simulator import ANSWERED as HOST_ANSWERED
from orchestrator.systems.azure_sphere_cloud.simulator.arm import ARM_HANDLERS
from orchestrator.systems.azure_sphere_cloud.simulator.handlers import HANDLERS as CLOUD_HANDLERS
from orchestrator.systems.azure_sphere_device.endpoints import SERVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import LocalService
from orchestrator.systems.azure_sphere_device.simulator.handlers import HANDLERS
from orchestrator.systems.iot_hub_portal.simulator import HANDLERS as PORTAL_HANDLERS
from orchestrator.transport.endpoint import Endpoint

Answered = frozenset[str]


def answered(system: str) -> Answered:
    """Return the names of the rows that the simulator of `system` answers, none without one."""
    ask = _ASKED.get(system)
    return ask() if ask is not None else frozenset()


def _azure_sphere_device() -> Answered:
    return frozenset(HANDLERS) | anyio.run(_answered_by_service)


async def _answered_by_service() -> Answered:
    """Make each call of the local service on one without boards."""
    service = LocalService(())
    statuses = {row.name: await _status(service, row) for row in SERVICE_ENDPOINTS}
    return frozenset(name for name, status in statuses.items() if status in {200, 201})


async def _status(service: LocalService, row: Endpoint) -> int:
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": row.method, "path": row.path, "headers": []}
    await service(scope, receive, send)
    return int(sent[0]["status"])


_ASKED: Mapping[str, Callable[[], Answered]] = {
    "azure_sphere_device": _azure_sphere_device,
    "azure_sphere_cloud": lambda: frozenset(CLOUD_HANDLERS) | frozenset(ARM_HANDLERS),
    "iot_hub_portal": lambda: frozenset(PORTAL_HANDLERS),
    "advantech_portal": lambda: HOST_ANSWERED,
}
