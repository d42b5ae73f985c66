"""The one HTTP client of the house: calls an endpoint of a table on one peer.

It owns deadlines, byte caps, retry by idempotence, decoding and error mapping. What a refusal
means is the room's business (`refuse`), and so is what the reply's headers say (`observe`).
One object per peer: a client shared by many peers slows all of them down.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from string import Formatter
from typing import Any
from urllib.parse import quote

import httpx
from anyio.abc import AsyncResource
from pydantic import BaseModel

from orchestrator.domain.errors import (
    DeadlineExceeded,
    OrchestratorError,
    Refusal,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.transport.decode import NOT_SHOWN, read_model
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.faults import FOREIGN, fault_from
from orchestrator.transport.handshake import HandshakeGuard
from orchestrator.transport.retry import RetryPolicy, within
from orchestrator.transport.text import excerpt, printable
from orchestrator.transport.tls import empty_context

SLICE_BYTES = 64 * 1024
"""An upload goes out in pieces of this size, so that it can be followed and cancelled."""

CONNECT_SECONDS = 5.0
"""Longest wait for connection and TLS handshake; the call's own deadline still applies."""

Transport = httpx.AsyncBaseTransport
"""What can stand in for the network: an in-process simulator, a recording, bad weather."""

Progress = Callable[[int, int], None]
"""Called with the bytes sent so far and their total."""

Body = BaseModel | bytes


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


def _ignore(_headers: Mapping[str, str]) -> None:
    """Observe nothing."""


async def _slices(content: bytes, progress: Progress | None) -> AsyncIterator[memoryview]:
    """Yield `content` in pieces without copying it; all boards of a station share the bytes."""
    view, total = memoryview(content), len(content)
    for start in range(0, total, SLICE_BYTES):
        yield view[start : start + SLICE_BYTES]
        if progress is not None:
            progress(min(start + SLICE_BYTES, total), total)


def _fill(endpoint: Endpoint, path: Mapping[str, str]) -> str:
    wanted = {name for _, name, _, _ in Formatter().parse(endpoint.path) if name}
    if wanted != set(path):
        raise StationMisuse(
            f"{endpoint.label} takes the path parameters {sorted(wanted)}, given {sorted(path)}",
            remedy="This is a defect of the program: report it with this message",
        )
    return endpoint.path.format_map({name: quote(value, safe="") for name, value in path.items()})


class HttpClient(AsyncResource):
    """Calls endpoints of one peer. Use it as an async context, or close it with `aclose`.

    `base_url` is where to connect, `server_name` the name that the peer's certificate must carry
    and that is sent as Host (without it, the host of `base_url`). `peer` is how messages name the
    other side. `transport` replaces the network. Nothing from the environment is used: no proxy,
    no trust store.
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
        self._kept = self._connections(keep=1)

    async def aclose(self) -> None:
        """Close the kept connection. The client cannot be used afterwards."""
        await self._kept.aclose()

    async def call(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        body: Body | None = None,
        timeout_seconds: float | None = None,
        fresh: bool = False,
        progress: Progress | None = None,
    ) -> Any:
        """Make the call and return the endpoint's answer model, or raw bytes where it has none.

        `timeout_seconds` (default: the endpoint's) bounds everything, repetitions included. A
        call that is not idempotent is sent at most once. `fresh` uses a connection of its own, so
        that no earlier reply can answer this request.

        Raises LinkFault, DeadlineExceeded, UnusableAnswer, whatever `refuse` makes of a refusal,
        and StationMisuse for wrong parameters; each names peer and endpoint.
        """
        seconds = endpoint.timeout_seconds if timeout_seconds is None else timeout_seconds
        policy = self._retry if endpoint.idempotent else None

        def expired() -> OrchestratorError:
            return DeadlineExceeded(
                f"No complete answer came within {seconds:g} s",
                remedy="Check the cable and whether the unit is still at work, then try again",
                code="deadline",
            )

        async def attempt() -> Any:
            url = self._base_url + _fill(endpoint, path or {})
            try:
                request = self._request(endpoint, url, body, seconds, progress)
                answer = await self._exchange(endpoint, request, fresh)
            except FOREIGN as error:
                raise fault_from(error) from error
            return self._read(answer)

        try:
            return await within(seconds, attempt, policy, expired)
        except OrchestratorError as error:
            error.at(peer=self._peer, endpoint=endpoint.label)
            raise

    def _connections(self, keep: int) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            verify=self._context,
            transport=self._transport,
            trust_env=False,
            follow_redirects=False,
            event_hooks={"response": [_check_head]},
            limits=httpx.Limits(max_keepalive_connections=keep),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **({"Host": self._server_name} if self._server_name else {}),
            },
        )
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return client

    def _request(
        self,
        endpoint: Endpoint,
        url: str,
        body: Body | None,
        seconds: float,
        progress: Progress | None,
    ) -> httpx.Request:
        content: bytes | AsyncIterator[memoryview] | None = None
        headers: dict[str, str] = {}
        if isinstance(body, bytes):
            content = _slices(body, progress)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(len(body)),
            }
        elif body is not None:
            content = body.model_dump_json(exclude_none=True).encode()
            headers = {"Content-Type": "application/json"}
        return self._kept.build_request(
            endpoint.method,
            url,
            headers=headers,
            content=content,  # type: ignore[arg-type]  # httpx writes memoryviews as they are
            timeout=httpx.Timeout(seconds, connect=min(seconds, self._connect_seconds)),
            extensions={
                "trace": HandshakeGuard(),
                **({"sni_hostname": self._server_name} if self._server_name else {}),
            },
        )

    async def _exchange(self, endpoint: Endpoint, request: httpx.Request, fresh: bool) -> Answer:
        if not fresh or self._transport is not None:
            return await self._send(self._kept, endpoint, request)
        async with self._connections(keep=0) as connection:
            return await self._send(connection, endpoint, request)

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

    def _read(self, answer: Answer) -> BaseModel | bytes:
        self._observe(answer.headers)
        endpoint = answer.endpoint
        if answer.status not in endpoint.success:
            raise self._refuse(answer)
        if endpoint.answer is None:
            return answer.body
        return read_model(endpoint.answer, answer.body, confidential=endpoint.confidential)


async def _check_head(response: httpx.Response) -> None:
    """Refuse what would have to be unpacked or followed, before its body is read.

    As a hook it comes before httpx takes a `Location` apart, which fails in ways of its own.
    """
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnusableAnswer(
            f"The answer is packed as {printable(encoding, 40)}, which was not asked for",
            remedy="Report it with this message",
            code="answer.encoding",
        )
    if 300 <= response.status_code < 400:
        target = printable(response.headers.get("location", "nowhere"), 80)
        raise UnusableAnswer(
            f"The peer answered {response.status_code} and pointed to {target}; not followed",
            remedy="Check that the address belongs to a unit of this kind",
            code="answer.redirect",
        )
