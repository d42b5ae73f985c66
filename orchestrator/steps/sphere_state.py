"""The manufacturing state of an Azure Sphere board: read it, move it forward, prove the end.

The state moves only forward, for good. In DeviceComplete everything but a few questions is closed,
so all work and all checks come before, and the last proof uses the calls that stay open.
"""

from typing import Literal

from orchestrator.domain.errors import Mismatch, StationFault, StationMisuse
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.findings import (
    RF_TEST_CAPABILITY,
    Finding,
    capability_findings,
    capability_words,
    os_findings,
    refuse,
    security_findings,
    state_findings,
)
from orchestrator.steps.sphere_identity import bind
from orchestrator.steps.sphere_os import reported_os
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import SET_MANUFACTURING_STATE
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal

ORDER = ("Blank", "Module1Complete", "DeviceComplete")
_LOCKED = (10 << 20) | 18

Target = Literal["Module1Complete", "DeviceComplete"]


async def read_state(board: SphereDevice, *, fresh: bool = False) -> str:
    """Return the state; `fresh` asks over a connection of its own, as irreversible steps must.

    Raises StationFault for `Unknown`.
    """
    state = (await board.get_manufacturing_state(fresh=fresh)).manufacturingState
    if state == "Unknown":
        raise StationFault(
            "The board cannot read its own manufacturing state",
            remedy="Restart the board and run it again; set it aside if it stays so",
            code="STATE_UNKNOWN",
        )
    return state


@step(
    "sphere.expect_state",
    summary="Checks that the board is in an allowed manufacturing state.",
    measures=(Measures("manufacturing_state", "State the board reports", kind="text"),),
)
async def expect_state(
    ctx: StepContext,
    board: SphereDevice,
    *,
    allowed: list[Literal["Blank", "Module1Complete", "DeviceComplete"]],
) -> None:
    """Fail a board in another state. A board that cannot say its state is an ERROR.

    Args:
        allowed: States that may pass.
    """
    if not allowed:
        raise StationMisuse(
            "The recipe allows no manufacturing state, so no board could pass",
            remedy="List the allowed states in the recipe",
            code="NO_STATE_ALLOWED",
        )
    state = await read_state(board)
    ctx.measure("manufacturing_state", state)
    refuse(state_findings(state, allowed))


@step(
    "sphere.expect_capabilities",
    summary="Checks that the board has exactly the expected capabilities.",
    measures=(Measures("capabilities", "Capabilities the board reports", kind="text"),),
)
async def expect_capabilities(
    ctx: StepContext,
    board: SphereDevice,
    *,
    exact: list[int] | None = None,
    rf_test_in_blank: Literal["expected", "refused"] = "expected",
) -> None:
    """Compare the capabilities as a set; without parameters the board must have none.

    A Blank board always shows capability 12 (RF test mode), so "none" cannot be proven there.

    Args:
        exact: The capability numbers the board must have, no more and no fewer.
        rf_test_in_blank: In the state Blank, capability 12 either belongs to the board and is
            set aside before comparing (expected), or counts like any other (refused).
    """
    found = set((await board.get_device_capabilities()).device_capabilities)
    ctx.measure("capabilities", capability_words(found))
    wanted = set(exact or ())
    set_aside = rf_test_in_blank == "expected" and await read_state(board) == "Blank"
    judged = found - ({RF_TEST_CAPABILITY} - wanted) if set_aside else found
    refuse(capability_findings(judged, wanted))


def _refuse_backward(was: str, state: Target) -> None:
    if ORDER.index(was) > ORDER.index(state):
        raise Mismatch(
            f"The board is {was} already; it cannot go back to {state}",
            remedy="Set the board aside; its state is final",
            code="STATE_BACKWARD",
        )


async def already_in(ctx: StepContext, board: SphereDevice, *, state: Target) -> bool:
    """Say whether the board already is in `state`: the one question to ask after a lost answer.

    A board that is further on does not tell who took it through `state`: that is a Mismatch.
    """
    now = await read_state(board, fresh=True)
    _refuse_backward(now, state)
    return now == state


def locks_the_board(*, state: Target) -> bool:
    """Say whether the board is closed for all further work once it is in `state`."""
    return state == "DeviceComplete"


@step(
    "sphere.set_manufacturing_state",
    summary="Moves the board forward to a manufacturing state, for good.",
    measures=(Measures("was", "State the board was in before", kind="text"),),
    irreversible=True,
    probe=already_in,
    settle_seconds=SET_MANUFACTURING_STATE.settle_seconds,
    locks=locks_the_board,
)
async def set_manufacturing_state(ctx: StepContext, board: SphereDevice, *, state: Target) -> None:
    """Set the state once and read it back. There is no way back from it.

    A board that already is in the state passes, and `was` says so. A board that is further on
    fails, since nothing moves it back.

    Args:
        state: The state to move to. DeviceComplete locks the board.
    """
    was = await read_state(board, fresh=True)
    ctx.measure("was", was)
    if was == state:
        ctx.already_so()
        return
    _refuse_backward(was, state)
    await board.set_manufacturing_state(state)
    ctx.answered()
    now = await read_state(board, fresh=True)
    if now != state:
        raise Mismatch(
            f"The board accepted {state} and still says {now}",
            remedy="Set the board aside for the engineer",
            code="STATE_NOT_TAKEN",
        )


async def _lock_findings(board: SphereDevice) -> list[Finding]:
    """Judge that a call which must be closed really is, with the number of a locked board."""
    try:
        await board.get_images()
    except DeviceRefusal as refusal:
        if refusal.number != _LOCKED:
            raise
        return []
    return [
        Finding(
            "The board still answers calls that must be locked",
            "Set the board aside for the engineer; it must not leave the line",
            "NOT_LOCKED",
        )
    ]


@step(
    "sphere.verify_finalized",
    summary="Proves with the calls that stay open that the board is finished and locked.",
    measures=(
        Measures("manufacturing_state", "State the board reports", kind="text"),
        Measures("capabilities", "Capabilities the board reports", kind="text"),
        Measures("os_version", "OS version, where the board can say it", kind="text"),
    ),
)
async def verify_finalized(
    ctx: StepContext, board: SphereDevice, *, allowed_os: list[str] | None = None
) -> None:
    """Check identity, security state, DeviceComplete, no capabilities, OS, and the lock itself.

    All that is wrong is reported together. The lock is proven by asking for the images, which a
    locked board must refuse with 10.18.

    Args:
        allowed_os: OS versions that may pass. Boards whose interface is older than 4.5.0 cannot
            say their version once they are locked; for them this is an ERROR.
    """
    security = await bind(ctx, board)
    state = await read_state(board, fresh=True)
    ctx.measure("manufacturing_state", state)
    found = (await board.get_device_capabilities()).device_capabilities
    ctx.measure("capabilities", capability_words(found))
    findings = [
        *security_findings(security.securityState, "SECURE"),
        *state_findings(state, ["DeviceComplete"]),
        *capability_findings(found, ()),
    ]
    version = await reported_os(board)
    if version is not None:
        ctx.measure("os_version", version)
    findings += os_findings(version, allowed_os) if version and allowed_os else []
    findings += await _lock_findings(board)
    refuse(findings)
    if allowed_os and version is None:
        raise StationFault(
            f"The board's interface {board.api_version or 'of unknown version'} cannot say its OS"
            " now that it is locked",
            remedy="Leave allowed_os out for such boards; the ready check has judged their OS",
            code="OS_UNKNOWN",
        )
