"""The one HTTP client of the house: calls an endpoint of a table on one peer.

It owns deadlines, byte caps, retry by idempotence, decoding and error mapping. What a refusal
means is the room's business (`refuse`), and so is what the reply's headers say (`observe`).
One object per peer: a client shared by many peers slows all of them down.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from string import Formatter
from typing import Any, Protocol
from urllib.parse import quote

import anyio
import httpx
from anyio.abc import AsyncResource
from pydantic import BaseModel

from orchestrator.domain.errors import (
    DeadlineExceeded,
    LinkFault,
    OrchestratorError,
    Refusal,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.transport.body import Body, Progress, checked_headers, written
from orchestrator.transport.connection import new_connection
from orchestrator.transport.decode import NOT_SHOWN, read_model, read_text
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.exchange import Exchange, Exchanged, class_of, code_of, works_after
from orchestrator.transport.faults import FOREIGN, fault_from
from orchestrator.transport.handshake import HandshakeGuard
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.retry import NotNow, RetryPolicy, retry_after, within
from orchestrator.transport.text import excerpt
from orchestrator.transport.tls import empty_context

CONNECT_SECONDS = 5.0
"""Longest wait for connection and TLS handshake; the call's own deadline still applies."""

Transport = httpx.AsyncBaseTransport
"""What can stand in for the network: an in-process simulator, a recording, bad weather."""

Query = Mapping[str, str | int | bool | None]
"""Parameters behind the question mark; those that are None are left out."""


class Authorize(Protocol):
    """Gives the headers that authorize one attempt."""

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the headers; `refused` are those that the peer has just answered with 401."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete reply as it came, before anything was made of it."""

    endpoint: Endpoint
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def shown(self) -> str:
        """The beginning of the body for a message, unless it may hold a secret."""
        return NOT_SHOWN if self.endpoint.confidential else excerpt(self.body)


Refuse = Callable[[Answer], OrchestratorError]
Observe = Callable[[Mapping[str, str]], None]


def refuse_by_status(answer: Answer) -> OrchestratorError:
    """Return the refusal of a peer about whose bodies nothing is known."""
    return Refusal(
        f"The peer answered {answer.status}: {answer.shown}",
        remedy="Report it with this message",
        code=f"http.{answer.status}",
    )


_PUT_OFF = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class _Given:
    """One call as its caller gave it."""

    endpoint: Endpoint
    url: str
    query: Query
    headers: Mapping[str, str]
    body: Body | None
    seconds: float
    fresh: bool
    progress: Progress | None
    heard: Observe | None


@dataclass(slots=True)
class _State:
    """How far a call is: whether it renewed its authorization, and whether a request is out.

    `since` is when the last one went out, in seconds of the event loop.
    """

    renewed: bool = False
    out: bool = False
    since: float = 0.0


def _ignore(_headers: Mapping[str, str]) -> None:
    """Observe nothing."""


@lru_cache(maxsize=1024)
def _parameters(path: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(path) if name)


def _fill(endpoint: Endpoint, path: Mapping[str, str]) -> str:
    wanted = _parameters(endpoint.path)
    if wanted != path.keys():
        raise StationMisuse(
            f"{endpoint.label} takes the path parameters {sorted(wanted)}, given {sorted(path)}",
            remedy="This is a defect of the program: report it with this message",
        )
    if not wanted:
        return endpoint.path
    return endpoint.path.format_map({name: quote(value, safe="") for name, value in path.items()})


class HttpClient(AsyncResource):
    """Calls endpoints of one peer. Use it as an async context, or close it with `aclose`.

    `base_url` is where to connect, `server_name` the name that the peer's certificate must carry
    and that is sent as Host (without it, the host of `base_url`). `peer` is how messages name the
    other side. `transport` replaces the network. `authorize` gives the headers of each attempt;
    after a 401 it is told, and the call is made once more. `limit` is shared by all clients of one
    system. `connections` is how many are kept; more than one is also the most there ever are.
    `exchanged` is told of each request and what came of it.
    Nothing from the environment is used: no proxy, no trust store.
    """

    def __init__(
        self,
        base_url: str,
        *,
        peer: str,
        context: ssl.SSLContext | None = None,
        server_name: str | None = None,
        transport: Transport | None = None,
        refuse: Refuse = refuse_by_status,
        observe: Observe = _ignore,
        retry: RetryPolicy | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        authorize: Authorize | None = None,
        limit: RateLimit | None = None,
        connections: int = 1,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._peer = peer
        self._context = context or empty_context()
        self._server_name = server_name
        self._transport = transport
        self._refuse = refuse
        self._observe = observe
        self._retry = retry or RetryPolicy()
        self._connect_seconds = connect_seconds
        self._authorize = authorize
        self._limit = limit
        self._exchanged = exchanged
        # Several kept connections are as many clients of one each, and who finds none waits here:
        # a pool looks at all its connections, and at all who wait, with every request.
        self._places = anyio.Semaphore(connections) if connections > 1 else None
        self._kept = [self._connection(keep=1) for _ in range(connections)]
        self._idle = list(self._kept)

    async def aclose(self) -> None:
        """Close the kept connections. The client cannot be used afterwards."""
        for connection in self._kept:
            await connection.aclose()

    async def call(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        timeout_seconds: float | None = None,
        fresh: bool = False,
        progress: Progress | None = None,
        heard: Observe | None = None,
    ) -> Any:
        """Make the call and return the endpoint's answer model, its text, or raw bytes.

        `timeout_seconds` (default: the endpoint's) bounds everything, repetitions included. A
        call that is not idempotent is sent again only after the peer did nothing with it and said
        so: 401, once and with new authorization, and 429. `fresh` uses a connection of its own,
        so that no earlier reply can answer this request. `heard` gets the headers of this call's
        last answer, names in lower case.

        Raises LinkFault, DeadlineExceeded, UnusableAnswer, whatever `refuse` makes of a refusal,
        and StationMisuse for wrong parameters; each names peer and endpoint.
        """
        seconds = endpoint.timeout_seconds if timeout_seconds is None else timeout_seconds
        state = _State()

        def expired() -> OrchestratorError:
            if state.out:
                self._judge(failed=True)
                self._tell(endpoint, state, "deadline", works=False)
            return DeadlineExceeded(
                f"No complete answer came within {seconds:g} s",
                remedy="Check the cable and whether the unit is still at work, then try again",
                code="deadline",
            )

        try:
            url = self._base_url + _fill(endpoint, path or {})
            given = _Given(
                endpoint,
                url,
                query or {},
                checked_headers(headers or {}),
                body,
                seconds,
                fresh,
                progress,
                heard,
            )
            return await within(
                seconds,
                lambda: self._attempt(given, state),
                self._retry,
                expired,
                idempotent=endpoint.idempotent,
            )
        except OrchestratorError as error:
            error.at(peer=self._peer, endpoint=endpoint.label)
            raise

    async def _attempt(self, given: _Given, state: _State) -> Any:
        permit = await self._authorize() if self._authorize is not None else {}
        answer = await self._ask(given, permit, state)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._authorize and not state.renewed:
            state.renewed = True
            answer = await self._ask(given, await self._authorize(permit), state)
        if given.heard is not None:
            given.heard(answer.headers)
        self._observe(answer.headers)
        if answer.status not in given.endpoint.success:
            raise self._refused(answer)
        try:
            found = self._read(answer)
        except UnusableAnswer as error:
            self._tell(given.endpoint, state, code_of(error), works=False)
            raise
        self._tell(given.endpoint, state, "", works=True)
        return found

    async def _ask(self, given: _Given, permit: Mapping[str, str], state: _State) -> Answer:
        """Send the request once, when it is its turn, and return what came."""
        if self._limit is not None:
            await self._limit.take()
        if self._places is None:
            return await self._out(given, permit, state)
        async with self._places:
            return await self._out(given, permit, state)

    async def _out(self, given: _Given, permit: Mapping[str, str], state: _State) -> Answer:
        state.out, state.since = True, anyio.current_time()
        try:
            answer = await self._exchange(given, self._request(given, permit))
        except FOREIGN as error:
            fault = fault_from(error)
            self._judge(failed=isinstance(fault, LinkFault | DeadlineExceeded))
            self._tell(given.endpoint, state, code_of(fault), works=False)
            raise fault from error
        except UnusableAnswer as error:
            self._tell(given.endpoint, state, code_of(error), works=False)
            raise
        state.out = False
        status = answer.status
        self._judge(failed=status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        if status not in given.endpoint.success:
            self._tell(given.endpoint, state, class_of(status), works=works_after(status))
        return answer

    def _judge(self, *, failed: bool) -> None:
        """Tell the shared limit how the exchange went."""
        if self._limit is not None:
            (self._limit.failed if failed else self._limit.succeeded)()

    def _tell(self, endpoint: Endpoint, state: _State, code: str, *, works: bool) -> None:
        """Tell whoever counts what came of the request that went out last."""
        if self._exchanged is not None:
            seconds = anyio.current_time() - state.since
            self._exchanged(Exchange(endpoint.name, seconds, code, works))

    def _connection(self, keep: int) -> httpx.AsyncClient:
        return new_connection(self._context, self._transport, self._server_name, keep)

    def _request(self, given: _Given, permit: Mapping[str, str]) -> httpx.Request:
        content, headers = written(given.body, given.progress)
        if given.endpoint.answer == "text":
            headers["Accept"] = "text/plain, application/json"
        seconds = given.seconds
        return self._kept[0].build_request(
            given.endpoint.method,
            given.url,
            params={n: v for n, v in given.query.items() if v is not None} or None,
            headers={**headers, **given.headers, **checked_headers(permit)},
            timeout=httpx.Timeout(seconds, connect=min(seconds, self._connect_seconds)),
            extensions={
                "trace": HandshakeGuard(),
                **({"sni_hostname": self._server_name} if self._server_name else {}),
            },
            **content,
        )

    async def _exchange(self, given: _Given, request: httpx.Request) -> Answer:
        if not given.fresh or self._transport is not None:
            return await self._send_kept(given.endpoint, request)
        async with self._connection(keep=0) as connection:
            return await self._send(connection, given.endpoint, request)

    async def _send_kept(self, endpoint: Endpoint, request: httpx.Request) -> Answer:
        if self._places is None:
            return await self._send(self._kept[0], endpoint, request)
        # The one used last: its connection is the least likely to have been closed.
        connection = self._idle.pop()
        try:
            return await self._send(connection, endpoint, request)
        finally:
            self._idle.append(connection)

    async def _send(
        self, connection: httpx.AsyncClient, endpoint: Endpoint, request: httpx.Request
    ) -> Answer:
        response = await connection.send(request, stream=True)
        try:
            cap, body = endpoint.answer_cap_bytes, bytearray()
            # The stream itself, not aiter_raw, which refuses answers made in memory.
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for piece in response.stream:
                body += piece
                if len(body) > cap:
                    raise UnusableAnswer(
                        f"The answer is longer than the {cap} bytes that this call may return",
                        remedy="Report it with this message",
                        code="answer.size",
                    )
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(endpoint, response.status_code, headers, bytes(body))

    def _read(self, answer: Answer) -> BaseModel | bytes | str:
        endpoint = answer.endpoint
        if endpoint.answer is None:
            return answer.body
        if is_page(answer):
            raise UnusableAnswer(
                "A web page came instead of the answer",
                remedy="Check the address; a proxy or a sign-in page of the network may answer",
                code="answer.html",
            )
        if endpoint.answer == "text":
            kind = answer.headers.get("content-type", "")
            return read_text(answer.body, kind, confidential=endpoint.confidential)
        return read_model(endpoint.answer, answer.body, confidential=endpoint.confidential)

    def _refused(self, answer: Answer) -> OrchestratorError | NotNow:
        """Return the refusal; one that puts the request off says for how long."""
        error = self._refuse(answer)
        if answer.status not in _PUT_OFF:
            return error
        wait = retry_after(answer.headers.get("retry-after"), datetime.now(UTC))
        if wait is not None and self._limit is not None:
            self._limit.hold(wait)
        untouched = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        return NotNow(error, untouched=untouched, wait_seconds=wait)


def is_page(answer: Answer) -> bool:
    """Tell whether the body is a web page: nothing that a machine says to a machine."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"}
