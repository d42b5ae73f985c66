"""How often somebody may ask: a bucket per caller that fills with time.

The number of buckets is bounded, too: the one that was used longest ago is forgotten first.
"""

from collections import OrderedDict

from orchestrator.domain.clock import Clock

_REMEMBERED = 4096


class Rates:
    """Admits `per_second` requests of each caller, and `burst` at once."""

    def __init__(self, clock: Clock, per_second: float, burst: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, caller: str) -> bool:
        """Count a request of `caller`; False when it comes too soon."""
        now = self._clock.monotonic()
        left, then = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._per_second)
        admitted = left >= 1
        self._buckets[caller] = (left - 1 if admitted else left, now)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return admitted
