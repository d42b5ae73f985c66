"""A station on a pretend host: heat and silence on one side, boards and lamps on the other."""

import json
import signal
from pathlib import Path

import anyio
import pytest

from orchestrator.simulation.hosts import Hosts, plain_hosts, run_hosts
from orchestrator.simulation.rack import Rack, run_rack
from orchestrator.systems.advantech_portal.simulator import SimulatedHost
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault
from orchestrator.transport.serving import Happening, World
from tests.end_to_end.test_station import FAST, Running, ask, station, write_settings
from tests.patience import PATIENCE_SECONDS

HOST = """
[station.host]
address = "{address}"
account = "system"
username = "engineer"
password = {{ env = "HOST_PASSWORD" }}
fingerprints = ["{fingerprint}"]
sample_seconds = 1.0
poll_seconds = 0.5
input_seconds = 0.05
good_seconds = 0.0

[station.host.contact]
after_seconds = 0.2
then = "hold"

[[station.host.temperature]]
sensor = "CPU*"
limit_celsius = 90
after_seconds = 0.0

[[station.host.lamp]]
name = "green"
gpio = 0
on = ["passed"]

[[station.host.lamp]]
name = "white"
gpio = 1
on = ["running"]

[[station.host.lamp]]
name = "yellow"
led = 2
on = ["fault"]

[[station.host.input]]
name = "lid"
gpio = 4
means = "fixture_closed"
"""
LID = 4


class Floor:
    """The pretend host, and a way to wait for what happens on it."""

    def __init__(self) -> None:
        self._changed = anyio.Event()
        self.world = World(report=self._report)
        self.hosts: Hosts | None = None

    @property
    def host(self) -> SimulatedHost:
        """The host of the station."""
        assert self.hosts is not None
        return self.hosts.hosts[0]

    def _report(self, happening: Happening) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    def lamps(self) -> set[str]:
        """Return which lamps are lit."""
        host = self.host
        lit = {"green": host.pins.latches[0], "white": host.pins.latches[1]}
        return {name for name, on in {**lit, "yellow": host.panel.leds[2]}.items() if on}

    async def shows(self, *names: str) -> None:
        """Return when exactly these lamps are lit."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while self.lamps() != set(names):
                await self._changed.wait()

    def settings(self, folder: Path, rack: Rack) -> Path:
        """Write the settings of a station on this host."""
        assert self.hosts is not None
        path = write_settings(folder, rack)
        text = path.read_text(encoding="utf-8") + HOST.format(
            address=self.hosts.url().removeprefix("https://"),
            fingerprint=self.hosts.running[0].fingerprint,
        )
        path.write_text(text, encoding="utf-8")
        return path


PERIODS = (("hwmon", 0.1), ("pwrstatus", 1.0), ("diskdrives", 1.0))
SLOW = Fault("slow", ("get_images",), times=1, seconds=3.0)


def specs() -> list[BoardSpec]:
    """Return four boards, of which the first and the third take their time."""
    return [
        BoardSpec(slot_path="1111", faults=(SLOW,), **FAST),
        BoardSpec(slot_path="1112", **FAST),
        BoardSpec(slot_path="1113", faults=(SLOW,), **FAST),
        BoardSpec(slot_path="1114", **FAST),
    ]


async def shift(running: Running, floor: Floor, rack: Rack) -> None:
    """Heat the host during a run, cool it, and silence it during another."""
    await running.until(lambda line: line.get("step") == "delete")
    await floor.shows("white")
    floor.host.sensors.heat = 60.0
    rack.slot("1112").attach()
    blocked = await running.state("1112", "BLOCKED")
    assert "No run begins: sensor CPU" in blocked["message"]
    assert "the limit is 90 °C" in blocked["message"]
    await running.state("1111", "PASS")
    await floor.shows("green", "yellow")
    floor.host.sensors.heat = 0.0
    await running.state("1112", "PASS")
    await floor.shows("green")

    rack.slot("1113").attach()
    await running.until(lambda line: line.get("step") == "delete")
    floor.host.unplug()
    await running.until(lambda line: "has not answered for" in line.get("message", ""))
    rack.slot("1114").attach()
    blocked = await running.state("1114", "BLOCKED")
    assert "has not answered for 0.2 s" in blocked["message"]
    await running.state("1113", "PASS")
    floor.host.plug()
    await running.state("1114", "PASS")

    floor.host.pins.drive(LID, 0)
    rack.slot("1111").detach()
    await running.until(lambda line: "Close the fixture" in line.get("message", ""))


async def test_a_shift_on_a_watched_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heat holds new runs and silence does, both let running ones end; the lamps follow."""
    monkeypatch.setenv("HOST_PASSWORD", "Engineer-1")
    floor = Floor()
    members = {"loopback": False, "event_periods": PERIODS, "self_signed": True}
    hosts = plain_hosts(1, first_address="127.0.43.2", **members)
    async with run_hosts(hosts, world=floor.world) as floor.hosts, run_rack(specs()) as rack:
        floor.host.pins.drive(LID, 1)
        for path in ("1112", "1113", "1114"):
            rack.slot(path).detach()
        async with station(floor.settings(tmp_path, rack)) as running:
            await shift(running, floor, rack)
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 143
            assert floor.lamps() == set()
    assert ask(tmp_path, "SELECT outcome, count(*) FROM run_end GROUP BY 1") == [("PASS", 4)]
    kinds = dict(ask(tmp_path, "SELECT kind, count(*) FROM event GROUP BY 1"))
    assert kinds["host_rule"] == 2
    # A slow machine loses it more than once.
    assert kinds["host_lost"] == kinds["host_back"] >= 1
    assert kinds["host_sample"] >= 3
    [first] = ask(tmp_path, "SELECT detail FROM event WHERE kind = 'host_sample' LIMIT 1")
    assert json.loads(first[0])["readings"]["power_input"] == {"vin1": "1", "vin2": "1"}
    everything = (tmp_path / "audit.db").read_bytes() + json.dumps(running.lines).encode()
    assert b"Engineer-1" not in everything
