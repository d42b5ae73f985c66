"""One function per row of the public API's table, by the row's name, in the document's order."""

from collections.abc import Awaitable, Callable
from types import ModuleType

from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.simulator.handlers import (
    deployments,
    device_groups,
    devices,
    images,
    products,
)
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.transport.serving import Reply

Handler = Callable[[Asked], Awaitable[Reply]]

_MODULES: tuple[ModuleType, ...] = (products, device_groups, devices, deployments, images)


def _handlers() -> dict[str, Handler]:
    found: dict[str, Handler] = {}
    for row in ENDPOINTS:
        for module in _MODULES:
            if row.name in vars(module):
                found[row.name] = vars(module)[row.name]
    return found


HANDLERS: dict[str, Handler] = _handlers()
"""The handler of each row that has one."""
