"""Restarting an Azure Sphere board and seeing that it really did."""

from orchestrator.domain.errors import DeadlineExceeded, LinkFault, Unreachable, UntrustedPeer
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.waiting import (
    POLL,
    RESTART_WITHIN,
    Patience,
    RestartWatch,
    Stopwatch,
    rounded,
)
from orchestrator.systems.azure_sphere_device.client import SphereDevice


async def _order_restart(board: SphereDevice) -> None:
    """Order the restart. The link may break under the answer, so its loss proves nothing."""
    try:
        await board.restart_device()
    except (Unreachable, UntrustedPeer):
        raise
    except (LinkFault, DeadlineExceeded):
        return


@step(
    "sphere.restart",
    summary="Restarts the board and waits until its uptime has fallen.",
    measures=(
        Measures("restart_seconds", "Time from the order until the board answers anew", uom="s"),
        Measures("uptime", "Uptime the board reports after the restart", uom="s"),
    ),
    timeout_seconds=90,
)
async def restart(
    ctx: StepContext,
    board: SphereDevice,
    *,
    within: Duration = RESTART_WITHIN,
    poll: Duration = POLL,
) -> None:
    """Restart the board; done only when its uptime fell and it is still the same board.

    An answer before that comes from a board that has not gone down yet and does not count.

    Args:
        within: How long the board may take to come back.
        poll: How long to wait before asking again.
    """
    seen = await RestartWatch.begin(ctx, board, Patience(within, poll))
    watch = Stopwatch(ctx.clock)
    await _order_restart(board)
    await seen.wait()
    ctx.measure("restart_seconds", rounded(watch.elapsed))
    ctx.measure("uptime", seen.uptime)
