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

    monotonic = staticmethod(time.monotonic)
    """Return the machine's monotonic seconds."""


# The last second that was written, with its text: a busy station writes thousands of moments of
# each, and writing the whole of one costs three times as much.
_second = (datetime.fromtimestamp(0, UTC), "1970-01-01T00:00:00.")


def timestamp(moment: datetime) -> str:
    """Write `moment` as RFC 3339 in UTC with microseconds: `2026-11-21T02:00:00.000000Z`."""
    global _second  # noqa: PLW0603  # both members change at once, whatever thread asks
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    second, text = _second
    since = moment - second
    if since.days or since.seconds:
        second = moment.replace(microsecond=0)
        text = second.isoformat("T", "seconds")[:-6] + "."
        _second = second, text
        since = moment - second
    return f"{text}{str(since.microseconds).zfill(6)}Z"
