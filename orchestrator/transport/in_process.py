"""A stand-in for the network: hands a request to an ASGI application in the same process.

What the application raises as a ConnectionError reaches the client as a broken connection. As a
transport it serves any client. `Line` stands in for the connections of an `HttpClient` as a whole
and leaves out what only real networks need (cookies, redirects, the parsing of addresses), so that
a rehearsal can make many thousand calls per second.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NoReturn, Self
from urllib.parse import unquote, urlsplit

import anyio
import httpx

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Content = bytes | AsyncIterator[memoryview] | None


class NotReachable(ConnectionError):
    """No connection can be made: certainly nothing arrives."""


class InProcessTransport(httpx.AsyncBaseTransport):
    """Carries requests to `app`. One object stands for one client's way to one peer."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the application's answer. Raises ConnectError, ReadError."""
        stream = request.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        url = request.url
        scope = _scope(request.method, url.path, url.query, request.headers.raw)
        answer = await self.exchange(scope, _Body(aiter(stream)))
        body = httpx.ByteStream(bytes(answer.body))
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    async def exchange(self, scope: Message, body: "_Body") -> "_Answer":
        """Have the application answer. Raises ConnectError, ReadError."""
        answer = _Answer()
        try:
            await self._app(scope, body.receive, answer.send)
        except NotReachable as fault:
            raise httpx.ConnectError(str(fault)) from fault
        except ConnectionError as fault:
            if not answer.is_complete:
                raise httpx.ReadError(str(fault)) from fault
        return answer


class Line:
    """The connections of one client, for `HttpClient` to send its requests over.

    `judge` sees the head of every answer, as the hooks of a real client do.
    """

    def __init__(
        self, transport: InProcessTransport, judge: Callable[[Any], Awaitable[None]]
    ) -> None:
        self._transport = transport
        self._judge = judge

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close nothing: there is no connection."""

    def build_request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: Content = None,
        **_rest: Any,
    ) -> "_Request":
        """Return the request, not sent yet."""
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        if isinstance(content, bytes):
            raw.append((b"content-length", str(len(content)).encode()))
        parts = urlsplit(url)
        return _Request(_scope(method, unquote(parts.path), parts.query.encode(), raw), content)

    async def send(self, request: "_Request", *, stream: bool) -> "_Response":
        """Return the answer. Raises ConnectError, ReadError, and what `judge` raises."""
        assert stream
        answer = await self._transport.exchange(request.scope, _Body(request.pieces()))
        response = _Response(answer)
        await self._judge(response)
        return response


class _Request:
    """A request that waits to be sent."""

    __slots__ = ("_content", "scope")

    def __init__(self, scope: Message, content: Content) -> None:
        self.scope = scope
        self._content = content

    async def pieces(self) -> AsyncIterator[bytes | memoryview]:
        if isinstance(self._content, bytes):
            yield self._content
        elif self._content is not None:
            async for piece in self._content:
                yield piece


class _Response:
    """An answer with the members that an `HttpClient` reads."""

    __slots__ = ("headers", "status_code", "stream")

    def __init__(self, answer: "_Answer") -> None:
        self.status_code = answer.status
        self.headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
        self.stream = httpx.ByteStream(bytes(answer.body))

    async def aclose(self) -> None:
        """Close nothing: the answer is here."""


def _scope(method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]]) -> Message:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": headers,
    }


class _Body:
    """Hands out the body of a request; then its sender stays on the line."""

    __slots__ = ("_ended", "_pieces")

    def __init__(self, pieces: AsyncIterator[bytes | memoryview]) -> None:
        self._pieces = pieces
        self._ended = False

    async def receive(self) -> Message:
        if self._ended:
            await _for_ever()
        async for piece in self._pieces:
            return {"type": "http.request", "body": bytes(piece), "more_body": True}
        self._ended = True
        return {"type": "http.request", "body": b"", "more_body": False}


async def _for_ever() -> NoReturn:
    await anyio.sleep_forever()
    raise AssertionError


class _Answer:
    """Gathers what the application sends."""

    __slots__ = ("body", "headers", "is_complete", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = message["headers"]
        else:
            self.body += message.get("body", b"")
            self.is_complete = not message.get("more_body", False)
