"""Serial numbers from labels: scanned for the right board, once, and never against the audit."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import SlotChanged, SlotState
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource
from orchestrator.domain.records import IdentityRow, RunRow, UnitRow
from orchestrator.station.commands import CommandRefused
from orchestrator.station.past import Labelled
from orchestrator.station.scanning import ScanAction, ScanRefused
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import SerialNumberSection, UnitSection
from tests.station.bench import Bench, Watch
from tests.station.fakes import FakeBoard, device_id

ANA = Actor("p-ana", Role.OPERATOR, "panel")
RULE = {"rule": "scan", "pattern": "AZ-[0-9]{6}", "looks_like": "AZ-123456"}


def scanning(folder: Path, again: str = "allow", **changes: object) -> Bench:
    """Return a bench whose boards have labels."""
    section = SerialNumberSection(**{**RULE, "again": again})
    bench = Bench(folder, unit={"serial_number": section.model_dump()}, **changes)
    bench.rule = UnitRule(UnitSection(part_number="P-1", serial_number=section), {})
    return bench


async def asked(watch: Watch, slot: str) -> SlotChanged:
    """Return when `slot` asks for its label."""
    return await watch.state(slot, SlotState.SCAN)


async def test_a_board_waits_for_its_label_and_gets_its_unit(tmp_path: Path) -> None:
    """The tile says what to scan; the run has the unit of that number, and so has its verdict."""
    bench = scanning(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        waits = await asked(watch, "1")
        assert waits.sentence == "Scan the label of this board."
        assert "AZ-123456" in waits.detail
        assert bench.paper.of(RunRow) == []
        done = await watch.station.control.scan("AZ-100074", ANA)
        assert (done.step.action, done.sentence) == (ScanAction.SERIAL, "Slot 1: AZ-100074")
        passed = await watch.state("1", SlotState.PASS)
    assert passed.serial_number == "AZ-100074"
    [unit] = bench.paper.of(UnitRow)
    assert unit.serial_number == "AZ-100074"
    [row] = bench.paper.events("command")
    assert '"serial_number":"AZ-100074"' in row.detail
    assert '"source":"scanned"' in row.detail


async def test_the_oldest_slot_gets_the_scan_unless_another_was_chosen(tmp_path: Path) -> None:
    """A number that another slot has is refused with the name of that slot."""
    bench = scanning(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await asked(watch, "1")
        bench.fixture.put("2", FakeBoard(2))
        await asked(watch, "2")
        bench.fixture.put("3", FakeBoard(3))
        await asked(watch, "3")
        await control.scan("%SLOT-3", ANA)
        assert control.snapshot().next_action is not None
        assert (await control.scan("AZ-000003", ANA)).step.slot == "3"
        assert (await control.scan("AZ-000001", ANA)).step.slot == "1"
        with pytest.raises(ScanRefused, match="already in slot 3"):
            await control.give_label("2", "AZ-000003", AnswerSource.TYPED, ANA)
        with pytest.raises(ScanRefused, match="already in slot 1"):
            await control.give_label("2", "AZ-000001", AnswerSource.TYPED, ANA)
        with pytest.raises(CommandRefused, match="waits for no label"):
            await control.give_label("1", "AZ-000009", AnswerSource.TYPED, ANA)
        with pytest.raises(ScanRefused, match="should look like AZ-123456"):
            await control.give_label("2", "AZ-2", AnswerSource.TYPED, ANA)
        await control.give_label("2", "AZ-000002", AnswerSource.TYPED, ANA)
        await watch.state("2", SlotState.PASS)
    assert len(bench.paper.of(UnitRow)) == 3


@pytest.mark.parametrize(
    ("known", "again", "says"),
    [
        (Labelled(serial_number="AZ-000075"), "allow", "label says AZ-000074, the chip says AZ-0"),
        (Labelled(device_id="ff" * 64), "allow", "belongs to another board"),
        (Labelled(passed_at="2026-01-02T10:00:00.000000Z"), "refuse", "passed here on 2026-01-02"),
    ],
)
async def test_a_label_that_the_audit_knows_better(
    tmp_path: Path, known: Labelled, again: str, says: str
) -> None:
    """It is refused, the slot goes on waiting."""
    bench = scanning(tmp_path, again)
    bench.paper.labels["AZ-000074"] = known
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await asked(watch, "1")
        await control.scan("%SLOT-1", ANA)
        with pytest.raises(ScanRefused, match=says):
            await control.scan("AZ-000074", ANA)
        assert control.snapshot().chosen_slot == "1"
        await control.scan("AZ-000001", ANA)
        await watch.state("1", SlotState.PASS)


async def test_a_board_that_passed_may_be_run_again_unless_refused(tmp_path: Path) -> None:
    """That is for the settings to say."""
    bench = scanning(tmp_path)
    bench.paper.labels["AZ-000074"] = Labelled(passed_at="2026-01-02T10:00:00.000000Z")
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await asked(watch, "1")
        await watch.station.control.scan("AZ-000074", ANA)
        await watch.state("1", SlotState.PASS)


async def test_a_label_belongs_to_the_board_that_was_there(tmp_path: Path) -> None:
    """One that is put in afterwards is asked for its own."""
    bench = scanning(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await asked(watch, "1")
        second = bench.fixture.put("1", FakeBoard(2))
        await control.scan("AZ-000001", ANA)
        again = await asked(watch, "1")
        assert again.device_id == device_id(2)
        assert again.serial_number is None
        assert second.acted == 0
        await control.scan("AZ-000002", ANA)
        await watch.state("1", SlotState.PASS)
    assert [unit.serial_number for unit in bench.paper.of(UnitRow)] == ["AZ-000002"]


async def test_a_label_is_asked_for_again_when_the_board_has_fallen_silent(tmp_path: Path) -> None:
    """It may be the label of another one: what is not known to be true is not written down."""
    bench = scanning(tmp_path)
    bench.timing = replace(bench.timing, ready_seconds=0.0)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        await asked(watch, "1")
        second = bench.fixture.put("1", FakeBoard(2, silent=True))
        await watch.station.control.scan("AZ-000002", ANA)
        again = await asked(watch, "1")
        assert (again.device_id, again.serial_number) == (None, None)
        assert bench.paper.of(UnitRow) == []
        second.silent = False
        await watch.station.control.give_label("1", "AZ-000002", AnswerSource.TYPED, ANA)
        await watch.state("1", SlotState.PASS, SlotState.ERROR, SlotState.FAIL)
    [unit] = bench.paper.of(UnitRow)
    assert unit.serial_number == "AZ-000002"
    assert device_id(1) not in {each.device_id for each in bench.paper.of(IdentityRow)}


async def test_a_board_without_identity_is_known_by_its_label(tmp_path: Path) -> None:
    """It cannot say who it is; its label can."""
    bench = scanning(tmp_path)
    bench.timing = bench.timing.__class__(
        poll_seconds=0.01, gone_seconds=0.03, ready_seconds=0.1, swap_check_seconds=0.05
    )
    bench.fixture.put("1", FakeBoard(1, silent=True))
    async with bench.running() as watch:
        await asked(watch, "1")
        await watch.station.control.scan("AZ-000001", ANA)
        await watch.state("1", SlotState.ERROR, SlotState.FAIL)
    [unit] = bench.paper.of(UnitRow)
    assert unit.serial_number == "AZ-000001"


async def test_the_same_board_keeps_its_label_over_a_lost_audit(tmp_path: Path) -> None:
    """Nobody scans twice because the disk was full for a moment."""
    bench = scanning(tmp_path, slots={"start": "manual"})
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        control = watch.station.control
        await asked(watch, "1")
        await control.scan("AZ-000001", ANA)
        await watch.state("1", SlotState.DO)
        bench.paper.lost = AuditUnavailable("the disk is full")
        with pytest.raises(AuditUnavailable):
            await control.start_slot("1", ANA)
        await watch.state("1", SlotState.BLOCKED)
        bench.paper.lost = None
        await watch.state("1", SlotState.DO)
        await control.start_slot("1", ANA)
        passed = await watch.state("1", SlotState.PASS)
    assert passed.serial_number == "AZ-000001"
