"""Event streams (server-sent events) of one peer: opened once, and read within bounds.

Nothing is kept for a slow reader but what the network holds: the peer waits for it. Taking up a
stream that broke is the business of `feed`, what an event means that of the room.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple, Protocol

import anyio
import httpx
import httpx_sse
from anyio.abc import AsyncResource

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OrchestratorError,
    UnusableAnswer,
)
from orchestrator.transport.body import checked_headers
from orchestrator.transport.client import Answer, Refuse, Transport, refuse_by_status
from orchestrator.transport.connection import new_connection
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.faults import FOREIGN, fault_from
from orchestrator.transport.handshake import HandshakeGuard
from orchestrator.transport.text import printable
from orchestrator.transport.tls import empty_context

_REFUSAL_BYTES = 64 * 1024
_LONGEST_ID = 256
_ENDS = (b"\n\n", b"\r\r", b"\n\r\n")
_TAIL = 2
"""So much of a piece may belong to an end that the next one completes."""


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """How patient a stream is. Times are seconds.

    A stream that brings nothing for `silence_seconds`, not even a comment, counts as broken. After
    a break the pause begins with `first_wait_seconds` and doubles up to `longest_wait_seconds`;
    `jitter` is the part of it that is left to chance, so that many do not come back together.
    """

    connect_seconds: float = 10.0
    silence_seconds: float = 120.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    jitter: float = 0.25


class ServerEvent(NamedTuple):
    """One event: its name (`message` when the peer gives none), its data, the peer's id for it."""

    name: str
    data: str
    id: str


class Permit(Protocol):
    """Gives header and query of one attempt to open a stream."""

    async def __call__(
        self, refused: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return both; `refused` is what the peer has just answered with 401, both together."""
        ...


async def no_permit(
    refused: Mapping[str, str] | None = None,
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Open a stream that needs no permit."""
    del refused
    return {}, {}


class EventSource:
    """Opens streams of one peer. The members are those of an `HttpClient`."""

    def __init__(
        self,
        base_url: str,
        *,
        peer: str,
        context: ssl.SSLContext | None = None,
        server_name: str | None = None,
        transport: Transport | None = None,
        refuse: Refuse = refuse_by_status,
        permit: Permit = no_permit,
        policy: StreamPolicy | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._peer = peer
        self._context = context or empty_context()
        self._server_name = server_name
        self._transport = transport
        self._refuse = refuse
        self._permit = permit
        self.policy = policy or StreamPolicy()

    async def open(self, endpoint: Endpoint, last_id: str = "") -> "EventConnection":
        """Open a stream, behind the event `last_id` if the peer kept what followed.

        A refused permit is renewed once. Raises LinkFault, DeadlineExceeded, UnusableAnswer, and
        what `refuse` makes of a refusal; each names peer and endpoint.
        """
        library = new_connection(self._context, self._transport, self._server_name, keep=0)
        try:
            async with AsyncExitStack() as closing:
                closing.push_async_callback(_close, library)
                with anyio.fail_after(self.policy.connect_seconds):
                    response = await self._asked(library, endpoint, last_id)
                closing.pop_all()
        except TimeoutError:
            raise DeadlineExceeded(
                f"No event stream came about within {self.policy.connect_seconds:g} s",
                remedy="Check the cable and whether the unit is still at work",
                where={"peer": self._peer, "endpoint": endpoint.label},
                code="deadline",
            ) from None
        except OrchestratorError as error:
            error.at(peer=self._peer, endpoint=endpoint.label)
            raise
        cap = endpoint.answer_cap_bytes
        return EventConnection(library, response, self.policy.silence_seconds, cap)

    async def _asked(
        self, library: httpx.AsyncClient, endpoint: Endpoint, last_id: str
    ) -> httpx.Response:
        headers, query = await self._permit()
        response = await self._ask(library, endpoint, last_id, (headers, query))
        if response.status_code == HTTPStatus.UNAUTHORIZED and (headers or query):
            await response.aclose()
            permit = await self._permit({**headers, **query})
            response = await self._ask(library, endpoint, last_id, permit)
        async with AsyncExitStack() as closing:
            closing.push_async_callback(response.aclose)
            await self._judge(endpoint, response)
            closing.pop_all()
        return response

    async def _ask(
        self,
        library: httpx.AsyncClient,
        endpoint: Endpoint,
        last_id: str,
        permit: tuple[Mapping[str, str], Mapping[str, str]],
    ) -> httpx.Response:
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        url = httpx.URL(self._base_url + endpoint.path)
        query = permit[1] or None
        extensions: dict[str, object] = {"trace": HandshakeGuard()}
        if self._server_name:
            extensions["sni_hostname"] = self._server_name
        if query and self._transport is None:
            # The library writes addresses into its log: a token in the query goes past it.
            extensions["target"] = url.copy_merge_params(query).raw_path
            query = None
        try:
            request = library.build_request(
                endpoint.method,
                url,
                headers={**headers, **checked_headers(permit[0])},
                params=query,
                timeout=None,  # the deadlines are ours
                extensions=extensions,
            )
            return await library.send(request, stream=True)
        except FOREIGN as error:
            raise fault_from(error) from error

    async def _judge(self, endpoint: Endpoint, response: httpx.Response) -> None:
        """Raise unless the answer is an event stream."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != HTTPStatus.OK:
            body = await _beginning(response)
            raise self._refuse(Answer(endpoint, response.status_code, headers, body))
        if kind != "text/event-stream":
            raise UnusableAnswer(
                f"No event stream came but {printable(kind, 60) or 'an answer of no type'}",
                remedy="Check the address; a proxy or a sign-in page of the network may answer",
                code="answer.stream",
            )


async def _beginning(response: httpx.Response) -> bytes:
    """Return the beginning of a refusal."""
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async for piece in response.stream:
            body += piece
            if len(body) > _REFUSAL_BYTES:
                break
    except FOREIGN as error:
        raise fault_from(error) from error
    return bytes(body[:_REFUSAL_BYTES])


async def _close(library: httpx.AsyncClient) -> None:
    with anyio.CancelScope(shield=True):
        await library.aclose()


class _Guarded(httpx.AsyncByteStream):
    """The bytes of a stream, watched: for silence, and for an event without an end."""

    def __init__(self, stream: httpx.AsyncByteStream, silence_seconds: float, cap: int) -> None:
        self._stream = stream
        self._silence = silence_seconds
        self._cap = cap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = aiter(self._stream)
        since_event, before = 0, b""
        while True:
            try:
                with anyio.fail_after(self._silence):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise DeadlineExceeded(
                    f"The event stream was silent for {self._silence:g} s",
                    remedy="Check the cable and whether the unit is still at work",
                    code="silence",
                ) from None
            if piece is None:
                return
            # A peer may send the empty line at an event's end by itself.
            seen = before + piece
            end = max(seen.rfind(mark) for mark in _ENDS)
            since_event = len(seen) - end if end >= 0 else since_event + len(piece)
            before = seen[-_TAIL:]
            if since_event > self._cap:
                raise UnusableAnswer(
                    f"An event is longer than the {self._cap} bytes that it may have",
                    remedy="Report it with this message",
                    code="answer.size",
                )
            yield piece


class EventConnection(AsyncResource):
    """One open stream."""

    def __init__(
        self,
        library: httpx.AsyncClient,
        response: httpx.Response,
        silence_seconds: float,
        event_cap_bytes: int,
    ) -> None:
        self._library = library
        self._response = response
        assert isinstance(response.stream, httpx.AsyncByteStream)
        watched = _Guarded(response.stream, silence_seconds, event_cap_bytes)
        # Events are UTF-8 whatever the peer says of their encoding.
        plain = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=watched)
        self._events = httpx_sse.EventSource(plain).aiter_sse()
        self.retry_seconds: float | None = None

    async def next(self) -> ServerEvent:
        """Return the next event. Raises ConnectionLost at the end, and what else can break."""
        while True:
            try:
                event = await anext(self._events, None)
            except FOREIGN as error:
                raise fault_from(error) from error
            if event is None:
                raise ConnectionLost(
                    "The peer ended the event stream",
                    remedy="It is opened again by itself; look at the unit if it happens often",
                    code="ended",
                )
            if event.retry is not None:
                self.retry_seconds = event.retry / 1000
            if event.data:
                return ServerEvent(event.event or "message", event.data, _usable(event.id))

    async def aclose(self) -> None:
        """Close the stream."""
        with anyio.CancelScope(shield=True):
            await self._events.aclose()
            await self._response.aclose()
            await self._library.aclose()


def _usable(event_id: str) -> str:
    """Return an id that can be sent back, empty for none."""
    short = len(event_id) <= _LONGEST_ID
    return event_id if short and event_id.isascii() and event_id.isprintable() else ""
