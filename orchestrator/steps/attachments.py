"""Answers of a board as files beside a step: readable, and in the spelling of the wire."""

import json

from orchestrator.domain.errors import StationFault
from orchestrator.engine.step import StepContext
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.models import ConnectionFailure


def attach_json(ctx: StepContext, name: str, value: object) -> None:
    """Attach `value`, made of what JSON knows, as the file `name`. All of it is plain ASCII."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    ctx.attach(name, f"{text}\n".encode("ascii"), "application/json")


async def attach_connection_failures(
    ctx: StepContext, board: SphereDevice
) -> tuple[ConnectionFailure, ...]:
    """Attach why the board could not join its networks, and return it.

    Called when a step is about to fail, so a board that does not tell must not hide what has been
    found: then the file says so, and nothing is returned.
    """
    name = "connection-failures.json"
    try:
        failures = (await board.list_connection_failures()).values
    except StationFault as fault:
        attach_json(ctx, name, {"unreadable": fault.what})
        return ()
    attach_json(ctx, name, [each.model_dump(mode="json", exclude_none=True) for each in failures])
    return tuple(failures)
