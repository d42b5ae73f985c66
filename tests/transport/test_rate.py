"""The pace that all clients of one system share, on a clock that the tests move."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from orchestrator.domain.errors import Unreachable
from orchestrator.transport.rate import RateLimit


class Watch:
    """A clock that moves when somebody sleeps, to the moment the earliest sleeper wakes."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> datetime:
        """Return wall time."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        until = self.seconds + seconds
        await anyio.lowlevel.checkpoint()
        self.seconds = max(self.seconds, until)


def limit(watch: Watch, *, failures: int = 0, burst: int = 2) -> RateLimit:
    """Return a limit of ten a second."""
    return RateLimit(
        "the service",
        per_second=10,
        burst=burst,
        failures=failures,
        rest_seconds=15,
        clock=watch,
        sleep=watch.sleep,
    )


async def test_requests_beyond_the_burst_are_paced() -> None:
    """Two go at once, the others a tenth of a second apart."""
    watch = Watch()
    paced, times = limit(watch), list[float]()
    for _ in range(5):
        await paced.take()
        times.append(round(watch.seconds - 100, 3))
    assert times == [0, 0, 0.1, 0.2, 0.3]


async def test_a_pause_gives_the_burst_back_and_no_more() -> None:
    """Idle hours do not add up to a flood."""
    watch = Watch()
    paced, times = limit(watch), list[float]()
    await paced.take()
    watch.seconds = 4000
    for _ in range(3):
        await paced.take()
        times.append(round(watch.seconds - 4000, 3))
    assert times == [0, 0, 0.1]


async def test_a_hold_reaches_those_who_wait_already_and_is_capped() -> None:
    """Nobody comes before its end, and after it they come one by one."""
    watch = Watch()
    paced, times = limit(watch, burst=1), list[float]()

    async def ask() -> None:
        await paced.take()
        times.append(round(watch.seconds - 100, 3))

    await paced.take()
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        paced.hold(1e9)
    assert min(times) >= 60
    assert max(times) - min(times) >= 0.19


async def test_a_row_of_failures_lets_the_system_rest_and_one_success_ends_it() -> None:
    """Nothing is sent meanwhile; one failure after the rest begins another one."""
    watch = Watch()
    paced = limit(watch, failures=3)
    for _ in range(2):
        paced.failed()
    paced.succeeded()
    for _ in range(3):
        await paced.take()
        paced.failed()
    assert paced.resting
    with pytest.raises(Unreachable, match="asked again in 15 s; nothing was sent"):
        await paced.take()
    watch.seconds += 16
    await paced.take()
    paced.failed()
    assert paced.resting
    watch.seconds += 16
    paced.succeeded()
    paced.failed()
    assert not paced.resting
