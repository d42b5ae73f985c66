"""Repeats a call that may be repeated, a few times, with growing jittered pauses, in bounded time.

Only idempotent calls get a policy at all; a call without one is made exactly once. What is worth
repeating is decided by the error: the link failed, or the other side said that it is busy.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from orchestrator.domain.errors import (
    ConnectionLost,
    ErrorClass,
    OrchestratorError,
    Unreachable,
)

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently an idempotent call is repeated. Times are seconds."""

    attempts: int = 4
    first_wait_seconds: float = 0.1
    longest_wait_seconds: float = 1.0
    jitter_seconds: float = 0.1


def worth_repeating(error: Exception) -> bool:
    """Say whether the same request may well succeed in a moment."""
    if isinstance(error, Unreachable | ConnectionLost):
        return True
    return isinstance(error, OrchestratorError) and error.kind is ErrorClass.BUSY


def _note(details: RetryDetails) -> None:
    _LOG.info("asking again in %.2f s, because: %s", details.wait_for, details.caused_by)


async def within(
    seconds: float,
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy | None,
    expired: Callable[[], OrchestratorError],
) -> T:
    """Await `attempt`, repeated by `policy`; all attempts and pauses together take `seconds`.

    When time runs out during an attempt, `expired()` is raised; during a pause, the error of the
    attempt before it.
    """
    last: OrchestratorError | None = None
    with anyio.move_on_after(seconds):
        if policy is None:
            return await attempt()
        # Unset, stamina reports to standard output, where data goes. Nobody else here uses it.
        set_on_retry_hooks((_note,))
        async for trial in stamina.retry_context(
            on=worth_repeating,
            attempts=policy.attempts,
            timeout=None,
            wait_initial=policy.first_wait_seconds,
            wait_max=policy.longest_wait_seconds,
            wait_jitter=policy.jitter_seconds,
        ):
            with trial:
                last = None
                try:
                    return await attempt()
                except OrchestratorError as error:
                    last = error
                    raise
    raise last or expired()
