"""What a station measures of itself besides its runs: commits of the audit, and outside systems.

Plain counts, kept from the start on whether anybody reads them or not. Each distribution has one
writer and is read from the event loop: a reader may miss the newest value, and never sees a total
that is not the sum of its parts.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.station.snapshot import SystemSnapshot
from orchestrator.transport.exchange import Exchange, Exchanged

COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
EXCHANGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

Observers = Callable[[str], Exchanged]
"""Gives what the clients of an outside system tell of their exchanges: `Outside.of`."""


def nobody(system: str) -> Exchanged:
    """Give what counts nothing, for clients that no station reads the figures of."""
    del system
    return _ignore


def _ignore(exchange: Exchange) -> None:
    del exchange


class Durations:
    """How many durations lie at or below each of `bounds`, in seconds, and what all add up to."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.seconds = 0.0
        """The sum of all."""

    def add(self, seconds: float) -> None:
        """Count one more."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.seconds += seconds

    def at_or_below(self) -> list[tuple[str, int]]:
        """Return each bound with how many do not exceed it; the last, `+Inf`, has them all."""
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        return list(zip(bounds, accumulate(self._counts), strict=True))


@dataclass(slots=True)
class _Service:
    """How the last exchange with a service went; `since` is when it began to go like that."""

    works: bool
    since: datetime


class Outside:
    """Counts the exchanges with outside systems, and knows which service works.

    `services` are the systems that all units share; of the others each unit is one by itself.
    """

    def __init__(self, clock: Clock, services: Sequence[str] = ()) -> None:
        self._clock = clock
        self._shared = services
        self._services: dict[str, _Service] = {}
        self.seconds: dict[tuple[str, str], Durations] = {}
        """How long exchanges took, by system and name of the endpoint."""
        self.errors: Counter[tuple[str, str]] = Counter()
        """How many exchanges did not end as agreed, by system and code."""

    def of(self, system: str) -> Exchanged:
        """Return what the clients of `system` tell of their exchanges."""

        def exchanged(exchange: Exchange) -> None:
            self._take(system, exchange)

        return exchanged

    def systems(self) -> tuple[SystemSnapshot, ...]:
        """Return how the services work that were asked at least once."""
        return tuple(
            SystemSnapshot(name, works=found.works, since=timestamp(found.since))
            for name in self._shared
            if (found := self._services.get(name)) is not None
        )

    def _take(self, system: str, exchange: Exchange) -> None:
        key = system, exchange.endpoint
        durations = self.seconds.get(key)
        if durations is None:
            durations = self.seconds[key] = Durations(EXCHANGE_SECONDS)
        durations.add(exchange.seconds)
        if exchange.code:
            self.errors[system, exchange.code] += 1
        if system not in self._shared:
            return
        known = self._services.get(system)
        if known is None or known.works is not exchange.works:
            self._services[system] = _Service(exchange.works, self._clock.now())


class Figures:
    """All of them. `commits` is told by the writer of the audit, in its thread.

    `services` are the systems that all units share.
    """

    def __init__(self, clock: Clock, services: Sequence[str] = ()) -> None:
        self.commits = Durations(COMMIT_SECONDS)
        """How long transactions of the audit took."""
        self.outside = Outside(clock, services)
