"""What all clients of one outside system share: how fast it may be asked, and when it rests.

Without it fifty boards that are told to wait come back together. A `RateLimit` paces requests,
lets everybody wait when the system asked one of them to, and stops asking for a while after a row
of failures, so that an outage costs each board a sentence and not its whole deadline.
"""

from collections.abc import Awaitable, Callable

import anyio

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import Unreachable

Sleep = Callable[[float], Awaitable[None]]


class RateLimit:
    """Pace of one system: `per_second` requests on average, `burst` at once. Shared by clients.

    After `failures` failed exchanges in a row (0: never) nothing is sent for `rest_seconds`; then
    one request tries, and its success opens the way again. `longest_hold_seconds` caps how long
    one reply can hold up everybody.
    """

    def __init__(
        self,
        system: str,
        *,
        per_second: float = 50.0,
        burst: int = 10,
        failures: int = 0,
        rest_seconds: float = 15.0,
        longest_hold_seconds: float = 60.0,
        clock: Clock | None = None,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._system = system
        self._interval = 1.0 / per_second
        self._burst = burst
        self._failures = failures
        self._rest = rest_seconds
        self._longest_hold = longest_hold_seconds
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._next = 0.0
        self._held_until = 0.0
        self._failed = 0
        self._rests_until = 0.0

    async def take(self) -> None:
        """Wait for this request's turn. Raises Unreachable, at once, while the system rests."""
        self._check_rest()
        while True:
            now = self._clock.monotonic()
            turn = max(self._next, now - (self._burst - 1) * self._interval, self._held_until)
            self._next = turn + self._interval
            if turn > now:
                await self._sleep(turn - now)
            # Somebody may have been told to wait while this request slept: take another turn.
            if self._held_until <= max(turn, now):
                break
        self._check_rest()

    def hold(self, seconds: float) -> None:
        """Let everybody wait `seconds`: the system said so to one of them."""
        until = self._clock.monotonic() + min(max(seconds, 0.0), self._longest_hold)
        self._held_until = max(self._held_until, until)
        self._next = max(self._next, self._held_until)

    def succeeded(self) -> None:
        """Note that the system answered sensibly."""
        self._failed = 0

    def failed(self) -> None:
        """Note that the system could not be reached or failed by itself."""
        self._failed += 1
        if self._failures and self._failed >= self._failures:
            self._rests_until = self._clock.monotonic() + self._rest

    @property
    def resting(self) -> bool:
        """True while nothing is sent because of a row of failures."""
        return self._clock.monotonic() < self._rests_until

    def _check_rest(self) -> None:
        left = self._rests_until - self._clock.monotonic()
        if left > 0:
            raise Unreachable(
                f"{self._system} failed {self._failed} times in a row and is asked again in"
                f" {left:.0f} s; nothing was sent",
                remedy="Wait, or check the network and the service's status page",
                code="system.rests",
            )
