"""Questions of the pages for engineers and quality: what else was said of a run, what is usual."""

from statistics import median

from sqlalchemy import Connection, select

from orchestrator.audit.columns import record_columns
from orchestrator.audit.queries.filters import Row, rows_of
from orchestrator.audit.tables import RUN_VIEW, event, finding, intent, step, step_end
from orchestrator.domain.outcome import Outcome


def run_events(connection: Connection, run_id: str, limit: int = 500) -> list[Row]:
    """What else happened in this run: answers, commands, notices? Rows of `event` in their order.

    At most `limit`, the oldest first.
    """
    query = select(*record_columns(event)).filter_by(run_id=run_id).order_by(event.c.entry)
    return rows_of(connection, query.limit(limit))


def run_intents(connection: Connection, run_id: str) -> list[Row]:
    """What did this run request that cannot be undone, and what became of it?

    One row per finding, or per intent that has none, in their order.
    """
    query = (
        select(
            intent.c.intent_id,
            intent.c.sequence,
            intent.c.kind,
            intent.c.parameters,
            intent.c.began_at,
            finding.c.state,
            finding.c.source,
            finding.c.actor,
            finding.c.message,
            finding.c.found_at,
        )
        .outerjoin(finding, finding.c.intent_id == intent.c.intent_id)
        .where(intent.c.run_id == run_id)
        .order_by(intent.c.entry, finding.c.number)
    )
    return rows_of(connection, query)


def usual_seconds(connection: Connection, recipe_hash: str, runs: int = 100) -> dict[str, float]:
    """How long does each step of this recipe usually take, in seconds?

    The median over the last `runs` runs that passed; a step that never passed is not there.
    """
    view = RUN_VIEW.c
    passed = (
        select(view.run_id)
        .where(view.recipe_hash == recipe_hash, view.outcome == Outcome.PASS.value)
        .order_by(view.entry.desc())
        .limit(runs)
    )
    same = (step.c.run_id == step_end.c.run_id) & (step.c.sequence == step_end.c.sequence)
    query = (
        select(step.c.step_id, step_end.c.duration_us)
        .join_from(step, step_end, same)
        .where(step.c.run_id.in_(passed), step_end.c.outcome == Outcome.PASS.value)
    )
    taken: dict[str, list[int]] = {}
    for step_id, duration_us in connection.execute(query):
        taken.setdefault(step_id, []).append(duration_us)
    return {step_id: median(each) / 1_000_000 for step_id, each in taken.items()}
