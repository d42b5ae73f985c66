"""What the IoT portal knows of a unit after it was registered: model, connection, commands, key."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import Mismatch, StationFault
from orchestrator.engine.step import Duration, Measures, Secret, StepContext, step
from orchestrator.steps.portal_ids import eui_of, hub_id_of
from orchestrator.steps.waiting import Patience, Stopwatch, rounded, until
from orchestrator.systems.iot_hub_portal.client import IotHubPortal

_CONNECT_WITHIN = Duration(Decimal(60))
_CONNECT_POLL = Duration(Decimal(2))
_SHOWN_DIGITS = 12

Kind = Literal["device", "gateway", "concentrator"]


@step(
    "portal.expect_model",
    summary="Checks that the IoT portal has the device model and its commands.",
    measures=(Measures("model_name", "Name of the model in the portal", kind="text"),),
)
async def expect_model(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    model: str,
    commands: list[str] | None = None,
) -> None:
    """Read the model before anything is registered with it. What is missing is ERROR.

    The unit cannot help it, so nothing here is FAIL.

    Args:
        model: Id of the device model in the portal.
        commands: Names of commands that the model must have.
    """
    found = await portal.get_device_model(model)
    ctx.measure("model_name", found.name)
    known = {command.name for command in found.commands or []}
    missing = sorted(set(commands or ()) - known)
    if missing:
        raise StationFault(
            f"The portal's model {found.name} has no command {', '.join(missing)}",
            remedy="Add the commands to the model in the portal, or correct the recipe",
            code="MODEL_COMMANDS",
        )


@step(
    "portal.expect_connected",
    summary="Waits until the IoT portal shows the unit as connected.",
    measures=(Measures("connect_seconds", "How long it took", uom="s"),),
    timeout_seconds=120,
)
async def expect_connected(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    kind: Kind,
    portal_id: str | None = None,
    within: Duration = _CONNECT_WITHIN,
    poll: Duration = _CONNECT_POLL,
) -> None:
    """Ask the portal again and again. A unit that does not show up in time is FAIL.

    Args:
        kind: As what the unit is registered.
        portal_id: Its id in the portal; without it the one that the registering steps use.
        within: How long to wait for it.
        poll: How long to wait before asking again.
    """
    ask = _connection(ctx, portal, kind, portal_id)
    watch = Stopwatch(ctx.clock)
    if not await until(ask, ctx.clock, Patience(within, poll)):
        raise Mismatch(
            f"The portal does not show the unit as connected within {within} s",
            remedy="Check the unit's network and the keys that it was given",
            code="NOT_CONNECTED",
        )
    ctx.measure("connect_seconds", rounded(watch.elapsed))


def _connection(
    ctx: StepContext, portal: IotHubPortal, kind: Kind, portal_id: str | None
) -> Callable[[], Awaitable[bool]]:
    async def device() -> bool:
        return (await portal.get_device(eui_of(ctx, portal_id))).isConnected

    async def concentrator() -> bool:
        return (await portal.get_concentrator(eui_of(ctx, portal_id))).isConnected

    async def gateway() -> bool:
        return (await portal.get_gateway(hub_id_of(ctx, portal_id))).connectionState == "Connected"

    return {"device": device, "concentrator": concentrator, "gateway": gateway}[kind]


@step(
    "portal.send_command",
    summary="Sends a command of its model to the unit through the IoT portal.",
)
async def send_command(
    ctx: StepContext, portal: IotHubPortal, *, command: str, device_id: str | None = None
) -> None:
    """Send the command once and keep what the network answered as a file.

    It is not repeated after a lost answer: the unit may have got it.

    Args:
        command: Name of the command.
        device_id: LoRa id; without it the first 16 digits of the silicon id.
    """
    answer = await portal.execute_device_command(eui_of(ctx, device_id), command)
    kind = "application/json" if _is_json(answer) else "application/octet-stream"
    ctx.attach("command-answer", answer, kind)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


@step(
    "portal.connection_string",
    summary="Reads the gateway's connection secret from the IoT portal; keeps its fingerprint.",
    measures=(Measures("fingerprint", "SHA-256 of the secret, shortened", kind="text"),),
)
async def connection_string(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    device_type: str,
    gateway_id: str | None = None,
    equals: Secret | None = None,
) -> None:
    """Prove that the portal gives the gateway its key. The secret itself is never kept.

    Args:
        device_type: The enrolment group that derives the key, as the portal names it.
        gateway_id: Id in the portal; without it the serial number, else the silicon id.
        equals: What the secret must be, given by reference; another one is FAIL.
    """
    secret = await portal.get_gateway_connection_string(hub_id_of(ctx, gateway_id), device_type)
    value = secret.get_secret_value()
    ctx.measure("fingerprint", hashlib.sha256(value.encode()).hexdigest()[:_SHOWN_DIGITS])
    if equals is not None and equals.reveal() != value:
        raise Mismatch(
            "The portal gives the gateway another connection secret than the one agreed",
            remedy="Check the enrolment group and the secret that the recipe names",
            code="OTHER_SECRET",
        )
