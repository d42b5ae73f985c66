"""Follows an event stream over its breaks, for as long as somebody reads.

After a break it waits, longer with each failure, and asks the peer to go on behind the last event
that came. Events that the peer repeats are left out.
"""

import random
from collections import deque
from typing import NamedTuple

import anyio
from anyio.abc import AsyncResource

from orchestrator.domain.errors import ErrorClass, OrchestratorError, UntrustedPeer
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.rate import Sleep
from orchestrator.transport.sse import EventConnection, EventSource, ServerEvent

_REMEMBERED = 4096


class Opened(NamedTuple):
    """The stream is open; `again` after a break."""

    again: bool


class Lost(NamedTuple):
    """The stream broke, or could not be opened. It is tried again after `wait_seconds`."""

    error: OrchestratorError
    wait_seconds: float


_Key = tuple[str, str, int]


class EventFeed(AsyncResource):
    """Follows one stream over its breaks. Iterate over it, and close it.

    It yields `Opened`, then events, then `Lost` with each break. What only a person can mend is
    raised instead: a refused account, a peer that cannot prove itself, and before the first
    success whatever is no matter of link, time or load. Reading on afterwards tries again.
    """

    def __init__(
        self, source: EventSource, endpoint: Endpoint, *, sleep: Sleep = anyio.sleep
    ) -> None:
        self._source = source
        self._endpoint = endpoint
        self._sleep = sleep
        self._connection: EventConnection | None = None
        self._was_open = False
        self._failures = 0
        self._wait = 0.0
        self._last_id = ""
        self._seen: deque[_Key] = deque(maxlen=_REMEMBERED)
        self._before: frozenset[_Key] = frozenset()

    def __aiter__(self) -> "EventFeed":
        return self

    async def __anext__(self) -> ServerEvent | Opened | Lost:
        """Return what happens next. Raises what a person has to mend."""
        if self._connection is None:
            return await self._opened()
        while True:
            try:
                event = await self._connection.next()
            except OrchestratorError as error:
                return await self.lose(error)
            self._failures = 0
            self._last_id = event.id or self._last_id
            if not self._is_repeated(event):
                return event

    async def lose(self, error: OrchestratorError) -> Lost:
        """Give the open stream up because of `error`, and try again after the pause returned."""
        policy = self._source.policy
        asked = self._connection.retry_seconds if self._connection is not None else None
        await self.aclose()
        wait = max(policy.first_wait_seconds * 2.0 ** min(self._failures, 16), asked or 0.0)
        wait = min(wait, policy.longest_wait_seconds)
        self._failures += 1
        self._wait = wait * (1 - random.uniform(0, policy.jitter))  # noqa: S311  # no secret
        return Lost(error, self._wait)

    async def aclose(self) -> None:
        """Close the stream. Reading on opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def _opened(self) -> Opened | Lost:
        if self._wait:
            await self._sleep(self._wait)
        try:
            self._connection = await self._source.open(self._endpoint, self._last_id)
        except OrchestratorError as error:
            lost = await self.lose(error)
            if self._needs_a_person(error):
                raise
            return lost
        again, self._was_open = self._was_open, True
        self._before = frozenset(self._seen)
        return Opened(again)

    def _needs_a_person(self, error: OrchestratorError) -> bool:
        if isinstance(error, UntrustedPeer) or error.kind is ErrorClass.RIGHTS:
            return True
        passing = {ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY, ErrorClass.ANSWER}
        # A host that starts may deny for a moment what it had before.
        return error.kind not in passing and not self._was_open

    def _is_repeated(self, event: ServerEvent) -> bool:
        """Tell whether the peer repeats, at the beginning of a stream, what came before.

        The data are compared too: a peer that lost its memory counts from the beginning again.
        """
        if not event.id:
            return False
        key = (event.name, event.id, hash(event.data))
        if key in self._before:
            return True
        self._before = frozenset()
        self._seen.append(key)
        return False
