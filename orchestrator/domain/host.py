"""The computer that a station runs on, as something to watch and to signal with.

Readings say how the host feels; lamps and inputs are the stack light, buttons and switches that
hang on it. A room of `systems` implements `HostLink`; what follows from a reading is decided by the
station, which knows no vendor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class HostQuantity(StrEnum):
    """What a reading is about."""

    TEMPERATURE = "temperature"
    """In degrees Celsius; `name` is the sensor."""
    DISK_LIFE = "disk_life"
    """Remaining life in per cent; `name` is the disk."""
    POWER_INPUT = "power_input"
    """1 while the input named `name` has power, else 0."""
    CLOCK_SYNCHRONISED = "clock_synchronised"
    """1 while the host's clock is kept by a time server, else 0."""
    WATCHDOG = "watchdog"
    """1 while the watchdog `name` is armed, else 0."""


@dataclass(frozen=True, slots=True)
class HostReading:
    """One value. `taken_at` is RFC 3339 in UTC, by the host where it says so.

    `event` is the host's own number of the event that brought the value, empty for a value that
    was asked for and for hosts that number nothing.
    """

    quantity: HostQuantity
    name: str
    value: Decimal
    taken_at: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class HostInput:
    """A digital input has the level `closed` now: a button is pressed, a fixture is shut."""

    name: str
    closed: bool


@dataclass(frozen=True, slots=True)
class HostContact:
    """Whether the host's service answers. When it does not, `why` is a sentence that says why."""

    answers: bool
    why: str = ""


HostNews = HostReading | HostInput | HostContact


Hear = Callable[[HostNews], None]
"""Takes news; it never waits, so that nothing can pile up."""


class HostLink(Protocol):
    """A link to the host's own management service."""

    async def watch(self, hear: Hear) -> None:
        """Call `hear` with readings and inputs as they change, the present ones first; never end.

        Each beginning of contact is told after the readings that were present then, each end of it
        at once; in between the link tries again by itself. Nothing that the host kept is left out
        or told twice.
        """
        ...

    async def signal(self, lamps: Mapping[str, bool]) -> None:
        """Switch the named lamps on or off. Raises StationFault."""
        ...
