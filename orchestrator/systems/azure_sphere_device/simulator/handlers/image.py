"""Category Image: what is on the flash, and whether it is about to change."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request


async def get_images(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer all components, the operating system's first."""
    return Answer(
        models.Images(
            is_ota_update_in_progress=board.update_running,
            has_staged_updates=bool(board.storage.staged),
            restart_required=board.storage.restart_required,
            components=board.storage.listing(),
        )
    )
