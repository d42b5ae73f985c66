"""Streams of events for browsers and programs: what they begin with, follow, and end with.

Each has a bounded queue of its own; one that is too slow is told to begin anew, and the station
never waits for it. At the end of the daemon every stream says goodbye by itself.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

import anyio

from orchestrator.station.hub import Hub, Listener, Numbered

QUEUE_EVENTS = 256
BEAT_SECONDS = 1.0
STREAMS = 200
"""Most streams of one station."""


class Cue(Enum):
    """What a stream says besides events."""

    SNAPSHOT = auto()
    """Begin with the whole picture: nothing before it counts."""
    BEAT = auto()
    """The station lives; comes in any case, so that a silent page is known to be old."""
    RELOAD = auto()
    """Events were lost on the way to you: begin anew. The last word of the stream."""
    BYE = auto()
    """The station program ends. The last word of the stream."""


Frame = Numbered | Cue


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader stopped: a number within one start of the daemon."""

    session: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.session}-{self.sequence}"


def read_position(text: str | None) -> Position | None:
    """Return the position that a `Last-Event-ID` names, None when it names none."""
    session, dash, number = (text or "")[:64].rpartition("-")
    if not dash or not number.isascii() or not number.isdigit():
        return None
    return Position(session, int(number))


class Streams:
    """The open streams of one station; `limit_per_client` of one address at most."""

    def __init__(self, hub: Hub, session: str, limit_per_client: int) -> None:
        self._hub = hub
        self._session = session
        self._limit_per_client = limit_per_client
        self._open: Counter[str] = Counter()
        self._listeners: set[Listener] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def admits(self, client: str) -> bool:
        """Say whether the address `client` may open another stream."""
        return self._open[client] < self._limit_per_client and len(self) < STREAMS

    def close(self) -> None:
        """Have every stream say goodbye; new ones do so at once."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    async def follow(
        self, client: str, last: Position | None = None, *, beat_seconds: float = BEAT_SECONDS
    ) -> AsyncGenerator[Frame, None]:
        """Yield what a reader at the address `client` is to be told, until the end of the stream.

        `last` is where it stopped: the events since then follow, or a snapshot when they are no
        longer kept or belong to another start.
        """
        with self._listening(client) as listener:
            for frame in self._beginning(last):
                yield frame
            next_beat = anyio.current_time() + beat_seconds
            while not listener.dropped and not self._closed:
                numbered: Numbered | None = None
                with anyio.CancelScope(deadline=next_beat) as patience:
                    numbered = await listener.next()
                if numbered is not None:
                    yield numbered
                elif not patience.cancelled_caught:
                    yield Cue.BYE
                    return
                if anyio.current_time() >= next_beat:
                    next_beat = anyio.current_time() + beat_seconds
                    yield Cue.BEAT
            yield Cue.BYE if self._closed else Cue.RELOAD

    def _beginning(self, last: Position | None) -> list[Frame]:
        missed = None
        if last is not None and last.session == self._session:
            missed = self._hub.since(last.sequence)
        return [Cue.SNAPSHOT] if missed is None else list(missed)

    @contextmanager
    def _listening(self, client: str) -> Iterator[Listener]:
        with self._hub.listen(QUEUE_EVENTS) as listener:
            self._open[client] += 1
            self._listeners.add(listener)
            if self._closed:
                listener.close()
            try:
                yield listener
            finally:
                self._listeners.discard(listener)
                self._open[client] -= 1
                if not self._open[client]:
                    del self._open[client]
