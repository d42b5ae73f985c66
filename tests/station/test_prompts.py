"""Prompts of runs on a running station: shown, answered, scanned, closed with their step."""

from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import PromptClosed, PromptOpened, SlotState
from orchestrator.domain.measurement import Limit
from orchestrator.domain.prompts import AnswerSource, PromptKind, Question
from orchestrator.domain.records import MeasurementRow, StepEndRow
from orchestrator.recipe.plan import ParallelSteps, PlannedStep
from orchestrator.station.answers import AnswerRefused
from orchestrator.station.scanning import ScanAction, ScanRefused
from orchestrator.steps.operator import enter_number
from tests.station.bench import Bench, Watch, plan, planned
from tests.station.fakes import FakeBoard
from tests.station.test_control import ANA, NOBODY, scanned, tile

ASKING = plan(main=(planned("fake.ask"),))


async def until_asked(watch: Watch) -> str:
    """Return the id of the next prompt."""
    event = await watch.until(lambda event: isinstance(event, PromptOpened))
    assert isinstance(event, PromptOpened)
    return event.prompt.prompt_id


async def test_a_prompt_shows_in_its_tile_and_is_answered(tmp_path: Path) -> None:
    """DO with the recipe's sentence, then RUN again; the answer is kept before the step goes on."""
    bench = Bench(tmp_path)
    bench.plans = [ASKING]
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        prompt_id = await until_asked(watch)
        shown = await watch.state("1", SlotState.DO)
        assert shown.sentence == "Close the cover."
        snapshot = control.snapshot()
        [prompt] = snapshot.prompts
        assert (prompt.prompt_id, prompt.step_id, prompt.seconds) == (prompt_id, "ask", 30.0)
        assert tile(snapshot).prompts == (prompt,)
        assert snapshot.next_action is not None
        assert snapshot.next_action.sentence == "Close the cover."
        said = await control.answer(
            prompt_id, yes=True, text="", source=AnswerSource.PRESSED, actor=ANA
        )
        assert said == "Slot 1: yes"
        closed = await watch.until(lambda event: isinstance(event, PromptClosed))
        assert closed == PromptClosed("1", prompt_id, "p-ana")
        assert (await watch.state("1", SlotState.RUN)).sentence == "Ask"
        await watch.state("1", SlotState.PASS)
        assert control.snapshot().prompts == ()
    assert [each.by for each in board.replies] == [ANA]
    kinds = [getattr(row, "kind", type(row).__name__) for row in bench.paper.rows]
    ends = [number for number, row in enumerate(bench.paper.rows) if isinstance(row, StepEndRow)]
    assert kinds.index("prompt_answered") < ends[-1]


async def test_a_no_fails_the_board(tmp_path: Path) -> None:
    """And the tile says which bin."""
    bench = Bench(tmp_path)
    bench.plans = [ASKING]
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        prompt_id = await until_asked(watch)
        await watch.station.control.answer(
            prompt_id, yes=False, text="", source=AnswerSource.SCANNED, actor=ANA
        )
        failed = await watch.state("1", SlotState.FAIL)
    assert failed.sentence == "Red bin."
    assert "the person said no" in failed.detail


@pytest.mark.parametrize("how", ["removed", "stopped", "timeout"])
async def test_a_prompt_ends_with_its_step(tmp_path: Path, how: str) -> None:
    """A board that leaves, a stop and the time of the recipe close it; a late answer is refused."""
    bench = Bench(tmp_path)
    limit = {"timeout_seconds": 0.1} if how == "timeout" else {}
    bench.plans = [plan(main=(planned("fake.ask", **limit),))]
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        prompt_id = await until_asked(watch)
        if how == "removed":
            del bench.fixture.boards["1"]
        elif how == "stopped":
            await control.stop_slot("1", NOBODY)
        closed = await watch.until(lambda event: isinstance(event, PromptClosed))
        assert closed == PromptClosed("1", prompt_id, "")
        with pytest.raises(AnswerRefused, match="too late"):
            await control.answer(
                prompt_id, yes=True, text="", source=AnswerSource.PRESSED, actor=ANA
            )
        await watch.state("1", SlotState.ERROR, SlotState.STOPPED)
    wanted = {"removed": "ERROR", "stopped": "ABORTED", "timeout": "TIMEOUT"}[how]
    assert bench.paper.of(StepEndRow)[-1].outcome == wanted
    assert bench.paper.outcomes() == [wanted if how != "timeout" else "ERROR"]
    assert not bench.paper.events("prompt_answered")


async def test_an_audit_lost_with_an_answer_stops_the_line(tmp_path: Path) -> None:
    """The step does not go on; when the audit is back the board is run anew and asked again."""
    bench = Bench(tmp_path)
    bench.plans = [ASKING]
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        prompt_id = await until_asked(watch)
        bench.paper.lost = AuditUnavailable("the disk is full")
        with pytest.raises(AuditUnavailable):
            await control.answer(
                prompt_id, yes=True, text="", source=AnswerSource.PRESSED, actor=ANA
            )
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert blocked.sentence == "Cannot save results. Leave the board. Call the engineer."
        bench.paper.lost = None
        second = await until_asked(watch)
        await control.answer(second, yes=True, text="", source=AnswerSource.PRESSED, actor=ANA)
        await watch.state("1", SlotState.PASS)
    assert len(board.replies) == 1
    assert bench.paper.outcomes() == ["INTERRUPTED", "PASS"]


async def test_prompts_of_a_group_wait_side_by_side(tmp_path: Path) -> None:
    """Each knows its own step; the tile shows one after the other."""
    bench = Bench(tmp_path)
    steps = tuple(planned("fake.ask", id=name, name=name) for name in ("left", "right"))
    bench.plans = [plan(main=(ParallelSteps("both", steps),))]
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await until_asked(watch)
        await until_asked(watch)
        first, second = control.snapshot().prompts
        assert {first.step_id, second.step_id} == {"left", "right"}
        for prompt in (second, first):
            await control.answer(
                prompt.prompt_id, yes=True, text="", source=AnswerSource.PRESSED, actor=ANA
            )
        await watch.state("1", SlotState.PASS)


async def test_a_scan_answers_what_the_tile_asks_for(tmp_path: Path) -> None:
    """Another code hears what was expected; the same one again is ignored."""
    bench = Bench(tmp_path)
    bench.plans = [ASKING]
    board = FakeBoard(1, question=Question(
        PromptKind.SCAN, "Scan the lot.", pattern="LOT-[0-9]", looks_like="LOT-1"
    ))  # fmt: skip
    bench.fixture.put("1", board)
    async with bench.running() as watch:
        control = watch.station.control
        await until_asked(watch)
        assert (await watch.state("1", SlotState.SCAN)).sentence == "Scan the lot."
        with pytest.raises(ScanRefused, match=r'should look like LOT-1\. I read "LOT-12"'):
            await control.scan("LOT-12", ANA)
        with pytest.raises(ScanRefused, match="bin label"):
            await control.scan("BIN-RED", ANA)
        assert (await scanned(control, "BIN-RED"))[0] is ScanAction.IGNORED
        assert control.read_scan("LOT-7").action is ScanAction.ANSWER
        assert await scanned(control, "LOT-7") == (ScanAction.ANSWER, "Slot 1: LOT-7")
        await watch.state("1", SlotState.PASS)
    [reply] = board.replies
    assert (reply.text, reply.source) == ("LOT-7", AnswerSource.SCANNED)


async def test_the_steps_of_recipes_reach_the_person(tmp_path: Path) -> None:
    """The number that is scanned is measured in the unit that the recipe asks for."""
    bench = Bench(tmp_path)
    bench.definitions = {**bench.definitions, "operator.enter_number": enter_number}
    voltage = PlannedStep(
        id="voltage",
        name="Measure the voltage",
        uses="operator.enter_number",
        arguments={"say": "Measure at TP1.", "uom": "V", "highest": Decimal(30)},
        limits={"value": Limit(min=Decimal("3.2"), max=Decimal("3.4"), uom="V")},
    )
    bench.plans = [plan(main=(voltage,))]
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await until_asked(watch)
        assert (await watch.state("1", SlotState.DO)).sentence == "Measure at TP1."
        with pytest.raises(ScanRefused, match="33 V cannot be: it is at most 30 V"):
            await control.scan("33", ANA)
        await control.scan("3.5", ANA)
        failed = await watch.state("1", SlotState.FAIL)
    assert "value is 3.5 V, must be between 3.2 and 3.4 V" in failed.detail
    [measured] = bench.paper.of(MeasurementRow)
    assert (measured.value, measured.uom, measured.outcome) == ("3.5", "V", "FAIL")
