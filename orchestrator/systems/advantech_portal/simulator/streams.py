"""Event streams: the host's timeline as server-sent events, taken up again after an id.

A stream waits on the host's clock for the next event. It ends only with its link, or by a fault.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.systems.advantech_portal.simulator.events import Event
from orchestrator.systems.advantech_portal.simulator.faults import Fault
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import LinkDropped
from orchestrator.transport.serving import Send

EVENT_STREAM = "text/event-stream"
BEAT_SECONDS = 1.0
"""The longest time after which a stream notices that its link has gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for: names, whether each event is called `message`, and the last id."""

    names: tuple[str, ...]
    single: bool
    last_id: str | None


class Cut:
    """Breaks a stream when its fault says so: between two events, or within one."""

    def __init__(self, fault: Fault | None, now: float) -> None:
        self._events = fault.events if fault else 0
        self._until = now + fault.seconds if fault and fault.seconds else None
        self._sent = 0

    def is_due(self, now: float) -> bool:
        """True when the time of the stream is over."""
        return self._until is not None and now >= self._until

    def seconds(self, now: float) -> float:
        """Return how long the stream may still wait for an event."""
        return BEAT_SECONDS if self._until is None else max(0.0, self._until - now)

    def passes(self) -> bool:
        """Count an event; False when the stream breaks within it."""
        self._sent += 1
        return not self._events or self._sent <= self._events


async def run_stream(
    host: SimulatedHost, wanted: Wanted, fault: Fault | None, headers: dict[str, str], send: Send
) -> None:
    """Send events until the link breaks. Raises LinkDropped."""
    losses = host.link_losses
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw += [(b"content-type", EVENT_STREAM.encode()), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    cut = Cut(fault, host.now())
    cursor, first = _beginning(host, wanted)
    for event in first:
        await _send(host, event, wanted, cut, send)
    while True:
        host.events.catch_up(_seen(host))
        for event in host.events.after(cursor, wanted.names):
            await _send(host, event, wanted, cut, send)
            host.expect(losses)
            cursor = event.number
        if cut.is_due(host.now()):
            raise LinkDropped("the stream breaks")
        await host.world.sleep(_pause(host, cut))
        host.expect(losses)


def _beginning(host: SimulatedHost, wanted: Wanted) -> tuple[int, Iterator[Event] | list[Event]]:
    """Return the number after which the stream goes on, and what it sends before."""
    timeline = host.events
    timeline.catch_up(_seen(host))
    after = None if wanted.last_id is None else timeline.resume(wanted.last_id)
    if after is not None:
        return after, []
    present = timeline.present(wanted.names) if host.spec.stream_begins_with_present else []
    return timeline.newest, present


def _seen(host: SimulatedHost) -> float:
    """Return until when events happen: a frozen host has none."""
    return host.now() if host.frozen_since is None else host.frozen_since


def _pause(host: SimulatedHost, cut: Cut) -> float:
    now = host.now()
    moments = [now + min(BEAT_SECONDS, cut.seconds(now))]
    moments += [m for m in (host.events.next_at(), host.next_moment()) if m is not None and m > now]
    return max(0.001, min(moments) - now)


async def _send(host: SimulatedHost, event: Event, wanted: Wanted, cut: Cut, send: Send) -> None:
    content = written(host, event, wanted)
    whole = cut.passes()
    body = content if whole else content[: len(content) // 2]
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if not whole:
        raise LinkDropped("the stream breaks within an event")


def written(host: SimulatedHost, event: Event, wanted: Wanted) -> bytes:
    """Return an event as the wire has it."""
    data = json.dumps(host.events.data(event), separators=(",", ":"))
    name = "message" if wanted.single else event.name
    number = f"id: {host.events.identifier(event)}\n" if host.spec.event_ids else ""
    return f"{number}event: {name}\ndata: {data}\n\n".encode()


def stream_names(host: SimulatedHost, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of `names` that the host can send at all; a trap may come to every host."""
    return tuple(n for n in names if n in host.events.names or n == "snmptrap")
