"""What the rows say against one another: whether the evidence is complete and possible.

A chain proves that rows are those that were written; here is asked whether what was written is
what a sound station writes. Each question is a sentence of its own with the rows that break it.
A quality engineer can ask all of this of a finished database, without station or boards.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.findings import FindingKind, FindingList
from orchestrator.audit.proof_tables import segment
from orchestrator.audit.tables import (
    finding,
    identity,
    intent,
    measurement,
    recipe,
    run,
    run_end,
    session,
    step,
    step_end,
    unit,
)
from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.intents import FindingState
from orchestrator.domain.measurement import Limit, judge
from orchestrator.domain.outcome import Outcome

_HASH_CHARACTERS = 64
_ROWS_AT_ONCE = 1000

Contradiction = tuple[str, int, str]
"""Table, entry, and what is wrong."""


def contradictions(connection: Connection, last: int, findings: FindingList) -> None:
    """Ask all questions about the entries up to `last` and add what contradicts."""
    for question in _QUESTIONS:
        try:
            for table, entry, what in question(connection, last):
                findings.add(FindingKind.RECORD, table, entry, what)
        except (DBAPIError, AttributeError, TypeError, ValueError):
            # A file keeps a value of any type in any column, and bytes that are no text.
            if connection.dialect.name != "sqlite":
                raise
            what = f"the file is damaged, so this cannot be asked: {question.__doc__}"
            findings.add(FindingKind.UNREADABLE, "", 0, what)


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))


def _open_runs(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every run of an earlier start has its end."""
    newest = select(session.c.session_id).where(session.c.entry <= last)
    current = newest.order_by(session.c.entry.desc()).limit(1).scalar_subquery()
    query = (
        select(run.c.entry, run.c.run_id)
        .outerjoin(run_end, run_end.c.run_id == run.c.run_id)
        .where(run_end.c.run_id.is_(None), run.c.session_id != current, run.c.entry <= last)
    )
    # A station that has just started closes what the last one left open before anything else.
    closed = select(func.max(run.c.entry)).where(run.c.session_id == current).scalar_subquery()
    for row in _rows(connection, query.where(closed.is_not(None))):
        yield "run", row.entry, f"run {row.run_id} was left open by a station that ended"


def _interrupted(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every interrupted run says what to do."""
    query = select(run_end.c.entry, run_end.c.run_id).where(
        run_end.c.outcome == Outcome.INTERRUPTED.value,
        run_end.c.message == "",
        run_end.c.entry <= last,
    )
    for row in _rows(connection, query):
        yield "run_end", row.entry, f"run {row.run_id} was interrupted and nothing is said of it"


def _order(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every end comes after its begin."""
    pairs = (
        (run, run_end, run.c.run_id == run_end.c.run_id),
        (step, step_end, _same_step(step, step_end)),
    )
    for begin, end, same in pairs:
        query = select(end.c.entry, begin.c.entry.label("begun")).join_from(end, begin, same)
        for row in _rows(connection, query.where(end.c.entry < begin.c.entry, end.c.entry <= last)):
            yield end.name, row.entry, f"the end stands before its begin, entry {row.begun}"


def _sequences(connection: Connection, last: int) -> Iterator[Contradiction]:
    """The attempts of every run are counted from 1 without a gap."""
    counted = (
        select(
            step.c.run_id,
            func.min(step.c.entry).label("entry"),
            func.max(step.c.sequence).label("highest"),
            func.count().label("attempts"),
        )
        .where(step.c.entry <= last)
        .group_by(step.c.run_id)
        .having(func.max(step.c.sequence) != func.count())
    )
    for row in _rows(connection, counted):
        # An archived run keeps only the attempts with something irreversible.
        if not _was_archived(connection, row.entry):
            what = f"run {row.run_id} has {row.attempts} attempts, the last is number {row.highest}"
            yield "step", row.entry, what


def _required(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every run that passed has passed each required step, or the run that it continues has."""
    for found in _rows(connection, select(recipe.c.recipe_hash, recipe.c.plan)):
        wanted = _required_steps(found.plan)
        if not wanted:
            continue
        here = _passed(wanted, run.c.run_id).with_only_columns(
            func.count(step.c.step_id.distinct())
        )
        query = (
            select(run_end.c.entry, run.c.run_id)
            .join_from(run, run_end, run.c.run_id == run_end.c.run_id)
            .where(
                run.c.recipe_hash == found.recipe_hash,
                run_end.c.outcome == Outcome.PASS.value,
                run_end.c.entry <= last,
                here.correlate(run).scalar_subquery() < len(wanted),
            )
        )
        for row in _rows(connection, query):
            missing = set(wanted) - _passed_in_line(connection, wanted, row.run_id)
            if missing and not _was_archived(connection, row.entry):
                what = f"run {row.run_id} passed without {', '.join(sorted(missing))}"
                yield "run_end", row.entry, what


def _passed(wanted: Sequence[str], run_id: Any) -> Select[Any]:
    done = and_(_same_step(step, step_end), step_end.c.outcome == Outcome.PASS.value)
    query = select(step.c.step_id).join_from(step, step_end, done)
    return query.where(step.c.step_id.in_(wanted), step.c.run_id == run_id)


def _found_applied(wanted: Sequence[str], run_id: str) -> Select[Any]:
    """Select the steps whose intent was found applied, whatever the end of the step said."""
    each = finding.alias("each")
    newest = (
        select(func.max(each.c.number))
        .where(each.c.intent_id == intent.c.intent_id)
        .correlate(intent)
        .scalar_subquery()
    )
    query = (
        select(step.c.step_id)
        .join_from(step, intent, _same_step(step, intent))
        .join(finding, and_(finding.c.intent_id == intent.c.intent_id, finding.c.number == newest))
    )
    return query.where(
        finding.c.state == FindingState.APPLIED.value,
        step.c.step_id.in_(wanted),
        step.c.run_id == run_id,
    )


def _passed_in_line(connection: Connection, wanted: Sequence[str], run_id: str) -> set[str]:
    """Return what passed in a run or in those whose evidence it goes on with."""
    passed: set[str] = set()
    seen: set[str] = set()
    following: str | None = run_id
    while following is not None and following not in seen:
        seen.add(following)
        passed.update(connection.execute(_passed(wanted, following)).scalars())
        passed.update(connection.execute(_found_applied(wanted, following)).scalars())
        before = select(run.c.continues).where(run.c.run_id == following)
        following = connection.execute(before).scalar()
    return passed


def _required_steps(plan: str) -> list[str]:
    try:
        sections = json.loads(plan)
        items = [*sections["setup"], *sections["main"]]
        steps = [step for item in items for step in item.get("parallel", [item])]
        return sorted({each["id"] for each in steps if each["required"] and each["if"] is None})
    except (ValueError, KeyError, TypeError, AttributeError):
        # Not a plan of this language version: nothing can be asked of it.
        return []


def _limits(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every measurement that passed is finite and within its limit."""
    columns = measurement.c
    query = select(columns.entry, columns.name, columns.value, columns.limit_min, columns.limit_max)
    query = query.where(
        columns.outcome == Outcome.PASS.value, columns.kind == "number", columns.entry <= last
    )
    for entry, name, value, low, high in _rows(connection, query):
        if not _is_within(value, low, high):
            yield "measurement", entry, f"{name} passed with {value}, which is not within its limit"


@lru_cache(maxsize=4096)
def _is_within(text: str, low: str | None, high: str | None) -> bool:
    try:
        value = Decimal(text)
        return value.is_finite() and judge(value, _limit(low, high)) is Outcome.PASS
    except (InvalidOperation, StationMisuse):
        return False


@lru_cache(maxsize=1024)
def _limit(low: str | None, high: str | None) -> Limit:
    return Limit(min=_decimal(low), max=_decimal(high))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _settled(connection: Connection, last: int) -> Iterator[Contradiction]:
    """No run ends with a verdict before it is known what became of its intents."""
    # A run that was interrupted or aborted leaves it to the next one to find out.
    verdicts = (Outcome.PASS.value, Outcome.FAIL.value)
    query = (
        select(intent.c.entry, intent.c.intent_id, run_end.c.outcome)
        .join_from(intent, run_end, run_end.c.run_id == intent.c.run_id)
        .outerjoin(finding, finding.c.intent_id == intent.c.intent_id)
        .where(
            run_end.c.outcome.in_(verdicts), finding.c.intent_id.is_(None), intent.c.entry <= last
        )
    )
    for row in _rows(connection, query):
        what = f"the run ended {row.outcome} and nothing is known of intent {row.intent_id}"
        yield "intent", row.entry, what


def _in_its_step(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every intent was written in the time of an irreversible step."""
    query = (
        select(intent.c.entry, intent.c.intent_id)
        .join_from(intent, step, _same_step(intent, step))
        .outerjoin(step_end, _same_step(intent, step_end))
        .where(
            intent.c.entry <= last,
            or_(
                step.c.irreversible.is_(False),
                step.c.entry > intent.c.entry,
                step_end.c.entry < intent.c.entry,
            ),
        )
    )
    for row in _rows(connection, query):
        yield "intent", row.entry, f"intent {row.intent_id} was not written in its step's time"


def _once(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Nothing irreversible was requested while it was known to be applied."""
    earlier = intent.alias("earlier")
    verdict = finding.alias("verdict")
    before = (
        select(func.max(finding.c.number))
        .where(finding.c.intent_id == earlier.c.intent_id, finding.c.entry < intent.c.entry)
        .scalar_subquery()
    )
    same = and_(
        *(earlier.c[name] == intent.c[name] for name in ("system", "device_id", "kind")),
        earlier.c.parameters == intent.c.parameters,
        earlier.c.entry < intent.c.entry,
    )
    query = (
        select(intent.c.entry, intent.c.intent_id, earlier.c.intent_id.label("applied"))
        .join_from(intent, earlier, same)
        .join(verdict, and_(verdict.c.intent_id == earlier.c.intent_id, verdict.c.number == before))
        .where(verdict.c.state == FindingState.APPLIED.value, intent.c.entry <= last)
    )
    for row in _rows(connection, query):
        what = f"intent {row.intent_id} repeats intent {row.applied}, which was known to be applied"
        yield "intent", row.entry, what


def _serial_numbers(connection: Connection, last: int) -> Iterator[Contradiction]:
    """No serial number was locked into two pieces of silicon."""
    query = (
        select(unit.c.entry, unit.c.serial_number, func.count(intent.c.device_id.distinct()))
        .join_from(unit, intent, intent.c.unit_id == unit.c.unit_id)
        .join(finding, finding.c.intent_id == intent.c.intent_id)
        .where(
            unit.c.serial_number.is_not(None),
            finding.c.state == FindingState.APPLIED.value,
            finding.c.entry <= last,
        )
        .group_by(unit.c.entry, unit.c.serial_number, intent.c.system)
        .having(func.count(intent.c.device_id.distinct()) > 1)
    )
    for row in _rows(connection, query):
        what = f"serial number {row.serial_number} was given to {row[2]} devices for good"
        yield "unit", row.entry, what


def _identified(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every intent is of a device that its run had identified."""
    same = and_(
        identity.c.run_id == intent.c.run_id,
        identity.c.system == intent.c.system,
        identity.c.device_id == intent.c.device_id,
        identity.c.entry < intent.c.entry,
    )
    query = (
        select(intent.c.entry, intent.c.intent_id, intent.c.device_id)
        .outerjoin(identity, same)
        .where(identity.c.run_id.is_(None), intent.c.entry <= last)
    )
    for row in _rows(connection, query):
        what = f"intent {row.intent_id} is of device {row.device_id}, which its run never read"
        yield "intent", row.entry, what


def _recipes(connection: Connection, last: int) -> Iterator[Contradiction]:
    """Every recipe is kept under the hash of its plan."""
    query = select(recipe.c.entry, recipe.c.recipe_hash, recipe.c.plan)
    for row in _rows(connection, query.where(recipe.c.entry <= last)):
        found = sha256(row.plan.encode()).hexdigest()
        if len(row.recipe_hash) == _HASH_CHARACTERS and found != row.recipe_hash:
            yield "recipe", row.entry, f"the plan is not the one of hash {row.recipe_hash}"


def _same_step(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.c.run_id == other.c.run_id, one.c.sequence == other.c.sequence)


def _was_archived(connection: Connection, entry: int) -> bool:
    query = select(segment.c.segment_id).where(
        segment.c.first_entry <= entry, segment.c.last_entry >= entry
    )
    return connection.execute(query.limit(1)).first() is not None


_QUESTIONS: tuple[Callable[[Connection, int], Iterator[Contradiction]], ...] = (
    _open_runs,
    _interrupted,
    _order,
    _sequences,
    _required,
    _limits,
    _settled,
    _in_its_step,
    _once,
    _serial_numbers,
    _identified,
    _recipes,
)
