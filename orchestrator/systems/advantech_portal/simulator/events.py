"""The events of a host: one timeline for all streams, of which the newest part is kept.

Nothing runs by itself: whoever looks lets the timeline catch up with the clock, and gets the same
events with the same numbers as if somebody had looked all the time. What an event says is made
when it is sent, from the moment that it belongs to, unless it was frozen before.
"""

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from orchestrator.systems.advantech_portal.simulator.spec import HostSpec

_LEAST_KEPT = 64
_REPEATED = ("diskdrives", "hwmon", "netifaces", "processes", "pwrstatus", "systemperf")
_FEATURES = {"diskdrives": "disk", "hwmon": "hwmon", "processes": "processes",
             "pwrstatus": "redundant_power"}  # fmt: skip


@dataclass(slots=True)
class Event:
    """One event: its number since the start of the host, its moment, name, and frozen data."""

    number: int
    at: float
    name: str
    data: Any = None
    frozen: bool = False


class Timeline:
    """All events since the host has started; `kept` are the newest of them."""

    def __init__(self, spec: HostSpec, present: Callable[[str, float], Any]) -> None:
        self._spec = spec
        self._present = present
        self._periods = {
            name: period
            for name, period in spec.event_periods
            if name in _REPEATED and (name not in _FEATURES or spec.has(_FEATURES[name]))
        }
        self._next: list[tuple[float, str]] = []
        self.kept: deque[Event] = deque(maxlen=max(spec.kept_events, _LEAST_KEPT))
        self.newest = 0
        self.boot = 0

    @property
    def names(self) -> set[str]:
        """The names that this host sends by itself, again and again."""
        return set(self._periods)

    def begin(self, at: float, boot: int) -> None:
        """Begin anew with a host that starts at `at`; nothing is kept from before."""
        self.boot = boot
        self.newest = 0
        self.kept.clear()
        self._next = [(at, name) for name in self._periods]
        heapq.heapify(self._next)

    def catch_up(self, now: float) -> None:
        """Let everything happen that was to happen until `now`."""
        self._skip(now)
        while self._next and self._next[0][0] <= now:
            at, name = self._next[0]
            heapq.heapreplace(self._next, (at + self._periods[name], name))
            self._keep(Event(0, at, name))

    def push(self, now: float, name: str, data: Any) -> None:
        """Let an event happen now, beside the repeated ones."""
        self.catch_up(now)
        self._keep(Event(0, now, name, data, frozen=True))

    def freeze(self, now: float, name: str) -> None:
        """Fix what kept events of that name say, before it changes."""
        self.catch_up(now)
        for event in self.kept:
            if event.name == name and not event.frozen:
                event.data, event.frozen = self._present(name, event.at), True

    def next_at(self) -> float | None:
        """Return the moment of the next repeated event."""
        return self._next[0][0] if self._next else None

    def after(self, number: int, names: Collection[str]) -> Iterator[Event]:
        """Yield the kept events of these names with higher numbers, in their order."""
        if not self.kept:
            return
        first = max(0, number + 1 - self.kept[0].number)
        for event in list(islice(self.kept, first, None)):
            if event.name in names:
                yield event

    def present(self, names: Collection[str]) -> list[Event]:
        """Return the newest kept event of each of these names, in the order of their numbers."""
        found = {event.name: event for event in self.kept if event.name in names}
        return sorted(found.values(), key=lambda event: event.number)

    def data(self, event: Event) -> Any:
        """Return what an event says."""
        return event.data if event.frozen else self._present(event.name, event.at)

    def identifier(self, event: Event) -> str:
        """Return the id of an event as the wire has it: never the same for two of one host."""
        return f"{self.boot}-{event.number}"

    def resume(self, identifier: str) -> int | None:
        """Return the number after which to go on, None when the id tells nothing.

        What an id of another start of the host tells is that everything kept is new.
        """
        if not self._spec.event_ids:
            return None
        boot, _, number = identifier.partition("-")
        if not (boot.isascii() and boot.isdigit() and number.isascii() and number.isdigit()):
            return None
        if self._spec.kept_events == 0:
            return self.newest
        known = int(boot[:9]) == self.boot and int(number[:15]) <= self.newest
        return int(number) if known else 0

    def _keep(self, event: Event) -> None:
        self.newest += 1
        event.number = self.newest
        self.kept.append(event)

    def _skip(self, now: float) -> None:
        """Count, without making them, events that would be dropped again at once."""
        if not self._periods:
            return
        rate = sum(1.0 / period for period in self._periods.values())
        cutoff = now - 2.0 * (self.kept.maxlen or 0) / rate - max(self._periods.values())
        if not self._next or self._next[0][0] >= cutoff:
            return
        later = []
        for at, name in self._next:
            period = self._periods[name]
            skipped = max(0, -int((at - cutoff) // period))
            self.newest += skipped
            later.append((at + skipped * period, name))
        self.kept.clear()
        heapq.heapify(later)
        self._next = later
