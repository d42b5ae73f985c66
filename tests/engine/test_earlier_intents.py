"""What earlier intents on the unit mean for a run, how a run goes on behind a lock, and asking."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable, ConnectionLost, Mismatch, StationFault
from orchestrator.domain.events import RunStarted, StepFinished, StepStarted
from orchestrator.domain.intents import Continuation, EarlierIntent, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, IdentityRow, IntentRow, Record, StepRow
from orchestrator.engine.step import StepContext, step
from orchestrator.recipe.plan import Condition, ParallelSteps
from tests.engine.support import (
    BOARD,
    OTHER,
    Bench,
    MemoryRecorder,
    definition,
    passes,
    plan,
    planned,
    raises,
)
from tests.engine.test_irreversible import World, applies, loses

GOOD = definition("good", passes)
APPLIED, NOT_APPLIED = FindingState.APPLIED, FindingState.NOT_APPLIED
UNKNOWN = FindingState.UNKNOWN


def earlier(state: FindingState | None, **members: Any) -> EarlierIntent:
    """Return an intent of run Q on the board."""
    made = EarlierIntent(
        intent_id="Q-7",
        run_id="Q",
        sequence=7,
        step_id="act",
        recipe_hash="",
        identity=BOARD,
        kind="act",
        parameters="{}",
        settle_seconds=0.0,
        began_at="2026-11-21T00:00:00.000000Z",
        state=state,
        findings=0 if state is None else 1,
    )
    return replace(made, **members)


def findings(bench: Bench) -> list[tuple[str, int, str, str]]:
    """Return the findings in their order."""
    rows: list[FindingRow] = bench.recorder.all(FindingRow)
    return [(row.intent_id, row.number, row.state, row.source) for row in rows]


async def test_an_intent_and_its_finding_say_all_that_matters() -> None:
    """Who, what, with which parameters, on the device that was read just now."""
    bench = Bench(World(applies).definition)
    await bench.run(plan(planned("act")))
    (intent,) = bench.recorder.all(IntentRow)
    assert (intent.intent_id, intent.run_id, intent.sequence) == ("R-1", "R", 1)
    assert (intent.system, intent.device_id) == (BOARD.system, BOARD.device_id)
    assert (intent.kind, intent.parameters, intent.settle_us) == ("act", "{}", 0)
    assert intent.unit_id == bench.recorder.all(IdentityRow)[0].unit_id
    assert findings(bench) == [("R-1", 1, "applied", "answer")]


@pytest.mark.parametrize(
    ("state", "is_so", "outcome", "acts", "found"),
    [
        (APPLIED, True, Outcome.PASS, 0, [("Q-7", 2, "applied", "probe")]),
        (APPLIED, False, Outcome.ERROR, 0, [("Q-7", 2, "unknown", "probe")]),
        (None, True, Outcome.PASS, 0, [("Q-7", 1, "applied", "probe")]),
        (None, False, Outcome.PASS, 1,
         [("Q-7", 1, "not_applied", "probe"), ("R-1", 1, "applied", "answer")]),
        (UNKNOWN, True, Outcome.ERROR, 0, []),
        (NOT_APPLIED, True, Outcome.PASS, 0, []),
        (NOT_APPLIED, False, Outcome.PASS, 1, [("R-1", 1, "applied", "answer")]),
    ],
)  # fmt: skip
async def test_an_earlier_intent_is_looked_into(
    state: FindingState | None, is_so: bool, outcome: Outcome, acts: int, found: list[Any]
) -> None:
    """Held refuses, applied and open ask the unit, not applied is history."""
    world = World(applies)
    world.applied = is_so
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")), earlier=(earlier(state),))
    assert (result.outcome, world.acts, findings(bench)) == (outcome, acts, found)
    (end,) = bench.recorder.ends
    if outcome is Outcome.PASS and not acts:
        assert "Q-7" in end.message
    if outcome is Outcome.ERROR:
        assert "Hold this unit (SN1" in end.remedy
        assert "orchestrator unit decide Q-7 applied|not-applied|ask-again" in end.remedy


async def test_an_intent_on_another_device_or_in_other_words() -> None:
    """Another device's is none of our business; an open one of another kind shuts the gate."""
    for changes, acts in (({"identity": OTHER}, 1), ({"kind": "else"}, 0)):
        world = World(applies)
        bench = Bench(world.definition)
        await bench.run(plan(planned("act")), earlier=(earlier(None, **changes),))
        assert world.acts == acts


async def test_a_unit_that_does_not_say_what_became_of_an_earlier_intent() -> None:
    """Applied stays applied, open becomes unknown, and the verdict of a probe counts."""

    def asks(error: Exception) -> World:
        async def probe(ctx: StepContext) -> bool:
            raise error

        return World(applies, probe=probe)

    for state, error, outcome, found in (
        (APPLIED, StationFault("no"), Outcome.ERROR, []),
        (None, StationFault("no"), Outcome.ERROR, [("Q-7", 1, "unknown", "probe")]),
        (APPLIED, Mismatch("further on"), Outcome.FAIL, []),
    ):
        world = asks(error)
        bench = Bench(world.definition)
        result = await bench.run(plan(planned("act")), earlier=(earlier(state),))
        assert (result.outcome, world.acts, findings(bench)) == (outcome, 0, found)


async def test_what_was_applied_and_cannot_be_asked_is_believed() -> None:
    """A step without a probe passes on the strength of what a person or an answer said."""
    world = World(applies, probe=None)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")), earlier=(earlier(APPLIED),))
    assert (result.outcome, world.acts) == (Outcome.PASS, 0)


async def test_a_unit_that_is_so_by_nobody_is_not_claimed() -> None:
    """No intent, no finding, and the message says it."""
    world = World(applies)
    world.applied = True
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.PASS, 0)
    assert bench.recorder.all(IntentRow) == []
    assert bench.recorder.ends[0].message == "it was already so, by nobody this audit knows"


@pytest.mark.parametrize("error", [None, Mismatch("odd")])
async def test_a_step_that_finds_out_by_itself_is_not_credited(error: Exception | None) -> None:
    """Its intent is closed as not applied, also when the step ends badly afterwards."""

    async def body(ctx: StepContext) -> None:
        """Find it so."""
        ctx.already_so()
        if error is not None:
            raise error

    bench = Bench(step("act", summary="Acts.", irreversible=True)(body))
    await bench.run(plan(planned("act")))
    assert findings(bench) == [("R-1", 1, "not_applied", "answer")]
    assert bench.recorder.ends[0].outcome == ("FAIL" if error else "PASS")


@pytest.mark.parametrize(("is_so", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL)])
async def test_an_error_after_the_answer_says_nothing_of_the_request(
    is_so: bool, outcome: Outcome
) -> None:
    """The unit is asked; the verdict of the step stands where the unit agrees with it."""
    asked = []

    async def probe(ctx: StepContext) -> bool:
        asked.append(ctx)
        return is_so and len(asked) > 1

    async def body(ctx: StepContext) -> None:
        """Be answered, then read something else."""
        ctx.answered()
        raise Mismatch("it still says no")

    bench = Bench(step("act", summary="Acts.", irreversible=True, probe=probe)(body))
    result = await bench.run(plan(planned("act")))
    assert result.outcome is outcome
    assert findings(bench) == [("R-1", 1, "applied" if is_so else "not_applied", "probe")]


async def test_it_acts_again_once_with_an_intent_of_its_own() -> None:
    """A request that was lost and certainly not applied is made again, as a second attempt."""
    world = World(applies)
    lost = [ConnectionLost("gone")]

    async def act(of: World) -> None:
        if lost:
            raise lost.pop()
        of.applied = True

    world = World(act)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.PASS, 2)
    assert [row.attempt for row in bench.recorder.begins] == [1, 2]
    assert findings(bench) == [
        ("R-1", 1, "not_applied", "probe"), ("R-2", 1, "applied", "answer"),
    ]  # fmt: skip


async def test_a_held_unit_stays_held_within_the_run() -> None:
    """Nothing else that cannot be undone is begun behind an unknown one."""
    world = World(loses(ConnectionLost("gone"), applied=True), (StationFault("no"),))
    bench = Bench(world.definition)
    await bench.run(plan(planned("act", on_fail="continue"), planned("act", "b", required=False)))
    assert world.acts == 1
    assert findings(bench) == [("R-1", 1, "unknown", "probe")]


async def test_a_finding_that_cannot_be_stored_stands_without_its_words() -> None:
    """What a unit answered may be text that no database takes."""
    world = World(loses(ConnectionLost("\ud800"), applied=True))
    bench = Bench(world.definition)
    bench.recorder._refuses = lambda row: isinstance(row, FindingRow) and "\ud800" in row.message
    await bench.run(plan(planned("act")))
    assert findings(bench) == [("R-1", 1, "applied", "probe")]


async def test_a_stop_behind_the_intent_sends_nothing() -> None:
    """The intent is durable by then, so it gets its finding."""

    class Stopping(MemoryRecorder):
        async def record(self, *records: Record) -> None:
            await super().record(*records)
            if any(isinstance(record, IntentRow) for record in records):
                bench.control.stop(Outcome.ABORTED, "asked to stop")

    world = World(applies)
    bench = Bench(world.definition, recorder=Stopping())
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ABORTED, 0)
    assert findings(bench) == [("R-1", 1, "not_applied", "answer")]


async def test_a_unit_that_is_taken_out_leaves_its_intent_open() -> None:
    """It is asked once more and not waited for; the station asks it when it is back."""

    async def act(world: World) -> None:
        bench.control.stop(Outcome.ERROR, "the unit was removed")
        await anyio.sleep_forever()

    world = World(act, (ConnectionLost("gone"),) * 9)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts, world.asked) == (Outcome.ERROR, 1, 1)
    assert findings(bench) == []
    assert "intent R-1 stays open" in bench.recorder.ends[0].message


async def test_an_audit_lost_behind_the_act_leaves_its_intent_open() -> None:
    """Nothing else is done; the next start asks the unit."""
    world = World(applies)
    bench = Bench(GOOD, world.definition, recorder=MemoryRecorder(fails_at=3))
    with pytest.raises(AuditUnavailable):
        await bench.run(plan(planned("act"), planned("good")))
    assert (world.acts, findings(bench)) == (1, [])
    assert len(bench.recorder.all(IntentRow)) == 1


# Going on behind a lock -------------------------------------------------------------------------

LINE = (
    planned("good", "a"),
    ParallelSteps("g", (planned("good", "b"), planned("bad", "c", required=False))),
    planned("act"),
    planned("good", "d"),
)
BEHIND = Continuation("Q", "act", "Q-7")


def line(*, is_so: bool = True) -> Bench:
    """Return a bench for `LINE` whose unit is locked."""
    world = World(applies)
    world.applied = is_so
    return Bench(GOOD, definition("bad", raises(Mismatch("x"))), world.definition)


async def test_a_run_goes_on_behind_the_lock() -> None:
    """Nothing through it is carried out again; the unit is asked first; the counters are right."""
    bench = line()
    result = await bench.run(plan(*LINE), earlier=(earlier(APPLIED),), continues=BEHIND)
    assert result.outcome is Outcome.PASS
    assert bench.recorder.outcomes == [("d", "PASS")]
    assert findings(bench) == [("Q-7", 2, "applied", "probe")]
    kinds = [type(row) for row in bench.recorder.rows]
    assert kinds.index(FindingRow) < kinds.index(StepRow)
    assert isinstance(bench.events[0], RunStarted)
    assert bench.events[0].steps == 5
    begun = [(e.step_id, e.position) for e in bench.events if isinstance(e, StepStarted)]
    assert begun == [("act", 4), ("d", 5)]
    assert sum(isinstance(e, StepFinished) for e in bench.events) == 2


async def test_steps_before_the_lock_count_with_what_they_came_to() -> None:
    """An optional step that failed fails this run, too, and conditions know of it."""
    bench = line()
    behind = replace(BEHIND, outcomes={"c": Outcome.FAIL, "b": Outcome.SKIPPED})
    only_if = planned("good", "e", condition=Condition("steps.c.outcome == 'FAIL'"), required=False)
    of = plan(*LINE[:-1], only_if, setup=[planned("good", "s")], teardown=[planned("good", "t")])
    result = await bench.run(of, earlier=(earlier(APPLIED),), continues=behind)
    assert result.outcome is Outcome.FAIL
    assert "FAIL in run Q" in result.message
    assert bench.recorder.outcomes == [("e", "PASS"), ("t", "PASS")]


async def test_the_gate_behind_a_lock_counts_what_passed_before_it() -> None:
    """A later irreversible step may begin when all required ones have passed in either run."""
    acted = World(applies)
    bench = line()
    bench.definitions["act2"] = replace(
        acted.definition, signature=replace(acted.definition.signature, name="act2")
    )
    for outcomes, acts in (({"b": Outcome.SKIPPED}, 0), ({}, 1)):
        behind = replace(BEHIND, outcomes=outcomes)
        of = plan(*LINE, planned("act2"))
        await bench.run(of, earlier=(earlier(APPLIED),), continues=behind)
        assert acted.acts == acts


async def test_a_lock_that_does_not_hold_ends_the_run() -> None:
    """The unit says that it is not so: held, nothing carried out, teardown runs."""
    bench = line(is_so=False)
    of = plan(*LINE, teardown=[planned("good", "t")])
    result = await bench.run(of, earlier=(earlier(APPLIED),), continues=BEHIND)
    assert result.outcome is Outcome.ERROR
    assert "unit decide Q-7" in result.message
    assert bench.recorder.outcomes == [("t", "PASS")]
    assert findings(bench) == [("Q-7", 2, "unknown", "probe")]


@pytest.mark.parametrize(
    ("of", "behind"),
    [
        (earlier(None), BEHIND),
        (earlier(APPLIED), replace(BEHIND, intent_id="Q-8")),
        (earlier(APPLIED), replace(BEHIND, through="d")),
        (earlier(APPLIED, parameters='{"a":1}'), BEHIND),
    ],
    ids=["open", "unknown intent", "no lock", "other parameters"],
)
async def test_a_continuation_that_does_not_fit_is_refused(
    of: EarlierIntent, behind: Continuation
) -> None:
    """The run ends ERROR and carries nothing out."""
    bench = line()
    result = await bench.run(plan(*LINE), earlier=(of,), continues=behind)
    assert result.outcome is Outcome.ERROR
    assert "cannot go on with run Q" in result.message
    assert (bench.recorder.begins, findings(bench)) == ([], [])
