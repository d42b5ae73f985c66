"""What the tests of the station's host share: a host that tests move, a clock, settings."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import anyio

from orchestrator.domain.errors import StationFault
from orchestrator.domain.host import (
    Hear,
    HostContact,
    HostInput,
    HostNews,
    HostQuantity,
    HostReading,
)
from orchestrator.station.settings_host import HostSection

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
TRUST = {"password": {"env": "NOT_READ"}, "fingerprints": ["ab" * 32]}
CONTACT = HostContact(answers=True)
SILENCE = HostContact(answers=False, why="nobody answers")


class MovedClock:
    """A clock that a test moves; both of its times go alike."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """Return wall time."""
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return steady seconds."""
        return self.seconds


def section(**changes: Any) -> HostSection:
    """Return settings of a host."""
    return HostSection(**{**TRUST, **changes})


def reading(
    value: float | str, name: str = "CPU", quantity: HostQuantity = HostQuantity.TEMPERATURE
) -> HostReading:
    """Return a reading, by custom a temperature of the CPU."""
    return HostReading(quantity, name, Decimal(str(value)), "2026-11-21T12:00:00.000000Z")


def power(on: bool, name: str = "vin1") -> HostReading:
    """Return the state of a power input."""
    return reading(int(on), name, HostQuantity.POWER_INPUT)


def pin(name: str, closed: bool) -> HostInput:
    """Return the state of a button or switch."""
    return HostInput(name, closed)


class FakeHost:
    """A link whose news a test says, and which remembers its lamps. `down` refuses signals."""

    def __init__(self, *first: HostNews) -> None:
        self._news: list[HostNews] = list(first)
        self._wake = anyio.Event()
        self.lamps: dict[str, bool] = {}
        self.switched: list[dict[str, bool]] = []
        self.down: StationFault | None = None
        self.refused = 0
        self.hang = anyio.Event()
        self.hangs = False
        self.breaks: Exception | None = None
        self._changed = anyio.Event()

    def say(self, *news: HostNews) -> None:
        """Have these come next."""
        self._news += news
        self._wake.set()

    async def watch(self, hear: Hear) -> None:
        """Tell what the test says."""
        while True:
            while self._news:
                hear(self._news.pop(0))
            if self.breaks is not None:
                broken, self.breaks = self.breaks, None
                raise broken
            self._wake = anyio.Event()
            await self._wake.wait()

    def break_off(self, error: Exception) -> None:
        """Have the news end in an error nobody expects."""
        self.breaks = error
        self._wake.set()

    async def signal(self, lamps: Mapping[str, bool]) -> None:
        """Switch, unless it is down or hangs."""
        await anyio.lowlevel.checkpoint()
        if self.hangs:
            await self.hang.wait()
        if self.down is not None:
            self.refused += 1
            raise self.down
        self.lamps.update(lamps)
        self.switched.append(dict(lamps))
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    async def shows(self, *names: str) -> None:
        """Return when exactly the lamps `names` are on."""
        while {name for name, on in self.lamps.items() if on} != set(names):
            await self._changed.wait()
