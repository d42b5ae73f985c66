"""Steps that cannot be undone: the gate before them and what follows a lost answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Mismatch,
    Refusal,
    StationFault,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, IdentityRow, IntentRow
from orchestrator.engine.step import Measures, StepContext, StepDefinition, step
from orchestrator.recipe.plan import Condition
from tests.engine.support import (
    BOARD,
    OTHER,
    QUICK,
    Bench,
    MemoryRecorder,
    definition,
    passes,
    plan,
    planned,
    raises,
)

GOOD = definition("good", passes)
BAD = definition("bad", raises(Mismatch("wrong")))
SKIPPED = Condition("unit.revision == 'Z'")


class World:
    """What an irreversible step changes: `acts` counts how often it was tried."""

    def __init__(
        self,
        act: Callable[["World"], Awaitable[None]],
        answers: tuple[bool | Exception, ...] = (),
        **members: Any,
    ) -> None:
        self.acts = 0
        self.asked = 0
        self.applied = False
        self._answers = list(answers)

        async def probe(ctx: StepContext) -> bool:
            if not self.acts:
                return self.applied
            self.asked += 1
            answer = self._answers.pop(0) if self._answers else self.applied
            if isinstance(answer, Exception):
                raise answer
            return answer

        async def body(ctx: StepContext) -> None:
            """Act."""
            self.acts += 1
            await act(self)

        members.setdefault("probe", probe)
        self.definition: StepDefinition = step(
            "act", summary="Acts.", irreversible=True, **members
        )(body)


async def applies(world: World) -> None:
    """Apply and answer."""
    world.applied = True


def loses(error: Exception, *, applied: bool) -> Callable[[World], Awaitable[None]]:
    """Apply or not, and lose the answer."""

    async def act(world: World) -> None:
        world.applied = applied
        raise error

    return act


async def test_it_runs_when_all_before_it_passed() -> None:
    """The unit is read again; that and the intent are durable before the act."""
    seen = []

    async def act(world: World) -> None:
        seen.append([type(row) for row in bench.recorder.rows[-2:]])

    world = World(act)
    bench = Bench(GOOD, world.definition)
    result = await bench.run(plan(planned("good"), planned("act")))
    assert (result.outcome, world.acts) == (Outcome.PASS, 1)
    assert seen == [[IdentityRow, IntentRow]]
    assert bench.recorder.begins[1].irreversible
    (read,) = bench.recorder.all(IdentityRow)
    assert (read.sequence, read.device_id) == (2, BOARD.device_id)


@pytest.mark.parametrize(
    ("before", "opens"),
    [
        (planned("good"), True),
        (planned("bad", on_fail="continue"), False),
        (planned("bad", on_fail="continue", required=False), True),
        (planned("good", condition=SKIPPED), False),
        (planned("good", condition=SKIPPED, required=False), True),
    ],
    ids=["passed", "failed", "optional failed", "skipped", "optional skipped"],
)
async def test_the_gate_asks_for_every_required_step_before(before: Any, opens: bool) -> None:
    """Failed and skipped keep it shut, unless the step is not required."""
    world = World(applies)
    bench = Bench(GOOD, BAD, world.definition)
    await bench.run(plan(before, planned("act"), planned("good", "after")))
    assert world.acts == int(opens)
    if not opens:
        assert bench.recorder.outcomes[1] == ("act", "ERROR")
        assert "not passed" in bench.recorder.ends[1].message


async def test_the_gate_of_teardown_knows_what_was_never_reached() -> None:
    """A step that main never came to has not passed."""
    world = World(applies)
    bench = Bench(GOOD, BAD, world.definition)
    await bench.run(plan(planned("bad"), planned("good"), teardown=[planned("act")]))
    assert world.acts == 0


async def test_another_unit_in_the_slot_shuts_the_gate() -> None:
    """A swap between two polls is noticed right before the act, and recorded."""
    world = World(applies)
    bench = Bench(world.definition)
    bench.reads = [OTHER]
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ERROR, 0)
    assert bench.recorder.ends[0].error_class == "unit"
    assert bench.recorder.all(IdentityRow)[0].device_id == OTHER.device_id


async def test_an_identity_that_cannot_be_read_shuts_the_gate() -> None:
    """Unknown, unreadable or not answering: the act is not begun."""
    for changes, read in (
        ({"identity": None}, BOARD),
        ({"read_identity": None}, BOARD),
        ({}, Unreachable("nobody answers")),
    ):
        world = World(applies)
        bench = Bench(world.definition)
        bench.reads = [read]
        result = await bench.run(plan(planned("act")), **changes)
        assert (result.outcome, world.acts) == (Outcome.ERROR, 0)


class BrokeInside(Refusal):
    """The other side's own failure: it may have acted before."""

    unknown = True


@pytest.mark.parametrize(
    "error",
    [
        ConnectionLost("gone"),
        DeadlineExceeded("late"),
        UnusableAnswer("junk"),
        BrokeInside("500"),
        ValueError("bug"),
    ],
)
@pytest.mark.parametrize("applied", [True, False])
async def test_a_lost_answer_is_settled_by_asking(error: Exception, applied: bool) -> None:
    """Found applied passes; not applied is ERROR after one more try, none after a crash."""
    world = World(loses(error, applied=applied))
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    tries = 1 if applied or isinstance(error, ValueError) else 2
    assert (world.acts, world.asked) == (tries, 1 if tries == 1 else 3)
    assert result.outcome is (Outcome.PASS if applied else Outcome.ERROR)
    message = bench.recorder.ends[0].message
    assert ("found applied" if applied else "certainly not applied") in message
    assert (bench.recorder.ends[0].error_class == "") is applied


@pytest.mark.parametrize(
    "error", [Unreachable("x"), UntrustedPeer("x"), Refusal("x"), Mismatch("x")]
)
async def test_what_was_certainly_not_applied_is_not_asked_about(error: Exception) -> None:
    """A refusal is an answer."""
    world = World(loses(error, applied=False))
    bench = Bench(world.definition)
    await bench.run(plan(planned("act")))
    assert (world.acts, world.asked) == (1, 0)


async def test_it_settles_before_it_asks() -> None:
    """A request that is still being applied is waited for."""
    asked_at = []

    async def probe(ctx: StepContext) -> bool:
        asked_at.append(anyio.current_time())
        return world.applied

    began = anyio.current_time()
    world = World(loses(ConnectionLost("gone"), applied=True), probe=probe, settle_seconds=0.02)
    bench = Bench(world.definition)
    assert (await bench.run(plan(planned("act")))).outcome is Outcome.PASS
    assert asked_at[1] - began >= 0.02


async def test_a_time_limit_leaves_it_unknown_too() -> None:
    """The act may go on after we stopped listening."""

    async def act(world: World) -> None:
        world.applied = True
        await anyio.sleep_forever()

    world = World(act)
    bench = Bench(world.definition)
    limit = Decimal("0.01")
    result = await bench.run(plan(planned("act", timeout_seconds=limit)))
    assert (result.outcome, world.acts, world.asked) == (Outcome.PASS, 1, 1)


async def test_the_probe_is_asked_again_while_the_link_is_down() -> None:
    """A unit that restarts answers later."""
    down = Unreachable("nobody answers")
    world = World(loses(ConnectionLost("gone"), applied=True), (down, down))
    bench = Bench(world.definition)
    assert (await bench.run(plan(planned("act")))).outcome is Outcome.PASS
    assert world.asked == 3


@pytest.mark.parametrize(
    "answer", [Unreachable("nobody answers"), StationFault("broken"), ValueError("bug")]
)
async def test_a_probe_that_cannot_answer_holds_the_unit(answer: Exception) -> None:
    """The run ends as unknown, for a person."""
    world = World(loses(ConnectionLost("gone"), applied=True), (answer,) * 100_000)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ERROR, 1)
    (end,) = bench.recorder.ends
    assert "unknown" in end.message
    assert "Hold this unit" in end.remedy


async def test_a_probe_that_says_nothing_is_not_taken_for_a_no() -> None:
    """A probe that forgets to answer is a bug of the step: before the act nothing is done."""

    async def forgets(ctx: StepContext) -> Any:
        """Look, and say nothing."""

    world = World(applies, probe=forgets)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ERROR, 0)
    assert "answered None, neither yes nor no" in result.message


async def test_a_probe_that_falls_silent_after_the_act_holds_the_unit() -> None:
    """Nobody knows then whether the lost request was applied: it is not made again."""
    said = [False]

    async def falls_silent(ctx: StepContext) -> Any:
        """Say no once."""
        return said.pop() if said else None

    world = World(loses(ConnectionLost("gone"), applied=True), probe=falls_silent)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ERROR, 1)
    (end,) = bench.recorder.ends
    assert "Hold this unit" in end.remedy


async def test_without_a_probe_the_unit_is_held() -> None:
    """Nobody can be asked."""
    world = World(loses(ConnectionLost("gone"), applied=True), probe=None)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert result.outcome is Outcome.ERROR
    assert "Hold this unit" in bench.recorder.ends[0].remedy


async def test_another_unit_is_not_asked() -> None:
    """An answer of a swapped unit would say nothing about the one that was acted on."""
    world = World(loses(ConnectionLost("gone"), applied=True))
    bench = Bench(world.definition)
    bench.reads = [BOARD, OTHER]
    await bench.run(plan(planned("act")))
    assert world.asked == 0
    assert "intent R-1 stays open" in bench.recorder.ends[0].message
    assert "Put the unit in again" in bench.recorder.ends[0].remedy
    assert bench.recorder.all(FindingRow) == []


async def test_a_stop_in_the_middle_says_what_is_known() -> None:
    """The run ends as the stop says, and the message tells whether it was applied."""

    async def act(world: World) -> None:
        world.applied = True
        bench.control.stop(Outcome.ABORTED, "asked to stop")
        await anyio.sleep_forever()

    world = World(act)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts, world.asked) == (Outcome.ABORTED, 1, 1)
    assert "asked to stop; it was found applied" in bench.recorder.ends[0].message


async def test_a_stop_does_not_end_the_asking() -> None:
    """The question that it cut off is asked again: a held unit costs more than a second."""
    asked = []

    async def probe(ctx: StepContext) -> bool:
        if not world.applied:
            return False
        asked.append(ctx)
        if len(asked) == 1:
            bench.control.stop(Outcome.ABORTED, "asked to stop")
            await anyio.sleep_forever()
        return True

    world = World(loses(ConnectionLost("gone"), applied=True), probe=probe)
    bench = Bench(GOOD, world.definition)
    bench.bounds = replace(QUICK, probe_seconds=5.0)
    result = await bench.run(plan(planned("act"), planned("good")))
    assert (result.outcome, len(asked)) == (Outcome.ABORTED, 2)
    assert bench.recorder.outcomes == [("act", "PASS")]


async def test_an_identity_that_cannot_be_stored_ends_the_step_undone() -> None:
    """No attempt is left without its end, and nothing was done to the unit."""
    world = World(applies)
    recorder = MemoryRecorder(refuses=lambda row: isinstance(row, IdentityRow))
    bench = Bench(world.definition, recorder=recorder)
    result = await bench.run(plan(planned("act")))
    assert (result.outcome, world.acts) == (Outcome.ERROR, 0)
    assert recorder.outcomes == [("act", "ERROR")]


async def test_a_stop_while_the_unit_is_read_again_leaves_it_undone() -> None:
    """Nothing irreversible begins after a stop."""

    async def read() -> Any:
        bench.control.stop(Outcome.ERROR, "the unit was removed")
        return BOARD

    world = World(applies)
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act")), read_identity=read)
    assert (result.outcome, world.acts) == (Outcome.ERROR, 0)


async def test_found_applied_still_needs_its_measurements() -> None:
    """A limit that nothing was measured for is an ERROR here, too."""
    from orchestrator.domain.measurement import Limit

    world = World(
        loses(ConnectionLost("gone"), applied=True), measures=(Measures("was", "Was", "text"),)
    )
    bench = Bench(world.definition)
    result = await bench.run(plan(planned("act", limits={"was": Limit(equal="Blank")})))
    assert result.outcome is Outcome.ERROR


async def test_it_is_never_retried() -> None:
    """Not even when a plan says so."""
    from orchestrator.domain.errors import ErrorClass
    from tests.engine.support import retry

    world = World(loses(Refusal("no"), applied=False))
    bench = Bench(world.definition)
    await bench.run(plan(planned("act", retry=retry(3, *ErrorClass))))
    assert world.acts == 1
