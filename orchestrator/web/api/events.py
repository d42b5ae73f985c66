"""What happens at the station, as a stream: first a snapshot, then every event in its order.

`id` is a position; a reader that comes back with it as `Last-Event-ID` hears what it missed, or
gets a new snapshot. `beat` comes every second, `reload` and `bye` end the stream.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from orchestrator.domain.clock import timestamp
from orchestrator.web.api.parts import By, Here, door_of, streams_of
from orchestrator.web.api.views import event_data, event_name, snapshot_view
from orchestrator.web.event_stream import EventStream, frame
from orchestrator.web.problems import Refused
from orchestrator.web.rights import Right
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
    request: Request,
    here: Here,
    by: By,
    streams: Annotated[Streams, Depends(admitted)],
    last_event_id: LastEventId = None,
) -> EventStream:
    """Follow what happens at the station.

    The first event is `snapshot` (schema Snapshot); then slot_changed, run_started, step_started,
    step_progress, step_finished, run_finished, prompt_opened, prompt_closed and notice as they
    happen, and `beat` every second. `reload`: begin anew, who must sign in is told so then;
    `bye`: the station program ends.
    """
    last = read_position(last_event_id)
    allowed = partial(door_of(request).may_still, request, Right.LOOK)
    return EventStream(_frames(here, streams.follow(by.address, last), last, allowed))


async def _frames(
    here: Surface,
    follow: AsyncGenerator[Frame, None],
    last: Position | None,
    allowed: Callable[[], bool],
) -> AsyncGenerator[bytes, None]:
    heard = last.sequence if last is not None else 0
    async with aclosing(follow) as frames:
        async for each in frames:
            if each is Cue.BEAT and not allowed():
                yield _cue(here, Cue.RELOAD)
                return
            if each is Cue.SNAPSHOT:
                snapshot = here.control.snapshot()
                heard = snapshot.sequence
                text = snapshot_view(snapshot).model_dump_json()
                yield frame("snapshot", text, str(Position(here.session, heard)))
            elif isinstance(each, Cue):
                yield _cue(here, each)
            elif each.sequence > heard:
                position = str(Position(here.session, each.sequence))
                yield frame(event_name(each.event), event_data(each.event), position)


def _cue(here: Surface, cue: Cue) -> bytes:
    return frame(cue.name.lower(), json.dumps({"now": timestamp(here.clock.now())}))
