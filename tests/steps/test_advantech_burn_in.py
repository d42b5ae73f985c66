"""Sensors and disks of edge computers: as they are now, and sampled for a time."""

from decimal import Decimal
from itertools import count
from typing import Any

import anyio
import pytest

from orchestrator.steps.advantech_sensors import MOST_SENSORS
from orchestrator.systems.advantech_portal.models import HwMonitor
from orchestrator.systems.advantech_portal.simulator import DiskAtStart, Excursion, Fault
from tests.steps.host_support import BARE, HostBench, series
from tests.steps.service_support import virtual

D = Decimal
MINUTE = {"duration": D(60), "interval": D(1)}


@virtual
async def test_sensors_within_their_limits_pass() -> None:
    """All are read by one question and kept; the hottest is measured."""
    it = HostBench()
    seen = await it.run(
        "expect_sensors", within=["12V 11.4..12.6", "temperature CPU 5..85", "FAN0 500.."]
    )
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["sensors"] == "8"
    assert 40 < D(seen.measured["temperature_max"]) < 60
    assert b'"name": "5V Standby"' in seen.attached["sensors.json"]
    assert it.host.requests["get_hw_monitor"] == 1


@virtual
async def test_a_sensor_out_of_its_limits_fails() -> None:
    """So does one that is not there; both are told together."""
    it = HostBench(excursions=(Excursion("CPU", 0.0, 1e9, 50.0),))
    seen = await it.run("expect_sensors", within=["CPU ..85", "FAN9 1.."])
    assert seen.outcome == "FAIL"
    assert "sensor CPU shows" in seen.message
    assert "no sensor FAN9" in seen.message


@virtual
async def test_a_model_without_sensors_says_so() -> None:
    """Not supported here: ERROR with what to do, since no host of this model could pass."""
    seen = await HostBench(model=BARE).run("expect_sensors")
    assert (seen.outcome, seen.error_class) == ("ERROR", "station")
    assert "nothing to answer" in seen.message


@virtual
async def test_a_burn_in_keeps_every_sample() -> None:
    """One series per sensor, one sample per second, and what the recipe may limit."""
    it = HostBench()
    seen = await it.run("burn_in", within=["CPU 5..85"], **MINUTE)
    assert seen.outcome == "PASS", seen.message
    assert (seen.measured["samples"], seen.measured["missed"]) == ("61", "0")
    found = series(seen)
    assert len(found) == 8
    cpu = found["temperature CPU"]
    assert (cpu.unit, cpu.interval_us, len(cpu.samples)) == ("Celsius", 1_000_000, 61)
    assert [moment for moment, _ in cpu.samples] == [k * 1_000_000 for k in range(61)]
    hottest = max(max(found[f"temperature {name}"].values) for name in ("CPU", "System"))
    assert D(seen.measured["temperature_max"]) == hottest
    assert D(seen.measured["temperature_min"]) < D(seen.measured["temperature_mean"]) < hottest
    assert seen.measured["sampled_seconds"] == "60.000"


@virtual
async def test_sensors_of_nearly_one_name_keep_files_of_their_own() -> None:
    """Signs that no file name has are left out of it, and the files stay apart."""
    it = HostBench()

    async def monitor() -> HwMonitor:
        shown = [{"name": name, "value": 1.5, "unit": "Volt"} for name in ("V 1", "V-1", "V_1")]
        return HwMonitor.model_validate({"voltage": shown})

    it.client.get_hw_monitor = monitor  # type: ignore[method-assign]
    seen = await it.run("burn_in", **MINUTE)
    assert set(series(seen)) == {"voltage V 1", "voltage V-1", "voltage V_1"}


@virtual
async def test_a_host_that_renames_its_sensors_fills_no_memory() -> None:
    """So many series are kept as a host may have sensors."""
    it, names = HostBench(), count()

    async def monitor() -> HwMonitor:
        shown = [{"name": f"V{next(names)}", "value": 1.5, "unit": "Volt"} for _ in range(10)]
        return HwMonitor.model_validate({"voltage": shown})

    it.client.get_hw_monitor = monitor  # type: ignore[method-assign]
    seen = await it.run("burn_in", **MINUTE)
    assert len(series(seen)) == MOST_SENSORS


@virtual
async def test_the_first_sample_out_of_its_limits_ends_a_burn_in() -> None:
    """FAIL at once, since heat does harm; the samples until then are kept."""
    it = HostBench(excursions=(Excursion("CPU", 20.0, 5.0, 60.0),))
    seen = await it.run("burn_in", within=["CPU ..85"], **MINUTE)
    assert seen.outcome == "FAIL"
    assert "CPU shows" in seen.message
    assert 20 <= int(seen.measured["samples"]) <= 23
    assert len(series(seen)["temperature CPU"].samples) == int(seen.measured["samples"])


@virtual
async def test_a_host_that_is_slow_misses_samples() -> None:
    """They are counted, and the grid of time stays as it is."""
    it = HostBench(Fault("slow", calls=("get_hw_monitor",), nth=(11,), seconds=4.5))
    seen = await it.run("burn_in", **MINUTE)
    assert seen.outcome == "PASS", seen.message
    assert (seen.measured["samples"], seen.measured["missed"]) == ("57", "4")
    moments = [moment / 1e6 for moment, _ in series(seen)["voltage 12V"].samples]
    assert moments[9:13] == [9.0, 14.5, 15.0, 16.0]


@virtual
async def test_a_host_that_restarts_by_itself_misses_samples_and_goes_on() -> None:
    """A link that breaks for a moment is no judgement; the recipe may limit what was missed."""
    it = HostBench(Fault("reboot", calls=("get_hw_monitor",), nth=(11,)), boot_seconds=8.0)
    seen = await it.run("burn_in", **MINUTE)
    assert seen.outcome == "PASS", seen.message
    assert int(seen.measured["samples"]) + int(seen.measured["missed"]) == 61
    assert 5 <= int(seen.measured["missed"]) <= 12


@virtual
async def test_a_silent_host_ends_a_burn_in_as_an_error() -> None:
    """Nobody can judge what nobody saw; the samples until then are kept."""
    it = HostBench(Fault("drop", calls=("get_hw_monitor",), skip=20))
    seen = await it.run("burn_in", silence=D(15), **MINUTE)
    assert (seen.outcome, seen.error_class) == ("ERROR", "timeout")
    assert "no sample for 15 s" in seen.message
    assert len(series(seen)["temperature CPU"].samples) == 20


@virtual
async def test_a_burn_in_that_is_cut_off_keeps_its_samples() -> None:
    """The recipe's time limit is too short: ERROR, and what was sampled is in the audit."""
    it = HostBench()
    seen = await it.run("burn_in", duration=D(400), interval=D(1))
    assert (seen.outcome, seen.error_class) == ("ERROR", "timeout")
    assert 295 <= len(series(seen)["temperature CPU"].samples) <= 301


@virtual
async def test_a_burn_in_that_never_ends_is_the_recipes_mistake() -> None:
    """Neither too many samples nor too often."""
    for duration, interval in (("200000", "1"), ("10", "0.05")):
        seen = await HostBench().run("burn_in", duration=D(duration), interval=D(interval))
        assert (seen.outcome, "is no burn-in" in seen.message) == ("ERROR", True)


@virtual
async def test_burn_ins_go_on_side_by_side() -> None:
    """Many hosts at once take no longer than one."""
    benches = [HostBench(index=number) for number in range(10)]
    outcomes: list[str] = []

    async def one(bench: HostBench) -> None:
        outcomes.append((await bench.run("burn_in", **MINUTE)).outcome)

    async with anyio.create_task_group() as tasks:
        for bench in benches:
            tasks.start_soon(one, bench)
    assert outcomes == ["PASS"] * 10
    assert anyio.current_time() < 61.5


@virtual
async def test_good_disks_pass() -> None:
    """What they say of themselves is measured and kept."""
    seen = await HostBench().run("expect_disk", smart=["5 ..0", "Power-On Hours (POH) ..20000"])
    assert seen.outcome == "PASS", seen.message
    assert seen.measured["disks"] == "1"
    assert seen.measured["power_on_hours"] == "9846"
    assert 0 < D(seen.measured["temperature"]) < 80
    assert D(seen.measured["least_margin"]) > 0
    assert b"SQF-S25M4-64G-S9C" in seen.attached["disks.json"]


DISKS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "worn": (
        {"disks": (DiskAtStart(life_percent=3.0),)}, {}, "FAIL", "has reached the threshold",
    ),
    "old": ({}, {"smart": ["9 ..500"]}, "FAIL", "it must be ..500"),
    "no such value": ({}, {"smart": ["77 ..0"]}, "FAIL", "77; there:"),
    "another disk": ({}, {"disk": "SAMSUNG"}, "FAIL", "no disk SAMSUNG"),
    "no disk": ({"disks": ()}, {}, "FAIL", "no disk"),
    "mute": ({"disks": (DiskAtStart(smart=False),)}, {}, "ERROR", "gives no S.M.A.R.T. values"),
    "not here": ({"model": BARE}, {}, "ERROR", "nothing to answer"),
}  # fmt: skip


@pytest.mark.parametrize("name", DISKS)
@virtual
async def test_bad_disks_do_not_pass(name: str) -> None:
    """A worn one is FAIL, one that cannot be judged is ERROR."""
    spec, arguments, outcome, words = DISKS[name]
    seen = await HostBench(**spec).run("expect_disk", **arguments)
    assert (seen.outcome, words in seen.message) == (outcome, True), seen.message


@virtual
async def test_the_disk_that_counts_can_be_named() -> None:
    """By its model; a mute one beside it does not matter then."""
    it = HostBench(disks=(DiskAtStart(), DiskAtStart(model="CARD", smart=False)))
    assert (await it.run("expect_disk", disk="SQF-S25M4-64G-S9C")).outcome == "PASS"
    assert (await it.run("expect_disk")).outcome == "ERROR"
