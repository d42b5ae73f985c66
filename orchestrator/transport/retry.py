"""Repeats a call that may be repeated, a few times, with growing jittered pauses, in bounded time.

What is worth repeating is decided by the error: the link failed, or the other side said that it is
busy. A call that is not idempotent is repeated only where the peer said that it did nothing with
the request (`NotNow` with `untouched`).
"""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
    """How often and how patiently a call is repeated. Times are seconds.

    `longest_hint_seconds` caps how long a peer's own `Retry-After` is obeyed.
    """

    attempts: int = 4
    first_wait_seconds: float = 0.1
    longest_wait_seconds: float = 1.0
    jitter_seconds: float = 0.1
    longest_hint_seconds: float = 60.0


class NotNow(Exception):
    """The peer put a request off. `error` is what the caller sees once patience has ended.

    `untouched`: it certainly did nothing with the request. `wait_seconds`: how long it asked to be
    left alone, None when it did not say.
    """

    def __init__(
        self, error: OrchestratorError, *, untouched: bool, wait_seconds: float | None
    ) -> None:
        super().__init__(error.what)
        self.error = error
        self.untouched = untouched
        self.wait_seconds = wait_seconds


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None for none or nonsense."""
    text = (value or "").strip()
    if text.isdecimal() and text.isascii():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def worth_repeating(error: Exception) -> bool:
    """Say whether the same request may well succeed in a moment."""
    if isinstance(error, Unreachable | ConnectionLost):
        return True
    return isinstance(error, OrchestratorError) and error.kind is ErrorClass.BUSY


def _again(
    policy: RetryPolicy, deadline: float, *, idempotent: bool
) -> Callable[..., bool | float]:
    """Return what tells whether to repeat after an error, and after how long when the peer said."""

    def decide(error: Exception) -> bool | float:
        if not isinstance(error, NotNow):
            return idempotent and worth_repeating(error)
        if not (error.untouched or (idempotent and worth_repeating(error.error))):
            return False
        if error.wait_seconds is None:
            return True
        # Spread, so that all who were sent away together do not come back together.
        jitter = random.uniform(0, policy.jitter_seconds)  # noqa: S311  # no secret
        wait = min(error.wait_seconds, policy.longest_hint_seconds) + jitter
        # A pause that outlasts the call would only delay the bad news.
        return wait if anyio.current_time() + wait < deadline else False

    return decide


def _note(details: RetryDetails) -> None:
    _LOG.info("asking again in %.2f s, because: %s", details.wait_for, details.caused_by)


async def within(
    seconds: float,
    attempt: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    expired: Callable[[], OrchestratorError],
    *,
    idempotent: bool = True,
) -> T:
    """Await `attempt`, repeated by `policy`; all attempts and pauses together take `seconds`.

    When time runs out during an attempt, `expired()` is raised; during a pause, the error of the
    attempt before it.
    """
    last: Exception | None = None
    made: list[Exception] = []
    try:
        with anyio.move_on_after(seconds) as scope:
            # Nearly every call succeeds at once and needs none of what follows.
            try:
                return await attempt()
            except (OrchestratorError, NotNow) as error:
                decide = _again(policy, scope.deadline, idempotent=idempotent)
                if decide(error) is False:
                    raise
                last = error
                made.append(error)
            # Unset, stamina reports to standard output, where data goes. Nobody else here uses it.
            set_on_retry_hooks((_note,))
            async for trial in stamina.retry_context(
                on=decide,
                attempts=policy.attempts,
                timeout=None,
                wait_initial=policy.first_wait_seconds,
                wait_max=policy.longest_wait_seconds,
                wait_jitter=policy.jitter_seconds,
            ):
                with trial:
                    if made:
                        # The attempt that was made above is the first of this count.
                        raise made.pop()
                    last = None
                    try:
                        return await attempt()
                    except (OrchestratorError, NotNow) as error:
                        last = error
                        raise
        raise last or expired()
    except NotNow as put_off:
        raise put_off.error from None
