"""People and programs act on a running station: once, recorded, refused with a reason."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import SlotState, StepStarted
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.people import UNIDENTIFIED, Actor, Role
from orchestrator.domain.records import RunRow
from orchestrator.station.commands import CommandRefused
from orchestrator.station.control import Control
from orchestrator.station.decisions import DecisionRefused
from orchestrator.station.floor import UnknownSlot
from orchestrator.station.scanning import ScanAction
from orchestrator.station.snapshot import SlotSnapshot, StationSnapshot
from tests.station.bench import Bench, Watch
from tests.station.fakes import FakeBoard, device_id
from tests.station.test_pipeline import hang

ANA = Actor("p-ana", Role.OPERATOR, "panel")
BEN = Actor("p-ben", Role.ENGINEER, "api")
NOBODY = Actor(UNIDENTIFIED, Role.VIEWER, "panel")


def commands(bench: Bench, kind: str = "command") -> list[dict[str, Any]]:
    """Return what was commanded, or refused, with its slot."""
    return [{"slot": row.slot, **json.loads(row.detail)} for row in bench.paper.events(kind)]


def tile(snapshot: StationSnapshot, slot: str = "1") -> SlotSnapshot:
    """Return the slot of a snapshot."""
    return next(each for each in snapshot.slots if each.name == slot)


async def until_acting(watch: Watch) -> None:
    """Return when the step of a board has begun."""
    await watch.until(lambda event: isinstance(event, StepStarted) and event.step_id == "act")


async def test_anybody_may_stop_a_run(tmp_path: Path) -> None:
    """Once: the run ends ABORTED, the tile says who, and the second press hears that."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        control = watch.station.control
        await until_acting(watch)
        assert tile(control.snapshot()).may_stop
        assert await control.stop_slot("1", NOBODY) == "Slot 1: stopped"
        with pytest.raises(CommandRefused, match="already ending: stopped by unidentified"):
            await control.stop_slot("1", ANA)
        stopped = await watch.state("1", SlotState.STOPPED)
        with pytest.raises(CommandRefused, match="Nothing runs in slot 1"):
            await control.stop_slot("1", ANA)
        assert not tile(control.snapshot()).may_stop
    assert stopped.sentence == "Stopped. Put the board back in the queue."
    assert "stopped by unidentified (viewer, panel)" in stopped.detail
    assert bench.paper.outcomes() == [Outcome.ABORTED]
    [kept] = commands(bench)
    assert (kept["command"], kept["slot"], kept["person"]) == ("stop_slot", "1", UNIDENTIFIED)
    assert kept["run"] == bench.paper.of(RunRow)[0].run_id
    assert [each["command"] for each in commands(bench, "refused")] == ["stop_slot"] * 2


async def test_stop_works_while_the_audit_is_lost(tmp_path: Path) -> None:
    """It waits for nothing; what was commanded is kept when the audit is back."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        await until_acting(watch)
        bench.paper.lost = AuditUnavailable("the disk is full")
        await watch.station.control.stop_slot("1", NOBODY)
        await watch.state("1", SlotState.ERROR)
        bench.paper.lost = None
        await watch.notice("the line goes on")
    assert [each["command"] for each in commands(bench)] == ["stop_slot"]


async def test_a_stopped_board_is_run_once_more_when_somebody_wants_it(tmp_path: Path) -> None:
    """Two panels press at once: one start, and the other one hears of it."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        control = watch.station.control
        await until_acting(watch)
        await control.stop_slot("1", ANA)
        await watch.state("1", SlotState.STOPPED)
        board.act = None
        while not tile(control.snapshot()).may_start:
            await anyio.lowlevel.checkpoint()
        heard: list[str] = []

        async def press(actor: Actor) -> None:
            try:
                heard.append(await control.start_slot("1", actor))
            except CommandRefused as refusal:
                heard.append(refusal.what)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(press, ANA)
            tasks.start_soon(press, BEN)
        await watch.state("1", SlotState.PASS)
        with pytest.raises(CommandRefused, match=r"already started by p-\w+ "):
            await control.start_slot("1", ANA)
    assert sorted(heard) == [
        "Slot 1: started", "This is already being done by p-ana (operator, panel)"
    ]  # fmt: skip
    assert bench.paper.outcomes() == ["ABORTED", "PASS"]
    assert [each["command"] for each in commands(bench)] == ["stop_slot", "start_slot"]


async def test_nothing_is_started_where_nothing_waits(tmp_path: Path) -> None:
    """A board that passed or failed keeps its verdict; an empty slot has nothing to start."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "9"}])
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await watch.state("1", SlotState.PASS)
        with pytest.raises(CommandRefused, match="Nothing is to be started in slot 1"):
            await control.start_slot("1", ANA)
        with pytest.raises(CommandRefused, match="No board is in slot A"):
            await control.start_slot("A", ANA)
        with pytest.raises(UnknownSlot, match="no slot 'B'"):
            await control.start_slot("B", ANA)
    assert len(commands(bench, "refused")) == 3


async def test_a_manual_station_waits_for_the_start(tmp_path: Path) -> None:
    """The tile asks for it; a board that leaves takes its start with it."""
    bench = Bench(tmp_path, slots={"start": "manual"})
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        waits = await watch.state("1", SlotState.DO)
        assert waits.sentence == "Press start."
        assert board.acted == 0
        snapshot = control.snapshot()
        assert snapshot.manual_start
        assert snapshot.next_action is not None
        assert (snapshot.next_action.slot, snapshot.next_action.sentence) == ("1", "Press start.")
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
        bench.fixture.put("1", board)
        await watch.state("1", SlotState.DO)
        await control.start_slot("1", ANA)
        await watch.state("1", SlotState.PASS)
    assert board.acted == 1


async def test_a_board_that_is_exchanged_before_the_start_begins_anew(tmp_path: Path) -> None:
    """The start was meant for the one that was there."""
    bench = Bench(tmp_path, slots={"start": "manual"})
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await watch.state("1", SlotState.DO)
        second = bench.fixture.put("1", FakeBoard(2))
        await watch.station.control.start_slot("1", ANA)
        again = await watch.state("1", SlotState.DO)
        assert again.device_id == device_id(2)
        assert second.acted == 0
    assert bench.paper.events("swap")
    assert bench.paper.of(RunRow) == []


async def test_a_lost_audit_refuses_commands_that_must_be_kept(tmp_path: Path) -> None:
    """Nothing is done, and the line stops."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "9"}])
    async with bench.running() as watch:
        await watch.state("A", SlotState.EMPTY)
        bench.paper.lost = AuditUnavailable("the disk is full")
        control = watch.station.control
        with pytest.raises(AuditUnavailable):
            await control.hold_slot("A", "bent pin", BEN)
        await watch.notice("The line stops")
        snapshot = control.snapshot()
        assert tile(snapshot, "A").closed == ""
        assert not snapshot.audit.writable
        assert "the disk is full" in snapshot.audit.why
        assert snapshot.audit.lost_at is not None
        assert [each.kind for each in snapshot.reasons] == ["audit"]
        bench.paper.lost = None
        await watch.notice("the line goes on")
        assert control.snapshot().audit.writable


async def scanned(control: Control, code: str, actor: Actor = ANA) -> tuple[ScanAction, str]:
    """Scan; return what it did and what was said."""
    found = await control.scan(code, actor)
    return found.step.action, found.sentence


async def test_commands_are_scanned(tmp_path: Path) -> None:
    """Work order, slot, stop, start: what a person needs without a screen."""
    bench = Bench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        control = watch.station.control
        await until_acting(watch)
        assert await scanned(control, "WO-88127") == (
            ScanAction.WORK_ORDER, "Work order WO-88127"
        )  # fmt: skip
        assert (await scanned(control, "B-1234"))[0] is ScanAction.BADGE
        assert (await scanned(control, "%HELP"))[0] is ScanAction.PAGE
        assert (await scanned(control, "%SLOT-1"))[0] is ScanAction.CHOOSE_SLOT
        assert control.snapshot().chosen_slot == "1"
        assert await scanned(control, "%STOP", NOBODY) == (ScanAction.STOP, "Slot 1: stopped")
        assert control.snapshot().chosen_slot == ""
        await watch.state("1", SlotState.STOPPED)
        board.act = None
        while not tile(control.snapshot()).may_start:
            await anyio.lowlevel.checkpoint()
        assert await scanned(control, "%RETRY") == (ScanAction.START, "Slot 1: started")
        await watch.state("1", SlotState.PASS)
        await control.set_operator(ANA)
        shift = control.snapshot().shift
        assert (shift.work_order, shift.operator) == ("WO-88127", "p-ana")
        await control.clear_operator(ANA)
        assert control.snapshot().shift.operator == ""
    kept = [each["command"] for each in commands(bench)]
    assert kept == ["work_order", "stop_slot", "start_slot", "operator", "operator_left"]


async def test_a_decision_comes_the_same_way(tmp_path: Path) -> None:
    """What is refused is kept, too."""
    bench = Bench(tmp_path)
    async with bench.running() as watch:
        await anyio.lowlevel.checkpoint()
        with pytest.raises(DecisionRefused, match="no intent"):
            await watch.station.control.decide("NONE", "applied", "seen it", BEN)
        while not bench.paper.events("refused"):
            await anyio.lowlevel.checkpoint()
    [refused] = commands(bench, "refused")
    assert (refused["command"], refused["person"]) == ("decide", "p-ben")


async def test_the_snapshot_shows_a_run(tmp_path: Path) -> None:
    """Recipe, step, position, times and counters; its number is that of the newest event."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        control = watch.station.control
        await until_acting(watch)
        snapshot = control.snapshot()
        one = tile(snapshot)
        assert (one.state, one.step, one.position, one.steps) == (SlotState.RUN, "Act", 2, 3)
        assert (one.recipe, one.device_id) == ("line", device_id(1))
        assert one.began_at is not None
        assert one.elapsed_seconds is not None
        assert one.run_id == bench.paper.of(RunRow)[0].run_id
        assert 0 < one.progress < 1
        assert snapshot.sequence == bench.hub.sequence
        assert snapshot.session_id == watch.station.session_id
        assert [each.name for each in snapshot.recipes] == ["line"]
        await control.stop_slot("1", NOBODY)
        await watch.state("1", SlotState.STOPPED)
        shift = control.snapshot().shift
        assert (shift.passed, shift.failed, shift.errors) == (0, 0, 0)
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)
        bench.fixture.put("1", FakeBoard(2))
        await watch.state("1", SlotState.PASS)
        shift = control.snapshot().shift
        assert (shift.passed, shift.first_pass_yield) == (1, 1)
        assert shift.boards_per_hour > 0
