"""The audit rows that the station itself writes: starts, recipes, the opening of a run, events."""

import json
import platform
import socket
from collections.abc import Iterable, Mapping
from decimal import Decimal

from orchestrator import __version__
from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.ids import unit_id
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    ArtifactRow,
    EventRow,
    IdentityRow,
    RecipeRow,
    Record,
    RunRow,
    StationRow,
    UnitRow,
)
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.recipe.plan import Plan
from orchestrator.station.past import Ended
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.slot import Slot
from orchestrator.station.tools import Session, Tools


def canonical(values: Mapping[str, object]) -> str:
    """Write `values` as canonical JSON; decimals become numbers' texts, never floats."""
    return json.dumps(
        values,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        default=lambda value: format(value, "f") if isinstance(value, Decimal) else str(value),
    )


def station_row(
    session: Session, database_version: str, clock: Clock, host: str = ""
) -> StationRow:
    """Return the row of this start of the daemon; without `host` the machine's own name counts."""
    return StationRow(
        session_id=session.session_id,
        station_id=session.station_id,
        host=host or socket.gethostname(),
        software_version=__version__,
        python_version=platform.python_version(),
        database_version=database_version,
        started_at=timestamp(clock.now()),
    )


def recipe_rows(plans: Iterable[Plan], clock: Clock) -> list[Record]:
    """Return the rows of all plans and their artifacts."""
    rows: list[Record] = []
    for plan in plans:
        target = plan.applies_to
        rows.append(
            RecipeRow(
                recipe_hash=plan.content_hash,
                name=plan.name,
                version=plan.version,
                part_number=target.part_number,
                revision=target.revision,
                operation=target.operation,
                text=plan.text,
                plan=plan.resolved,
                loaded_at=timestamp(clock.now()),
            )
        )
        rows += [
            ArtifactRow(
                recipe_hash=plan.content_hash,
                name=artifact.name,
                file=artifact.file,
                sha256=artifact.sha256,
                size_bytes=len(artifact.content),
                description=canonical(artifact.facts),
            )
            for artifact in plan.artifacts.values()
        ]
    return rows


def opening_rows(
    tools: Tools,
    slot: Slot,
    run_id: str,
    prepared: ReadyRecipe,
    *,
    unit: Unit,
    identity: DeviceIdentity | None,
    continues: str | None = None,
) -> tuple[Record, ...]:
    """Return what a run begins with: its unit, the run itself, the identity read before it.

    `continues` is the run that it goes on with, if any.
    """
    moment = timestamp(tools.services.clock.now())
    known = unit.serial_number or identity
    key = (
        unit_id(unit.serial_number, unit.part_number, identity.device_id if identity else None)
        if known
        else None
    )
    rows: list[Record] = []
    if key is not None:
        rows.append(UnitRow(key, unit.serial_number, unit.part_number, unit.revision, moment))
    rows.append(
        RunRow(
            run_id=run_id,
            station_id=tools.session.station_id,
            session_id=tools.session.session_id,
            slot=slot.name,
            port=slot.port,
            recipe_hash=prepared.plan.content_hash,
            operation=tools.shelf.operation,
            unit_id=key,
            inputs=canonical(prepared.inputs),
            began_at=moment,
            continues=continues,
        )
    )
    if identity is not None:
        rows.append(IdentityRow(run_id, 0, key, identity.system, identity.device_id, moment))
    return tuple(rows)


def ended_run(unit: Unit, identity: DeviceIdentity | None, outcome: Outcome, clock: Clock) -> Ended:
    """Return what the counters are told of a run that has just ended."""
    known = unit.serial_number or identity
    device_id = identity.device_id if identity is not None else None
    key = unit_id(unit.serial_number, unit.part_number, device_id) if known else ""
    return Ended(key, outcome, clock.now())


def event_row(
    tools: Tools,
    kind: str,
    detail: Mapping[str, object],
    slot: str | None = None,
    run_id: str | None = None,
) -> EventRow:
    """Return the row of something worth keeping that is no step."""
    return EventRow(
        event_id=tools.ids.new(),
        station_id=tools.session.station_id,
        slot=slot,
        run_id=run_id,
        kind=kind,
        detail=canonical(detail),
        occurred_at=timestamp(tools.services.clock.now()),
    )
