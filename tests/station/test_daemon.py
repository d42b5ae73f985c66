"""The daemon as a whole: it starts on what was left, stops cleanly, stops without evidence."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable, Unreachable
from orchestrator.domain.events import SlotState, StepStarted
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import RecipeRow, RunEndRow, StationRow
from orchestrator.station.past import OpenRun
from tests.station.bench import TIMING, Bench
from tests.station.fakes import FakeBoard
from tests.station.test_pipeline import hang


async def test_runs_that_were_left_open_are_closed_first(tmp_path: Path) -> None:
    """The start records itself, its recipes, and an end for what the last one left."""
    bench = Bench(tmp_path)
    bench.paper.left = [OpenRun("OLD", "7", "2026-11-21T11:00:00.000000Z")]
    async with bench.running() as watch:
        assert "Run OLD in slot 7" in await watch.notice("had no end")
    assert [type(row) for row in bench.paper.rows[:2]] == [StationRow, RecipeRow]
    [end] = bench.paper.of(RunEndRow)
    assert (end.run_id, end.outcome) == ("OLD", "INTERRUPTED")


async def test_a_stop_ends_runs_as_aborted(tmp_path: Path) -> None:
    """Running steps are cancelled, their runs end ABORTED, and no new board is taken."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    bench.fixture.put("2", FakeBoard(2, silent=True))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        watch.station.stop()
        stopped = await watch.state("1", SlotState.STOPPED)
        await watch.ended.wait()
    assert "station was stopped" in stopped.message
    assert bench.paper.outcomes() == ["ABORTED"]
    assert await bench.paper.open_runs() == []


async def test_steps_that_do_not_end_are_cut_and_closed(tmp_path: Path) -> None:
    """After the time of the settings nothing is left running, in the process or in the audit."""
    bench = Bench(tmp_path, stop={"grace_seconds": 0.05})
    let_go = anyio.Event()

    async def stubborn(board: FakeBoard) -> None:
        with anyio.CancelScope(shield=True):
            await let_go.wait()

    bench.fixture.put("1", FakeBoard(1, act=stubborn))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        watch.station.stop()
        await watch.notice("did not end in time")
        let_go.set()
        await watch.ended.wait()
    assert len(bench.paper.of(RunEndRow)) == 1
    assert await bench.paper.open_runs() == []


async def test_a_second_request_to_stop_waits_for_nothing(tmp_path: Path) -> None:
    """What runs is cut at once and closed."""
    bench = Bench(tmp_path, stop={"grace_seconds": 600})
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        watch.station.stop_at_once()
        await watch.ended.wait()
    assert len(bench.paper.of(RunEndRow)) == 1
    assert await bench.paper.open_runs() == []


async def test_an_audit_that_is_lost_at_the_start(tmp_path: Path) -> None:
    """Without evidence the station does not even look at the fixture."""
    bench = Bench(tmp_path)
    bench.paper.lost = AuditUnavailable("the disk is full")
    with pytest.raises(AuditUnavailable, match="disk is full"):
        await bench.station().run()
    assert bench.fixture.polls == 0


async def test_boards_are_not_failed_for_a_service_that_is_down(tmp_path: Path) -> None:
    """A run goes on while the list is missing, and ends as it would have."""
    bench = Bench(tmp_path)
    go_on = anyio.Event()

    async def wait(board: FakeBoard) -> None:
        await go_on.wait()

    bench.fixture.put("1", FakeBoard(1, act=wait))
    async with bench.running() as watch:
        await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")
        bench.fixture.down = Unreachable("connection refused")
        await watch.notice("does not answer")
        go_on.set()
        await watch.state("1", SlotState.PASS)
        bench.fixture.down = None
        await watch.notice("there again")
    assert bench.paper.outcomes() == ["PASS"]


async def test_the_station_ends_by_itself_when_so_many_are_done(tmp_path: Path) -> None:
    """With a number of boards it ends after their verdicts, however long each took."""
    bench = Bench(tmp_path, timing=replace(TIMING, swap_check_seconds=60))
    for number in range(20):
        bench.fixture.put(str(number), FakeBoard(number))
    async with bench.running(20) as watch:
        await watch.ended.wait()
    assert bench.end is not None
    assert [verdict.outcome for verdict in bench.end.verdicts] == [Outcome.PASS] * 20
    assert len({verdict.run_id for verdict in bench.end.verdicts}) == 20


async def test_named_slots_are_there_from_the_start(tmp_path: Path) -> None:
    """An empty named slot is shown; its board runs under its name."""
    bench = Bench(tmp_path, slot=[{"name": "A1", "port": "1"}], slots={"auto": False})
    async with bench.running() as watch:
        await watch.state("A1", SlotState.EMPTY)
        bench.fixture.put("1", FakeBoard(1))
        bench.fixture.put("2", FakeBoard(2))
        await watch.notice("A board on port 2 is ignored")
        await watch.state("A1", SlotState.PASS)
