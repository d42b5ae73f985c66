"""What a station's panel begins with: runs of the shift, holds, what a label was on before."""

from sqlalchemy import Connection, select

from orchestrator.audit.queries.filters import Row, rows_of, runs_of
from orchestrator.audit.tables import RUN_VIEW, event, identity, run, session, unit
from orchestrator.domain.outcome import Outcome

ON_COMMAND = ("station_started", "holds", "command")
"""The kinds of event that say what people have closed and opened."""


def ended_runs(connection: Connection, *, station: str, since: str) -> list[Row]:
    """Which runs of this station began since (RFC 3339) and have ended? In the order of their ends.

    Each has `unit_id` (None when unknown), `outcome` and `ended_at`.
    """
    view = RUN_VIEW.c
    query = (
        select(view.unit_id, view.outcome, view.ended_at)
        .where(view.station_id == station, view.began_at >= since, view.outcome.is_not(None))
        .order_by(view.end_entry)
    )
    return rows_of(connection, query)


def commands_since_start(connection: Connection, station: str) -> list[Row]:
    """What was commanded at this station since its last start? Rows of `event` in their order.

    The start, and each `holds`, says what was closed then.
    """
    last = select(session.c.entry).where(session.c.station_id == station)
    newest = last.order_by(session.c.entry.desc()).limit(1).scalar_subquery()
    query = (
        select(event.c.kind, event.c.slot, event.c.detail)
        .where(event.c.station_id == station, event.c.kind.in_(ON_COMMAND), event.c.entry > newest)
        .order_by(event.c.entry)
    )
    return rows_of(connection, query)


def label_history(
    connection: Connection, *, serial_number: str, system: str, device_id: str, operation: str
) -> Row:
    """What is known of this label? `serial_number`, `device_id`, `passed_at`, each None for none.

    The first is the last other serial number of that silicon, the second another silicon with this
    serial number, the third when a run of the operation last passed with it.
    """
    labelled = select(unit.c.unit_id).where(unit.c.serial_number == serial_number)
    its_runs = runs_of(labelled)
    other_label = (
        select(unit.c.serial_number)
        .join(run, run.c.unit_id == unit.c.unit_id)
        .join(identity, identity.c.run_id == run.c.run_id)
        .where(
            identity.c.system == system,
            identity.c.device_id == device_id,
            unit.c.serial_number.is_not(None),
            unit.c.serial_number != serial_number,
        )
        .order_by(run.c.entry.desc())
    )
    other_silicon = (
        select(identity.c.device_id)
        .where(
            identity.c.run_id.in_(its_runs),
            identity.c.system == system,
            identity.c.device_id != device_id,
        )
        .order_by(identity.c.entry.desc())
    )
    passed = (
        select(RUN_VIEW.c.ended_at)
        .where(
            RUN_VIEW.c.run_id.in_(its_runs),
            RUN_VIEW.c.operation == operation,
            RUN_VIEW.c.outcome == Outcome.PASS.value,
        )
        .order_by(RUN_VIEW.c.end_entry.desc())
    )
    return {
        "serial_number": connection.execute(other_label.limit(1)).scalar(),
        "device_id": connection.execute(other_silicon.limit(1)).scalar() if device_id else None,
        "passed_at": connection.execute(passed.limit(1)).scalar(),
    }
