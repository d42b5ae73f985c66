"""Asks how far something is that the cloud accepted, with growing pauses and for a bounded time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import DeadlineExceeded, OrchestratorError
from orchestrator.transport.retry import worth_repeating

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and on which clock.

    `within` bounds the end of an accepted request. `settle` is how long a request whose answer was
    lost may stay invisible before it counts as not applied; no source settles either.
    """

    first: float = 0.2
    factor: float = 1.6
    longest: float = 10.0
    within: float = 300.0
    settle: float = 20.0
    clock: Clock = field(default_factory=SystemClock)
    sleep: Sleep = anyio.sleep


async def until(
    look: Callable[[], Awaitable[T | None]],
    patience: Patience,
    seconds: float,
) -> T | None:
    """Return what `look` finds, asked again and again for `seconds`; None when it stays nothing.

    A question that goes wrong in passing is asked again; the last such error is raised when the
    time ends with it.
    """
    end = patience.clock.monotonic() + seconds
    pause = patience.first
    while True:
        error: OrchestratorError | None = None
        try:
            found = await look()
            if found is not None:
                return found
        except OrchestratorError as fault:
            if not (worth_repeating(fault) or isinstance(fault, DeadlineExceeded)):
                raise
            error = fault
        left = end - patience.clock.monotonic()
        if left <= 0:
            if error is not None:
                raise error
            return None
        await patience.sleep(min(pause, left))
        pause = min(pause * patience.factor, patience.longest)
