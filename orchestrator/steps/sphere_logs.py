"""What an Azure Sphere board has written about itself, kept as files beside the step.

Log and error reports are in the vendor's encoded form and are kept as they are.
"""

from orchestrator.domain.errors import Mismatch
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.client.device import error_report_length

_BYTES = "application/octet-stream"


@step(
    "sphere.collect_log",
    summary="Keeps the board's diagnostic log as a file.",
    measures=(Measures("log_size", "Size of the log", uom="B"),),
    timeout_seconds=120,
)
async def collect_log(
    ctx: StepContext, board: SphereDevice, *, file: str = "device-log.bin"
) -> None:
    """Read the log and attach it; an empty one is attached as well.

    A finished board refuses, which is an ERROR: collect the log before the board is locked.

    Args:
        file: Name of the file in the audit.
    """
    content = await board.get_diagnostic_log()
    ctx.attach(file, content, _BYTES)
    ctx.measure("log_size", len(content))


@step(
    "sphere.collect_telemetry",
    summary="Keeps the board's error reports as a file, and clears them if told so.",
    measures=(
        Measures("telemetry_size", "Size of the file", uom="B"),
        Measures("error_reports", "Bytes of error reports in it", uom="B"),
    ),
    timeout_seconds=120,
)
async def collect_telemetry(
    ctx: StepContext,
    board: SphereDevice,
    *,
    file: str = "telemetry.bin",
    clear: bool = False,
) -> None:
    """Read the error reports and attach them; then clear them and see that they are gone.

    A finished board refuses, which is an ERROR: collect them before the board is locked.

    Args:
        file: Name of the file in the audit.
        clear: Whether to delete them from the board, for good, once they are read.
    """
    content = await board.get_error_report_data()
    ctx.attach(file, content, _BYTES)
    ctx.measure("telemetry_size", len(content))
    ctx.measure("error_reports", error_report_length(content))
    if not clear:
        return
    await board.clear_error_report_data()
    left = error_report_length(await board.get_error_report_data())
    if left:
        raise Mismatch(
            f"The board still holds {left} bytes of reports after they were cleared",
            remedy="Restart the board and run it again; set it aside if it stays so",
            code="TELEMETRY_STAYS",
        )
