"""Ports that get the address of their unit from a label that is scanned."""

from pathlib import Path

import pytest

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.events import SlotState
from orchestrator.station.commands import CommandRefused
from orchestrator.station.scanning import ScanAction
from tests.station.bench import Bench
from tests.station.fakes import FakeBoard, FakeFixture
from tests.station.test_control import ANA, commands, scanned, until_acting
from tests.station.test_pipeline import hang


class Addressed(FakeFixture):
    """A fixture whose ports get their addresses from labels."""

    given: tuple[str, str] = ("", "")

    def label(self, port: str, address: str) -> str:
        """Remember it."""
        if address == "nowhere":
            raise StationMisuse("nowhere is no address", remedy="Scan another label")
        self.given = (port, address)
        return f"Port {port} has the address {address} now"


async def test_a_port_gets_its_address_from_a_label(tmp_path: Path) -> None:
    """The label of the slot, then that of the address; both are kept, and so is a refusal."""
    scanner = {"address": "ADDR-(?P<address>.+)", "again_seconds": 0}
    bench = Bench(tmp_path, scanner=scanner, slot=[{"name": "A", "port": "P1"}])
    fixture = bench.fixture = Addressed()
    bench.addresses = fixture
    async with bench.running() as watch:
        await watch.state("A", SlotState.EMPTY)
        control = watch.station.control
        await scanned(control, "%SLOT-A")
        assert await scanned(control, "ADDR-10.0.0.1") == (
            ScanAction.ADDRESS,
            "Slot A: Port P1 has the address 10.0.0.1 now",
        )
        await scanned(control, "%SLOT-A")
        with pytest.raises(StationMisuse, match="nowhere is no address"):
            await scanned(control, "ADDR-nowhere")
    assert fixture.given == ("P1", "10.0.0.1")
    kept = [each for each in commands(bench) if each["command"] == "give_address"]
    assert kept[0]["address"] == "10.0.0.1"
    assert commands(bench, "refused")[-1]["command"] == "give_address"


async def test_boards_have_no_addresses(tmp_path: Path) -> None:
    """Where units are not on network ports an address label is refused."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "P1"}])
    async with bench.running() as watch:
        await watch.state("A", SlotState.EMPTY)
        with pytest.raises(CommandRefused, match="have no addresses"):
            await watch.station.control.give_address("A", "10.0.0.1", ANA)


async def test_a_slot_at_work_keeps_its_address(tmp_path: Path) -> None:
    """The unit under work would seem to have left."""
    bench = Bench(tmp_path, slot=[{"name": "A", "port": "P1"}])
    fixture = bench.fixture = Addressed()
    bench.addresses = fixture
    fixture.put("P1", FakeBoard(1, act=hang))
    async with bench.running() as watch:
        await until_acting(watch)
        with pytest.raises(CommandRefused, match="Slot A is at work"):
            await watch.station.control.give_address("A", "10.0.0.1", ANA)
    assert fixture.given == ("", "")
