"""Watches wall time against the monotonic clock: a step of more than two seconds is an event.

Order in the audit is by entry and durations are monotonic, so that nothing depends on wall time;
this only says when the times on paper are not to be trusted. A machine that slept looks like a
step forward.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import anyio

from orchestrator.domain.clock import Clock, timestamp

LOOK_SECONDS = 1.0
STEP_SECONDS = 2.0

Note = Callable[[str, Mapping[str, object]], None]
"""Takes the kind of an event and its detail."""


class ClockWatch:
    """Compares the two clocks, look by look, so that slow drift is no step."""

    def __init__(self, clock: Clock, note: Note, tell: Callable[[str], None]) -> None:
        self._clock = clock
        self._note = note
        self._tell = tell
        self._wall, self._steady = clock.now(), clock.monotonic()

    async def run(self) -> None:
        """Look every second until cancelled."""
        while True:
            await anyio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Compare what both clocks have gone since the last look."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        step = _seconds(self._wall, wall) - (steady - self._steady)
        before = self._wall
        self._wall, self._steady = wall, steady
        if abs(step) <= STEP_SECONDS:
            return
        direction = "forward" if step > 0 else "back"
        detail = {
            "direction": direction,
            "seconds": f"{abs(step):.3f}",
            "before": timestamp(before),
            "after": timestamp(wall),
        }
        self._note("clock_step", detail)
        self._tell(f"The clock of this computer stepped {direction} by {abs(step):.1f} s")


def _seconds(before: datetime, after: datetime) -> float:
    return (after - before).total_seconds()
