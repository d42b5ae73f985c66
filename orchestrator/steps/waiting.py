"""Waiting for a board: for its return after a restart, and until something is so.

Every wait asks again after `poll` seconds and ends after `within` seconds. Durations come from the
run's clock, so a rehearsal needs no real time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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

# The uptime is whole seconds on the board's clock, the elapsed time is the station's. With an
# uptime of at least this before the order, no restart can be overlooked, however short it is.
_COUNTING_MARGIN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for something, and how long before asking again. Both in seconds."""

    within: Decimal = RESTART_WITHIN
    poll: Decimal = POLL


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


async def until(ask: Callable[[], Awaitable[bool]], clock: Clock, patience: Patience) -> bool:
    """Ask until the answer is true; return False when it is not so in time."""
    watch = Stopwatch(clock)
    while not await ask():
        if watch.elapsed >= float(patience.within):
            return False
        await anyio.sleep(float(patience.poll))
    return True


class RestartWatch:
    """Sees that a board has really restarted, by its uptime.

    An answer alone proves nothing: the first one after the order often comes before the board
    goes down. The board has restarted when its uptime is lower than before, or lower than it
    would be had it run on.
    """

    def __init__(
        self, ctx: StepContext, board: SphereDevice, patience: Patience, uptime_before: int
    ) -> None:
        self._ctx = ctx
        self._board = board
        self._patience = patience
        self._watch = Stopwatch(ctx.clock)
        self._uptime_before = uptime_before
        self._last_words = ""
        self.uptime = uptime_before

    @classmethod
    async def begin(
        cls, ctx: StepContext, board: SphereDevice, patience: Patience
    ) -> "RestartWatch":
        """Read the uptime now, before the order is given.

        A board that has just started is given a moment, or its uptime could not be seen to fall.
        """
        uptime = 0

        async def has_counted() -> bool:
            nonlocal uptime
            uptime = (await board.get_device_status()).uptime
            return uptime >= _COUNTING_MARGIN_SECONDS

        moment = Patience(Decimal(2 * _COUNTING_MARGIN_SECONDS), patience.poll)
        await until(has_counted, ctx.clock, moment)
        return cls(ctx, board, patience, uptime)

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
        run_on = self._uptime_before + asked_after - _COUNTING_MARGIN_SECONDS
        return status.uptime < self._uptime_before or status.uptime < run_on

    async def wait(self) -> None:
        """Return when the board has restarted and is still the same one.

        Raises DeadlineExceeded when it did not, UnitChanged when another board came back.
        """
        if not await until(self._has_restarted, self._ctx.clock, self._patience):
            raise DeadlineExceeded(
                "The board did not come back from its restart within"
                f" {self._patience.within} s. {self._last_words}",
                remedy="Check its cable and power, then run it again",
                code="NO_RESTART",
            )
        if self._ctx.identity is not None:
            await bind(self._ctx, self._board)
