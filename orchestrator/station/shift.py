"""The counters of the shift that runs now, and who works on what in it.

They are for people who look; the audit can always count again. Seeded from it at the start, so
that a restart in the middle of a shift changes nothing.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.outcome import Outcome
from orchestrator.station.past import Ended
from orchestrator.station.snapshot import ShiftSnapshot

_HOUR = timedelta(hours=1)
_LEAST = timedelta(minutes=6)
"""A rate over less time than this says nothing; younger shifts count as so old."""
_COUNTED = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.ERROR: "errors",
    Outcome.TIMEOUT: "errors",
}


class Shift:
    """Counts runs as they end. `starts` are local times such as `06:00`."""

    def __init__(self, starts: Sequence[str], clock: Clock) -> None:
        self._starts = sorted({time.fromisoformat(each) for each in starts})
        self._clock = clock
        self.operator = ""
        """The id of who works here, empty while nobody has signed in."""
        self.work_order = ""
        """What is worked on, empty while nobody has said so."""
        self.began_at, self.ends_at = self._span(clock.now())
        self._clear()

    def seed(self, ended: Iterable[Ended]) -> None:
        """Begin with the runs of this shift that the audit knows, in their order."""
        self._clear()
        for run in ended:
            self._count(run)

    def count(self, run: Ended) -> None:
        """Count a run that has just ended."""
        self._turn()
        self._count(run)

    def seconds_left(self) -> float:
        """Return in how many seconds the shift ends."""
        self._turn()
        return (self.ends_at - self._clock.now()).total_seconds()

    def snapshot(self) -> ShiftSnapshot:
        """Return the counters as they are now."""
        self._turn()
        first = len(self._first)
        good = sum(self._first.values())
        return ShiftSnapshot(
            began_at=timestamp(self.began_at),
            ends_at=timestamp(self.ends_at),
            **self._counts,
            first_pass_yield=Decimal(good) / Decimal(first) if first else None,
            boards_per_hour=self._pace(),
            operator=self.operator,
            work_order=self.work_order,
        )

    def _count(self, run: Ended) -> None:
        counter = _COUNTED.get(run.outcome)
        if counter is None:
            return
        self._counts[counter] += 1
        self._ends.append(run.ended_at)
        if run.unit:
            self._first.setdefault(run.unit, run.outcome is Outcome.PASS)

    def _pace(self) -> Decimal:
        now = self._clock.now()
        while self._ends and self._ends[0] < now - _HOUR:
            self._ends.popleft()
        span = min(max(now - self.began_at, _LEAST), _HOUR)
        pace = Decimal(len(self._ends)) * Decimal(3600) / Decimal(int(span.total_seconds()))
        return pace.quantize(Decimal("0.1"))

    def _turn(self) -> None:
        """Begin anew when another shift has begun; also when the clock was set back."""
        span = self._span(self._clock.now())
        if span[0] != self.began_at:
            self.began_at, self.ends_at = span
            self._clear()

    def _clear(self) -> None:
        self._counts = {"passed": 0, "failed": 0, "errors": 0}
        self._first: dict[str, bool] = {}
        self._ends: deque[datetime] = deque()

    def _span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return when the shift of `now` began and when the next one begins, in UTC."""
        today = now.astimezone().date()
        moments = [
            # Without a zone: what the clock on the wall says on that day.
            datetime.combine(today + timedelta(days=day), start).astimezone(UTC)
            for day in (-1, 0, 1)
            for start in self._starts
        ]
        return max(each for each in moments if each <= now), min(m for m in moments if m > now)
