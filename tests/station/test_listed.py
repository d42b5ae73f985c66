"""Lists of ids: every line a run of its own, one go after the other, whatever interrupts them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable, Mismatch
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.intents import EarlierIntent, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import EventRow, IdentityRow, RunEndRow, RunRow
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.step import StepContext, StepDefinition, step
from orchestrator.recipe.plan import AppliesTo, PlannedStep, Reference
from orchestrator.station.listed import LineOutcome, Listed, ListParts, Memory, work_list
from orchestrator.station.past import OpenRun
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.rows import canonical
from tests.engine.support import MemoryRecorder, plan


class Office:
    """What a list is worked with: a step that notes each line, and a memory to set."""

    def __init__(self, recorder: MemoryRecorder | None = None, bad: frozenset[str] = frozenset()):
        self.recorder = recorder or MemoryRecorder()
        self.done: list[tuple[str, str]] = []
        self.noted: list[LineOutcome] = []
        self.memory = Memory()

        @step("fake.line", summary="Notes the line.")
        async def line(ctx: StepContext, *, group: str) -> None:
            """Note it, or fail.

            Args:
                group: Where it belongs.
            """
            assert ctx.identity is not None
            self.done.append((ctx.identity.device_id, group))
            if ctx.identity.device_id in bad:
                raise Mismatch("The unit is no good", remedy="Set it aside")

        self.step: StepDefinition = line

    async def work(self, lines: list[Listed], at_once: int = 4) -> list[LineOutcome]:
        """Work the list."""
        one = PlannedStep("line", "Line", "fake.line", {"group": Reference("inputs.group")})
        made = replace(plan(one), applies_to=AppliesTo(operation="LIST"), content_hash="hash")

        async def memory() -> Memory:
            return self.memory

        clock = SystemClock()
        parts = ListParts(
            station="office",
            recorder=self.recorder,
            memory=memory,
            ready=ReadyRecipe(made, {}, {}),
            definitions={"fake.line": self.step},
            resources={},
            clock=clock,
            ids=TimeOrderedIds(clock),
            database_version="none",
        )
        return await work_list(parts, lines, self.noted.append, at_once=at_once)

    def events(self) -> dict[str, str]:
        """Return kinds and details of the events."""
        return {row.kind: row.detail for row in self.recorder.all(EventRow)}


def lines(count: int, inputs: Mapping[str, str] | None = None) -> list[Listed]:
    """Return lines of a list; the first is line 2, below the names of the columns."""
    return [
        Listed(n + 2, identity(n), Unit(None, None, None), dict(inputs or {"group": "A"}))
        for n in range(count)
    ]


def identity(number: int) -> DeviceIdentity:
    """Return whose line it is."""
    return DeviceIdentity("test", f"{number:016x}")


def intent(number: int, state: FindingState | None) -> EarlierIntent:
    """Return a request that an earlier go made."""
    return EarlierIntent(
        intent_id="I", run_id="earlier", sequence=1, step_id="line", recipe_hash="hash",
        identity=identity(number), kind="fake.line", parameters="{}", settle_seconds=1.0,
        began_at="2026-11-21T00:00:00.000000Z", state=state, findings=1,
    )  # fmt: skip


async def test_every_line_is_a_run_of_its_own() -> None:
    """With its identity, its inputs, the operation LIST, an end, and the outcome in order."""
    office = Office()
    outcomes = await office.work(lines(20))
    assert [each.line for each in outcomes] == list(range(2, 22))
    assert {each.outcome for each in outcomes} == {Outcome.PASS}
    assert sorted(office.done) == [(identity(n).device_id, "A") for n in range(20)]
    runs = office.recorder.all(RunRow)
    assert {run.operation for run in runs} == {"LIST"}
    assert {run.slot for run in runs} == {f"line {n}" for n in range(2, 22)}
    assert {run.run_id for run in runs} == {each.run_id for each in outcomes}
    assert len(office.recorder.all(RunEndRow)) == len(runs) == 20
    named = {row.device_id for row in office.recorder.all(IdentityRow) if row.sequence == 0}
    assert named == {identity(n).device_id for n in range(20)}
    assert office.events() == {"list_started": '{"lines":20}', "list_ended": '{"PASS":20}'}


@pytest.mark.parametrize("bad", [0, 7, 19])
async def test_a_line_that_fails_stops_no_other(bad: int) -> None:
    """The first, one in the middle and the last: it is told, and all others are done."""
    office = Office(bad=frozenset({identity(bad).device_id}))
    outcomes = await office.work(lines(20))
    assert len(office.done) == 20
    failed = [each for each in outcomes if not each.outcome.is_pass]
    assert [(each.line, each.outcome) for each in failed] == [(bad + 2, Outcome.FAIL)]
    assert "The unit is no good" in failed[0].message
    assert office.events()["list_ended"] == '{"FAIL":1,"PASS":19}'
    assert len(office.noted) == 20


async def test_what_has_passed_is_left_alone() -> None:
    """It is told as done before, in which run; nothing is recorded for it."""
    office = Office()
    office.memory = Memory({identity(1): {canonical({"group": "A"}): "earlier"}})
    outcomes = await office.work(lines(3))
    assert [each.before for each in outcomes] == [False, True, False]
    assert outcomes[1].message == "done before, in run earlier"
    assert outcomes[1].run_id == "earlier"
    assert len(office.done) == len(office.recorder.all(RunRow)) == 2


async def test_a_line_with_other_inputs_is_done_again() -> None:
    """A device that shall now go into another group has not been done."""
    office = Office()
    office.memory = Memory({identity(0): {canonical({"group": "A"}): "earlier"}})
    (outcome,) = await office.work(lines(1, {"group": "B"}))
    assert (outcome.before, office.done) == (False, [(identity(0).device_id, "B")])


async def test_a_unit_that_is_held_is_told_and_not_touched() -> None:
    """A person must say first what became of the request."""
    office = Office()
    office.memory = Memory(earlier={identity(1): [intent(1, FindingState.UNKNOWN)]})
    outcomes = await office.work(lines(3))
    assert [each.outcome for each in outcomes] == [Outcome.PASS, Outcome.ERROR, Outcome.PASS]
    assert "I" in outcomes[1].message
    assert outcomes[1].run_id == ""
    assert len(office.done) == len(office.recorder.all(RunRow)) == 2


async def test_what_an_interrupted_go_left_open_is_closed() -> None:
    """Its runs end INTERRUPTED; an open run of a board is the station's, which asks the board."""
    office = Office()
    began = "2026-11-21T00:00:00.000000Z"
    office.memory = Memory(
        left_open=(
            OpenRun("mine", "line 7", began, port="7", identity=identity(5)),
            OpenRun("board", "left", began, port="1234", identity=identity(6)),
        )
    )
    await office.work(lines(1))
    ends = {row.run_id: row for row in office.recorder.all(RunEndRow)}
    assert ends["mine"].outcome == "INTERRUPTED"
    assert "board" not in ends


async def test_without_an_audit_nothing_more_is_begun() -> None:
    """The list ends with that error, and lines that were not begun stay untouched."""
    office = Office(MemoryRecorder(fails_at=9))
    with pytest.raises(AuditUnavailable):
        await office.work(lines(50), at_once=2)
    assert len(office.done) < 10
    assert "list_ended" not in office.events()


async def test_an_empty_list_is_done() -> None:
    """Nothing to do is no mistake."""
    office = Office()
    assert await office.work([]) == []
    assert office.events()["list_ended"] == "{}"
