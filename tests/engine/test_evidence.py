"""What is written when: begins before functions, ends with begins, and lost or refused rows."""

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    MeasurementRow,
    Record,
    RunEndRow,
    RunRow,
    StepEndRow,
    StepRow,
)
from orchestrator.engine.step import StepContext
from orchestrator.recipe.plan import Condition, ParallelSteps
from tests.engine.support import (
    OPENING,
    Bench,
    MemoryRecorder,
    definition,
    measuring,
    passes,
    plan,
    planned,
)


async def test_an_end_and_the_next_begin_are_one_commit() -> None:
    """The opening goes with the first begin, the last end with the end of the run."""
    bench = Bench(definition("meter", measuring(1)))
    await bench.run(
        plan(planned("meter", "a"), planned("meter", "b"), teardown=[planned("meter", "c")])
    )
    shapes = [[type(row) for row in call] for call in bench.recorder.calls]
    end = [StepEndRow, MeasurementRow]
    assert shapes == [
        [RunRow, StepRow], [*end, StepRow], [*end, StepRow], [*end, RunEndRow],
    ]  # fmt: skip


async def test_a_begin_is_durable_before_the_function_runs() -> None:
    """Also for the steps of a group, which share one commit for their begins."""
    known: dict[str, bool] = {}

    def body(name: str) -> object:
        async def look(ctx: StepContext) -> None:
            known[name] = bench.recorder.has_begun(name)

        return definition(name, look)

    bench = Bench(*[body(name) for name in "abc"])  # type: ignore[arg-type]  # made by hand
    await bench.run(plan(planned("a"), ParallelSteps("g", (planned("b"), planned("c")))))
    assert known == {"a": True, "b": True, "c": True}


async def test_skipped_steps_wait_for_the_next_commit() -> None:
    """A step that calls nothing needs no commit of its own."""
    never = Condition("unit.revision == 'Z'")
    bench = Bench(definition("good", passes))
    await bench.run(plan(planned("good", "a", condition=never), planned("good", "b")))
    assert [len(call) for call in bench.recorder.calls] == [4, 2]


def counting(called: list[str], recorder: MemoryRecorder) -> list[object]:
    """Return steps that note their call and whether the audit still lived."""

    def one(name: str) -> object:
        async def note(ctx: StepContext) -> None:
            called.append(name)
            await anyio.lowlevel.checkpoint()

        return definition(name, note)

    return [one(name) for name in ("a", "b", "c", "d", "t")]


@pytest.mark.parametrize("fails_at", range(7))
async def test_no_step_begins_after_the_audit_is_lost(fails_at: int) -> None:
    """Whichever commit fails: no function without its durable begin, teardown runs, it is told."""
    called: list[str] = []
    recorder = MemoryRecorder(fails_at=fails_at)
    bench = Bench(*counting(called, recorder), recorder=recorder)  # type: ignore[arg-type]  # fakes
    group = ParallelSteps("g", (planned("b"), planned("c")))
    of = plan(planned("a"), group, planned("d"), teardown=[planned("t")])
    with pytest.raises(AuditUnavailable, match="disk is full"):
        await bench.run(of)
    assert called[-1] == "t"
    assert all(recorder.has_begun(name) for name in called[:-1])
    assert recorder.all(RunEndRow) == []


async def test_nothing_irreversible_happens_in_teardown_without_an_audit() -> None:
    """Best effort does not stretch that far."""

    async def never(ctx: StepContext) -> None:
        raise AssertionError

    for fails_at in (0, 1, 2):
        recorder = MemoryRecorder(fails_at=fails_at)
        act = definition("act", never, irreversible=True)
        bench = Bench(act, definition("good", passes), recorder=recorder)
        with pytest.raises(AuditUnavailable):
            await bench.run(plan(planned("good"), teardown=[planned("act")]))


async def test_a_row_that_cannot_be_stored_spoils_its_step_and_not_the_evidence() -> None:
    """The end of the step becomes ERROR, the next step does not run, every begun step ends."""

    def poisonous(record: Record) -> bool:
        return isinstance(record, MeasurementRow) and record.value == "poison"

    async def never(ctx: StepContext) -> None:
        raise AssertionError

    bench = Bench(
        definition("good", passes),
        definition("meter", measuring("poison")),
        definition("never", never),
        recorder=MemoryRecorder(refuses=poisonous),
    )
    result = await bench.run(
        plan(planned("good"), planned("meter"), planned("never"), teardown=[planned("good", "t")])
    )
    assert result.outcome is Outcome.ERROR
    assert "cannot be stored" in result.message
    assert bench.recorder.outcomes == [
        ("good", "PASS"), ("meter", "ERROR"), ("never", "ERROR"), ("t", "PASS"),
    ]  # fmt: skip
    assert bench.recorder.run_end.outcome == "ERROR"
    assert bench.recorder.rows[0] == OPENING


async def test_a_group_after_a_row_that_cannot_be_stored_is_ended_too() -> None:
    """None of its steps is called, each has its end."""

    async def never(ctx: StepContext) -> None:
        raise AssertionError

    bench = Bench(
        definition("meter", measuring("poison")),
        definition("never", never),
        recorder=MemoryRecorder(refuses=lambda record: isinstance(record, MeasurementRow)),
    )
    group = ParallelSteps("g", (planned("never", "a"), planned("never", "b")))
    result = await bench.run(plan(planned("meter"), group))
    assert result.outcome is Outcome.ERROR
    assert [outcome for _, outcome in bench.recorder.outcomes] == ["ERROR"] * 3


async def test_an_opening_that_cannot_be_stored_is_the_callers_to_know() -> None:
    """A recorder that refuses everything ends the call with its reason."""
    bench = Bench(definition("good", passes), recorder=MemoryRecorder(refuses=lambda _: True))
    with pytest.raises(StationMisuse, match="cannot be stored"):
        await bench.run(plan(planned("good"), teardown=[planned("good", "t")]))


async def test_a_poisonous_last_step_is_noticed_before_the_run_ends() -> None:
    """The run does not pass when the evidence of its last step was refused."""
    bench = Bench(
        definition("meter", measuring("poison")),
        recorder=MemoryRecorder(refuses=lambda record: isinstance(record, MeasurementRow)),
    )
    result = await bench.run(plan(planned("meter")))
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.outcomes == [("meter", "ERROR")]
    assert bench.recorder.run_end.outcome == "ERROR"


async def test_plans_are_prepared_once() -> None:
    """Runs that share the services share what was worked out, for the last plans only."""
    from orchestrator.engine.prepare import PreparedPlans

    bench = Bench(definition("good", passes))
    plans = PreparedPlans()
    of = plan(planned("good"))
    first = plans.get(of, bench.definitions)
    assert plans.get(of, bench.definitions) is first
    for _ in range(40):
        plans.get(plan(planned("good")), bench.definitions)
    assert plans.get(of, bench.definitions) is not first
