"""Category Device: identity, uptime, versions, restart."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

# Assumed; images that a line sideloads ask for the application runtime only.
_SECURE_WORLD_RUNTIME, _OS_RUNTIME = 6, 10


async def get_device_status(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the whole seconds since the board has started."""
    return Answer(models.DeviceStatus(uptime=board.uptime_seconds))


async def get_os_version(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the OS version; open even on a locked board."""
    return Answer(models.OsVersion(osversion=board.spec.os_version))


async def get_security_state(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the identity in silicon, in lower case as boards do."""
    return Answer(
        models.SecurityState(
            securityState=board.spec.security_state,
            deviceIdentifier=board.device_id,
            deviceIdentityPublicKey=board.device_id,
        )
    )


async def get_abi_versions(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the ABI that this OS offers to images."""
    return Answer(
        models.AbiVersions(
            SecureWorldRuntime=_SECURE_WORLD_RUNTIME,
            OSRuntime=_OS_RUNTIME,
            ApplicationRuntime=board.spec.release.application_runtime,
        )
    )


async def restart_device(_board: SimulatedBoard, _request: Request) -> Answer:
    """Answer first; the link drops afterwards."""
    return Answer(models.RestartAnswer(restartingSystem=True), restart="asked to")
