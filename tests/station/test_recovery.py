"""Runs without an end are closed, once, with the step that had begun."""

from datetime import UTC, datetime

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.records import Record, RunEndRow, StepEndRow
from orchestrator.station.recovery import OpenRun, OpenStep, close_open_runs

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


class Frozen(SystemClock):
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return noon."""
        return NOW


class Paper:
    """A recorder that keeps transactions apart."""

    def __init__(self) -> None:
        self.transactions: list[tuple[Record, ...]] = []

    async def record(self, *records: Record) -> None:
        """Keep what belongs together together."""
        self.transactions.append(records)


async def test_an_open_run_is_closed_with_its_step() -> None:
    """The step and the run end INTERRUPTED in one transaction; the sentence names the step."""
    paper = Paper()
    step = OpenStep(3, "complete", "2026-11-21T11:59:58.000000Z", irreversible=True)
    run = OpenRun("R1", "A", "2026-11-21T11:59:00.000000Z", (step,))
    await close_open_runs(paper, Frozen(), [run], "the station went down")
    [(step_end, run_end)] = paper.transactions
    assert isinstance(step_end, StepEndRow)
    assert isinstance(run_end, RunEndRow)
    assert (step_end.sequence, step_end.outcome, step_end.duration_us) == (
        3, "INTERRUPTED", 2_000_000,
    )  # fmt: skip
    assert run_end.message == (
        "the station went down during step complete; whether it was applied is not known"
    )
    assert (run_end.first_failure, run_end.duration_us) == (3, 60_000_000)


async def test_a_run_between_two_steps_is_closed_alone() -> None:
    """Nothing is said of steps that did not begin, and no duration is negative."""
    paper = Paper()
    run = OpenRun("R1", "A", "2026-11-21T12:00:01.000000Z")
    await close_open_runs(paper, Frozen(), [run], "the station went down")
    [(run_end,)] = paper.transactions
    assert isinstance(run_end, RunEndRow)
    assert run_end.message == "the station went down between two steps"
    assert (run_end.first_failure, run_end.duration_us) == (None, 0)
