"""What the audit keeps for the panel: holds over restarts, the shift, what a label was on."""

import json
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from orchestrator.audit.database import reading
from orchestrator.audit.queries import commands_since_start, ended_runs
from orchestrator.domain.events import SlotState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource
from orchestrator.station import commands
from orchestrator.station.holds import Holds, holds_after
from orchestrator.station.past import Labelled
from orchestrator.station.scanning import ScanRefused
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import SerialNumberSection, UnitSection
from tests.station.fakes import FakeBoard, device_id
from tests.station.test_real_audit import RealBench

BEN = Actor("p-ben", Role.ENGINEER, "api")


def command(name: str, slot: str | None = None, **more: str) -> tuple[str, str | None, dict]:  # type: ignore[type-arg]
    """Return an event as the query gives it."""
    return ("command", slot, {"command": name, **more})


def test_what_is_closed_follows_from_what_was_commanded() -> None:
    """The start says what was closed then; the last command counts."""
    started = ("station_started", None, {"closed_slots": {"1": "pin"}, "closed_line": "drill"})
    assert holds_after([started]) == Holds({"1": "pin"}, "drill")
    later = [command("hold_slot", "2", reason="dust"), command("release_slot", "1"),
             command("release_line"), command("start_slot", "2")]  # fmt: skip
    assert holds_after([started, *later]) == Holds({"2": "dust"}, "")
    assert holds_after([command("work_order", work_order="WO-2")]).work_order == "WO-2"
    assert holds_after([command("hold_line", reason="a"), ("station_started", None, {})]) == Holds()
    assert Holds().as_detail() == {}


async def test_a_slot_stays_closed_over_restarts(tmp_path: Path) -> None:
    """However many there are, until somebody opens it; then it stays open."""
    bench = RealBench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.working() as watch:
        await watch.state("1", SlotState.PASS)
        await watch.station.control.hold_slot("1", "bent pin", BEN)
        await watch.station.control.hold_line("fire drill", BEN)
        await watch.station.control.set_work_order("WO-1", BEN)
    for _ in range(2):
        bench = RealBench(tmp_path)
        bench.fixture.put("1", FakeBoard(2))
        async with bench.working() as watch:
            await watch.state("1", SlotState.BLOCKED)
    bench = RealBench(tmp_path)
    bench.fixture.put("1", FakeBoard(2))
    async with bench.working() as watch:
        await watch.state("1", SlotState.BLOCKED)
        control = watch.station.control
        assert control.snapshot().shift.work_order == "WO-1"
        await control.release_line(BEN)
        await control.release_slot("1", BEN)
        await watch.state("1", SlotState.PASS)
    bench = RealBench(tmp_path)
    bench.fixture.put("1", FakeBoard(3))
    async with bench.working() as watch:
        await watch.state("1", SlotState.PASS)


async def test_holds_outlive_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station that runs for long writes down again what is closed; that alone is enough."""
    monkeypatch.setattr(commands, "RESTATE_SECONDS", 0.01)
    bench = RealBench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.working() as watch:
        await watch.state("1", SlotState.PASS)
        await watch.station.control.hold_slot("1", "bent pin", BEN)
        with reading(bench.url) as connection:
            rows: list[dict[str, str]] = []
            while not any(row["kind"] == "holds" for row in rows):
                await anyio.lowlevel.checkpoint()
                rows = commands_since_start(connection, "bench")
    left = [(row["kind"], row["slot"], json.loads(row["detail"])) for row in rows]
    assert holds_after([each for each in left if each[0] == "holds"]) == Holds({"1": "bent pin"})


async def test_a_restart_keeps_the_counters_of_the_shift(tmp_path: Path) -> None:
    """They are counted from the audit; runs of before the shift are not among them."""
    bench = RealBench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    async with bench.working() as watch:
        await watch.state("1", SlotState.PASS)
        before = watch.station.control.snapshot().shift
    bench = RealBench(tmp_path)
    async with bench.working() as watch:
        await watch.station.serving.wait()
        after = watch.station.control.snapshot().shift
    assert (before.passed, before.first_pass_yield) == (1, 1)
    assert (after.passed, after.first_pass_yield) == (1, 1)
    with reading(bench.url) as connection:
        rows = ended_runs(connection, station="bench", since="2000")
        assert [row["outcome"] for row in rows] == [Outcome.PASS.value]
        assert rows[0]["unit_id"]
        assert ended_runs(connection, station="other", since="2000") == []
        assert ended_runs(connection, station="bench", since="2999") == []


class LabelBench(RealBench):
    """A real audit, and boards whose labels are scanned."""

    def __init__(self, folder: Path, again: str = "allow") -> None:
        super().__init__(folder)
        section = SerialNumberSection.model_validate(
            {"rule": "scan", "pattern": "AZ-[0-9]{2}", "again": again}
        )
        self.rule = UnitRule(UnitSection(part_number="P-1", serial_number=section), {})


async def run_with_label(bench: LabelBench, number: int, label: str) -> None:
    """Run a board with that label."""
    bench.fixture.put("1", FakeBoard(number))
    async with bench.working() as watch:
        await watch.state("1", SlotState.SCAN)
        await watch.station.control.give_label("1", label, AnswerSource.TYPED, BEN)
        await watch.state("1", SlotState.PASS)
        del bench.fixture.boards["1"]
        await watch.state("1", SlotState.EMPTY)


@pytest.mark.parametrize(
    ("number", "label", "says"),
    [
        (1, "AZ-02", "The label says AZ-02, the chip says AZ-01"),
        (2, "AZ-01", f"belongs to another board \\({device_id(1)[:12]}"),
        (1, "AZ-01", "passed here today"),
    ],
)
async def test_the_audit_knows_labels(tmp_path: Path, number: int, label: str, says: str) -> None:
    """A chip keeps its label, a label its chip, and a board that passed is told."""
    await run_with_label(LabelBench(tmp_path), 1, "AZ-01")
    bench = LabelBench(tmp_path, again="refuse")
    bench.fixture.put("1", FakeBoard(number))
    async with bench.working() as watch:
        await watch.state("1", SlotState.SCAN)
        with pytest.raises(ScanRefused, match=says):
            await watch.station.control.give_label("1", label, AnswerSource.TYPED, BEN)
        past = bench.parts().past
        assert await past.labelled("AZ-09", None, "OP") == Labelled()
        soon = watch.station.control.shift.began_at + timedelta(days=2)
        assert await past.ended_since(soon) == []
