"""Event streams: names, ids, what is kept for those that come back, and breaks."""

import json
from collections.abc import Callable

import httpx
import pytest

from orchestrator.systems.advantech_portal.simulator import Fault, HostSpec, SimulatedHost
from orchestrator.systems.advantech_portal.simulator.events import Timeline
from tests.systems.advantech_portal.simulator.bench import Bench

SINGLE = {
    "/platform/api/hwmon": "hwmon",
    "/platform/api/perif/disk": "diskdrives",
    "/platform/api/perif/redundant_power": "pwrstatus",
    "/platform/api/networking/interfaces": "netifaces",
    "/platform/api/processes": "processes",
}


def number(event: dict[str, str]) -> int:
    """Return the number in an id."""
    return int(event["id"].partition("-")[2])


async def until_it_breaks(
    bench: Bench, path: str, last: str = "", each: Callable[[], None] = lambda: None
) -> list[dict[str, str]]:
    """Return all whole events of a stream that breaks; call `each` after each of them."""
    found = []
    try:
        async with bench.stream(path, last) as events:
            async for event in events:
                json.loads(event["data"])
                found.append(event)
                each()
    except httpx.ReadError:
        return found
    raise AssertionError("the stream ended without a break")


async def test_the_combined_stream_has_all_seven_names() -> None:
    """A trap comes when there is one, the others by their periods."""
    bench = await Bench().log_in()
    seen: dict[str, int] = {}
    async with bench.stream() as events:
        begun = bench.watch.seconds
        async for event in events:
            seen[event["event"]] = seen.get(event["event"], 0) + 1
            if len(seen) == 6 and "snmptrap" not in seen:
                bench.host.trap({"oid": "1.3.6.1"})
            if bench.watch.seconds >= begun + 60:
                break
    assert seen.keys() == {name for name, _ in HostSpec().event_periods} | {"snmptrap"}
    assert seen["snmptrap"] == 1
    assert 60 <= seen["hwmon"] <= 61


@pytest.mark.parametrize("path", SINGLE)
async def test_a_single_stream_calls_everything_message(path: str) -> None:
    """Its data are what the combined stream has under its own name."""
    bench = await Bench().log_in()
    async with bench.stream(path) as events, bench.stream() as all_events:
        one = await anext(events)
        assert one["event"] == "message"
        async for other in all_events:
            if other["id"] == one["id"]:
                assert (other["event"], other["data"]) == (SINGLE[path], one["data"])
                break


async def test_a_stream_that_comes_back_gets_what_it_missed_and_nothing_twice() -> None:
    """As far as the host kept it."""
    cut = Fault("cut", ("stream_hw_monitor",), events=5)
    bench = await Bench(faults=(cut,), event_periods=(("hwmon", 1.0),)).log_in()
    seen: list[int] = []
    last = ""
    for _ in range(10):
        brought = await until_it_breaks(bench, "/platform/api/hwmon", last)
        seen += [number(event) for event in brought]
        last = brought[-1]["id"]
        bench.watch.seconds += 30
    assert seen == list(range(1, 51))


async def test_what_was_not_kept_is_lost() -> None:
    """A long break leaves a gap, and the order stays."""
    bench = await Bench(kept_events=100, event_periods=(("hwmon", 1.0),)).log_in()
    async with bench.stream("/platform/api/hwmon") as events:
        last = (await anext(events))["id"]
    bench.watch.seconds += 1000
    async with bench.stream("/platform/api/hwmon", last) as events:
        seen = [number(await anext(events)) for _ in range(100)]
    assert seen == list(range(902, 1002))


@pytest.mark.parametrize("breaks", ["time", "restart", "unplugged"])
async def test_a_stream_breaks_with_time_restart_or_cable(breaks: str) -> None:
    """And between two events where nothing is said about one."""
    faults = (Fault("cut", ("stream_events",), seconds=90),) if breaks == "time" else ()
    bench = await Bench(faults=faults).log_in()
    begun = bench.watch.seconds
    if breaks == "restart":
        bench.host.soon(90, bench.host.reboot)

    def pull() -> None:
        if breaks == "unplugged" and bench.watch.seconds >= begun + 90:
            bench.host.unplug()

    await until_it_breaks(bench, "/platform/api/events", each=pull)
    assert 90 <= bench.watch.seconds - begun <= 91


async def test_ids_of_another_start_bring_everything_that_is_new() -> None:
    """No id is ever used twice by one host."""
    bench = await Bench(event_periods=(("hwmon", 1.0),)).log_in()
    async with bench.stream("/platform/api/hwmon") as events:
        last = (await anext(events))["id"]
    bench.host.reboot()
    bench.watch.seconds += 15
    async with bench.stream("/platform/api/hwmon", last) as events:
        fresh = [(await anext(events))["id"] for _ in range(5)]
    assert fresh == [f"2-{k}" for k in range(1, 6)]
    assert last == "1-1"


@pytest.mark.parametrize("strange", ["", "x", "1-x", "9-99999", "1-99999", "-", "1-²"])
async def test_a_strange_id_never_breaks_a_stream(strange: str) -> None:
    """It brings the present, or everything that is kept."""
    bench = await Bench().log_in()
    async with bench.stream("/platform/api/hwmon", strange) as events:
        assert json.loads((await anext(events))["data"])["temperature"]


async def test_a_host_without_ids_keeps_nothing_for_anybody() -> None:
    """As in the document's examples: event and data alone."""
    bench = await Bench(event_ids=False).log_in()
    async with bench.stream() as events:
        event = await anext(events)
    assert event.keys() == {"event", "data"}
    forgetful = await Bench(kept_events=0, event_periods=(("hwmon", 1.0),)).log_in()
    async with forgetful.stream("/platform/api/hwmon") as events:
        last = (await anext(events))["id"]
    forgetful.watch.seconds += 10
    async with forgetful.stream("/platform/api/hwmon", last) as events:
        assert number(await anext(events)) == 12


async def test_a_stream_may_begin_with_the_next_event() -> None:
    """Where a host does not tell the present first."""
    bench = await Bench(stream_begins_with_present=False, event_periods=(("hwmon", 60.0),)).log_in()
    begun = bench.watch.seconds
    async with bench.stream("/platform/api/hwmon") as events:
        await anext(events)
    assert bench.watch.seconds == begun + 60


async def test_a_change_of_power_is_told_at_once_and_never_rewritten() -> None:
    """What was kept before says what was true then."""
    bench = await Bench().log_in()
    async with bench.stream("/platform/api/perif/redundant_power") as events:
        assert json.loads((await anext(events))["data"]) == {"vin1State": 1, "vin2State": 1}
    bench.watch.seconds += 25
    bench.host.set_power_input(2, powered=False)
    bench.watch.seconds += 6
    async with bench.stream("/platform/api/perif/redundant_power", "1-0") as events:
        told = [json.loads((await anext(events))["data"])["vin2State"] for _ in range(5)]
    assert told == [1, 1, 1, 0, 0]


async def test_a_frozen_host_says_nothing_until_its_watchdog_bites() -> None:
    """Then the stream breaks."""
    bench = await Bench(event_periods=(("hwmon", 1.0),)).log_in()
    await bench.ask("PUT", "/platform/api/perif/wdt", {"enabled": True, "seconds": 30})
    begun = bench.watch.seconds
    told = await until_it_breaks(bench, "/platform/api/hwmon", each=bench.host.freeze)
    assert len(told) == 1
    assert bench.watch.seconds == begun + 30


@pytest.mark.parametrize("pauses", [[1.0] * 40, [40.0], [0.3, 7.0, 32.7]])
def test_events_do_not_depend_on_who_looks(pauses: list[float]) -> None:
    """The same moments have the same numbers, however seldom somebody looks."""
    spec = HostSpec()
    seldom, often = (Timeline(spec, lambda name, at: (name, at)) for _ in range(2))
    for timeline in (seldom, often):
        timeline.begin(0.0, 1)
    now = 0.0
    for pause in pauses:
        now += pause
        seldom.catch_up(now)
    for tenth in range(401):
        often.catch_up(tenth / 10)
    assert [(e.number, e.at, e.name) for e in seldom.kept] == [
        (e.number, e.at, e.name) for e in often.kept
    ]


def test_a_long_silence_costs_nothing() -> None:
    """A year that nobody looked at is counted, not made, with the same numbers as otherwise."""
    spec = HostSpec(kept_events=100)
    seldom, often = (Timeline(spec, lambda name, at: (name, at)) for _ in range(2))
    for timeline in (seldom, often):
        timeline.begin(0.0, 1)
    for second in range(0, 20000, 10):
        often.catch_up(float(second))
    seldom.catch_up(19990.0)
    assert seldom.newest == often.newest
    assert list(seldom.kept)[-100:] == list(often.kept)[-100:]
    seldom.catch_up(365 * 86400.0)
    assert len(seldom.kept) == 100


async def test_a_host_sends_only_what_it_has() -> None:
    """A stream of something that is not there is not there, and the combined one lacks it."""
    bench = await Bench(model="ARK-1124H-S6A1").log_in()
    stream = {"Accept": "text/event-stream"}
    for path in SINGLE:
        missing = path in {"/platform/api/hwmon", "/platform/api/perif/disk"}
        missing = missing or path.endswith("redundant_power")
        if missing:
            assert (await bench.ask("GET", path, headers=stream)).status == 404
    async with bench.stream() as events:
        names = {(await anext(events))["event"] for _ in range(30)}
    assert names == {"netifaces", "processes", "systemperf"}
    assert SimulatedHost(HostSpec(event_periods=())).events.next_at() is None
