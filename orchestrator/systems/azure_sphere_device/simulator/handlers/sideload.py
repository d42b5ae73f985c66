"""Category Sideload: stage, install, delete.

Staging uploads and verifies; installing puts everything staged into place, leftovers included.
Applications run at once; a board configuration or a keystore takes effect by a restart.
"""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.handlers.app import component_id
from orchestrator.systems.azure_sphere_device.simulator.packages import Package
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.storage import APPLICATION
from orchestrator.systems.azure_sphere_device.simulator.wire import OCTETS, Answer, Request

# Beyond this a board's server gives up reading; below it the image rules decide.
_BODY_LIMIT_BYTES = 8 << 20
_RESTART_FLAG_SINCE = "4.4.0"


async def stage_image(board: SimulatedBoard, request: Request) -> Answer:
    """Receive a package, verify it and keep it for the next install."""
    request.check_type(OCTETS)
    content = await request.read(_BODY_LIMIT_BYTES)
    if board.update_running:
        raise Refused(refusals.UPDATE_RUNNING)
    package = board.read_package(content)
    if package.signature == "sdk" and not board.may_develop:
        raise Refused(refusals.SDK_IMAGE_NOT_ALLOWED)
    if not board.storage.has_image(package):
        board.storage.stage(package)
        board.report("staged", **_facts(package))
    return Answer()


async def install_images(board: SimulatedBoard, request: Request) -> Answer:
    """Install what is staged; nothing staged is a success, too."""
    wanted: models.InstallRequest = await request.json(models.InstallRequest, optional=True)
    if board.update_running:
        raise Refused(refusals.UPDATE_RUNNING)
    await board.spend(board.spec.install_seconds)
    installed = board.storage.install(start=wanted.appControlMode == "Auto")
    for package in installed:
        board.report("installed", **_facts(package))
    if any(package.image_type != APPLICATION for package in installed):
        return Answer(models.RestartAnswer(restartingSystem=True), restart="installed images")
    return Answer()


async def delete_image(board: SimulatedBoard, request: Request) -> Answer:
    """Delete a component; one that is not there is a success, an OS part is refused."""
    wanted = component_id(request)
    if board.storage.is_os_part(wanted):
        if board.spec.os_delete_refused:
            raise Refused(refusals.DELETE_NOT_PERMITTED)
        return Answer()
    if board.spec.app_control_needs_capability and not board.may_develop:
        raise Refused(refusals.DELETE_NOT_PERMITTED)
    package = board.storage.delete(wanted)
    if package is None:
        return Answer()
    board.report("deleted", **_facts(package))
    if package.image_type == APPLICATION:
        return Answer()
    told = {"restartingSystem": True} if board.since(_RESTART_FLAG_SINCE) else {}
    return Answer(told, restart="deleted an image")


def _facts(package: Package) -> dict[str, object]:
    return {
        "component_id": package.component_id,
        "image_id": package.image_id,
        "name": package.name,
    }
