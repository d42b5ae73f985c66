"""The table of rooms: every outside system, and its operations as rows.

The rooms of `systems` do not know of one another, so they are listed here. A new one is one row in
`ROOMS`, and one in `simulation/answered.py` once it has a simulator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.simulation.answered import answered
from orchestrator.systems.advantech_portal import endpoints as advantech_portal
from orchestrator.systems.azure_sphere_cloud import endpoints as azure_sphere_cloud
from orchestrator.systems.azure_sphere_cloud.arm.endpoints import ARM_ENDPOINTS
from orchestrator.systems.azure_sphere_device import endpoints as azure_sphere_device
from orchestrator.systems.iot_hub_portal import endpoints as iot_hub_portal
from orchestrator.transport.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the catalogue. `operation_id` is the checklist's, empty for unlisted calls.

    `method`, `path`, `since`, `lock` and `idempotent` are the endpoint's. `client_method` is the
    dotted name of what makes the call. `simulated` is None where no request is made.
    """

    system: str
    category: str
    operation_id: str
    method: str
    path: str
    since: str
    idempotent: bool | None
    lock: str
    client_method: str
    simulated: bool | None


@dataclass(frozen=True, slots=True)
class Room:
    """One outside system: the name of its package, what it is, and its operations."""

    name: str
    title: str
    operations: Callable[[], Sequence[Operation]]


def _operation(system: str, row: Endpoint, client_method: str, simulated: bool) -> Operation:
    return Operation(
        system=system,
        category=row.category,
        operation_id=row.operation_id,
        method=row.verb,
        path=row.path,
        since=row.since,
        idempotent=row.idempotent,
        lock=row.lock,
        client_method=client_method,
        simulated=simulated,
    )


def _azure_sphere_device() -> Sequence[Operation]:
    """Return the rows of both tables, and what a member of the client does in place of a row."""
    system = "azure_sphere_device"
    simulated = answered(system)
    tables = (
        ("SphereDevice", azure_sphere_device.DEVICE_ENDPOINTS),
        ("DeviceService", azure_sphere_device.SERVICE_ENDPOINTS),
    )
    rows = [
        _operation(system, row, f"{client}.{row.name}", row.name in simulated)
        for client, table in tables
        for row in table
    ]
    for member in azure_sphere_device.LOCAL_OPERATIONS:
        row = member.endpoint
        rows.append(
            Operation(
                system=system,
                category=member.category,
                operation_id=member.operation_id,
                method=row.method if row else "LOCAL",
                path=row.path if row else "",
                since=row.since if row else "",
                idempotent=row.idempotent if row else None,
                lock=row.lock if row else "",
                client_method=member.member,
                simulated=row.name in simulated if row else None,
            )
        )
    return rows


def _azure_sphere_cloud() -> Sequence[Operation]:
    """Return the rows of the public API and of its successor."""
    system = "azure_sphere_cloud"
    simulated = answered(system)
    tables = (("SpherePublicApi", azure_sphere_cloud.ENDPOINTS), ("SphereArmApi", ARM_ENDPOINTS))
    return [
        _operation(system, row, f"{client}.{row.name}", row.name in simulated)
        for client, table in tables
        for row in table
    ]


def _iot_hub_portal() -> Sequence[Operation]:
    """Return the rows of the portal's API."""
    system = "iot_hub_portal"
    simulated = answered(system)
    return [
        _operation(system, row, f"IotHubPortal.{row.name}", row.name in simulated)
        for row in iot_hub_portal.PORTAL_ENDPOINTS
    ]


def _advantech_portal() -> Sequence[Operation]:
    """Return the rows of the host's API."""
    system = "advantech_portal"
    simulated = answered(system)
    return [
        _operation(system, row, f"AdvantechHost.{row.name}", row.name in simulated)
        for row in advantech_portal.HOST_ENDPOINTS
    ]


ROOMS: tuple[Room, ...] = (
    Room(
        "azure_sphere_device",
        "Azure Sphere boards (device REST API) and the local device communication service",
        _azure_sphere_device,
    ),
    Room(
        "azure_sphere_cloud",
        "Azure Sphere in the cloud: the public API v2, and its successor 2024-04-01",
        _azure_sphere_cloud,
    ),
    Room(
        "iot_hub_portal",
        "Azure IoT Hub Portal, in which units are registered",
        _iot_hub_portal,
    ),
    Room(
        "advantech_portal",
        "Advantech Platform Portal and EdgeHub agent: an edge computer, or the station's own",
        _advantech_portal,
    ),
)


def room(name: str) -> Room | None:
    """Return the room of that name, written with underscores or hyphens; None for no room."""
    wanted = name.replace("-", "_")
    return next((each for each in ROOMS if each.name == wanted), None)


_HEAD = """\
# Operations

Every operation of the outside systems that the orchestrator speaks to. Made from the tables of
endpoints by `orchestrator systems operations --markdown`; `orchestrator systems operations` shows
the same in a terminal.

*since* is the interface version that introduced a call, empty for the oldest. *lock* says who may
call it, in the words of the room's `endpoints.py`. A *repeatable* call may be sent again after its
answer was lost. A call without an operation id is in no document.
"""


def reference() -> str:
    """Return the reference page of all operations as Markdown."""
    lines = [_HEAD]
    for each in ROOMS:
        rows = each.operations()
        listed = sum(1 for row in rows if row.operation_id)
        lines += [
            f"## {each.name}",
            "",
            f"{each.title}. {listed} documented operations, {len(rows) - listed} others.",
            "",
            "| category | operation | request | since | lock | repeatable | client | simulated |",
            "|---|---|---|---|---|---|---|---|",
            *(_line(row) for row in rows),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _line(row: Operation) -> str:
    request = f"`{row.method} {row.path}`" if row.path else "none"
    words = {True: "yes", False: "no", None: ""}
    cells = (
        row.category,
        row.operation_id,
        request,
        row.since,
        row.lock,
        words[row.idempotent],
        f"`{row.client_method}`",
        words[row.simulated],
    )
    return f"| {' | '.join(cells)} |"
