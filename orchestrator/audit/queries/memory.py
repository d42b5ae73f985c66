"""What a station must know of what was before: open runs, standing verdicts, intents.

Order is by entry: wall time may have stepped.
"""

from collections.abc import Collection
from functools import cache

from sqlalchemy import Connection, Select, and_, bindparam, func, select

from orchestrator.audit.columns import record_columns
from orchestrator.audit.queries.filters import Row, rows_of
from orchestrator.audit.tables import (
    RUN_VIEW,
    STEP_VIEW,
    event,
    finding,
    identity,
    intent,
    run,
    run_end,
    session,
    step,
    unit,
)
from orchestrator.domain.intents import FindingSource, FindingState
from orchestrator.domain.outcome import Outcome

LEFT = "unit_left"
"""The kind of event that says of a run: its unit was seen to leave the slot afterwards."""

HOLD_COLUMNS = (
    "intent_id", "run_id", "sequence", "unit_id", "system", "device_id", "kind", "parameters",
    "settle_us", "began_at", "step_id", "recipe_hash", "station_id", "slot", "serial_number",
    "findings", "state", "source", "actor", "message", "found_at",
)  # fmt: skip
"""The columns of `holds`, also when nothing is held."""


def open_runs(connection: Connection, station: str | None = None) -> list[Row]:
    """Which runs have no end? The oldest first; of one station or of all.

    Each row of `run_view` has `steps`: the rows of `step_view` that have no end either; `system`
    of its `device_id`; and `intents`: those of it that nobody knows the end of, as in
    `earlier_intents`.
    """
    view, attempt = RUN_VIEW.c, STEP_VIEW.c
    # The two tables are asked for first: a station has few open runs among very many.
    left = select(run.c.run_id).where(
        ~select(run_end.c.run_id).where(run_end.c.run_id == run.c.run_id).exists()
    )
    query = select(RUN_VIEW).where(view.run_id.in_(left)).order_by(view.entry)
    if station is not None:
        query = query.where(view.station_id == station)
    found = rows_of(connection, query)
    for row in found:
        still = and_(attempt.run_id == row["run_id"], attempt.outcome.is_(None))
        row["steps"] = rows_of(
            connection, select(STEP_VIEW).where(still).order_by(attempt.sequence)
        )
        read = select(identity.c.system).filter_by(run_id=row["run_id"], device_id=row["device_id"])
        row["system"] = connection.execute(read.limit(1)).scalar()
        its_own = _intents().where(intent.c.run_id == row["run_id"])
        row["intents"] = [each for each in rows_of(connection, its_own) if _is_open(each)]
    return found


def _is_open(row: Row) -> bool:
    return row["state"] in (None, FindingState.REOPENED.value)


def standing_run(
    connection: Connection, *, station: str, slot: str, system: str, device_id: str
) -> Row | None:
    """Which verdict has the unit that sits in this slot? A row of `run_view`.

    None unless the last run that began with this silicon was in this slot and came to an end that
    is not INTERRUPTED, nothing ran there since, the unit was not seen to leave, and no person has
    decided about it since.
    """
    met = select(identity.c.run_id).filter_by(system=system, device_id=device_id, sequence=0)
    its_runs = select(RUN_VIEW).where(RUN_VIEW.c.run_id.in_(met)).order_by(RUN_VIEW.c.entry.desc())
    found = rows_of(connection, its_runs.limit(1))
    if not found or found[0]["outcome"] in (None, Outcome.INTERRUPTED.value):
        return None
    last = found[0]
    if (last["station_id"], last["slot"]) != (station, slot):
        return None
    here = select(run.c.run_id).filter_by(station_id=station, slot=slot)
    later = here.where(run.c.entry > last["entry"]).limit(1)
    left = select(event.c.event_id).filter_by(run_id=last["run_id"], kind=LEFT).limit(1)
    decided = (
        select(finding.c.intent_id)
        .join(intent, intent.c.intent_id == finding.c.intent_id)
        .where(
            intent.c.system == system,
            intent.c.device_id == device_id,
            finding.c.source == FindingSource.DECISION.value,
            finding.c.entry > last["end_entry"],
        )
        .limit(1)
    )
    over = any(connection.execute(query).first() is not None for query in (later, left, decided))
    return None if over else last


def last_run(connection: Connection, *, system: str, device_id: str) -> Row | None:
    """Which run was the last one in which that silicon was read? A row of `run_view`, or None.

    `step_outcomes` are the outcomes that are not PASS, by step id, each of the step's last
    attempt, of the run that it continues or of itself.
    """
    found = rows_of(connection, _last_met(), of_system=system, of_device=device_id)
    if not found:
        return None
    last = found[0]
    base = last["continues"] or last["run_id"]
    outcomes = {
        row["step_id"]: row["outcome"] for row in rows_of(connection, _outcomes(), of_run=base)
    }
    passed = (None, Outcome.PASS.value)
    last["step_outcomes"] = {
        step_id: outcome for step_id, outcome in outcomes.items() if outcome not in passed
    }
    return last


@cache
def _last_met() -> Select[tuple[object, ...]]:
    # What is asked for every board is put together once: that takes longer than asking.
    met = select(identity.c.run_id).where(
        identity.c.system == bindparam("of_system"),
        identity.c.device_id == bindparam("of_device"),
    )
    query = select(RUN_VIEW).where(RUN_VIEW.c.run_id.in_(met))
    return query.order_by(RUN_VIEW.c.entry.desc()).limit(1)


@cache
def _outcomes() -> Select[tuple[object, ...]]:
    view = STEP_VIEW.c
    of_run = select(view.step_id, view.outcome).where(view.run_id == bindparam("of_run"))
    return of_run.order_by(view.sequence)


def earlier_intents(connection: Connection, *, system: str, device_id: str) -> list[Row]:
    """What was ever requested of this silicon that cannot be undone? The oldest first.

    Each row of the table `intent` has the `step_id` and `recipe_hash` that it belongs to, the
    number of its `findings`, and of the last one `state` (None without any), `source`, `actor`,
    `message` and `found_at`.
    """
    return rows_of(connection, _intents_of_unit(), of_system=system, of_device=device_id)


@cache
def _intents_of_unit() -> Select[tuple[object, ...]]:
    return _intents().where(
        intent.c.system == bindparam("of_system"),
        intent.c.device_id == bindparam("of_device"),
    )


def intents_of_kinds(connection: Connection, kinds: Collection[str]) -> list[Row]:
    """What was ever requested by steps of these kinds, of whatever unit? As `earlier_intents`."""
    return rows_of(connection, _intents().where(intent.c.kind.in_(kinds)))


def passed_runs(connection: Connection, recipe_hash: str) -> list[Row]:
    """Which units have passed this very recipe? `system`, `device_id`, `inputs` and `run_id`."""
    query = (
        select(identity.c.system, identity.c.device_id, run.c.inputs, run.c.run_id)
        .join(run, run.c.run_id == identity.c.run_id)
        .join(run_end, run_end.c.run_id == run.c.run_id)
        .where(run.c.recipe_hash == recipe_hash, run_end.c.outcome == Outcome.PASS.value)
        .where(identity.c.sequence == 0)
        .order_by(run.c.entry)
    )
    return rows_of(connection, query)


def intent_row(connection: Connection, intent_id: str) -> Row | None:
    """What is known of this intent? As in `earlier_intents`, with the unit's `serial_number`."""
    found = rows_of(connection, _intents().where(intent.c.intent_id == intent_id))
    return found[0] if found else None


def holds(connection: Connection) -> list[Row]:
    """Which units are held for a person? One row per intent, the oldest first.

    Rows are those of `earlier_intents` with `serial_number`, `station_id` and `slot`.
    """
    held = _intents().where(finding.c.state == FindingState.UNKNOWN.value)
    return rows_of(connection, held)


@cache
def _intents() -> Select[tuple[object, ...]]:
    # Made once: putting it together takes as long as asking.
    any_finding = finding.alias("any_finding")
    newest = (
        select(func.max(any_finding.c.number))
        .where(any_finding.c.intent_id == intent.c.intent_id)
        .correlate(intent)
        .scalar_subquery()
    )
    return (
        select(
            *record_columns(intent),
            step.c.step_id,
            run.c.recipe_hash,
            run.c.station_id,
            run.c.slot,
            unit.c.serial_number,
            func.coalesce(finding.c.number, 0).label("findings"),
            finding.c.state,
            finding.c.source,
            finding.c.actor,
            finding.c.message,
            finding.c.found_at,
        )
        .join_from(intent, run, run.c.run_id == intent.c.run_id)
        .join(step, and_(step.c.run_id == intent.c.run_id, step.c.sequence == intent.c.sequence))
        .outerjoin(unit, unit.c.unit_id == intent.c.unit_id)
        .outerjoin(
            finding, and_(finding.c.intent_id == intent.c.intent_id, finding.c.number == newest)
        )
        .order_by(intent.c.entry)
    )


def session_known(connection: Connection, session_id: str) -> bool:
    """Is that start of a station in this database?"""
    return bool(rows_of(connection, _sessions(), of_session=session_id))


@cache
def _sessions() -> Select[tuple[object, ...]]:
    return select(session.c.session_id).where(session.c.session_id == bindparam("of_session"))
