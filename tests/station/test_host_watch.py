"""A station with a host: heat holds new runs, silence stops none, lamps and buttons work."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from orchestrator.domain.errors import Unreachable
from orchestrator.domain.events import SlotState
from orchestrator.station import host_clock, host_watch
from orchestrator.station.daemon import Parts
from orchestrator.station.edge import beside
from orchestrator.station.host_watch import HostWatch
from orchestrator.station.hub import Hub, Listener
from orchestrator.station.line import Line
from orchestrator.station.log import make_logger
from tests.patience import PATIENCE_SECONDS
from tests.station.bench import Bench
from tests.station.fakes import FakeBoard
from tests.station.host_support import (
    CONTACT,
    SILENCE,
    TRUST,
    FakeHost,
    MovedClock,
    pin,
    reading,
    section,
)

HOT = {"limit_celsius": 80, "after_seconds": 0}
LAMPS = [
    {"name": "green", "gpio": 0, "on": ["running", "passed"]},
    {"name": "yellow", "gpio": 1, "on": ["fault"]},
]
INPUTS = [
    {"name": "start", "gpio": 4, "means": "start"},
    {"name": "lid", "gpio": 5, "means": "fixture_closed"},
]


class HostBench(Bench):
    """A bench on a host. `host` is what the test moves."""

    def __init__(self, folder: Path, *, slots: Any = None, **changes: Any) -> None:
        asked = {"temperature": [HOT], "lamp": LAMPS, "input": INPUTS, "good_seconds": 0}
        host = {**TRUST, **asked, **changes}
        place = {"name": "bench", "data_dir": folder, "operation": "OP", "host": host}
        super().__init__(folder, station=place, slots=slots or {})
        self.host = FakeHost(reading(60), pin("lid", closed=True), CONTACT)

    def parts(self) -> Parts:
        """Return the parts with the link to the host."""
        return replace(super().parts(), host_link=self.host)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, so that no test waits a second."""
    monkeypatch.setattr(host_watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(host_watch, "AGAIN_SECONDS", 0.01)


async def test_heat_holds_new_runs_and_lets_a_running_one_end(tmp_path: Path) -> None:
    """The run goes on to PASS; the next board waits with the sentence until it is cool."""
    bench = HostBench(tmp_path)
    go_on = anyio.Event()

    async def wait(board: FakeBoard) -> None:
        await go_on.wait()

    bench.fixture.put("1", FakeBoard(1, act=wait))
    async with bench.running() as watch:
        await watch.state("1", SlotState.RUN)
        await bench.host.shows("green")
        bench.host.say(reading(90))
        await watch.notice("Sensor CPU of this computer has 90 °C")
        bench.fixture.put("2", FakeBoard(2))
        blocked = await watch.state("2", SlotState.BLOCKED)
        assert "No run begins: sensor CPU of this computer has 90 °C" in blocked.message
        await bench.host.shows("green", "yellow")
        go_on.set()
        await watch.state("1", SlotState.PASS)
        bench.host.say(reading(60))
        await watch.state("2", SlotState.PASS)
        await bench.host.shows("green")
    assert bench.paper.outcomes() == ["PASS", "PASS"]
    assert bench.host.lamps == {"green": False, "yellow": False}
    broken, kept = [json.loads(row.detail) for row in bench.paper.events("host_rule")]
    assert (broken["value"], broken["limit"], broken["broken"]) == ("90", "80", True)
    assert not kept["broken"]
    assert bench.paper.events("host_sample")


async def test_no_run_begins_before_the_host_was_heard(tmp_path: Path) -> None:
    """A board that sits there from the beginning waits for the first readings."""
    bench = HostBench(tmp_path)
    bench.host = FakeHost()
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert "waiting for the first readings" in blocked.message
        bench.host.say(reading(60), pin("lid", closed=True), CONTACT)
        await watch.state("1", SlotState.PASS)


async def test_a_silent_host_stops_no_run(tmp_path: Path) -> None:
    """With `hold` no new run begins after a time; the running one ends as if nothing were."""
    bench = HostBench(tmp_path, contact={"after_seconds": 0.05, "then": "hold"})
    silent = anyio.Event()

    async def wait(board: FakeBoard) -> None:
        bench.host.say(SILENCE)
        bench.host.down = Unreachable("nobody answers")
        await silent.wait()

    bench.fixture.put("1", FakeBoard(1, act=wait))
    async with bench.running() as watch:
        await watch.notice("has not answered for 0.05 s: nobody answers")
        bench.fixture.put("2", FakeBoard(2))
        await watch.state("2", SlotState.BLOCKED)
        silent.set()
        await watch.state("1", SlotState.PASS)
        bench.host.down = None
        bench.host.say(CONTACT)
        await watch.state("2", SlotState.PASS)
    assert bench.paper.outcomes() == ["PASS", "PASS"]


async def test_an_open_fixture_lets_no_run_begin(tmp_path: Path) -> None:
    """The tile says what to do; shut, the run begins by itself."""
    bench = HostBench(tmp_path)
    bench.host = FakeHost(reading(60), pin("lid", closed=False), CONTACT)
    async with bench.running() as watch:
        bench.fixture.put("1", FakeBoard(1))
        blocked = await watch.state("1", SlotState.BLOCKED)
        assert "Close the fixture" in blocked.message
        bench.host.say(pin("lid", closed=True))
        await watch.state("1", SlotState.PASS)


async def test_a_pressed_button_starts_the_run_that_waits(tmp_path: Path) -> None:
    """With a manual start the board waits for it; the audit says that it was a button."""
    bench = HostBench(tmp_path, slots={"start": "manual"})
    bench.host.say(pin("start", closed=False))
    bench.fixture.put("1", FakeBoard(1))
    async with bench.running() as watch:
        picture = watch.station.control.snapshot
        await watch.until(lambda event: any(slot.may_start for slot in picture().slots))
        bench.host.say(pin("start", closed=True))
        await watch.notice("Button start: Slot 1: started")
        await watch.state("1", SlotState.PASS)
    [command] = [row for row in bench.paper.events("command") if row.slot == "1"]
    assert json.loads(command.detail)["place"] == "button"


async def test_a_host_that_hangs_or_breaks_changes_nothing_for_the_boards(tmp_path: Path) -> None:
    """Lamps that never switch and news that end in a bug are logged; boards are run as ever."""
    bench = HostBench(tmp_path)
    bench.host.hangs = True
    async with bench.running() as watch:
        bench.fixture.put("1", FakeBoard(1))
        await watch.state("1", SlotState.PASS)
        bench.host.break_off(ZeroDivisionError("a bug"))
        bench.fixture.put("2", FakeBoard(2))
        await watch.state("2", SlotState.PASS)
        while "ZeroDivisionError" not in bench.log.getvalue():
            await anyio.lowlevel.checkpoint()
        bench.host.say(reading(90))
        await watch.notice("has 90 °C")
        bench.host.hang.set()
    assert bench.paper.outcomes() == ["PASS", "PASS"]


def host_watch_of(
    host: FakeHost,
    hub: Hub,
    start: host_watch.Start,
    clock_kept: Callable[[], bool | None] = lambda: None,
    **changes: Any,
) -> HostWatch:
    """Return a watch without a station."""
    return HostWatch(
        section(**changes),
        host,
        line=Line(),
        hub=hub,
        clock=MovedClock(),
        note=lambda kind, detail: None,
        start=start,
        log=make_logger(),
        clock_kept=clock_kept,
    )


async def test_a_start_button_starts_its_slots() -> None:
    """The callback gets the button and its slots; what it says, or refuses, is told."""
    host, hub = FakeHost(), Hub()
    asked: list[tuple[str, tuple[str, ...]]] = []

    async def start(button: str, slots: Any) -> str:
        asked.append((button, tuple(slots)))
        if button == "right":
            raise Unreachable("the slot is held")
        return "slot 1 starts"

    inputs = [
        {"name": "left", "gpio": 4, "means": "start", "slots": ["1"]},
        {"name": "right", "gpio": 5, "means": "start"},
    ]
    watch = host_watch_of(host, hub, start, input=inputs)
    with anyio.fail_after(PATIENCE_SECONDS), hub.listen() as listener:
        async with beside(watch.run):
            events = aiter(listener)
            host.say(pin("left", closed=False), pin("right", closed=False), CONTACT)
            host.say(pin("left", closed=True), pin("left", closed=False))
            assert (await anext(events)).message == "slot 1 starts"  # type: ignore[union-attr]  # a notice
            host.say(pin("right", closed=True))
            refused = await anext(events)
            assert refused.message == "Button right: the slot is held"  # type: ignore[union-attr]  # a notice
    assert asked == [("left", ("1",)), ("right", ())]


async def test_a_slow_start_holds_up_no_news() -> None:
    """While a start takes its time readings are judged, and many presses are one."""
    host, hub = FakeHost(), Hub()
    asked: list[str] = []
    done = anyio.Event()

    async def start(button: str, slots: Any) -> str:
        asked.append(button)
        await done.wait()
        return "started"

    inputs = [{"name": "start", "gpio": 4, "means": "start"}]
    watch = host_watch_of(host, hub, start, input=inputs, temperature=[HOT])
    with anyio.fail_after(PATIENCE_SECONDS):
        async with beside(watch.run):
            host.say(pin("start", closed=False), CONTACT, pin("start", closed=True))
            await anyio.wait_all_tasks_blocked()
            assert asked == ["start"]
            for _ in range(100):
                host.say(pin("start", closed=False), pin("start", closed=True))
            host.say(reading(90))
            await anyio.wait_all_tasks_blocked()
            assert list(watch.health.newest.values()) == [90]
            done.set()
            await anyio.wait_all_tasks_blocked()
    assert asked == ["start", "start"]


async def test_a_clock_that_nobody_keeps_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operating system says is judged like a reading, and told when it changes."""
    monkeypatch.setattr(host_watch, "CLOCK_LOOKS", 1)
    host, hub = FakeHost(CONTACT), Hub()
    says: list[bool | None] = [None, True, True, False, False, True]

    async def start(button: str, slots: Any) -> str:
        return ""

    watch = host_watch_of(
        host,
        hub,
        start,
        clock_kept=lambda: says.pop(0) if len(says) > 1 else says[0],
        clock={"after_seconds": 0},
        good_seconds=0,
    )
    with anyio.fail_after(PATIENCE_SECONDS), hub.listen() as listener:
        async with beside(watch.run):
            told = [event.message async for event in _some(listener, 2)]
    assert "The clock of this computer is not kept by a time server" in told[0]
    assert told[1] == "The clock of this computer is good again"


async def _some(listener: Listener, count: int) -> AsyncIterator[Any]:
    """Yield so many events."""
    async for event in listener:
        yield event
        count -= 1
        if not count:
            return


@pytest.mark.parametrize(("state", "kept"), [(0, True), (3, True), (5, False), (-1, None)])
def test_the_kernel_says_whether_its_clock_is_kept(
    monkeypatch: pytest.MonkeyPatch, state: int, kept: bool | None
) -> None:
    """Five is the kernel's word for a clock that nobody keeps; less than nothing is no answer."""
    monkeypatch.setattr(host_clock.sys, "platform", "linux")
    kernel = SimpleNamespace(adjtimex=lambda buffer: state)
    monkeypatch.setattr(host_clock.ctypes, "CDLL", lambda name: kernel)
    assert host_clock.clock_is_kept() is kept
    monkeypatch.setattr(host_clock.sys, "platform", "win32")
    assert host_clock.clock_is_kept() is None
