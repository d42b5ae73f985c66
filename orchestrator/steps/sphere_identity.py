"""Who an Azure Sphere board is: its identity in silicon and its security state.

Port and address say only where a board sits; a board that was swapped shows here.
"""

from typing import Literal

from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.step import Measures, StepContext, step
from orchestrator.steps.findings import Finding, refuse, security_findings
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM
from orchestrator.systems.azure_sphere_device.models import SecurityState

_NO_IDENTITY = Finding(
    "The board has no identity: its device id is all zeros",
    "Set the board aside; its chip was never given an identity",
    "NO_IDENTITY",
)


async def bind(ctx: StepContext, board: SphereDevice) -> SecurityState:
    """Read the identity over a fresh connection and bind the run to it; return what was read.

    Raises UnitChanged when the run belongs to another board, Mismatch when the board has no
    identity of its own, since two such boards could not be told apart.
    """
    state = await board.get_security_state(fresh=True)
    if not state.deviceIdentifier.strip("0"):
        refuse([_NO_IDENTITY])
    ctx.identify(DeviceIdentity(SYSTEM, state.deviceIdentifier))
    return state


@step(
    "sphere.identify",
    summary="Reads the board's identity from silicon and binds the run to it.",
    measures=(
        Measures("security_state", "Security state the board reports", kind="text"),
        Measures("api_version", "Version of the board's interface, empty if unsaid", kind="text"),
    ),
)
async def identify(ctx: StepContext, board: SphereDevice) -> None:
    """Read identity and interface version over a connection of their own.

    Another board than the one the run began with ends the run as ERROR; a board without an
    identity is FAIL.
    """
    state = await bind(ctx, board)
    ctx.measure("security_state", state.securityState)
    ctx.measure("api_version", board.api_version or "")


@step(
    "sphere.expect_security_state",
    summary="Checks the security state of the chip.",
    measures=(Measures("security_state", "Security state the board reports", kind="text"),),
)
async def expect_security_state(
    ctx: StepContext,
    board: SphereDevice,
    *,
    state: Literal["SECURE", "TEST", "BLANK", "EOL", "UNKNOWN"] = "SECURE",
) -> None:
    """Fail a board whose chip is in another security state; only SECURE goes to the field.

    Args:
        state: The security state the board must be in.
    """
    found = (await board.get_security_state()).securityState
    ctx.measure("security_state", found)
    refuse(security_findings(found, state))
