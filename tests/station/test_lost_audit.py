"""Evidence that cannot be written stops the line, not the daemon; when it can, work goes on."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import RunFinished, SlotState, StepStarted
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record, RunEndRow, RunRow, StepRow
from orchestrator.station.past import Verdict
from tests.station.bench import WATCHFULNESS, Bench
from tests.station.fakes import FakeBoard, device_id
from tests.station.test_pipeline import hang

LOST = AuditUnavailable("the disk is full", remedy="Free some space")


def losing(bench: Bench, *, once: bool = True) -> FakeBoard:
    """Return a board whose step fills the disk, the first time or always."""

    async def fill_the_disk(board: FakeBoard) -> None:
        if board.acted == 1 or not once:
            bench.paper.lost = LOST

    return FakeBoard(1, act=fill_the_disk)


async def test_the_line_stops_and_goes_on_by_itself(tmp_path: Path) -> None:
    """No lock after the failure; the tile says why; when the disk is back the board is run anew."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        assert "the disk is full" in await watch.notice("The line stops")
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert "Free some space" in blocked.message
        assert not hasattr(board, "locked")
        tried = bench.paper.tries
        while bench.paper.tries < tried + 3:
            await anyio.lowlevel.checkpoint()
        assert not watch.ended.is_set()
        bench.paper.lost = None
        await watch.notice("had no end")
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)
    first, second = bench.paper.of(RunEndRow)
    assert (first.outcome, second.outcome) == ("INTERRUPTED", "PASS")
    assert first.message.startswith("the audit could not be written during step act; ")
    assert board.acted == 2
    [back] = bench.paper.events("audit_back")
    assert "the disk is full" in back.detail
    assert bench.end is not None
    assert bench.end.audit_lost is None


async def test_a_board_that_comes_while_it_is_lost_waits(tmp_path: Path) -> None:
    """It is told why, may leave again, and gets its run when the line goes on."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        second = bench.fixture.put("2", FakeBoard(2))
        assert "the disk is full" in (await watch.state("2", SlotState.BLOCKED)).message
        bench.fixture.put("3", FakeBoard(3))
        await watch.state("3", SlotState.BLOCKED)
        del bench.fixture.boards["3"]
        empty = await watch.state("3", SlotState.EMPTY)
        assert "the disk is full" in empty.message
        assert second.acted == 0
        bench.paper.lost = None
        await watch.state("2", SlotState.PASS)
    assert {row.slot for row in bench.paper.of(RunRow)} == {"1", "2"}


async def test_others_end_at_their_own_step_boundary(tmp_path: Path) -> None:
    """A step that was under way comes to its end; no further one begins."""
    bench = Bench(tmp_path)
    go_on = anyio.Event()

    async def wait(board: FakeBoard) -> None:
        if board.acted == 1:
            await go_on.wait()

    bench.fixture.put("2", FakeBoard(2, act=wait))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        bench.fixture.put("1", losing(bench))
        await watch.notice("The line stops")
        go_on.set()
        await watch.state("2", SlotState.BLOCKED)
        begun = [row for row in bench.paper.of(StepRow) if row.step_id == "lock"]
        assert begun == []
        bench.paper.lost = None
        await watch.state("2", SlotState.PASS)


async def test_a_run_that_noticed_nothing_is_left_alone(tmp_path: Path) -> None:
    """It needed no evidence while the audit was away: it is not closed under its feet."""
    bench = Bench(tmp_path)
    go_on = anyio.Event()

    async def wait(board: FakeBoard) -> None:
        await go_on.wait()

    bench.fixture.put("2", FakeBoard(2, act=wait))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        bench.fixture.put("1", losing(bench))
        await watch.notice("The line stops")
        bench.paper.lost = None
        await watch.notice("the line goes on")
        go_on.set()
        await watch.state("2", SlotState.PASS)
    theirs = {row.run_id for row in bench.paper.of(RunRow) if row.slot == "2"}
    ends = [row.outcome for row in bench.paper.of(RunEndRow) if row.run_id in theirs]
    assert ends == ["PASS"]


async def test_a_verdict_that_was_recorded_after_all_stands(tmp_path: Path) -> None:
    """A failed commit is unknown: when its run turns out to have an end, the board keeps it."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        verdict = Verdict("1", None, device_id(1), "THAT", Outcome.PASS, "")
        bench.paper.judged["1", device_id(1)] = verdict
        bench.paper.lost = None
        shown = await watch.state("1", SlotState.PASS)
    assert "run THAT" in shown.message
    assert board.acted == 1


async def test_told_to_stop_while_it_is_lost(tmp_path: Path) -> None:
    """The end says that evidence was lost, for the exit code."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        watch.station.stop()
        await watch.ended.wait()
    assert bench.end is not None
    assert bench.end.audit_lost is not None
    assert bench.end.audit_lost.what == "the disk is full"
    assert not bench.paper.events("station_stopped")


async def test_told_to_stop_when_it_has_just_come_back(tmp_path: Path) -> None:
    """Nothing is left open for the next start when the audit can be written at the end."""
    bench = Bench(tmp_path)
    bench.watchfulness = replace(WATCHFULNESS, retry_seconds=3600.0)
    bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        bench.paper.lost = None
        watch.station.stop()
        await watch.ended.wait()
    assert bench.end is not None
    assert bench.end.audit_lost is None
    [ended] = bench.paper.of(RunEndRow)
    assert ended.outcome == "INTERRUPTED"
    assert bench.paper.events("station_stopped")


async def test_a_script_that_wants_so_many_boards_ends_at_once(tmp_path: Path) -> None:
    """With a number of boards a lost audit ends the station; the other slot is stopped."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", losing(bench, once=False))
    bench.fixture.put("2", FakeBoard(2, act=hang))
    async with bench.running(2) as watch:
        await watch.notice("The line stops")
        await watch.ended.wait()
    assert bench.end is not None
    assert bench.end.audit_lost is not None


async def test_an_audit_that_vanishes_is_noticed_without_a_board(tmp_path: Path) -> None:
    """While nothing is written the audit is looked at."""
    bench = Bench(tmp_path)
    async with bench.running() as watch:
        bench.paper.missing = AuditUnavailable("the file is gone")
        assert "the file is gone" in await watch.notice("The line stops")
        bench.fixture.put("1", FakeBoard(1))
        await watch.state("1", SlotState.BLOCKED)
        bench.paper.missing = None
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)


async def test_a_writer_that_failed_behind_everybodys_back(tmp_path: Path) -> None:
    """Nobody waited for its answer; the next look finds it."""
    bench = Bench(tmp_path)
    async with bench.running() as watch:
        while not bench.fixture.polls:
            await anyio.lowlevel.checkpoint()
        bench.paper.failure = LOST
        await watch.notice("The line stops")
        await watch.notice("the line goes on")


async def test_an_audit_that_is_lost_while_it_comes_back(tmp_path: Path) -> None:
    """Whatever fails in between, the line stays closed and the next attempt is made."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", losing(bench))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        bench.paper.missing = AuditUnavailable("half way back")
        bench.paper.lost = None
        while True:
            blocked = await watch.state("1", SlotState.BLOCKED)
            if "half way back" in blocked.message:
                break
        bench.paper.missing = None
        await watch.state("1", SlotState.PASS)


async def test_what_happened_meanwhile_is_recorded_later(tmp_path: Path) -> None:
    """A board that leaves while the audit is lost has left all the same."""
    bench = Bench(tmp_path)
    bench.fixture.put("2", FakeBoard(2))
    async with bench.running() as watch:
        await watch.state("2", SlotState.PASS)
        bench.fixture.put("1", losing(bench))
        await watch.notice("The line stops")
        del bench.fixture.boards["2"]
        await watch.state("2", SlotState.EMPTY)
        assert not bench.paper.events("unit_left")
        bench.paper.lost = None
        await watch.notice("the line goes on")
        [left] = bench.paper.events("unit_left")
    assert left.slot == "2"


async def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """First a warning, then no run begins, then they begin again: each is told and recorded."""
    bench = Bench(tmp_path)
    bench.watchfulness = replace(WATCHFULNESS, free_warning_mib=1000, free_stop_mib=100)
    bench.free_mib = 5000
    async with bench.running() as watch:
        bench.free_mib = 900
        await watch.notice("getting full; free some space soon: 900 MiB are free")
        bench.free_mib = 99
        await watch.notice("no run begins")
        board = bench.fixture.put("1", FakeBoard(1))
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert "100 MiB must be free" in blocked.message
        assert board.acted == 0
        bench.free_mib = 2000
        await watch.notice("runs begin")
        await watch.state("1", SlotState.PASS)
    kinds = [row.kind for row in bench.paper.rows if hasattr(row, "kind")]
    assert [kind for kind in kinds if kind.startswith("disk")] == [
        "disk_low", "disk_full", "disk_free",
    ]  # fmt: skip


async def test_lost_evidence_is_found_inside_a_group(tmp_path: Path) -> None:
    """However deep it is wrapped, a lost audit is no bug of one slot."""
    bench = Bench(tmp_path)
    wrapped = ExceptionGroup("outer", [ValueError("x"), ExceptionGroup("inner", [LOST])])
    board = bench.fixture.put("1", FakeBoard(1, fault=wrapped))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        board.fault = None
        await watch.state("1", SlotState.PASS)


async def test_no_run_begins_on_a_line_that_was_closed_meanwhile(tmp_path: Path) -> None:
    """A board that was still being asked when the line was closed waits like all others."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    board.hangs = True
    async with bench.running() as watch:
        await watch.state("1", SlotState.CHECK)
        bench.paper.failure = bench.paper.lost = LOST
        await watch.notice("The line stops")
        board.let_go()
        assert "the disk is full" in (await watch.state("1", SlotState.BLOCKED)).message
        assert bench.paper.of(RunRow) == []
        bench.paper.lost = None
        await watch.state("1", SlotState.PASS)


async def test_an_end_that_was_recorded_after_all_is_told(tmp_path: Path) -> None:
    """While nobody knows how the run ended nothing is said of it; then what the audit has."""
    bench = Bench(tmp_path)

    def keep_and_fail(rows: Sequence[Record]) -> None:
        if bench.paper.lost is None and any(isinstance(row, RunEndRow) for row in rows):
            bench.paper.rows += rows
            bench.paper.lost = LOST

    bench.paper.on_record = keep_and_fail
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.notice("The line stops")
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
        assert not [event for event in watch.seen if isinstance(event, RunFinished)]
        bench.paper.on_record = bench.paper.lost = None
        ended = await watch.until(lambda event: isinstance(event, RunFinished))
        await watch.notice("the line goes on")
    [run] = bench.paper.of(RunRow)
    assert ended == RunFinished("1", run.run_id, Outcome.PASS, "")
    assert bench.paper.outcomes() == ["PASS"]
