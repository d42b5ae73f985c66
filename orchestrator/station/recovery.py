"""Closes runs that have no end: after a crash or a cut of power nothing stays "running".

What was under way is named, so that a person knows where to look. Finding out whether an
irreversible request was applied belongs to the engine's probes, not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record, Recorder, RunEndRow, StepEndRow

REMEDY = "Put the board in again; the recipe reads what is true before it acts"


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step attempt that began and has no end."""

    sequence: int
    step_id: str
    began_at: str
    irreversible: bool


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has no end, with its open steps in their order."""

    run_id: str
    slot: str
    began_at: str
    steps: tuple[OpenStep, ...] = ()


async def close_open_runs(
    recorder: Recorder, clock: Clock, runs: Sequence[OpenRun], why: str
) -> None:
    """Close each run as INTERRUPTED, its open steps first, one transaction per run.

    Raises AuditUnavailable. Doing it again after a crash in the middle leads to the same end.
    """
    for run in runs:
        await recorder.record(*_ends(run, clock, why))


def _ends(run: OpenRun, clock: Clock, why: str) -> list[Record]:
    now = clock.now()
    names = ", ".join(step.step_id for step in run.steps)
    where = f"during step {names}" if names else "between two steps"
    message = f"{why} {where}"
    if any(step.irreversible for step in run.steps):
        message += "; whether it was applied is not known"
    rows: list[Record] = [
        StepEndRow(
            run_id=run.run_id,
            sequence=step.sequence,
            outcome=Outcome.INTERRUPTED.value,
            ended_at=timestamp(now),
            duration_us=_microseconds(step.began_at, now),
            error_class="station",
            error_code="",
            message=why,
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
