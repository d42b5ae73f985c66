"""Category Device: identity, uptime, versions, the log, the error report, restart."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.wire import OCTETS, Answer, Request

_GENERAL_KEY_UNTIL = "4.0.0"
_NOTHING = ("", "text/plain", "application/json")


async def get_device_status(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the whole seconds since the board has started."""
    return Answer(models.DeviceStatus(uptime=board.uptime_seconds))


async def get_os_version(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the OS version; open even on a locked board."""
    return Answer(models.OsVersion(osversion=board.spec.os_version))


async def get_security_state(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the identity in silicon, in lower case as boards do."""
    older = not board.since(_GENERAL_KEY_UNTIL)
    general = {"generalPublicKey": board.device_id} if older else {}
    return Answer(
        {
            "securityState": board.spec.security_state,
            "deviceIdentifier": board.device_id,
            "deviceIdentityPublicKey": board.device_id,
            **general,
        }
    )


async def get_abi_versions(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the ABI that this OS offers to images."""
    return Answer(board.spec.abi_versions)


async def get_diagnostic_log(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the encoded log."""
    return Answer(raw=board.blobs.log, content_type=OCTETS)


async def get_error_report_data(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the encoded report; bytes 3 and 4 tell how long its data are."""
    return Answer(raw=board.blobs.report, content_type=OCTETS)


async def clear_error_report_data(board: SimulatedBoard, _request: Request) -> Answer:
    """Forget the report; a second time is a success, too."""
    if board.blobs.report_bytes:
        board.report("error_report_cleared", bytes=board.blobs.report_bytes)
    board.blobs.clear_report()
    return Answer()


async def restart_device(_board: SimulatedBoard, request: Request) -> Answer:
    """Answer first; the link drops afterwards."""
    request.check_type(*_NOTHING)
    return Answer(models.RestartAnswer(restartingSystem=True), restart="asked to")
