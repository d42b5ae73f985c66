"""Time as the house sees it: UTC wall time for people, a monotonic clock for durations.

The clock is injected everywhere, so a rehearsal can run on a virtual one. Waiting is anyio's job.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the house reads time from."""

    def now(self) -> datetime:
        """Return wall time, UTC, with microseconds."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step back; only differences mean something."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return wall time, UTC, with microseconds."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()


def timestamp(moment: datetime) -> str:
    """Write `moment` as RFC 3339 in UTC with microseconds: `2026-11-21T02:00:00.000000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat("T", "microseconds")[:-6] + "Z"
