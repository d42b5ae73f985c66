"""The life of a host: restarts, power, watchdog, things that are due, values that drift."""

import httpx
import pytest

from orchestrator.systems.advantech_portal.simulator import (
    DiskAtStart,
    Excursion,
    ServiceAtStart,
)
from tests.systems.advantech_portal.simulator.bench import Bench

PERIF, NET = "/platform/api/perif", "/platform/api/networking"
INFO = "/platform/api/host/info"


async def test_a_restart_comes_after_the_answer_and_takes_its_time() -> None:
    """The host still answers, then it is away, then it is a new start of the same computer."""
    bench = await Bench(boot_seconds=30, restart_delay_seconds=1).log_in()
    before = await bench.get(INFO)
    assert (await bench.ask("POST", "/platform/api/control/reboot")).status == 200
    assert (await bench.ask("GET", INFO)).status == 200
    bench.watch.seconds += 1
    with pytest.raises(httpx.ConnectError):
        await bench.ask("GET", INFO)
    assert bench.host.seconds_until_up == 30
    bench.watch.seconds += 30
    after = await bench.get(INFO)
    assert after["bootCount"] == before["bootCount"] + 1
    assert after["upTime"] == 0
    assert after["bootTime"] > before["bootTime"]
    assert after["hostid"] == before["hostid"]


async def test_what_is_due_happens_at_its_own_moment() -> None:
    """Seen late, a restart is told with the time at which it was due."""
    bench = await Bench(restart_delay_seconds=2, boot_seconds=10).log_in()
    await bench.ask("POST", "/platform/api/control/reboot")
    begun = bench.watch.now()
    bench.watch.seconds += 1000
    assert (await bench.get(INFO))["upTime"] == 988
    (told,) = bench.told("rebooted")
    assert (told.at - begun).total_seconds() == 2


async def test_a_host_that_was_shut_down_stays_off_until_it_is_switched_on() -> None:
    """So does one that lost its power; switching on one that runs does nothing."""
    bench = await Bench().log_in()
    await bench.ask("POST", "/platform/api/control/shutdown")
    bench.watch.seconds += 1e6
    with pytest.raises(httpx.ConnectError):
        await bench.ask("GET", INFO)
    assert bench.host.next_moment() is None
    bench.host.switch_on()
    bench.host.switch_on()
    bench.watch.seconds += 5
    await bench.log_in()
    bench.host.cut_power()
    with pytest.raises(httpx.ConnectError):
        await bench.ask("GET", INFO)
    assert [one.what for one in bench.happened if one.what != "logged_in"] == [
        "shut_down",
        "rebooted",
        "power_cut",
    ]


async def test_a_restart_gives_pins_and_lamps_their_first_state() -> None:
    """ETP, brightness and settings stay."""
    bench = await Bench().log_in()
    await bench.ask("PUT", f"{PERIF}/gpio/0/level", {"level": 1})
    await bench.ask("PUT", f"{PERIF}/led/1", {"status": True})
    await bench.ask("PUT", f"{PERIF}/brightness", {"value": 2})
    await bench.ask("PUT", "/platform/api/control/display", {"status": "off"})
    spaces = {"userSpace1": "lot 7", "userSpace2": ""}
    await bench.ask("PUT", "/platform/api/etp/userdata", spaces)
    assert (await bench.get(f"{PERIF}/gpio/4"))["level"] == 1
    bench.host.reboot()
    bench.watch.seconds += 5
    assert (await bench.get(f"{PERIF}/gpio/all"))[0] == {"pin": 0, "dir": 0, "level": 0}
    assert await bench.get(f"{PERIF}/led") == [False] * 4
    assert (await bench.get(f"{PERIF}/brightness"))["value"] == 2
    assert (await bench.get("/platform/api/etp/userdata"))["data"] == spaces
    assert bench.host.panel.display_on


async def test_pins_follow_their_wires_and_what_is_outside() -> None:
    """The plug ties both halves; without it an input shows what somebody gives it."""
    plugged = await Bench().log_in()
    await plugged.ask("PUT", f"{PERIF}/gpio/3/level", {"level": 1})
    assert [pin["level"] for pin in await plugged.get(f"{PERIF}/gpio/all")] == [
        0, 0, 0, 1, 0, 0, 0, 1,
    ]  # fmt: skip
    await plugged.ask("PUT", f"{PERIF}/gpio/3/dir", {"dir": 1})
    await plugged.ask("PUT", f"{PERIF}/gpio/7/dir", {"dir": 0})
    await plugged.ask("PUT", f"{PERIF}/gpio/7/level", {"level": 1})
    assert (await plugged.get(f"{PERIF}/gpio/3/level"))["level"] == 1
    open_host = await Bench(loopback=False, wires=((0, 7),)).log_in()
    await open_host.ask("PUT", f"{PERIF}/gpio/0/level", {"level": 1})
    open_host.host.pins.drive(5, 1)
    levels = [pin["level"] for pin in await open_host.get(f"{PERIF}/gpio/all")]
    assert levels == [1, 0, 0, 0, 0, 1, 0, 1]
    assert open_host.told("gpio_driven")[0].detail == {"pin": 5, "level": 1}


async def test_the_level_of_an_input_may_be_kept_for_later() -> None:
    """Where it is not refused it shows when the pin becomes an output."""
    bench = await Bench(input_level_refused=False, loopback=False).log_in()
    assert (await bench.ask("PUT", f"{PERIF}/gpio/7/level", {"level": 1})).status == 200
    assert (await bench.get(f"{PERIF}/gpio/7/level"))["level"] == 0
    await bench.ask("PUT", f"{PERIF}/gpio/7/dir", {"dir": 0})
    assert (await bench.get(f"{PERIF}/gpio/7/level"))["level"] == 1


async def test_an_armed_watchdog_restarts_a_frozen_host() -> None:
    """Its agent feeds it as long as it runs; a host without one stays frozen."""
    for armed in (True, False):
        bench = await Bench(boot_seconds=5).log_in()
        body = {"enabled": armed, "seconds": 20}
        assert (await bench.ask("PUT", f"{PERIF}/wdt", body)).said == body
        bench.watch.seconds += 1000
        assert not bench.told("watchdog_bit")
        bench.host.freeze()
        bench.host.freeze()
        bench.watch.seconds += 19
        assert bench.host.link_up
        bench.watch.seconds += 1
        assert bench.host.link_up is not armed
        bench.watch.seconds += 5
        assert (bench.host.frozen_since is None) is armed
        assert len(bench.told("watchdog_bit")) == armed
        if armed:
            shown = await bench.get(f"{PERIF}/wdt")
            assert (shown["enabled"], shown["type"]) == (False, "EC Watchdog")


async def test_a_watchdog_without_an_agent_is_fed_by_calls_alone() -> None:
    """It bites again after the restart where it stays armed."""
    bench = await Bench(
        watchdog_fed_by_agent=False, watchdog_stays_armed=True, boot_seconds=5
    ).log_in()
    await bench.ask("PUT", f"{PERIF}/wdt", {"enabled": True, "seconds": 10})
    for _ in range(5):
        bench.watch.seconds += 9
        assert (await bench.ask("PUT", f"{PERIF}/wdt/timeout", {"seconds": 10})).status == 200
    assert not bench.told("watchdog_bit")
    bench.watch.seconds += 26
    bench.host.settle()
    assert len(bench.told("watchdog_bit")) == 2


async def test_a_new_address_is_applied_after_the_answer() -> None:
    """Another port than the managed one leaves the link alone; the managed one loses it."""
    bench = await Bench(dhcp_address="127.0.36.99").log_in()
    first, second = [one["ifIndex"] for one in await bench.get(f"{NET}/interfaces")][:2]
    setting = {
        "ipAddress": "192.0.2.7",
        "subnetMask": "255.255.254.0",
        "defaultGateway": "192.0.2.1",
        "primaryDNS": "192.0.2.1",
        "secondaryDNS": None,
    }
    answer = await bench.ask("PUT", f"{NET}/ipv4config/{second}", setting)
    assert (answer.status, answer.said) == (200, setting)
    assert (await bench.get(f"{NET}/interfaces"))[1]["addresses"] == []
    bench.watch.seconds += 1
    shown = (await bench.get(f"{NET}/interfaces"))[1]
    assert (shown["addresses"], shown["dhcpEnabled"]) == (["192.0.2.7/23"], False)
    assert bench.host.link_losses == 0
    assert (await bench.ask("DELETE", f"{NET}/ipv4config/{first}")).status == 200
    bench.watch.seconds += 1
    assert bench.host.address == "127.0.36.99"
    assert bench.host.link_losses == 1
    applied = [one.detail["address"] for one in bench.told("network_applied")]
    assert applied == ["192.0.2.7", "127.0.36.99"]


async def test_a_restart_forgets_an_address_that_was_not_applied_yet() -> None:
    """What was promised is lost with the power."""
    bench = await Bench(network_apply_seconds=10).log_in()
    await bench.ask("DELETE", f"{NET}/ipv4config/3")
    bench.host.reboot()
    bench.watch.seconds += 100
    await bench.get(INFO)
    assert not bench.told("network_applied")


async def test_services_and_processes_start_stop_and_die() -> None:
    """A killed process stops its service; one that dies by itself too; a start makes a new one."""
    dying = ServiceAtStart("gateway", process="gatewayd", dies_after_seconds=60)
    bench = await Bench(services=(dying,)).log_in()

    async def pid(name: str) -> int | None:
        found = [p for p in await bench.get("/platform/api/processes") if p["name"] == name]
        return found[0]["pid"] if found else None

    old = await pid("sshd")
    assert (await bench.ask("DELETE", f"/platform/api/processes/{old}")).status == 200
    assert await bench.get("/platform/api/service/ssh") == {"status": "stopped"}
    for action, status in (("start", "running"), ("restart", "running"), ("stop", "stopped")):
        answer = await bench.ask("PUT", "/platform/api/service/ssh", {"action": action})
        assert answer.status == 204
        assert await bench.get("/platform/api/service/ssh") == {"status": status}
    assert await pid("sshd") is None
    assert await pid("gatewayd") is not None
    bench.watch.seconds += 60
    assert await pid("gatewayd") is None
    assert [one.detail["name"] for one in bench.told("service_died")] == ["gateway"]
    bench.host.reboot()
    bench.watch.seconds += 5
    assert await pid("gatewayd") is not None
    assert await bench.get("/platform/api/service/ssh") == {"status": "running"}
    lonely = await pid("rest-server")
    await bench.ask("DELETE", f"/platform/api/processes/{lonely}")
    assert await pid("rest-server") is None


async def test_sensors_drift_by_the_clock_and_the_seed() -> None:
    """The same moment gives the same value; another seed another; excursions come and go."""
    hot = Excursion("CPU", after_seconds=100, lasts_seconds=50, by=50)
    one, same, other = Bench(excursions=(hot,)), Bench(excursions=(hot,)), Bench(seed=9)
    seen = set()
    for second in range(200):
        value = one.host.sensors.group("temperature", second)[0]["value"]
        assert isinstance(value, float)
        assert value == same.host.sensors.group("temperature", second)[0]["value"]
        assert (value > 80) is (100 <= second < 150)
        seen.add(value)
    assert len(seen) > 50
    assert one.host.sensors.monitor(0) != other.host.sensors.monitor(0)
    one.host.sensors.heat = 30
    assert one.host.sensors.group("temperature", 0)[0]["value"] > 65


async def test_the_collective_answer_has_texts_and_its_own_spelling() -> None:
    """As the document shows; both are switches."""
    bench = await Bench().log_in()
    found = await bench.get("/platform/api/hwmon")
    assert {reading["name"] for reading in found["voltage"]} >= {"VCore", "12V"}
    assert all(isinstance(one["value"], str) for group in found.values() for one in group)
    single = await bench.get("/platform/api/hwmon/voltages")
    assert single[0]["name"] == "Vcore"
    assert isinstance(single[0]["value"], float)
    plain = await Bench(collective_values_as_text=False, collective_spells_vcore=False).log_in()
    assert (await plain.get("/platform/api/hwmon"))["voltage"] == await plain.get(
        "/platform/api/hwmon/voltages"
    )
    fanless = await Bench(model="UNO-137-E23BA").log_in()
    assert "fanspeed" not in await fanless.get("/platform/api/hwmon")
    assert (await fanless.ask("GET", "/platform/api/hwmon/fanspeeds")).status == 404


async def test_disks_age_with_the_clock() -> None:
    """Hours count up, life goes down to its threshold, partitions fill, starts are counted."""
    disk = DiskAtStart(life_percent=7, wear_percent_per_hour=1, hours=10, bad_sectors=2)
    bench = await Bench(disks=(disk, DiskAtStart(smart=False))).log_in()

    async def smart() -> dict[str, tuple[int, int]]:
        first, second = await bench.get(f"{PERIF}/disk")
        assert "smartAttributes" not in second
        return {
            one["name"]: (one["value"], int.from_bytes(bytes(one["rawData"]), "little"))
            for one in first["smartAttributes"]
        }

    young = await smart()
    free = (await bench.get(f"{PERIF}/disk/partition"))[0]["freeBytes"]
    assert young["SSD Life Left"][0] == 7
    assert young["Reallocated Sectors Count"] == (96, 2)
    bench.watch.seconds += 4 * 3600
    bench.host.reboot()
    bench.watch.seconds += 5
    await bench.log_in()
    old = await smart()
    assert old["Power-On Hours (POH)"][1] == 14
    assert old["SSD Life Left"][0] == 2
    assert old["Power Cycle Count"][1] == young["Power Cycle Count"][1] + 1
    assert (await bench.get(f"{PERIF}/disk/partition"))[0]["freeBytes"] < free
    bench.host.disks.life_percent[0] = 55
    assert (await smart())["SSD Life Left"][0] == 55


async def test_a_host_without_power_goes_down() -> None:
    """One input is enough; the last one takes it down."""
    bench = await Bench(power_inputs=(True, False)).log_in()
    assert await bench.get(f"{PERIF}/redundant_power") == {"vin1State": 1, "vin2State": 0}
    bench.host.set_power_input(2, powered=True)
    bench.host.set_power_input(1, powered=False)
    assert await bench.get(f"{PERIF}/redundant_power") == {"vin1State": 0, "vin2State": 1}
    bench.host.set_power_input(2, powered=False)
    assert not bench.host.switched_on
    small = Bench(model="UNO-2484G-673xAE")
    small.host.set_power_input(1, powered=False)
    assert small.host.switched_on


async def test_the_clock_of_a_host_may_be_wrong() -> None:
    """Date, boot time and the end of tokens are what its own clock says."""
    bench = Bench(clock_offset_seconds=-86400, clock_synchronised=False, os="windows")
    answer = await bench.try_to_log_in(("engineer", "Engineer-1"))
    assert answer.headers["date"] == "Fri, 20 Nov 2026 00:16:40 GMT"
    assert answer.said["expire"] == "2026-11-20T09:16:40+08:00"


async def test_every_answer_takes_the_time_it_is_said_to_take() -> None:
    """A restart meanwhile breaks it off."""
    bench = await Bench(answer_seconds=2).log_in()
    begun = bench.watch.seconds
    await bench.get(INFO)
    assert bench.watch.seconds == begun + 2
    bench.host.soon(1, bench.host.reboot)
    with pytest.raises(httpx.ReadError):
        await bench.ask("GET", INFO)
