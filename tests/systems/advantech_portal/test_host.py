"""The link to a station's own host: streams, their breaks, what is asked for, lamps and inputs."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from orchestrator.domain.host import (
    HostContact,
    HostInput,
    HostNews,
    HostQuantity,
    HostReading,
)
from orchestrator.simulation.rehearsal.floor import VirtualClock
from orchestrator.simulation.virtual_loop import VirtualLoop, run
from orchestrator.station.edge import beside
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.errors import NotSupportedHere
from orchestrator.systems.advantech_portal.host import AdvantechHostLink, Lamp, Switch, Wiring
from orchestrator.systems.advantech_portal.host_readings import remaining_life
from orchestrator.transport.sse import StreamPolicy
from tests.systems.advantech_portal.hosts import OPERATOR, QUICK, URL
from tests.systems.advantech_portal.scripted import ScriptedPortal, disk, let_pass, sensors, smart

WIRING = Wiring(
    lamps={"red": Lamp(0), "green": Lamp(1, inverted=True), "front": Lamp(2, is_led=True)},
    inputs={"start": Switch(4), "lid": Switch(5, closed_level=0)},
    time_service="ntp",
)
CONTACT = HostContact(answers=True)


class Bench:
    """A link to a scripted portal, and all that it has told."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.portal = ScriptedPortal()
        self.clock = VirtualClock(loop)
        self.client = AdvantechHost(
            URL,
            context=None,
            account=OPERATOR,
            transport=self.portal,
            clock=self.clock,
            retry=QUICK,
            streams=StreamPolicy(jitter=0.0),
        )
        self.link = AdvantechHostLink(self.client, WIRING, clock=self.clock)
        self.news: list[HostNews] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch beside the block, after everything present was told."""
        async with self.client, beside(lambda: self.link.watch(self.news.append)):
            await let_pass(1)
            yield

    def taken(self) -> list[HostNews]:
        """Return what was told since the last call."""
        news, self.news[:] = list(self.news), []
        return news

    def values(self) -> list[tuple[str, str]]:
        """Return name and value of the readings since the last call."""
        found = [each for each in self.taken() if isinstance(each, HostReading)]
        return [(each.name, str(each.value)) for each in found]


def on_bench(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a scenario on virtual time."""

    async def main(loop: VirtualLoop) -> None:
        await scenario(Bench(loop))

    run(main)


def test_the_present_state_comes_first_then_contact_then_events() -> None:
    """Every quantity is told once, then contact; each event is news, also without a change."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            told = bench.taken()
            readings = [each for each in told if isinstance(each, HostReading)]
            assert {(each.quantity.value, each.name): str(each.value) for each in readings} == {
                ("temperature", "CPU"): "50.0",
                ("disk_life", "/dev/sda"): "90",
                ("power_input", "vin1"): "1",
                ("power_input", "vin2"): "1",
                ("watchdog", "EC Watchdog"): "1",
                ("clock_synchronised", "ntp"): "1",
            }
            assert told[-1] == CONTACT
            assert told.count(CONTACT) == 1
            assert HostInput("start", closed=False) in told
            assert HostInput("lid", closed=True) in told
            for number in ("1-7", "1-8"):
                bench.portal.event("hwmon", sensors(CPU=51.5), number)
            await let_pass(0.1)
            first, second = bench.taken()
            assert isinstance(first, HostReading)
            assert isinstance(second, HostReading)
            assert (first.event, second.event) == ("1-7", "1-8")
            assert first.value == second.value == Decimal("51.5")
            assert first.taken_at == "2026-11-21T06:00:01.000000Z"

    on_bench(scenario)


def test_what_the_stream_tells_is_not_asked_for() -> None:
    """Only the watchdog, the time service and the pins are looked at while the stream is open."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            before = bench.portal.asked.copy()
            await let_pass(60)
            asked = bench.portal.asked - before
            assert set(asked) == {"perif/wdt", "service/ntp", "perif/gpio/all"}
            assert asked["perif/wdt"] == asked["service/ntp"] == 6

    on_bench(scenario)


def test_after_a_break_the_state_is_compared() -> None:
    """What changed meanwhile is told once; the stream goes on behind the last event."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            bench.portal.event("hwmon", sensors(CPU=51), "1-7")
            await let_pass(0.1)
            bench.taken()
            bench.portal.cut()
            bench.portal.values["perif/redundant_power"] = {"vin1State": 1, "vin2State": 0}
            bench.portal.values["hwmon"] = sensors(CPU=51)
            await let_pass(5)
            assert bench.taken() == [
                HostReading(
                    HostQuantity.POWER_INPUT, "vin2", Decimal(0), "2026-11-21T06:00:01.100000Z"
                )
            ]
            assert bench.portal.resumed == ["", "1-7"]
            bench.portal.event("hwmon", sensors(CPU=51), "1-7")
            bench.portal.event("hwmon", sensors(CPU=52), "1-8")
            await let_pass(0.1)
            assert bench.values() == [("CPU", "52.0")], "what is repeated after a break is left out"

    on_bench(scenario)


def test_a_host_without_streams_is_asked() -> None:
    """Everything is polled then, and only what differs is news."""

    async def scenario(bench: Bench) -> None:
        bench.portal.refuse["events"] = 404
        async with bench.watching():
            assert CONTACT in bench.taken()
            bench.portal.values["hwmon"] = sensors(CPU=66)
            await let_pass(60)
            assert bench.values() == [("CPU", "66.0")]
            assert bench.portal.asked["hwmon"] == 7
            assert bench.portal.asked["events"] == 2

    on_bench(scenario)


def test_a_host_that_has_less_is_watched_for_what_it_has() -> None:
    """No redundant power, no GPIO, no watchdog: the rest is told, and contact is made."""

    async def scenario(bench: Bench) -> None:
        for place in ("perif/redundant_power", "perif/gpio/all", "perif/wdt"):
            bench.portal.refuse[place] = 404
        async with bench.watching():
            told = bench.taken()
            names = [each.name for each in told if isinstance(each, HostReading)]
            assert sorted(names) == ["/dev/sda", "CPU", "ntp"]
            assert told[-1] == CONTACT
            bench.portal.event("hwmon", sensors(CPU=55))
            await let_pass(0.1)
            assert bench.values() == [("CPU", "55.0")]

    on_bench(scenario)


def test_silence_is_told_once_and_its_end_after_the_state() -> None:
    """While nobody answers there is no other news; then the changes, then contact."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            bench.taken()
            bench.portal.down = True
            bench.portal.cut()
            await let_pass(300)
            [lost] = bench.taken()
            assert isinstance(lost, HostContact)
            assert not lost.answers
            assert lost.why
            bench.portal.values["hwmon"] = sensors(CPU=70)
            bench.portal.levels[4] = 1
            bench.portal.down = False
            await let_pass(60)
            told = bench.taken()
            assert told[-1] == CONTACT
            assert [each.value for each in told if isinstance(each, HostReading)] == [Decimal(70)]
            assert HostInput("start", closed=True) in told

    on_bench(scenario)


def test_a_part_that_cannot_be_read_is_no_contact_and_hides_nothing_else() -> None:
    """The sentence of the host is told; the other values still come."""

    async def scenario(bench: Bench) -> None:
        bench.portal.refuse["events"] = 404
        bench.portal.refuse["perif/disk"] = 422
        async with bench.watching():
            told = bench.taken()
            [lost] = [each for each in told if isinstance(each, HostContact)]
            assert "cannot be read" in lost.why
            assert "EC Watchdog" in [each.name for each in told if isinstance(each, HostReading)]
            del bench.portal.refuse["perif/disk"]
            await let_pass(15)
            assert bench.taken()[-1] == CONTACT

    on_bench(scenario)


def test_a_wrong_password_is_told_and_not_tried_over_and_over() -> None:
    """The account must not be locked by a station that tries all day."""

    async def scenario(bench: Bench) -> None:
        bench.portal.password = "another"
        async with bench.watching():
            [lost] = bench.taken()
            assert isinstance(lost, HostContact)
            assert "name" in lost.why
            await let_pass(600)
            assert bench.portal.asked["/auth/login"] <= 12
            bench.portal.password = "canary-password"
            await let_pass(130)
            assert CONTACT in bench.taken()
            assert "canary" not in repr(bench.news)

    on_bench(scenario)


def test_an_event_that_makes_no_sense_has_its_value_asked_for() -> None:
    """Junk is no news; what it should have said is read until the stream is good again."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            bench.taken()
            bench.portal.values["hwmon"] = sensors(CPU=77)
            bench.portal.event("hwmon", {"temperature": "warm"}, "1-9")
            await let_pass(0.1)
            assert bench.values() == [("CPU", "77.0")]

    on_bench(scenario)


def test_buttons_are_seen_within_their_pace() -> None:
    """Each change of a pin is one piece of news, by its own level."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            bench.taken()
            bench.portal.levels[4] = bench.portal.levels[5] = 1
            await let_pass(0.3)
            assert bench.taken() == [
                HostInput("start", closed=True),
                HostInput("lid", closed=False),
            ]
            await let_pass(5)
            assert bench.taken() == []

    on_bench(scenario)


def test_an_answer_that_comes_late_is_no_second_press() -> None:
    """What was asked for beside the looks may be older than the newest look."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            await let_pass(4.1)
            bench.taken()
            bench.portal.late["perif/gpio/all"] = deque([0.4])
            bench.portal.cut()
            await let_pass(0.1)
            bench.portal.levels[4] = 1
            await let_pass(1)
            told = [each for each in bench.taken() if isinstance(each, HostInput)]
            assert told == [HostInput("start", closed=True)]

    on_bench(scenario)


def test_a_slow_portal_is_lost_and_found_again() -> None:
    """A portal that answers nothing in time is silent; the pins are left alone meanwhile."""

    async def scenario(bench: Bench) -> None:
        async with bench.watching():
            bench.taken()
            bench.portal.seconds = 3600.0
            await let_pass(120)
            [lost] = bench.taken()
            assert isinstance(lost, HostContact)
            assert "No complete answer came" in lost.why

    on_bench(scenario)


def test_lamps_are_switched_where_they_hang() -> None:
    """Pins become outputs once per contact; an inverted lamp is on when low; LEDs are set."""

    async def scenario(bench: Bench) -> None:
        portal = bench.portal
        async with bench.watching():
            await bench.link.signal({"red": True, "green": True, "front": True})
            assert portal.levels[:2] == [1, 0]
            assert portal.directions[:3] == [0, 0, 1]
            assert portal.leds[2]
            await bench.link.signal({"green": False})
            assert portal.levels[:2] == [1, 1]
            assert portal.asked["perif/gpio/1/dir"] == 1
            portal.down = True
            await let_pass(30)
            portal.down = False
            await let_pass(30)
            portal.directions[1] = 1
            await bench.link.signal({"green": True})
            assert portal.directions[1] == 0

    on_bench(scenario)


def test_a_host_without_pins_cannot_switch_lamps() -> None:
    """It says so by its own error."""

    async def scenario(bench: Bench) -> None:
        bench.portal.refuse["perif/gpio/0/dir"] = 404
        async with bench.watching():
            with pytest.raises(NotSupportedHere):
                await bench.link.signal({"red": True})

    on_bench(scenario)


@pytest.mark.parametrize(
    ("attributes", "left"),
    [
        ([], None),
        ([smart(9, 100)], 100),
        ([smart(231, 64, 5)], 64),
        ([smart(231, 64, 5), smart(202, 40)], 40),
        ([smart(231, 64, 5), smart(5, 10, 10)], 0),
        ([smart(231, 130)], 100),
        ([smart(231, 37, name="Temperature_Celsius"), smart(9, 99)], 100),
    ],
)
def test_the_life_of_a_disk(attributes: list[Any], left: int | None) -> None:
    """The least of what it says about its life; nothing once it calls itself failing."""
    assert remaining_life(models.Disk.model_validate(disk(*attributes))) == left
