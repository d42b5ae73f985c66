"""How a run ends before its plan does: stopped by its control, or cancelled from outside."""

import anyio

from orchestrator.domain.errors import AuditUnavailable, ConnectionLost, ErrorClass
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record, RunEndRow
from orchestrator.engine.request import Bounds
from orchestrator.engine.run import RunResult
from orchestrator.engine.step import StepContext
from orchestrator.recipe.plan import ParallelSteps
from tests.engine.support import (
    BOARD,
    Bench,
    MemoryRecorder,
    definition,
    passes,
    plan,
    planned,
    raises,
    retry,
)

GOOD = definition("good", passes)


async def test_a_stop_cuts_off_the_running_step() -> None:
    """The step and the run end as the stop says, no step follows, teardown runs."""

    async def body(ctx: StepContext) -> None:
        bench.control.stop(Outcome.ERROR, "the unit was removed", remedy="Put it back")
        bench.control.stop(Outcome.ABORTED, "too late to matter")
        await anyio.sleep_forever()

    bench = Bench(GOOD, definition("body", body))
    result = await bench.run(
        plan(planned("body", on_fail="continue"), planned("good"), teardown=[planned("good", "t")])
    )
    assert (result.outcome, result.first_failure) == (Outcome.ERROR, 1)
    assert result.message == "body: the unit was removed. Put it back"
    assert bench.recorder.outcomes == [("body", "ERROR"), ("t", "PASS")]
    assert bench.recorder.ends[0].error_class == "unit"


async def test_a_stop_before_the_run_lets_no_step_begin() -> None:
    """Only teardown runs, and the run is closed."""
    bench = Bench(GOOD)
    bench.control.stop(Outcome.ABORTED, "asked to stop")
    result = await bench.run(plan(planned("good"), teardown=[planned("good", "t")]))
    assert result == RunResult(Outcome.ABORTED, "asked to stop", None, result.duration_us, BOARD)
    assert bench.recorder.outcomes == [("t", "PASS")]


async def test_a_stop_while_a_begin_is_written_calls_nothing() -> None:
    """The begin is durable already, so it gets its end; the function is not called."""

    class Stopping(MemoryRecorder):
        async def record(self, *records: Record) -> None:
            await super().record(*records)
            bench.control.stop(Outcome.ABORTED, "asked to stop")

    async def never(ctx: StepContext) -> None:
        raise AssertionError

    bench = Bench(definition("never", never), recorder=Stopping())
    result = await bench.run(plan(planned("never")))
    assert result.outcome is Outcome.ABORTED
    assert bench.recorder.outcomes == [("never", "ABORTED")]


async def test_a_stop_after_the_last_step_changes_nothing() -> None:
    """A unit that has passed has passed."""

    async def tidy(ctx: StepContext) -> None:
        bench.control.stop(Outcome.ABORTED, "asked to stop")
        await anyio.lowlevel.checkpoint()

    bench = Bench(GOOD, definition("tidy", tidy))
    result = await bench.run(plan(planned("good"), teardown=[planned("tidy")]))
    assert result.outcome is Outcome.PASS


async def test_a_stop_ends_the_wait_for_a_retry() -> None:
    """The engine does not sleep on, and does not try again."""

    async def body(ctx: StepContext) -> None:
        group.start_soon(stop_soon)
        raise ConnectionLost("gone")

    async def stop_soon() -> None:
        await anyio.wait_all_tasks_blocked()
        bench.control.stop(Outcome.ABORTED, "asked to stop")

    bench = Bench(definition("body", body))
    async with anyio.create_task_group() as group:
        rule = retry(1, ErrorClass.LINK, wait="1000")
        result = await bench.run(plan(planned("body", retry=rule)))
    assert result.outcome is Outcome.ABORTED
    assert "asked to stop" in result.message
    assert "gone" not in result.message
    assert bench.recorder.outcomes == [("body", "ERROR")]


async def test_a_stop_cuts_off_every_step_of_a_group() -> None:
    """All of them end, and none stays open."""

    async def stopper(ctx: StepContext) -> None:
        await anyio.wait_all_tasks_blocked()
        bench.control.stop(Outcome.ABORTED, "asked to stop")
        await anyio.sleep_forever()

    async def hang(ctx: StepContext) -> None:
        await anyio.sleep_forever()

    bench = Bench(definition("stopper", stopper), definition("hang", hang), GOOD)
    group = ParallelSteps("g", (planned("hang"), planned("stopper"), planned("good")))
    result = await bench.run(plan(group))
    assert result.outcome is Outcome.ABORTED
    assert sorted(bench.recorder.outcomes) == [
        ("good", "PASS"), ("hang", "ABORTED"), ("stopper", "ABORTED"),
    ]  # fmt: skip


async def test_a_cancelled_task_ends_its_run_first() -> None:
    """The surrounding scope is cancelled: ABORTED, teardown, all records, then it goes."""
    tidied = []

    async def hang(ctx: StepContext) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    async def tidy(ctx: StepContext) -> None:
        await anyio.lowlevel.checkpoint()
        tidied.append(True)

    async def hangs_on(ctx: StepContext) -> None:
        await anyio.sleep_forever()

    bench = Bench(
        definition("hang", hang), definition("tidy", tidy), definition("hangs_on", hangs_on)
    )
    bench.bounds = Bounds(teardown_seconds=0.03)
    with anyio.CancelScope() as scope:
        await bench.run(plan(planned("hang"), teardown=[planned("tidy"), planned("hangs_on")]))
        raise AssertionError("the cancellation was swallowed")
    assert scope.cancelled_caught
    assert tidied == [True]
    assert bench.recorder.outcomes == [
        ("hang", "ABORTED"), ("tidy", "PASS"), ("hangs_on", "TIMEOUT"),
    ]  # fmt: skip
    assert bench.recorder.run_end.outcome == "ABORTED"


async def test_last_records_are_waited_for_in_bounds_only() -> None:
    """An audit that hangs does not keep a cancelled task for ever."""

    class Hanging(MemoryRecorder):
        async def record(self, *records: Record) -> None:
            if any(isinstance(record, RunEndRow) for record in records):
                await anyio.sleep_forever()
            await super().record(*records)

    async def hang(ctx: StepContext) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    bench = Bench(definition("hang", hang), recorder=Hanging())
    bench.bounds = Bounds(teardown_seconds=0.01, probe_seconds=0.0, closing_seconds=0.01)
    with anyio.CancelScope() as scope:
        await bench.run(plan(planned("hang")))
    assert scope.cancelled_caught
    assert bench.recorder.all(RunEndRow) == []


async def test_a_cancelled_run_whose_audit_is_lost_says_so() -> None:
    """Losing evidence is not hidden by the cancellation."""

    async def hang(ctx: StepContext) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    lost = []
    bench = Bench(definition("hang", hang), recorder=MemoryRecorder(fails_at=1))
    with anyio.CancelScope() as scope:
        try:
            await bench.run(plan(planned("hang")))
        except AuditUnavailable as error:
            lost.append(error)
    assert lost


async def test_errors_outside_of_steps_leave_nothing_running() -> None:
    """A recorder with a bug breaks the run, after teardown, and loudly."""

    class Buggy(MemoryRecorder):
        async def record(self, *records: Record) -> None:
            raise ZeroDivisionError

    tidied = []

    async def tidy(ctx: StepContext) -> None:
        tidied.append(True)

    bench = Bench(definition("tidy", tidy), definition("fails", raises(ValueError())),
                  recorder=Buggy())  # fmt: skip
    try:
        await bench.run(plan(planned("fails"), teardown=[planned("tidy")]))
    except* ZeroDivisionError as group:
        tidied.append(group.exceptions)
    assert len(tidied) == 1
