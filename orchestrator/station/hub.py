"""The event hub: what happens on the station, handed to whoever listens.

Publishing never waits. Each listener has a bounded queue of its own; one that is too slow loses
its oldest events and knows how many. Everything runs on the event loop's thread.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import anyio

from orchestrator.domain.events import Event

LISTENER_LIMIT = 4096


class Listener:
    """One subscription: iterate over it to receive events in their order."""

    def __init__(self, limit: int) -> None:
        self._events: deque[Event] = deque(maxlen=limit)
        self._wake = anyio.Event()
        self._closed = False
        self.dropped = 0
        """How many events this listener was too slow for."""

    def push(self, event: Event) -> None:
        """Take `event`; the oldest one falls out when the queue is full."""
        if len(self._events) == self._events.maxlen:
            self.dropped += 1
        self._events.append(event)
        self._wake.set()

    def close(self) -> None:
        """End the iteration after the events that are already here."""
        self._closed = True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            if self._closed:
                return
            self._wake = anyio.Event()
            await self._wake.wait()


class Hub:
    """Hands every published event to every listener."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: Event) -> None:
        """Hand `event` to all listeners without waiting for any."""
        for listener in self._listeners:
            listener.push(event)

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
