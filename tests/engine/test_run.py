"""How a run goes: sections, outcome, retries, conditions, groups, time limits."""

from decimal import Decimal

import anyio

from orchestrator.domain.errors import (
    ConnectionLost,
    ErrorClass,
    Mismatch,
    Refusal,
    StationFault,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.engine.step import StepContext
from orchestrator.recipe.plan import Condition, ParallelSteps
from tests.engine.support import (
    Bench,
    definition,
    passes,
    plan,
    planned,
    raises,
    retry,
)

BAD = definition("bad", raises(Mismatch("wrong version", remedy="Set it aside")))
BROKEN = definition("broken", raises(StationFault("no power", code="P1")))
GOOD = definition("good", passes)


async def hang(ctx: StepContext) -> None:
    """Wait for ever."""
    await anyio.sleep_forever()


HANGS = definition("hangs", hang)


async def test_all_sections_run_in_order() -> None:
    """Setup, main and teardown run one after the other and the run passes."""
    bench = Bench(GOOD)
    result = await bench.run(
        plan(planned("good", "m"), setup=[planned("good", "s")], teardown=[planned("good", "t")])
    )
    assert (result.outcome, result.message, result.first_failure) == (Outcome.PASS, "", None)
    assert [(row.section, row.step_id, row.sequence) for row in bench.recorder.begins] == [
        ("setup", "s", 1),
        ("main", "m", 2),
        ("teardown", "t", 3),
    ]
    assert bench.recorder.run_end.outcome == "PASS"


async def test_a_product_fault_fails_the_run_and_stops_it() -> None:
    """The first failure stops main, is the one reported, and teardown still runs."""
    bench = Bench(GOOD, BAD)
    result = await bench.run(
        plan(planned("good", "a"), planned("bad", "b"), planned("good", "c"),
             teardown=[planned("good", "t")])
    )  # fmt: skip
    assert result.outcome is Outcome.FAIL
    assert (result.first_failure, result.message) == (2, "b: wrong version. Set it aside")
    assert bench.recorder.outcomes == [("a", "PASS"), ("b", "FAIL"), ("t", "PASS")]
    end = bench.recorder.ends[1]
    assert (end.error_class, end.message, end.remedy) == (
        "product", "wrong version", "Set it aside",
    )  # fmt: skip


async def test_a_failed_setup_leaves_main_out() -> None:
    """What main would need is not there."""
    bench = Bench(GOOD, BROKEN)
    result = await bench.run(plan(planned("good"), setup=[planned("broken")]))
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.outcomes == [("broken", "ERROR")]
    assert bench.recorder.ends[0].error_code == "P1"


async def test_on_fail_continue_goes_on_and_the_worst_counts() -> None:
    """Later steps run, the run is FAIL, and the first failure is the one reported."""
    bench = Bench(GOOD, BAD, BROKEN)
    result = await bench.run(
        plan(planned("broken", on_fail="continue"), planned("bad", on_fail="continue"),
             planned("good"))
    )  # fmt: skip
    assert (result.outcome, result.first_failure) == (Outcome.FAIL, 1)
    assert bench.recorder.outcomes == [("broken", "ERROR"), ("bad", "FAIL"), ("good", "PASS")]


async def test_teardown_runs_to_its_end_and_spoils_a_pass() -> None:
    """Each teardown step runs although one before it failed; PASS becomes ERROR."""
    bench = Bench(GOOD, BAD)
    result = await bench.run(plan(planned("good"), teardown=[planned("bad"), planned("good", "t")]))
    assert (result.outcome, result.first_failure) == (Outcome.ERROR, 2)
    assert bench.recorder.outcomes[-1] == ("t", "PASS")


async def test_teardown_never_hides_a_fail() -> None:
    """The product's fault stays the outcome and the message."""
    bench = Bench(BROKEN, BAD)
    result = await bench.run(plan(planned("bad"), teardown=[planned("broken")]))
    assert (result.outcome, result.first_failure) == (Outcome.FAIL, 1)


async def test_a_teardown_that_takes_too_long_is_cut_short() -> None:
    """The cap ends the hanging step, and the rest of the teardown is left out."""
    bench = Bench(GOOD, HANGS)
    bench.bounds = type(bench.bounds)(teardown_seconds=0.02)
    result = await bench.run(
        plan(planned("good"), teardown=[planned("hangs"), planned("good", "late")])
    )
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.outcomes == [("good", "PASS"), ("hangs", "TIMEOUT")]


async def test_a_step_that_takes_too_long_times_out() -> None:
    """The step is TIMEOUT with a sentence, the run ERROR."""
    bench = Bench(HANGS)
    result = await bench.run(plan(planned("hangs", timeout_seconds=Decimal("0.01"))))
    assert result.outcome is Outcome.ERROR
    (end,) = bench.recorder.ends
    assert (end.outcome, end.error_class) == ("TIMEOUT", "timeout")
    assert "took longer than 0.01 s" in end.message
    assert end.duration_us >= 10_000


async def test_a_step_that_ignores_its_time_limit_does_not_pass() -> None:
    """Swallowing the cancellation and returning is a TIMEOUT all the same."""

    async def stubborn(ctx: StepContext) -> None:
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            return

    async def angry(ctx: StepContext) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise Mismatch("never mind")

    async def confused(ctx: StepContext) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("never mind")

    for body in (stubborn, angry, confused):
        bench = Bench(definition("stubborn", body), GOOD)
        late = planned("stubborn", timeout_seconds=Decimal("0.01"), on_fail="continue")
        await bench.run(plan(late, planned("good")))
        assert bench.recorder.outcomes == [("stubborn", "TIMEOUT"), ("good", "PASS")]


async def test_a_short_limit_after_a_long_one_is_kept() -> None:
    """Each step has its own deadline, in whatever order they come."""
    bench = Bench(GOOD, HANGS)
    await bench.run(
        plan(planned("good", timeout_seconds=Decimal(1000)),
             planned("hangs", timeout_seconds=Decimal("0.01"), on_fail="continue"),
             planned("hangs", "again", timeout_seconds=Decimal("0.02")))
    )  # fmt: skip
    assert [outcome for _, outcome in bench.recorder.outcomes] == ["PASS", "TIMEOUT", "TIMEOUT"]


async def test_a_bug_in_a_step_is_contained() -> None:
    """An unexpected exception is ERROR, names its type, and teardown runs."""
    bench = Bench(GOOD, definition("bug", raises(ZeroDivisionError("oops"))))
    result = await bench.run(plan(planned("bug"), teardown=[planned("good")]))
    assert result.outcome is Outcome.ERROR
    assert "ZeroDivisionError: oops" in bench.recorder.ends[0].message
    assert bench.recorder.outcomes[-1] == ("good", "PASS")


async def test_house_errors_inside_exception_groups_count_as_themselves() -> None:
    """A step may use a task group; a station's fault in it comes before the product's."""
    alone = ExceptionGroup("x", [Mismatch("wrong")])
    both = ExceptionGroup("x", [Mismatch("wrong"), ExceptionGroup("y", [ConnectionLost("gone")])])
    mixed = ExceptionGroup("x", [Mismatch("wrong"), ValueError("bug")])
    ends = []
    for error in (alone, both, mixed, TimeoutError()):
        bench = Bench(definition("grouped", raises(error)))
        await bench.run(plan(planned("grouped")))
        ends.append((bench.recorder.ends[0].outcome, bench.recorder.ends[0].error_class))
    assert ends == [
        ("FAIL", "product"),
        ("ERROR", "link"),
        ("ERROR", "station"),
        ("TIMEOUT", "timeout"),
    ]


async def test_retry_repeats_only_what_it_names() -> None:
    """Each attempt has its own rows; another kind of error ends the step."""
    lost = ConnectionLost("gone")
    bench = Bench(definition("shaky", raises(lost, lost, None)))
    result = await bench.run(plan(planned("shaky", retry=retry(2, ErrorClass.LINK))))
    assert result.outcome is Outcome.PASS
    assert [row.attempt for row in bench.recorder.begins] == [1, 2, 3]
    assert [outcome for _, outcome in bench.recorder.outcomes] == ["ERROR", "ERROR", "PASS"]

    bench = Bench(definition("shaky", raises(lost, Refusal("no"), None)))
    result = await bench.run(plan(planned("shaky", retry=retry(5, ErrorClass.LINK))))
    assert (result.outcome, result.first_failure) == (Outcome.ERROR, 2)


async def test_retry_gives_up_after_its_times() -> None:
    """The last attempt counts and is the one reported."""
    bench = Bench(definition("shaky", raises(ConnectionLost("gone"))))
    rule = retry(2, ErrorClass.LINK, wait="0.001")
    result = await bench.run(plan(planned("shaky", retry=rule)))
    assert (result.outcome, result.first_failure) == (Outcome.ERROR, 3)
    assert len(bench.recorder.begins) == 3


async def test_an_end_is_durable_before_the_wait_for_a_retry() -> None:
    """While the engine waits, the audit already knows what the attempt came to."""
    known = []

    async def body(ctx: StepContext) -> None:
        known.append(len(bench.recorder.ends))
        raise ConnectionLost("gone")

    bench = Bench(definition("shaky", body))
    await bench.run(plan(planned("shaky", retry=retry(1, ErrorClass.LINK, wait="0.001"))))
    assert [len(call) for call in bench.recorder.calls] == [2, 1, 1, 2]
    assert known == [0, 1]


async def test_a_condition_decides_from_inputs_unit_and_outcomes() -> None:
    """A step whose condition does not hold is SKIPPED and its function is not called."""
    bench = Bench(GOOD, BAD)
    result = await bench.run(
        plan(
            planned("good", "first"),
            planned("bad", "a", condition=Condition("inputs.region == 'eu'")),
            planned("good", "b", condition=Condition("unit.part_number == 'P'")),
            planned("good", "c", condition=Condition("steps.first.outcome == 'PASS'")),
            planned("bad", "d", condition=Condition("steps.a.outcome == 'PASS'")),
            planned("bad", "e", condition=Condition("steps.z.outcome == 'PASS'")),
            planned("good", "z"),
        ),
        inputs={"region": "us"},
    )
    assert result.outcome is Outcome.PASS
    assert bench.recorder.outcomes == [
        ("first", "PASS"), ("a", "SKIPPED"), ("b", "PASS"), ("c", "PASS"), ("d", "SKIPPED"),
        ("e", "SKIPPED"), ("z", "PASS"),
    ]  # fmt: skip


async def test_a_condition_that_cannot_be_decided_is_an_error() -> None:
    """It must not count as skipped."""
    bench = Bench(GOOD)
    result = await bench.run(plan(planned("good", condition=Condition("inputs.nobody == 'x'"))))
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.outcomes == [("good", "ERROR")]


async def test_a_group_runs_side_by_side() -> None:
    """Two steps that wait for one another both pass, and what follows waits for both."""
    one, two = anyio.Event(), anyio.Event()

    async def first(ctx: StepContext) -> None:
        one.set()
        await two.wait()

    async def second(ctx: StepContext) -> None:
        two.set()
        await one.wait()

    bench = Bench(GOOD, definition("first", first), definition("second", second))
    group = ParallelSteps("g", (planned("first"), planned("second")))
    result = await bench.run(plan(group, planned("good")))
    assert result.outcome is Outcome.PASS
    assert [row.sequence for row in bench.recorder.begins] == [1, 2, 3]
    assert sorted(bench.recorder.outcomes) == [
        ("first", "PASS"), ("good", "PASS"), ("second", "PASS"),
    ]  # fmt: skip


async def test_one_failing_step_of_a_group_lets_the_others_finish() -> None:
    """The group ends the section when any of its steps did, after all have ended."""
    go = anyio.Event()

    async def fails(ctx: StepContext) -> None:
        go.set()
        raise Mismatch("wrong")

    async def slow(ctx: StepContext) -> None:
        await go.wait()
        await anyio.lowlevel.checkpoint()

    bench = Bench(GOOD, definition("fails", fails), definition("slow", slow))
    shaky = definition("shaky", raises(ConnectionLost("gone"), None))
    bench.definitions["shaky"] = shaky
    group = ParallelSteps(
        "g",
        (
            planned("slow"),
            planned("fails"),
            planned("shaky", retry=retry(1, ErrorClass.LINK)),
            planned("good", "skipped", condition=Condition("unit.revision == 'Z'")),
        ),
    )
    result = await bench.run(plan(group, planned("good")))
    assert (result.outcome, result.first_failure) == (Outcome.FAIL, 2)
    assert sorted(bench.recorder.outcomes) == [
        ("fails", "FAIL"), ("shaky", "ERROR"), ("shaky", "PASS"), ("skipped", "SKIPPED"),
        ("slow", "PASS"),
    ]  # fmt: skip
