"""What happens at the station, as a stream: first a snapshot, then every event in its order.

`id` is a position; a reader that comes back with it as `Last-Event-ID` hears what it missed, or
gets a new snapshot. `beat` comes every second, `reload` and `bye` end the stream.
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.requests import Request

from orchestrator.domain.clock import timestamp
from orchestrator.web.api.parts import By, Here, streams_of
from orchestrator.web.api.views import event_data, event_name, snapshot_view
from orchestrator.web.problems import Refused
from orchestrator.web.streams import Cue, Frame, Position, Streams, read_position
from orchestrator.web.surface import Surface


def admitted(request: Request, by: By) -> Streams:
    """Return the streams when there is room for another one. Raises Refused."""
    streams = streams_of(request)
    if streams.admits(by.address):
        return streams
    raise Refused(
        429,
        "too_many_streams",
        "Too many event streams are open.",
        "Close some pages of this station.",
        headers={"Retry-After": "5"},
    )


LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="Where the stream before ended.")
]


async def follow_events(
    here: Here,
    by: By,
    streams: Annotated[Streams, Depends(admitted)],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens at the station.

    The first event is `snapshot` (schema Snapshot); then slot_changed, run_started, step_started,
    step_progress, step_finished, run_finished, prompt_opened, prompt_closed and notice as they
    happen, and `beat` every second. `reload`: begin anew; `bye`: the station program ends.
    """
    last = read_position(last_event_id)
    heard = last.sequence if last is not None else 0
    async for frame in streams.follow(by.address, last):
        if frame is Cue.SNAPSHOT:
            event, heard = _snapshot(here)
            yield event
        elif isinstance(frame, Cue) or frame.sequence > heard:
            yield _event(here, frame)


def _snapshot(here: Surface) -> tuple[ServerSentEvent, int]:
    snapshot = here.control.snapshot()
    position = Position(here.session, snapshot.sequence)
    text = snapshot_view(snapshot).model_dump_json()
    return ServerSentEvent(raw_data=text, event="snapshot", id=str(position)), snapshot.sequence


def _event(here: Surface, frame: Frame) -> ServerSentEvent:
    if isinstance(frame, Cue):
        now = json.dumps({"now": timestamp(here.clock.now())})
        return ServerSentEvent(raw_data=now, event=frame.name.lower())
    position = Position(here.session, frame.sequence)
    return ServerSentEvent(
        raw_data=event_data(frame.event), event=event_name(frame.event), id=str(position)
    )


STREAM = EventSourceResponse
