"""Questions about runs: which there were, what they did, which steps fail."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, select

from orchestrator.audit.columns import record_columns
from orchestrator.audit.queries.filters import EVERYTHING, Filters, Row, rows_of
from orchestrator.audit.tables import (
    RUN_VIEW,
    STEP_VIEW,
    attachment,
    identity,
    measurement,
    step,
    step_end,
)
from orchestrator.domain.outcome import Outcome

FAILED = (Outcome.FAIL.value, Outcome.ERROR.value, Outcome.TIMEOUT.value)
"""The outcomes of steps that failed; a stop from outside is no failure of the step."""

RUN_COLUMNS: tuple[str, ...] = tuple(RUN_VIEW.c.keys())
"""The columns of `runs`, also when no run is found."""
FAILURE_COLUMNS = (
    "recipe", "step_id", "name", "uses", "outcome", "failures", "runs", "last_run_id",
    "last_ended_at", "message", "remedy",
)  # fmt: skip
"""The columns of `failures`, also when nothing failed."""


def runs(connection: Connection, filters: Filters = EVERYTHING, limit: int = 100) -> list[Row]:
    """Which runs were there? The newest first, at most `limit`, rows of `run_view`."""
    newest_first = RUN_VIEW.c.entry.desc()
    query = select(RUN_VIEW).where(*filters.conditions()).order_by(newest_first).limit(limit)
    return rows_of(connection, query)


def run_row(connection: Connection, run_id: str) -> Row | None:
    """How did this run go? Its row of `run_view`; None when there is no such run."""
    found = rows_of(connection, select(RUN_VIEW).where(RUN_VIEW.c.run_id == run_id))
    return found[0] if found else None


def steps(connection: Connection, run_id: str) -> list[Row]:
    """What did this run do, and what did it measure? Rows of `step_view` in their order.

    Each has its `measurements`, its `attachments` (without content) and the `identities` that it
    read, as lists of rows.
    """
    view = STEP_VIEW.c
    ordered = select(STEP_VIEW).where(view.run_id == run_id).order_by(view.sequence)
    found = rows_of(connection, ordered)
    described = (column for column in record_columns(attachment) if column.name != "content")
    parts = {
        "measurements": select(*record_columns(measurement)).order_by(measurement.c.name),
        "attachments": select(*described).order_by(attachment.c.name),
        "identities": select(*record_columns(identity)).order_by(identity.c.entry),
    }
    for key, query in parts.items():
        rows = rows_of(connection, query.filter_by(run_id=run_id))
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
        select(
            *columns,
            step.c.run_id,
            step_end.c.entry,
            step_end.c.ended_at,
            step_end.c.message,
            step_end.c.remedy,
        )
        .join_from(step_end, step)
        .join(RUN_VIEW, RUN_VIEW.c.run_id == step.c.run_id)
        .where(_failed_as(filters.outcome), *replace(filters, outcome=None).conditions())
        .cte("failed")
    )
    same = [failed.c[name] for name in kind]
    nth = func.row_number().over(partition_by=same, order_by=failed.c.entry.desc()).label("nth")
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
    return rows_of(connection, query)


def counts(connection: Connection, filters: Filters = EVERYTHING) -> list[Row]:
    """How many runs ended how? One row per outcome with `runs`; open runs have outcome None."""
    outcome = RUN_VIEW.c.outcome
    query = (
        select(outcome, func.count().label("runs"))
        .where(*filters.conditions())
        .group_by(outcome)
        .order_by(outcome)
    )
    return rows_of(connection, query)
