"""Category Capability: the API lists capabilities and has no call that changes them."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request


async def get_device_capabilities(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the capability numbers; a blank board shows 12 whatever it holds."""
    return Answer(models.DeviceCapabilities(device_capabilities=board.capabilities))
