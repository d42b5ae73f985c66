"""Runs without an end are closed, once, with the step that had begun and what the board says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.crash_points import arm
from orchestrator.domain.errors import Unreachable
from orchestrator.domain.events import SlotState
from orchestrator.domain.intents import EarlierIntent, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import FindingRow, Record, RunEndRow, RunRow, StepEndRow, StepRow
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.past import LastRun, OpenRun, OpenStep
from tests.station.bench import TIMING, Bench, identity
from tests.station.fakes import FakeBoard

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


class Noon(SystemClock):
    """A clock on which it is always noon."""

    def now(self) -> datetime:
        """Return noon."""
        return NOON


def intent(
    intent_id: str = "I1",
    *,
    run_id: str = "OLD",
    state: FindingState | None = None,
    of: DeviceIdentity | None = None,
) -> EarlierIntent:
    """Return an intent of the step that locks a fake board."""
    return EarlierIntent(
        intent_id=intent_id,
        run_id=run_id,
        sequence=3,
        step_id="lock",
        recipe_hash="hash of line",
        identity=of or identity(1),
        kind="fake.lock",
        parameters="{}",
        settle_seconds=0.0,
        began_at="2026-11-21T11:59:58.000000Z",
        state=state,
        findings=0 if state is None else 1,
    )


def left_open(bench: Bench, *intents: EarlierIntent, began: bool = True) -> None:
    """Have the last start left a run open on board 1 in slot 1, during its step that locks."""
    steps = (OpenStep(3, "lock", "2026-11-21T11:59:58.000000Z", irreversible=True),)
    bench.paper.left = [
        OpenRun(
            "OLD",
            "1",
            "2026-11-21T11:59:00.000000Z",
            steps if began else (),
            "1",
            identity(1),
            intents,
        )
    ]
    bench.paper.intents.update({each.intent_id: each for each in intents})
    bench.paper.last[identity(1).device_id] = LastRun(
        "OLD", "hash of line", Outcome.INTERRUPTED, None
    )


def locked(number: int = 1) -> FakeBoard:
    """Return a board that was locked before this start."""
    board = FakeBoard(number)
    board.locked = True  # type: ignore[attr-defined]  # a note on the fake board
    return board


def closing(bench: Bench) -> list[Record]:
    """Return the rows that closed the run that was left open."""
    return [
        row
        for row in bench.paper.rows
        if (isinstance(row, StepEndRow | RunEndRow) and row.run_id == "OLD")
        or isinstance(row, FindingRow)
    ]


async def test_an_open_run_is_closed_with_its_step(tmp_path: Path) -> None:
    """Step and run end INTERRUPTED; the sentence names the step and that no board was there."""
    bench = Bench(tmp_path)
    bench.clock = Noon()
    left_open(bench, intent())
    async with bench.running() as watch:
        assert "Run OLD in slot 1" in await watch.notice("had no end")
    step_end, run_end = closing(bench)
    assert isinstance(step_end, StepEndRow)
    assert isinstance(run_end, RunEndRow)
    assert (step_end.sequence, step_end.outcome, step_end.duration_us) == (
        3, "INTERRUPTED", 2_000_000,
    )  # fmt: skip
    assert run_end.message == (
        "the station went down during step lock; no board is in its slot any more; "
        "whether its request was applied is not known yet"
    )
    assert (run_end.outcome, run_end.first_failure, run_end.duration_us) == (
        "INTERRUPTED", 3, 60_000_000,
    )  # fmt: skip


async def test_a_run_between_two_steps_is_closed_alone(tmp_path: Path) -> None:
    """Nothing is said of steps that did not begin, and no duration is negative."""
    bench = Bench(tmp_path)
    bench.clock = Noon()
    bench.fixture.put("1", FakeBoard(1))
    bench.paper.left = [OpenRun("OLD", "1", "2026-11-21T12:00:01.000000Z", port="1")]
    async with bench.running() as watch:
        await watch.notice("had no end")
    [run_end] = closing(bench)
    assert isinstance(run_end, RunEndRow)
    assert run_end.message == (
        "the station went down between two steps; which board it was is not known"
    )
    assert (run_end.first_failure, run_end.duration_us) == (None, 0)


@pytest.mark.parametrize("board", [FakeBoard(1), locked()], ids=["not applied", "applied"])
async def test_the_board_in_its_slot_is_asked(tmp_path: Path, board: FakeBoard) -> None:
    """What it says of its last request is part of the end, in one transaction."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", board)
    left_open(bench, intent())
    transactions: list[tuple[Record, ...]] = []
    bench.paper.on_record = lambda rows: transactions.append(tuple(rows))
    async with bench.running() as watch:
        await watch.notice("had no end")
        finding, step_end, run_end = closing(bench)
    assert isinstance(finding, FindingRow)
    assert isinstance(step_end, StepEndRow)
    assert isinstance(run_end, RunEndRow)
    applied = hasattr(board, "locked")
    state = "applied" if applied else "not_applied"
    assert (finding.intent_id, finding.number, finding.state) == ("I1", 1, state)
    assert (finding.source, finding.actor) == ("recovery", "bench")
    words = "was applied" if applied else "was not applied"
    assert f"the board says that intent I1 {words}" in run_end.message
    assert (finding, step_end, run_end) in transactions


async def test_another_board_in_the_slot_is_not_asked(tmp_path: Path) -> None:
    """Its answer would be about itself."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", locked(2))
    left_open(bench, intent())
    async with bench.running() as watch:
        await watch.notice("had no end")
    assert not bench.paper.of(FindingRow)
    *_, run_end = closing(bench)
    assert isinstance(run_end, RunEndRow)
    assert "another board sits in its slot" in run_end.message


@pytest.mark.parametrize("what", ["service", "board"])
async def test_a_board_that_cannot_be_asked_holds_up_nothing(tmp_path: Path, what: str) -> None:
    """The run is closed without its word; the intent stays open until the board comes."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", locked())
    board.silent = what == "board"
    bench.fixture.down = Unreachable("connection refused") if what == "service" else None
    left_open(bench, intent())
    async with bench.running() as watch:
        await watch.notice("had no end")
        *_, run_end = closing(bench)
        assert isinstance(run_end, RunEndRow)
        assert "whether its request was applied is not known yet" in run_end.message
        assert not bench.paper.of(FindingRow)
        bench.fixture.down, board.silent = None, False
        await watch.state("1", SlotState.PASS)
    [finding, *_] = bench.paper.of(FindingRow)
    assert (finding.intent_id, finding.state, finding.source) == ("I1", "applied", "recovery")


async def test_asking_is_bounded_and_side_by_side(tmp_path: Path) -> None:
    """A board that hangs costs the time of the settings, once, and the others are asked."""
    bench = Bench(tmp_path, timing=replace(TIMING, ask_seconds=0.1))
    bench.fixture.put("1", FakeBoard(1))
    bench.fixture.put("2", FakeBoard(2)).hangs = True
    bench.fixture.put("3", FakeBoard(3)).hangs = True
    for number in (2, 3, 1):
        run_id = f"OLD{number}"
        run = OpenRun(run_id, str(number), "2026-11-21T11:00:00.000000Z", (), str(number))
        bench.paper.left.append(replace(run, identity=identity(number)))
    async with bench.running() as watch:
        for _ in range(3):
            await watch.notice("had no end")
        bench.fixture.boards["2"].hangs = bench.fixture.boards["3"].hangs = False
    says = {row.run_id: row.message for row in bench.paper.of(RunEndRow)}
    assert "the board is still in its slot" in says["OLD1"]
    assert "the board was not asked" in says["OLD2"]
    assert "the board was not asked" in says["OLD3"]


async def test_a_run_goes_on_behind_the_lock(tmp_path: Path) -> None:
    """The board was locked in the interrupted run: what comes before is not done again."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", locked())
    left_open(bench, intent())
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
    [run] = bench.paper.of(RunRow)
    assert run.continues == "OLD"
    assert board.acted == 0
    assert [row.step_id for row in bench.paper.of(StepRow) if row.run_id == run.run_id] == []


async def test_a_run_begins_anew_before_the_lock(tmp_path: Path) -> None:
    """Nothing was applied: every step is made again, and the lock for the first time."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    left_open(bench, intent())
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
    [run] = bench.paper.of(RunRow)
    assert run.continues is None
    assert board.acted == 1
    assert hasattr(board, "locked")


async def test_another_recipe_begins_anew(tmp_path: Path) -> None:
    """The evidence of another recipe is not this one's."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", locked())
    left_open(bench, replace(intent(), recipe_hash="another"))
    bench.paper.last[identity(1).device_id] = LastRun("OLD", "another", Outcome.INTERRUPTED, None)
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
    [run] = bench.paper.of(RunRow)
    assert run.continues is None


async def test_a_continued_run_that_was_interrupted_goes_on_with_the_first(tmp_path: Path) -> None:
    """The evidence before the lock lies in the run that had applied it."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", locked())
    applied = intent(run_id="FIRST", state=FindingState.APPLIED)
    left_open(bench)
    bench.paper.intents["I1"] = applied
    bench.paper.last[identity(1).device_id] = LastRun(
        "OLD", "hash of line", Outcome.INTERRUPTED, "FIRST"
    )
    async with bench.running() as watch:
        await watch.state("1", SlotState.PASS)
    [run] = bench.paper.of(RunRow)
    assert run.continues == "FIRST"


class PowerCut(BaseException):
    """The lights are out."""


@pytest.fixture
def _disarmed() -> Iterator[None]:
    yield
    arm(None)


@pytest.mark.usefixtures("_disarmed")
@pytest.mark.parametrize("place", ["recovery.begun", "recovery.asked", "recovery.closed"])
async def test_a_crash_during_recovery_changes_nothing(tmp_path: Path, place: str) -> None:
    """Wherever it dies, the next start closes what is left, each run once."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=_hang))
    left_open(bench, intent())
    second = replace(bench.paper.left[0], run_id="OLD2", port="9", steps=(), intents=())
    bench.paper.left.append(second)

    def visit(name: str) -> None:
        if name == place:
            raise PowerCut

    arm(visit)
    with pytest.raises((PowerCut, BaseExceptionGroup)):
        await bench.station().run()
    arm(None)
    async with bench.running() as watch:
        await watch.state("1", SlotState.RUN)
    ended = [row.run_id for row in bench.paper.of(RunEndRow)]
    assert sorted(ended[: ended.index("OLD2") + 1]) == ["OLD", "OLD2"]
    assert len([row for row in bench.paper.of(FindingRow) if row.source == "recovery"]) == 1


async def _hang(board: FakeBoard) -> None:
    await anyio.sleep_forever()
