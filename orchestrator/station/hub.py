"""The event hub: what happens on the station, numbered and handed to whoever listens.

Publishing never waits. Each listener has a bounded queue of its own; one that is too slow loses
its oldest events and knows how many. The last events are kept, so that a reader who was away can
go on where it was. Everything runs on the event loop's thread.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import anyio

from orchestrator.domain.events import Event

LISTENER_LIMIT = 4096
KEPT = 4096
"""How many of the last events a reader may ask for again."""


class Numbered(NamedTuple):
    """An event with its number; the numbers rise by one, from 1 at the start of the daemon."""

    sequence: int
    event: Event


class Listener:
    """One subscription: iterate over it to receive events in their order."""

    def __init__(self, limit: int) -> None:
        self._events: deque[Numbered] = deque(maxlen=limit)
        self._wake = anyio.Event()
        self._closed = False
        self.dropped = 0
        """How many events this listener was too slow for."""

    def push(self, numbered: Numbered) -> None:
        """Take an event; the oldest one falls out when the queue is full."""
        if len(self._events) == self._events.maxlen:
            self.dropped += 1
        self._events.append(numbered)
        self._wake.set()

    def close(self) -> None:
        """End the iteration after the events that are already here."""
        self._closed = True
        self._wake.set()

    async def numbered(self) -> AsyncIterator[Numbered]:
        """Yield events with their numbers; a gap shows what this listener was too slow for."""
        while (numbered := await self.next()) is not None:
            yield numbered

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (numbered := await self.next()) is not None:
            yield numbered.event

    async def next(self) -> Numbered | None:
        """Return the next event, None when there will be none; nothing is lost by cancelling."""
        while not self._events:
            if self._closed:
                return None
            self._wake = anyio.Event()
            await self._wake.wait()
        return self._events.popleft()


class Hub:
    """Numbers every published event and hands it to every listener."""

    def __init__(self, kept: int = KEPT) -> None:
        self._listeners: list[Listener] = []
        self._kept: deque[Numbered] = deque(maxlen=kept)
        self._watchers: list[Callable[[Event], None]] = []
        self._at_end: list[Callable[[], None]] = []
        self.sequence = 0
        """The number of the newest event, 0 before the first."""

    def publish(self, event: Event) -> None:
        """Hand `event` to all without waiting for any."""
        self.sequence += 1
        numbered = Numbered(self.sequence, event)
        self._kept.append(numbered)
        for take in self._watchers:
            take(event)
        for listener in self._listeners:
            listener.push(numbered)

    def watch(self, take: Callable[[Event], None]) -> None:
        """Have `take` called with every event, at once; it must neither wait nor raise."""
        self._watchers.append(take)

    def at_end(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when nothing more will happen; it must neither wait nor raise."""
        self._at_end.append(tell)

    def since(self, sequence: int) -> Sequence[Numbered] | None:
        """Return the events after that number; None when some of them are no longer kept.

        Whoever gets None, or has a number of another start, begins with a snapshot.
        """
        missing = self.sequence - sequence
        if missing < 0 or missing > len(self._kept):
            return None
        return list(islice(self._kept, len(self._kept) - missing, None))

    @contextmanager
    def listen(self, limit: int = LISTENER_LIMIT) -> Iterator[Listener]:
        """Subscribe from now on, keeping at most `limit` events that were not yet taken."""
        listener = Listener(limit)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)
            listener.close()

    def close(self) -> None:
        """End the iteration of every listener: nothing more will happen."""
        for listener in self._listeners:
            listener.close()
        for tell in self._at_end:
            tell()
