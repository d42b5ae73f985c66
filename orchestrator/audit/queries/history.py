"""Everything that ever happened to a unit, in the order in which it was recorded."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, FromClause, or_, select

from orchestrator.audit.queries.filters import Row, rows_of, runs_of
from orchestrator.audit.tables import (
    RUN_VIEW,
    STEP_VIEW,
    event,
    finding,
    identity,
    intent,
    unit,
)


def unit_history(connection: Connection, name: str) -> list[Row]:
    """What ever happened to this unit? The oldest first, one row per happening.

    `name` is a serial number or a device id. A unit known by both is found by either, with all
    runs in which its serial number or its silicon took part. `kind` is registered, identity,
    run began, step, intent, finding, run ended, or the kind of an event; `entry` is the place of
    the row in the chain, and the order. An empty list: nobody ever met it.
    """
    device_id = name.lower()
    by_silicon = select(identity.c.unit_id).where(identity.c.device_id == device_id)
    known = or_(unit.c.serial_number == name, unit.c.unit_id.in_(by_silicon))
    units = rows_of(connection, select(unit).where(known))
    with_silicon = select(identity.c.run_id).where(identity.c.device_id == device_id)
    theirs = runs_of(select(unit.c.unit_id).where(known), with_silicon).subquery()

    def of_theirs(source: FromClause) -> list[Row]:
        theirs_only = source.c.run_id.in_(select(theirs.c.run_id))
        return rows_of(connection, select(source).where(theirs_only))

    found = (
        select(finding, intent.c.run_id, intent.c.sequence, intent.c.kind.label("of"))
        .join(intent, intent.c.intent_id == finding.c.intent_id)
        .where(intent.c.run_id.in_(select(theirs.c.run_id)))
    )
    runs_met = of_theirs(RUN_VIEW)
    history = [
        *map(_registered, units),
        *(part for row in runs_met for part in _began_and_ended(row)),
        *map(_read, of_theirs(identity)),
        *map(_attempted, of_theirs(STEP_VIEW)),
        *map(_intended, of_theirs(intent)),
        *map(_found, rows_of(connection, found)),
        *map(_occurred, of_theirs(event)),
    ]
    return _completed(history, runs_met)


_HISTORY = (
    "occurred_at", "kind", "run_id", "station_id", "slot", "recipe", "sequence", "step_id",
    "attempt", "outcome", "duration_us", "message", "detail", "intent_id", "entry",
)  # fmt: skip


def _registered(row: Row) -> Row:
    words = (row["serial_number"], row["part_number"], row["revision"])
    return {
        "occurred_at": row["registered_at"],
        "kind": "registered",
        "detail": " ".join(word for word in words if word),
        "entry": row["entry"],
    }


def _began_and_ended(row: Row) -> Iterable[Row]:
    yield {
        "occurred_at": row["began_at"],
        "kind": "run began",
        "run_id": row["run_id"],
        "detail": f"continues run {row['continues']}" if row["continues"] else None,
        "entry": row["entry"],
    }
    if row["outcome"] is not None:
        shared = {key: row[key] for key in ("run_id", "outcome", "duration_us", "message")}
        ended = {"occurred_at": row["ended_at"], "kind": "run ended", "entry": row["end_entry"]}
        yield {**ended, **shared}


def _read(row: Row) -> Row:
    shared = {key: row[key] for key in ("run_id", "sequence", "entry")}
    detail = f"{row['system']} {row['device_id']}"
    return {"occurred_at": row["read_at"], "kind": "identity", "detail": detail, **shared}


def _attempted(row: Row) -> Row:
    shared = ("run_id", "sequence", "step_id", "attempt", "outcome", "duration_us", "message")
    return {
        "occurred_at": row["ended_at"] or row["began_at"],
        "kind": "step",
        "detail": row["name"],
        "entry": row["end_entry"] or row["entry"],
        **{key: row[key] for key in shared},
    }


def _intended(row: Row) -> Row:
    shared = {key: row[key] for key in ("run_id", "sequence", "intent_id", "entry")}
    detail = f"{row['kind']} {row['parameters']}"
    return {"occurred_at": row["began_at"], "kind": "intent", "detail": detail, **shared}


def _found(row: Row) -> Row:
    by = f" by {row['actor']}" if row["actor"] else ""
    return {
        "occurred_at": row["found_at"],
        "kind": "finding",
        "detail": f"{row['of']} {row['state']} ({row['source']}{by})",
        **{key: row[key] for key in ("run_id", "sequence", "message", "intent_id", "entry")},
    }


def _occurred(row: Row) -> Row:
    return {key: row[key] for key in ("occurred_at", "kind", "run_id", "detail", "entry")}


def _completed(history: Sequence[Row], theirs: Sequence[Row]) -> list[Row]:
    """Give every row all columns, those of its run included, and sort them."""
    places = {row["run_id"]: row for row in theirs}
    for row in history:
        found = places.get(row.get("run_id"), {})
        row.update({key: found.get(key) for key in ("station_id", "slot", "recipe")})
    ordered = sorted(history, key=lambda row: row["entry"])
    return [{key: row.get(key) for key in _HISTORY} for row in ordered]
