"""Event streams of a host: what comes, with the state read again whenever a stream opens.

What changed while a stream was broken may have been sent to nobody, so each opening is followed by
the calls that read the same values. A value that was asked for says so and has no id; a value of
the stream has the host's own id where it gives one, and comes once.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from anyio.abc import AsyncResource
from pydantic import BaseModel

from orchestrator.domain.errors import ErrorClass, OrchestratorError, StationMisuse, UnusableAnswer
from orchestrator.systems.advantech_portal import endpoints
from orchestrator.systems.advantech_portal.client.calls import HostCalls
from orchestrator.systems.advantech_portal.endpoints import Event
from orchestrator.systems.advantech_portal.errors import NotSupportedHere, no_account, refusal_from
from orchestrator.transport.client import Answer
from orchestrator.transport.decode import read_model
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.feed import EventFeed, Lost, Opened
from orchestrator.transport.in_process_stream import SocketRefused
from orchestrator.transport.sse import EventSource, ServerEvent
from orchestrator.transport.websocket import Door, Socket

_PASSING = {ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY, ErrorClass.ANSWER}


@dataclass(frozen=True, slots=True)
class HostEvent:
    """One value. `name` is that of `endpoints.EVENTS`, `message` in a single stream.

    `asked` tells a value that was read when the stream opened from one that the stream brought;
    `id` is the host's own for the latter, empty where it numbers nothing.
    """

    name: str
    value: BaseModel
    id: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The stream is open, and the values that were present have been told. `again`: after a break.

    `lacking` are the events of which the host has nothing to read.
    """

    again: bool
    lacking: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StreamLost:
    """The stream broke or could not be opened; it is tried again after `wait_seconds`."""

    error: OrchestratorError
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class EventUnusable:
    """An event came whose data do not fit; `error` says how."""

    name: str
    id: str
    error: UnusableAnswer


Read = Callable[[Endpoint], Awaitable[BaseModel]]
"""Makes a call without parameters."""

StreamNews = HostEvent | StreamOpened | StreamLost | EventUnusable


class HostStream(AsyncResource):
    """What a host tells, for as long as somebody reads: iterate over it, and close it.

    With each opening come the present values, then `StreamOpened`, then events as they happen.
    A break is `StreamLost`, and reading on takes the stream up again. Raises what only a person can
    mend: SignInRefused, UntrustedPeer, and at the first opening NotSupportedHere.
    """

    def __init__(self, read: Read, feed: EventFeed, events: Mapping[str, Event]) -> None:
        self._read = read
        self._feed = feed
        self._events = events
        self._ready: deque[StreamNews] = deque()
        self._was_open = False
        self._is_opening = False

    def __aiter__(self) -> "HostStream":
        return self

    async def __anext__(self) -> StreamNews:
        """Return what is next."""
        while not self._ready:
            if self._is_opening:
                # Also after a reader who gave up in the middle of it.
                self._ready.extend(await self._present())
                self._is_opening = False
                continue
            news = await anext(self._feed)
            if isinstance(news, Opened):
                self._is_opening = True
            elif isinstance(news, Lost):
                self._ready.append(StreamLost(news.error, news.wait_seconds))
            elif (told := self._told(news)) is not None:
                self._ready.append(told)
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Close the stream. Reading on opens it again."""
        self._ready.clear()
        self._is_opening = False
        await self._feed.aclose()

    async def _present(self) -> list[StreamNews]:
        """Read the values that the stream is about."""
        present: list[StreamNews] = []
        lacking: set[str] = set()
        for event in self._events.values():
            if event.read is None:
                continue
            try:
                value = await self._read(event.read)
            except NotSupportedHere:
                lacking.add(event.name)
                continue
            except OrchestratorError as error:
                self._is_opening = False
                lost = await self._feed.lose(error)
                if error.kind not in _PASSING:
                    raise
                return [StreamLost(lost.error, lost.wait_seconds)]
            present.append(HostEvent(event.name, value, asked=True))
        again, self._was_open = self._was_open, True
        return [*present, StreamOpened(again, frozenset(lacking))]

    def _told(self, sent: ServerEvent) -> HostEvent | EventUnusable | None:
        """Return what an event means, None for one that nobody asked for."""
        event = self._events.get(sent.name)
        if event is None:
            return None
        try:
            value = read_model(event.model, sent.data.encode())
        except UnusableAnswer as error:
            return EventUnusable(sent.name, sent.id, error)
        return HostEvent(sent.name, value, sent.id)


class StreamCalls(HostCalls):
    """Opens the doors of a host: event streams and WebSockets."""

    def _single(self, endpoint: Endpoint) -> HostStream:
        event = endpoints.SINGLE_STREAMS[endpoint.name]
        return self._stream(endpoint, {event.name: event})

    def _combined(self, names: Collection[str] | None) -> HostStream:
        known = {event.name: event for event in endpoints.EVENTS}
        wanted = known.keys() if names is None else set(names)
        if not wanted or not wanted <= known.keys():
            raise StationMisuse(
                f"A host has no events {sorted(wanted - known.keys())}",
                remedy=f"Choose from {', '.join(known)}",
                code="value",
            )
        return self._stream(
            endpoints.STREAM_EVENTS, {n: event for n, event in known.items() if n in wanted}
        )

    def _stream(self, endpoint: Endpoint, events: Mapping[str, Event]) -> HostStream:
        self._need(endpoint)
        self._need_account(endpoint)
        source = EventSource(
            self._base_url,
            peer=self._peer,
            context=self._context,
            server_name=self._server_name,
            transport=self._transport,
            refuse=refusal_from,
            permit=self._session.for_stream,
            policy=self._streams,
        )
        return HostStream(self._call, EventFeed(source, endpoint, sleep=self._sleep), events)

    async def _socket(
        self, endpoint: Endpoint, path: Mapping[str, str], subprotocols: tuple[str, ...] = ()
    ) -> Socket:
        """Open a WebSocket; a refused token is renewed once."""
        self._need(endpoint)
        self._need_account(endpoint)
        door = self._door(endpoint, path, subprotocols)
        try:
            permit = await self._session()
            try:
                return await self._sockets(replace(door, headers=permit))
            except SocketRefused as refused:
                if refused.status != HTTPStatus.UNAUTHORIZED:
                    raise
            permit = await self._session(permit)
            return await self._sockets(replace(door, headers=permit))
        except SocketRefused as refused:
            answer = Answer(endpoint, refused.status, {}, refused.body)
            error = refusal_from(answer)
            raise error.at(peer=self._peer, endpoint=endpoint.label) from refused
        except OrchestratorError as error:
            error.at(peer=self._peer, endpoint=endpoint.label)
            raise

    def _door(
        self, endpoint: Endpoint, path: Mapping[str, str], subprotocols: tuple[str, ...]
    ) -> Door:
        scheme, _, place = self._base_url.partition("://")
        secure = "wss" if scheme == "https" else "ws"
        return Door(
            f"{secure}://{place}{endpoint.path.format_map(path)}",
            context=self._context,
            server_name=self._server_name,
            message_bytes=endpoint.answer_cap_bytes,
            connect_seconds=self._streams.connect_seconds,
            subprotocols=subprotocols,
        )

    def _need_account(self, endpoint: Endpoint) -> None:
        if self._session.account is None:
            raise no_account(endpoint).at(peer=self._peer, endpoint=endpoint.label)
