"""How often somebody was wrong: pauses after some wrong PINs, and locks after more of them.

Counted per badge or name, known or not, so that a badge that nobody has behaves like one that
somebody has; and for the whole station, so that many badges tried once are slow, too.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass

from orchestrator.domain.clock import Clock

WRONG_BEFORE_PAUSE = 5
WRONG_BEFORE_LOCK = 10
PAUSE_SECONDS = 30.0
STATION_WRONG = 30
STATION_SECONDS = 600.0
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    pause_until: float = 0.0


class Attempts:
    """The wrong attempts of one station, by the digest of what was tried."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._station: deque[float] = deque(maxlen=STATION_WRONG)
        self._station_until = 0.0

    def pause(self, key: str) -> float:
        """Return for how many seconds nothing is looked at under `key`, 0 for now."""
        tries = self._tries.get(key)
        until = max(self._station_until, tries.pause_until if tries else 0.0)
        return max(0.0, until - self._clock.monotonic())

    def locked(self, key: str) -> bool:
        """Say whether `key` waits for a supervisor."""
        tries = self._tries.get(key)
        return tries is not None and tries.wrong >= WRONG_BEFORE_LOCK

    def wrong(self, key: str) -> None:
        """Count a wrong attempt."""
        now = self._clock.monotonic()
        tries = self._tries.setdefault(key, _Tries())
        self._tries.move_to_end(key)
        while len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)
        tries.wrong += 1
        if tries.wrong >= WRONG_BEFORE_PAUSE:
            tries.pause_until = now + PAUSE_SECONDS
        self._station.append(now)
        if len(self._station) == STATION_WRONG and now - self._station[0] <= STATION_SECONDS:
            self._station_until = now + PAUSE_SECONDS

    def forget(self, key: str) -> None:
        """Begin anew with `key`: it was right, or a supervisor has unlocked it."""
        self._tries.pop(key, None)
