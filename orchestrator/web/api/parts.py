"""What handlers of the API are given: the station, who asks, and a memory of what was asked.

Every route depends on `Allowed`, which finds out who asks, refuses unknown query parameters and
demands the right of the route's row in the table.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

import anyio
from fastapi import Depends, Header
from fastapi.dependencies.models import Dependant
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import OrchestratorError
from orchestrator.station.snapshot import SlotSnapshot, StationSnapshot
from orchestrator.web.api.models import Answer, Done
from orchestrator.web.callers import Caller, Door
from orchestrator.web.problems import Pointed, Refused, status_of
from orchestrator.web.rights import Right
from orchestrator.web.streams import Streams
from orchestrator.web.surface import Surface

A = TypeVar("A", bound=Answer)
REMEMBERED_SECONDS = 24 * 3600.0
_REMEMBERED = 4096


def surface_of(request: Request) -> Surface:
    """Return the station that is served."""
    surface: Surface = request.app.state.surface
    return surface


def door_of(request: Request) -> Door:
    """Return who lets callers in."""
    door: Door = request.app.state.door
    return door


def streams_of(request: Request) -> Streams:
    """Return the open streams."""
    streams: Streams = request.app.state.streams
    return streams


def caller_of(request: Request) -> Caller:
    """Return who asks. Raises Refused."""
    return door_of(request).caller(request)


Here = Annotated[Surface, Depends(surface_of)]
By = Annotated[Caller, Depends(caller_of)]
AtDoor = Annotated[Door, Depends(door_of)]


class Allowed:
    """The dependency of one route: who asks has `right`, and nothing unknown is asked."""

    def __init__(self, operation: str, right: Right | None) -> None:
        self.operation = operation
        self.right = right

    async def __call__(self, request: Request, caller: By) -> Caller:
        """Return who asks. Raises Refused; a missing right is recorded before."""
        if self.right is not None:
            await door_of(request).demand(caller, self.right, self.operation)
        _refuse_unknown(request)
        return caller


def _refuse_unknown(request: Request) -> None:
    dependant: Dependant = request.scope["route"].dependant
    known = set(_query_names(dependant))
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = [name for name in given if name not in known or given.count(name) > 1]
    if wrong:
        allowed = ", ".join(sorted(known)) or "none"
        raise Refused(
            422,
            "query",
            "The address has query parameters that are not known here, or the same one twice.",
            f"Known here: {allowed}.",
            errors=[
                Pointed(pointer=f"query:{name[:64]}", message="not known here, or given twice")
                for name in dict.fromkeys(wrong)
            ][:20],
        )


def _query_names(dependant: Dependant) -> Iterator[str]:
    for found in dependant.query_params:
        yield found.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)


# The station


def slot_of(snapshot: StationSnapshot, name: str) -> SlotSnapshot:
    """Return the slot `name`. Raises Refused when there is none."""
    for slot in snapshot.slots:
        if slot.name == name:
            return slot
    raise not_found("slot", "List the slots to see their names.")


def not_found(what: str, remedy: str = "") -> Refused:
    """Return the refusal of something that is not there; the id that was asked is not repeated."""
    return Refused(404, "not_found", f"There is no such {what}.", remedy)


# Tags


def tag(*parts: object) -> str:
    """Return the ETag of something that is told apart by `parts`."""
    digest = hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


def not_changed(request: Request, response: Response, etag: str) -> bool:
    """Set the tag of an answer that never changes; True when the other side has it already."""
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    given = request.headers.get("if-none-match", "")
    return etag in {one.strip().removeprefix("W/") for one in given.split(",")}


def demand_match(given: str | None, present: str, now: str) -> None:
    """Return when what is to be changed is still as the caller saw it. Raises Refused.

    `given` is the header If-Match; `now` says how it is now.
    """
    if given is None:
        raise Refused(
            428,
            "if_match",
            "This can be changed only by who says what it was before.",
            "Read it, and send its ETag as If-Match.",
        )
    tags = {one.strip() for one in given.split(",")}
    if "*" not in tags and present not in tags:
        raise Refused(
            412,
            "changed",
            f"Somebody was faster: {now}",
            "Look again, then decide again.",
            headers={"ETag": present},
        )


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=256, description="The ETag that was read before."),
]


# Commands that are sent twice


@dataclass(slots=True)
class _Kept:
    body: str
    until: float
    done: anyio.Event = field(default_factory=anyio.Event)
    answer: Answer | None = None
    error: OrchestratorError | None = None


class Memory:
    """What commands with an Idempotency-Key were answered, for a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def once(self, key: str, body: str, act: Callable[[], Awaitable[A]]) -> A:
        """Carry `act` out once under `key` and return what was answered then.

        Raises what `act` raised then, and Refused when the same key came with another body.
        """
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is None or kept.until < now:
            kept = self._kept[key] = _Kept(body, now + REMEMBERED_SECONDS)
            self._kept.move_to_end(key)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
            return await self._first(key, kept, act)
        if kept.body != body:
            raise Refused(
                422,
                "idempotency_key",
                "This Idempotency-Key was used for another request.",
                "Send a new key with every new request.",
            )
        await kept.done.wait()
        if kept.error is not None:
            raise kept.error
        if kept.answer is None:
            # The first one was cut off: nobody knows its end, so it is asked for anew.
            return await self.once(key, body, act)
        # The same key and body reach the same handler: its answer is of the same kind.
        return cast("A", kept.answer)

    async def _first(self, key: str, kept: _Kept, act: Callable[[], Awaitable[A]]) -> A:
        try:
            answer = await act()
            kept.answer = answer
            return answer
        except OrchestratorError as error:
            if status_of(error)[0] < 500:
                kept.error = error
            raise
        finally:
            if kept.answer is None and kept.error is None:
                self._kept.pop(key, None)
            kept.done.set()


@dataclass(frozen=True, slots=True)
class Once:
    """Carries one command out, and only once when it has an Idempotency-Key."""

    memory: Memory
    key: str
    body: str

    async def __call__(self, act: Callable[[], Awaitable[A]]) -> A:
        """Return what the command answers. Raises what it raises."""
        if not self.key:
            return await act()
        return await self.memory.once(self.key, self.body, act)

    async def says(self, act: Callable[[], Awaitable[str]]) -> Done:
        """Return the sentence of a command. Raises what it raises."""

        async def told() -> Done:
            return Done(says=await act())

        return await self(told)


async def once_of(
    request: Request,
    caller: By,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=128,
            description="The same key within a day gets the same answer; it is done once.",
        ),
    ] = None,
) -> Once:
    """Return what carries this request's command out."""
    memory: Memory = request.app.state.memory
    if idempotency_key is None:
        return Once(memory, "", "")
    person = caller.actor.person if caller.signed_in else caller.address
    body = hashlib.sha256(await request.body()).hexdigest()
    return Once(memory, f"{person} {request.url.path} {idempotency_key}", body)


JustOnce = Annotated[Once, Depends(once_of)]
