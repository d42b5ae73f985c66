"""Waiting for a board: for its return after a restart, and until something is so.

Every wait asks again after `poll` seconds and ends after `within` seconds. Durations come from the
run's clock, so a rehearsal needs no real time.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import anyio

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import DeadlineExceeded, StationFault, UntrustedPeer
from orchestrator.engine.step import Duration, StepContext
from orchestrator.steps.sphere_identity import bind
from orchestrator.systems.azure_sphere_device.client import SphereDevice

POLL = Duration(Decimal("0.25"))
"""How long to wait before asking a board again."""

RESTART_WITHIN = Duration(Decimal(60))
"""How long a board may take to come back from a restart."""

# The uptime is whole seconds on the board's clock, the elapsed time is the station's.
_COUNTING_MARGIN_SECONDS = 2.0


class Stopwatch:
    """Seconds since it was made, from the run's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return self._clock.monotonic() - self._began


def rounded(seconds: float) -> Decimal:
    """Return a duration for the audit: seconds with three decimals."""
    return Decimal(seconds).quantize(Decimal("0.001"))


async def until(
    ask: Callable[[], Awaitable[bool]], clock: Clock, *, within: Decimal, poll: Decimal
) -> bool:
    """Ask until the answer is true; return False when it is not so after `within` seconds."""
    watch = Stopwatch(clock)
    while not await ask():
        if watch.elapsed >= float(within):
            return False
        await anyio.sleep(float(poll))
    return True


class RestartWatch:
    """Sees that a board has really restarted, by its uptime.

    An answer alone proves nothing: the first one after the order often comes before the board
    goes down. The board has restarted when its uptime is lower than before, or lower than it
    would be had it run on.
    """

    def __init__(self, board: SphereDevice, clock: Clock, uptime_before: int) -> None:
        self._board = board
        self._watch = Stopwatch(clock)
        self._clock = clock
        self.uptime_before = uptime_before
        self.uptime = uptime_before
        self._last_words = ""

    @classmethod
    async def begin(cls, board: SphereDevice, clock: Clock) -> "RestartWatch":
        """Read the uptime now, before the order is given."""
        status = await board.get_device_status()
        return cls(board, clock, status.uptime)

    async def _has_restarted(self) -> bool:
        asked_after = self._watch.elapsed
        try:
            status = await self._board.get_device_status()
        except UntrustedPeer:
            raise
        except StationFault as fault:
            self._last_words = fault.what
            return False
        self._last_words = f"It still answers and has been up for {status.uptime} s"
        self.uptime = status.uptime
        run_on = self.uptime_before + asked_after - _COUNTING_MARGIN_SECONDS
        return status.uptime < self.uptime_before or status.uptime < run_on

    async def wait(self, ctx: StepContext, *, within: Decimal, poll: Decimal) -> None:
        """Return when the board has restarted and is still the same one.

        Raises DeadlineExceeded when it did not, UnitChanged when another board came back.
        """
        if not await until(self._has_restarted, self._clock, within=within, poll=poll):
            raise DeadlineExceeded(
                f"The board did not come back from its restart within {within} s."
                f" {self._last_words}",
                remedy="Check its cable and power, then run it again",
                code="NO_RESTART",
            )
        if ctx.identity is not None:
            await bind(ctx, self._board)
