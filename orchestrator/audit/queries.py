"""The questions that anybody asks the audit, each a function with a sentence.

Nothing else in the house writes SELECT. Every function takes a connection for reading
(`database.reading`, `Audit.read`) and returns plain rows: dicts whose keys are the columns of the
schema, in their order. Outcomes are upper case; the outcome of what has not ended is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Executable,
    FromClause,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    union,
)

from orchestrator.audit.moments import since_text, until_text
from orchestrator.audit.tables import (
    RUN_VIEW,
    STEP_VIEW,
    attachment,
    event,
    identity,
    measurement,
    run,
    run_end,
    step,
    step_end,
    unit,
)
from orchestrator.domain.outcome import Outcome

Row = dict[str, Any]

LEFT = "unit_left"
"""The kind of event that says of a run: its unit was seen to leave the slot afterwards."""

FAILED = (Outcome.FAIL.value, Outcome.ERROR.value, Outcome.TIMEOUT.value)
"""The outcomes of steps that failed; a stop from outside is no failure of the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows a question; what is None does not.

    `since` and `until` are dates (UTC) or RFC 3339 times with zone, both inclusive, and compare
    with the begin of a run. `recipe` is its name or its content hash.
    """

    station: str | None = None
    slot: str | None = None
    recipe: str | None = None
    outcome: Outcome | None = None
    since: str | None = None
    until: str | None = None
    serial: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on `run_view`. Raises InputMistakes for a time that is none."""
        view = RUN_VIEW.c
        equal = (
            (view.station_id, self.station),
            (view.slot, self.slot),
            (view.outcome, None if self.outcome is None else self.outcome.value),
        )
        found = [column == wanted for column, wanted in equal if wanted is not None]
        if self.recipe is not None:
            found.append(or_(view.recipe == self.recipe, view.recipe_hash == self.recipe))
        if self.serial is not None:
            with_serial = select(unit.c.unit_id).where(unit.c.serial_number == self.serial)
            found.append(view.run_id.in_(_runs_of(with_serial)))
        if self.since is not None:
            found.append(view.began_at >= since_text(self.since))
        if self.until is not None:
            found.append(view.began_at <= until_text(self.until))
        return found


EVERYTHING = Filters()
RUN_COLUMNS: tuple[str, ...] = tuple(RUN_VIEW.c.keys())
"""The columns of `runs`, also when no run is found."""
FAILURE_COLUMNS = (
    "recipe", "step_id", "name", "uses", "outcome", "failures", "runs", "last_run_id",
    "last_ended_at", "message", "remedy",
)  # fmt: skip
"""The columns of `failures`, also when nothing failed."""


def _runs_of(unit_ids: Select[str], *more: Select[str]) -> CompoundSelect[str]:
    """Select the runs of units, and `more`, by the indexes; `run_view.unit_id` has none."""
    opened_with = select(run.c.run_id).where(run.c.unit_id.in_(unit_ids))
    identified = select(identity.c.run_id).where(identity.c.unit_id.in_(unit_ids))
    return union(opened_with, identified, *more)


def _rows(connection: Connection, query: Executable) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def runs(connection: Connection, filters: Filters = EVERYTHING, limit: int = 100) -> list[Row]:
    """Which runs were there? The newest first, at most `limit`, rows of `run_view`."""
    newest_first = RUN_VIEW.c.began_at.desc(), RUN_VIEW.c.run_id.desc()
    query = select(RUN_VIEW).where(*filters.conditions()).order_by(*newest_first).limit(limit)
    return _rows(connection, query)


def run_row(connection: Connection, run_id: str) -> Row | None:
    """How did this run go? Its row of `run_view`; None when there is no such run."""
    found = _rows(connection, select(RUN_VIEW).where(RUN_VIEW.c.run_id == run_id))
    return found[0] if found else None


def steps(connection: Connection, run_id: str) -> list[Row]:
    """What did this run do, and what did it measure? Rows of `step_view` in their order.

    Each has its `measurements`, its `attachments` (without content) and the `identities` that it
    read, as lists of rows.
    """
    view = STEP_VIEW.c
    ordered = select(STEP_VIEW).where(view.run_id == run_id).order_by(view.sequence)
    found = _rows(connection, ordered)
    described = (column for column in attachment.columns if column.name != "content")
    parts = {
        "measurements": select(measurement).order_by(measurement.c.name),
        "attachments": select(*described).order_by(attachment.c.name),
        "identities": select(identity).order_by(identity.c.read_at),
    }
    for key, query in parts.items():
        rows = _rows(connection, query.filter_by(run_id=run_id))
        for row in found:
            row[key] = [_of_step(part) for part in rows if part["sequence"] == row["sequence"]]
    return found


def _of_step(part: Row) -> Row:
    return {key: value for key, value in part.items() if key not in {"run_id", "sequence"}}


def attachment_content(
    connection: Connection, run_id: str, sequence: int, name: str
) -> bytes | None:
    """What is in this attachment? Its bytes; None when there is no such attachment."""
    query = select(attachment.c.content).filter_by(run_id=run_id, sequence=sequence, name=name)
    content: bytes | None = connection.execute(query).scalar()
    return content


def open_runs(connection: Connection, station: str | None = None) -> list[Row]:
    """Which runs have no end? The oldest first; of one station or of all.

    Each row of `run_view` has `steps`: the rows of `step_view` that have no end either.
    """
    view, attempt = RUN_VIEW.c, STEP_VIEW.c
    # The two tables are asked for first: a station has few open runs among very many.
    left = select(run.c.run_id).where(
        ~select(run_end.c.run_id).where(run_end.c.run_id == run.c.run_id).exists()
    )
    query = select(RUN_VIEW).where(view.run_id.in_(left)).order_by(view.began_at, view.run_id)
    if station is not None:
        query = query.where(view.station_id == station)
    found = _rows(connection, query)
    for row in found:
        still = and_(attempt.run_id == row["run_id"], attempt.outcome.is_(None))
        row["steps"] = _rows(connection, select(STEP_VIEW).where(still).order_by(attempt.sequence))
    return found


def standing_run(
    connection: Connection, *, station: str, slot: str, system: str, device_id: str
) -> Row | None:
    """Which verdict has the unit that sits in this slot? A row of `run_view`.

    None unless the last run that began with this silicon was in this slot and came to an end that
    is not INTERRUPTED, nothing ran there since, and the unit was not seen to leave.
    """
    met = select(identity.c.run_id).filter_by(system=system, device_id=device_id, sequence=0)
    newest_first = RUN_VIEW.c.began_at.desc(), RUN_VIEW.c.run_id.desc()
    its_runs = select(RUN_VIEW).where(RUN_VIEW.c.run_id.in_(met)).order_by(*newest_first)
    found = _rows(connection, its_runs.limit(1))
    if not found or found[0]["outcome"] in (None, Outcome.INTERRUPTED.value):
        return None
    last = found[0]
    if (last["station_id"], last["slot"]) != (station, slot):
        return None
    here = select(run.c.run_id).filter_by(station_id=station, slot=slot)
    later = here.where(run.c.began_at > last["began_at"]).limit(1)
    left = select(event.c.event_id).filter_by(run_id=last["run_id"], kind=LEFT).limit(1)
    over = any(connection.execute(query).first() is not None for query in (later, left))
    return None if over else last


def _written_out(word: str) -> ColumnElement[str]:
    return literal_column(f"'{word}'")


def _failed_as(outcome: Outcome | None) -> ColumnElement[bool]:
    if outcome is None or outcome.value in FAILED:
        # Written out, word for word as the partial index has it, so that the index is used.
        failed = step_end.c.outcome.in_([_written_out(word) for word in FAILED])
        return failed if outcome is None else and_(failed, step_end.c.outcome == outcome.value)
    return step_end.c.outcome == outcome.value


def failures(connection: Connection, filters: Filters = EVERYTHING, limit: int = 100) -> list[Row]:
    """Which steps fail, and how often? The most frequent first, one row per step and outcome.

    `failures` counts attempts, `runs` the runs they were in; `last_run_id`, `last_ended_at`,
    `message` and `remedy` are those of the last one. A filter for an outcome means the step's.
    """
    columns = (RUN_VIEW.c.recipe, step.c.step_id, step.c.name, step.c.uses, step_end.c.outcome)
    kind = tuple(column.name for column in columns)
    failed = (
        select(*columns, step.c.run_id, step_end.c.ended_at, step_end.c.message, step_end.c.remedy)
        .join_from(step_end, step)
        .join(RUN_VIEW, RUN_VIEW.c.run_id == step.c.run_id)
        .where(_failed_as(filters.outcome), *replace(filters, outcome=None).conditions())
        .cte("failed")
    )
    same = [failed.c[name] for name in kind]
    nth = func.row_number().over(partition_by=same, order_by=failed.c.ended_at.desc()).label("nth")
    last = select(failed, nth).cte("last")
    total = (
        select(
            *same,
            func.count().label("failures"),
            func.count(failed.c.run_id.distinct()).label("runs"),
        )
        .group_by(*same)
        .cte("total")
    )
    query = (
        select(
            *(total.c[name] for name in (*kind, "failures", "runs")),
            last.c.run_id.label("last_run_id"),
            last.c.ended_at.label("last_ended_at"),
            last.c.message,
            last.c.remedy,
        )
        .join_from(
            total, last, and_(last.c.nth == 1, *(total.c[name] == last.c[name] for name in kind))
        )
        .order_by(total.c.failures.desc(), *(total.c[name] for name in kind))
        .limit(limit)
    )
    return _rows(connection, query)


def counts(connection: Connection, filters: Filters = EVERYTHING) -> list[Row]:
    """How many runs ended how? One row per outcome with `runs`; open runs have outcome None."""
    outcome = RUN_VIEW.c.outcome
    query = (
        select(outcome, func.count().label("runs"))
        .where(*filters.conditions())
        .group_by(outcome)
        .order_by(outcome)
    )
    return _rows(connection, query)


def unit_history(connection: Connection, name: str) -> list[Row]:
    """What ever happened to this unit? The oldest first, one row per happening.

    `name` is a serial number or a device id. A unit known by both is found by either, with all
    runs in which its serial number or its silicon took part. `kind` is registered, identity,
    run began, step, run ended, or the kind of an event. An empty list: nobody ever met it.
    """
    device_id = name.lower()
    by_silicon = select(identity.c.unit_id).where(identity.c.device_id == device_id)
    known = or_(unit.c.serial_number == name, unit.c.unit_id.in_(by_silicon))
    units = _rows(connection, select(unit).where(known).order_by(unit.c.registered_at))
    with_silicon = select(identity.c.run_id).where(identity.c.device_id == device_id)
    theirs = _runs_of(select(unit.c.unit_id).where(known), with_silicon).subquery()

    def rows_of(source: FromClause) -> list[Row]:
        of_theirs = source.c.run_id.in_(select(theirs.c.run_id))
        return _rows(connection, select(source).where(of_theirs))

    runs_met = rows_of(RUN_VIEW)
    history = [
        *map(_registered, units),
        *(part for row in runs_met for part in _began_and_ended(row)),
        *map(_read, rows_of(identity)),
        *map(_attempted, rows_of(STEP_VIEW)),
        *map(_occurred, rows_of(event)),
    ]
    return _completed(history, runs_met)


# How the rows of the history that share a moment follow one another.
_ORDER = ("registered", "run began", "identity", "step")

_HISTORY = (
    "occurred_at", "kind", "run_id", "station_id", "slot", "recipe", "sequence", "step_id",
    "attempt", "outcome", "duration_us", "message", "detail",
)  # fmt: skip


def _registered(row: Row) -> Row:
    words = (row["serial_number"], row["part_number"], row["revision"])
    detail = " ".join(word for word in words if word)
    return {"occurred_at": row["registered_at"], "kind": "registered", "detail": detail}


def _began_and_ended(row: Row) -> Iterable[Row]:
    yield {"occurred_at": row["began_at"], "kind": "run began", "run_id": row["run_id"]}
    if row["outcome"] is not None:
        shared = {key: row[key] for key in ("run_id", "outcome", "duration_us", "message")}
        yield {"occurred_at": row["ended_at"], "kind": "run ended", **shared}


def _read(row: Row) -> Row:
    shared = {key: row[key] for key in ("run_id", "sequence")}
    detail = f"{row['system']} {row['device_id']}"
    return {"occurred_at": row["read_at"], "kind": "identity", "detail": detail, **shared}


def _attempted(row: Row) -> Row:
    shared = ("run_id", "sequence", "step_id", "attempt", "outcome", "duration_us", "message")
    return {
        "occurred_at": row["ended_at"] or row["began_at"],
        "kind": "step",
        "detail": row["name"],
        **{key: row[key] for key in shared},
    }


def _occurred(row: Row) -> Row:
    return {key: row[key] for key in ("occurred_at", "kind", "run_id", "detail")}


def _completed(history: Sequence[Row], theirs: Sequence[Row]) -> list[Row]:
    """Give every row all columns, those of its run included, and sort them."""
    places = {row["run_id"]: row for row in theirs}
    for row in history:
        found = places.get(row.get("run_id"), {})
        row.update({key: found.get(key) for key in ("station_id", "slot", "recipe")})
    ranks = {kind: rank for rank, kind in enumerate(_ORDER)}
    ordered = sorted(
        history,
        key=lambda row: (
            row["occurred_at"],
            ranks.get(row["kind"], len(ranks)),
            row.get("sequence") or 0,
        ),
    )
    return [{key: row.get(key) for key in _HISTORY} for row in ordered]
