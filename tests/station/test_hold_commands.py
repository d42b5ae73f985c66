"""Slots and lines that people close and open: no run begins behind a hold."""

import json
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import SlotState
from orchestrator.domain.records import RunRow
from orchestrator.station.commands import CommandRefused
from orchestrator.station.holds import Holds
from tests.station.bench import Bench
from tests.station.fakes import FakeBoard
from tests.station.test_control import ANA, BEN, commands, tile


async def test_a_line_that_closes_while_a_board_waits(tmp_path: Path) -> None:
    """The tile says so, and asks once more when the line goes on."""
    bench = Bench(tmp_path, slots={"start": "manual"})
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("1", SlotState.DO)
        await control.hold_line("fire drill", BEN)
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert (blocked.sentence, blocked.detail) == (
            "Wait. The line stands.", "The line is held: fire drill"
        )  # fmt: skip
        with pytest.raises(CommandRefused, match="fire drill"):
            await control.start_slot("1", ANA)
        assert [each.kind for each in control.snapshot().reasons] == ["hold"]
        await control.release_line(BEN)
        await watch.state("1", SlotState.DO)
        await control.start_slot("1", ANA)
        await watch.state("1", SlotState.PASS)


async def test_a_line_that_closes_while_a_started_board_is_asked(tmp_path: Path) -> None:
    """No run begins behind the row of a hold, even where somebody had pressed start before."""
    bench = Bench(tmp_path, slots={"start": "manual"})
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("1", SlotState.DO)
        board.hangs = True
        await control.start_slot("1", ANA)
        while not board.free.statistics().tasks_waiting:
            await anyio.lowlevel.checkpoint()
        await control.hold_slot("1", "bent pin", BEN)
        board.let_go()
        await watch.state("1", SlotState.BLOCKED)
        assert bench.paper.of(RunRow) == []
        await control.release_slot("1", BEN)
        await watch.state("1", SlotState.DO)


async def test_a_hold_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    """It closes the slot or the line before it is kept, and opens them when it was not."""
    bench = Bench(tmp_path, slots={"start": "manual"})
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("1", SlotState.DO)
        bench.paper.lost = AuditUnavailable("the disk is full")
        with pytest.raises(AuditUnavailable):
            await control.hold_slot("1", "bent pin", BEN)
        with pytest.raises(AuditUnavailable):
            await control.hold_line("fire drill", BEN)
        assert [each.kind for each in control.snapshot().reasons] == ["audit"]
        bench.paper.lost = None
        await watch.state("1", SlotState.DO)
        await control.start_slot("1", ANA)
        await watch.state("1", SlotState.PASS)


async def test_a_slot_is_closed_and_opened_with_a_reason(tmp_path: Path) -> None:
    """What runs there comes to its end; the next board waits; each is told who was before."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("1", SlotState.RUN)
        await control.hold_slot("1", "bent pin", BEN)
        await watch.state("1", SlotState.PASS)
        assert tile(control.snapshot()).closed == "bent pin"
        with pytest.raises(CommandRefused, match=r"already closed, by p-ben .*: bent pin"):
            await control.hold_slot("1", "other", ANA)
        del bench.fixture.boards["1"]
        closed = await watch.state("1", SlotState.BLOCKED)
        assert (closed.sentence, closed.detail) == ("This slot is closed.", "bent pin")
        bench.fixture.put("1", board)
        await watch.state("1", SlotState.BLOCKED)
        await control.release_slot("1", BEN)
        await watch.state("1", SlotState.PASS)
        with pytest.raises(CommandRefused, match="is not closed, by p-ben"):
            await control.release_slot("1", ANA)
    assert board.acted == 2
    kept = [(each["command"], each.get("reason")) for each in commands(bench)]
    assert kept == [("hold_slot", "bent pin"), ("release_slot", None)]


async def test_an_empty_slot_shows_at_once_that_it_is_closed(tmp_path: Path) -> None:
    """And that it is open again; while the line is held it says so."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "9"}])
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("A", SlotState.EMPTY)
        await control.hold_slot("A", "bent pin", BEN)
        await watch.state("A", SlotState.BLOCKED)
        await control.release_slot("A", BEN)
        assert (await watch.state("A", SlotState.EMPTY)).sentence == "Put a board in."
        await control.hold_line("lunch", BEN)
        assert "lunch" in (await watch.state("A", SlotState.EMPTY)).detail
        with pytest.raises(CommandRefused, match="already held, by p-ben"):
            await control.hold_line("again", ANA)
        await control.release_line(ANA)
        with pytest.raises(CommandRefused, match="not held, by p-ana"):
            await control.release_line(BEN)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "a\nb"])
async def test_a_hold_needs_a_reason(tmp_path: Path, reason: str) -> None:
    """One that can be printed on a tile."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "9"}])
    async with bench.running() as watch:
        await watch.state("A", SlotState.EMPTY)
        with pytest.raises(CommandRefused, match="reason"):
            await watch.station.control.hold_slot("A", reason, BEN)
        with pytest.raises(CommandRefused, match="reason"):
            await watch.station.control.hold_line(reason, BEN)


async def test_holds_outlive_a_restart(tmp_path: Path) -> None:
    """What was closed is closed at the start, and the start writes it down."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "9"}])
    bench.paper.held = Holds({"A": "bent pin", "old": "gone"}, line="fire drill")
    async with bench.running() as watch:
        closed = await watch.state("A", SlotState.BLOCKED)
        assert closed.detail == "bent pin"
        control = watch.station.control
        assert [each.sentence for each in control.snapshot().reasons] == [
            "The line is held: fire drill"
        ]
        await control.release_slot("A", BEN)
        await control.release_line(BEN)
    [started] = bench.paper.events("station_started")
    detail = json.loads(started.detail)
    assert detail["closed_slots"] == {"A": "bent pin", "old": "gone"}
    assert detail["closed_line"] == "fire drill"
