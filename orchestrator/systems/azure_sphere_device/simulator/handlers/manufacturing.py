"""Category Manufacturing: the state that only moves forward."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request


async def get_manufacturing_state(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the state; open even on a locked board."""
    return Answer(models.ManufacturingState(manufacturingState=board.state))


async def set_manufacturing_state(board: SimulatedBoard, request: Request) -> Answer:
    """Move forward, or accept the state the board already has; refuse any step back."""
    change: models.ManufacturingStateChange = await request.json(models.ManufacturingStateChange)
    if not board.set_state(change.manufacturingState):
        raise Refused(refusals.STATE_MOVES_BACK)
    return Answer()
