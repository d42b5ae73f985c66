"""Closes runs that have no end: after a crash, a cut of power or a lost audit nothing "runs".

Each is closed as INTERRUPTED with the step that had begun. A board that is still in its slot is
asked what became of its irreversible request, all boards at once and within a bound; what it says
is committed together with the end of the run. A board that is away, or cannot say, is asked when it
comes: its intents stay open. Doing it again after a crash in the middle leads to the same end.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import anyio

from orchestrator.domain.clock import timestamp
from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import AuditUnavailable, StationFault
from orchestrator.domain.fixture import Attached
from orchestrator.domain.intents import FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, Record, RunEndRow, StepEndRow
from orchestrator.station.asking import ask_unit
from orchestrator.station.past import OpenRun
from orchestrator.station.tools import Tools

REMEDY = "Put the board in again; the station asks it what is true before it acts"
NOT_ASKED = "the board was not asked"
_WORDS = {
    FindingState.APPLIED: "was applied",
    FindingState.NOT_APPLIED: "was not applied",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the slot of an open run: a sentence, and the findings of its intents."""

    says: str = NOT_ASKED
    findings: tuple[FindingRow, ...] = ()


def _nothing() -> Collection[str]:
    return ()


async def recover(
    tools: Tools,
    why: str,
    *,
    ask_seconds: float,
    running: Callable[[], Collection[str]] = _nothing,
) -> list[OpenRun]:
    """Close every run without an end but those that are `running`; return what was closed.

    Boards are asked for at most `ask_seconds`; 0 asks none. Raises AuditUnavailable.
    """
    # A run that ends while the audit is being read may be open there: it is asked for before, too.
    before = running()
    found_open = await tools.past.open_runs()
    spared = {*before, *running()}
    left = [run for run in found_open if run.run_id not in spared]
    if not left:
        return left
    crash_point("recovery.begun")
    found = await _ask_all(tools, left, ask_seconds) if ask_seconds > 0 else {}
    for run in left:
        now = tools.services.clock.now()
        await tools.services.recorder.record(
            *closing(run, found.get(run.run_id, Found()), now, why)
        )
        crash_point("recovery.closed")
    return left


async def _ask_all(tools: Tools, runs: Sequence[OpenRun], seconds: float) -> dict[str, Found]:
    """Ask all boards at once. A fixture that is away only means that nobody was asked."""
    found: dict[str, Found] = {}
    with anyio.move_on_after(seconds):
        try:
            listed = {
                entry.port or entry.address: entry for entry in await tools.fixture.attached()
            }
        except StationFault as fault:
            tools.log.info("boards not asked", why=str(fault))
            return found
        async with anyio.create_task_group() as tasks:
            for run in runs:
                tasks.start_soon(_ask, tools, run, listed.get(run.port), found)
    return found


async def _ask(
    tools: Tools, run: OpenRun, attached: Attached | None, found: dict[str, Found]
) -> None:
    if attached is None:
        found[run.run_id] = Found("no board is in its slot any more")
        return
    if run.identity is None:
        found[run.run_id] = Found("which board it was is not known")
        return
    try:
        async with tools.fixture.connect(attached) as link:
            if await link.identity() != run.identity:
                found[run.run_id] = Found("another board sits in its slot")
                return
            rows = [await ask_unit(tools, link, intent) for intent in run.intents]
    except AuditUnavailable:
        raise
    except StationFault as fault:
        found[run.run_id] = Found(f"the board could not be asked: {fault.what}")
        return
    crash_point("recovery.asked")
    known = tuple(row for row in rows if row.state in _WORDS)
    found[run.run_id] = Found(_says(rows), known)


def _says(rows: Sequence[FindingRow]) -> str:
    if not rows:
        return "the board is still in its slot"
    return "; ".join(
        f"asked afterwards, the board says that intent {row.intent_id} {_WORDS[state]}"
        if (state := FindingState(row.state)) in _WORDS
        else f"the board could not say whether intent {row.intent_id} was applied"
        for row in rows
    )


def closing(run: OpenRun, found: Found, now: datetime, why: str) -> list[Record]:
    """Return the rows that close `run`: findings, open steps, the run; one transaction."""
    names = ", ".join(step.step_id for step in run.steps)
    where = f"during step {names}" if names else "between two steps"
    message = f"{why} {where}; {found.says}"
    if len(found.findings) < len(run.intents):
        message += "; whether its request was applied is not known yet"
    rows: list[Record] = [*found.findings]
    rows += [
        StepEndRow(
            run_id=run.run_id,
            sequence=step.sequence,
            outcome=Outcome.INTERRUPTED.value,
            ended_at=timestamp(now),
            duration_us=_microseconds(step.began_at, now),
            error_class="station",
            error_code="",
            message=f"{why}; {found.says}" if step.irreversible else why,
            remedy=REMEDY,
        )
        for step in run.steps
    ]
    rows.append(
        RunEndRow(
            run_id=run.run_id,
            outcome=Outcome.INTERRUPTED.value,
            ended_at=timestamp(now),
            duration_us=_microseconds(run.began_at, now),
            first_failure=run.steps[0].sequence if run.steps else None,
            message=message,
        )
    )
    return rows


def _microseconds(began_at: str, now: datetime) -> int:
    """Return wall time since `began_at`, never negative: the monotonic clock did not survive."""
    elapsed = now - datetime.fromisoformat(began_at)
    return max(0, round(elapsed.total_seconds() * 1_000_000))
