"""A station on a simulated host, both on one virtual clock, and a count of what the host tells."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
from pydantic import SecretStr

from orchestrator.domain.events import Event, RunFinished, RunStarted
from orchestrator.domain.host import Hear, HostContact, HostNews, HostReading
from orchestrator.domain.records import EventRow, Record, RunEndRow
from orchestrator.simulation.rehearsal.floor import VirtualClock
from orchestrator.simulation.virtual_loop import VirtualLoop
from orchestrator.station.daemon import Parts, Timing
from orchestrator.station.keeper import Watchfulness
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.host import AdvantechHostLink, Lamp, Wiring
from orchestrator.systems.advantech_portal.simulator import (
    Fault,
    HostApp,
    HostSpec,
    SimulatedHost,
)
from orchestrator.transport import serving
from orchestrator.transport.in_process_stream import StreamingTransport
from tests.station.bench import Bench, Paper
from tests.station.fakes import FakeBoard
from tests.station.host_support import TRUST

HOUR = 3600.0
ACCOUNT = Account("engineer", SecretStr("Engineer-1"))
PERIODS = (("hwmon", 30.0), ("pwrstatus", 60.0), ("diskdrives", 600.0))
EVENTS_PER_SECOND = sum(1 / period for _, period in PERIODS)
HANGING_LAMP = Fault("hang", calls=("set_gpio_level",))
WIRING = Wiring(lamps={"green": Lamp(0)}, time_service="chrony")
PACE = Timing(poll_seconds=60.0, gone_seconds=60.0, swap_check_seconds=300.0)
RUN_SECONDS = 20.0


class Exactly:
    """Checks, without keeping them, that the host's events come once each and in their order."""

    def __init__(self) -> None:
        self.boot, self.number = 1, 0
        self.names: set[tuple[str, str]] = set()
        self.events: Counter[int] = Counter()
        self.losses = 0
        self.wrong: list[str] = []

    def hear(self, news: HostNews) -> None:
        """Take what the link tells."""
        if isinstance(news, HostContact):
            self.losses += not news.answers
        if not isinstance(news, HostReading) or not news.event:
            return
        boot, number = (int(part) for part in news.event.split("-"))
        what = (news.quantity.value, news.name)
        if (boot, number) == (self.boot, self.number):
            if what in self.names:
                self.wrong.append(f"{news.event} told {what} twice")
            self.names.add(what)
            return
        expected = self.number + 1 if boot == self.boot else 1
        if boot < self.boot or number != expected:
            self.wrong.append(f"after {self.boot}-{self.number} came {news.event}")
        self.boot, self.number, self.names = boot, number, {what}
        self.events[boot] += 1


class Overheard:
    """A link whose news somebody else hears, too."""

    def __init__(self, link: AdvantechHostLink, exactly: Exactly) -> None:
        self._link = link
        self._exactly = exactly
        self.signal = link.signal

    async def watch(self, hear: Hear) -> None:
        """Let both hear."""

        def both(news: HostNews) -> None:
            self._exactly.hear(news)
            hear(news)

        await self._link.watch(both)


class Forgetful(Paper):
    """Keeps the rows of the run under way and counts the others; `slow` delays its events."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()
        self.slow = 0.0

    async def record(self, *records: Record) -> None:
        """Take the rows."""
        await super().record(*records)
        events = [row for row in records if isinstance(row, EventRow)]
        self.counted.update(row.kind for row in events)
        self.counted.update(f"run {row.outcome}" for row in records if isinstance(row, RunEndRow))
        if events:
            await anyio.sleep(self.slow)
        if any(isinstance(row, RunEndRow) for row in records):
            self.rows.clear()


class DayBench(Bench):
    """A station on a simulated host, both on the clock of a loop; without `spec` on none."""

    def __init__(self, folder: Path, loop: VirtualLoop, spec: HostSpec | None) -> None:
        host = {
            **TRUST,
            "temperature": [{"limit_celsius": 95}],
            "lamp": [{"name": "green", "gpio": 0, "on": ["running"]}],
        }
        place: dict[str, Any] = {"name": "bench", "data_dir": folder, "operation": "OP"}
        super().__init__(folder, timing=PACE, station=place | ({"host": host} if spec else {}))
        self.clock = VirtualClock(loop)
        self.paper = self.slow_paper = Forgetful()
        self.watchfulness = Watchfulness(check_seconds=300.0)
        self.exactly = Exactly()
        self.durations: list[float] = []
        self.link: Overheard | None = None
        self._began: dict[str, float] = {}
        self.hub.watch(self._take)
        if spec is not None:
            self.host = SimulatedHost(spec, serving.World(clock=self.clock))
            self.client = AdvantechHost(
                "https://host.test",
                context=None,
                account=ACCOUNT,
                transport=StreamingTransport(HostApp(self.host)),
                clock=self.clock,
            )
            link = AdvantechHostLink(self.client, WIRING, poll_seconds=120.0, clock=self.clock)
            self.link = Overheard(link, self.exactly)

    def parts(self) -> Parts:
        """Return the parts with the link."""
        return replace(super().parts(), host_link=self.link)

    def _take(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._began[event.run_id] = self.clock.monotonic()
        elif isinstance(event, RunFinished):
            self.durations.append(self.clock.monotonic() - self._began.pop(event.run_id))

    async def work(self, boards: int, pause_seconds: float) -> None:
        """Have boards come one after another, each for a run of some seconds."""

        async def act(board: FakeBoard) -> None:
            await anyio.sleep(RUN_SECONDS)

        for number in range(1, boards + 1):
            self.fixture.put("1", FakeBoard(number, act=act))
            await anyio.sleep(pause_seconds / 2)
            del self.fixture.boards["1"]
            await anyio.sleep(pause_seconds / 2)


async def disturb(host: SimulatedHost, seconds: float) -> None:
    """Unplug the host for moments, and let it restart in the middle of the day."""
    chance, until = random.Random("a day"), host.now() + seconds
    restarted = False
    while host.now() < until:
        await anyio.sleep(chance.uniform(300, 1200))
        if not restarted and host.now() > until / 2:
            restarted = True
            host.reboot()
        host.unplug()
        await anyio.sleep(chance.choice([1, 5, 30, 90]))
        host.plug()


async def let_pass(seconds: float) -> None:
    """Let virtual time pass."""
    await anyio.sleep(seconds)


def ignore(news: HostNews) -> None:
    """Drop the news."""
