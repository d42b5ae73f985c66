"""Event streams and WebSockets of an ASGI application in the same process, without a network.

The application runs only while somebody waits for what it sends, within the waiting task: no task
beside the caller's is needed, nothing runs on by itself, and on a virtual clock everything happens
in the same order each time. An application must not hold a cancel scope open while it sends.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import anyio
import httpx

from orchestrator.transport.in_process import NotReachable

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_SENT = object()


class SocketRefused(ConnectionError):
    """The application does not take the WebSocket. `status` is its answer, 403 without one."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        super().__init__(f"the WebSocket was refused with {status}")
        self.status = status
        self.body = body


class StreamingTransport(httpx.AsyncBaseTransport):
    """Carries requests to `app` and hands out each piece of an answer as it is sent."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer as soon as it begins. Raises ConnectError, ReadError."""
        body = await request.aread()
        scope = _scope("http", request.url, request.headers.raw)
        scope["method"] = request.method
        conversation = Conversation(self._app, scope, _once(body))
        start = await _heard(conversation)
        if start is None:
            raise httpx.ReadError("the application ended without an answer")
        stream = _Pieces(conversation)
        return httpx.Response(start["status"], headers=start["headers"], stream=stream)


class Conversation:
    """One run of an application: goes on while `hear` waits, and stands still otherwise."""

    def __init__(self, app: App, scope: Message, receive: Receive) -> None:
        self._sent: deque[Message] = deque()
        self._coroutine: Any = app(scope, receive, self._send)
        self._ended = False

    async def hear(self) -> Message | None:
        """Return what the application sends next, None when it has ended."""
        if not self._sent and not self._ended:
            await _GoOn(self._step)
        return self._sent.popleft() if self._sent else None

    def close(self) -> None:
        """Leave the application where it stands."""
        self._ended = True
        self._coroutine.close()

    async def _send(self, message: Message) -> None:
        self._sent.append(message)
        await _GoOn(_pause)

    def _step(self) -> Generator[Any, None, None]:
        """Run the application until it sends or ends; what it waits for, the caller waits for."""
        cancelled = anyio.get_cancelled_exc_class()
        thrown: BaseException | None = None
        while True:
            try:
                go_on = self._coroutine.send
                wanted = go_on(None) if thrown is None else self._coroutine.throw(thrown)
            except StopIteration:
                self._ended = True
                return
            except BaseException:
                self._ended = True
                raise
            if wanted is _SENT:
                return
            thrown = None
            try:
                yield wanted
            except cancelled as error:
                thrown = error


class _GoOn:
    """Something to await that is made of a generator."""

    def __init__(self, steps: Callable[[], Generator[Any, None, None]]) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, None, None]:
        return self._steps()


def _pause() -> Generator[Any, None, None]:
    yield _SENT


class _Pieces(httpx.AsyncByteStream):
    """The body of an answer, piece by piece."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await _heard(self._conversation)
            if message is None:
                raise httpx.ReadError("the application ended within its answer")
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def aclose(self) -> None:
        """End the answer: the application sees nothing more of it."""
        self._conversation.close()


class InProcessSocket:
    """The client's end of a WebSocket to `app`. Use it as an async context.

    Entering raises SocketRefused, or NotReachable when nobody answers.
    """

    def __init__(self, app: App, url: str, headers: Mapping[str, str] | None = None) -> None:
        raw = [(name.lower().encode(), v.encode()) for name, v in (headers or {}).items()]
        scope = _scope("websocket", httpx.URL(url), raw)
        scope["subprotocols"] = []
        scope["extensions"] = {"websocket.http.response": {}}
        self._given: deque[Message] = deque([{"type": "websocket.connect"}])
        self._conversation = Conversation(app, scope, self._take)
        self._closed = False

    async def __aenter__(self) -> Self:
        message = await self._conversation.hear()
        if message is None or message["type"] != "websocket.accept":
            await self._refused(message or {})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def send(self, data: str | bytes) -> None:
        """Send one message. Raises ConnectionError when the socket is closed."""
        if self._closed:
            raise ConnectionError("the WebSocket is closed")
        kind = "text" if isinstance(data, str) else "bytes"
        self._given.append({"type": "websocket.receive", kind: data})

    async def receive(self) -> str | bytes:
        """Wait for one message. Raises ConnectionError when the socket is closed."""
        message = None if self._closed else await self._conversation.hear()
        if message is None or message["type"] != "websocket.send":
            self._closed = True
            raise ConnectionError("the WebSocket is closed")
        data: str | bytes = (
            message["bytes"] if message.get("bytes") is not None else message["text"]
        )
        return data

    async def aclose(self) -> None:
        """Leave."""
        self._closed = True
        self._conversation.close()

    async def _take(self) -> Message:
        if not self._given:
            await anyio.sleep_forever()
        return self._given.popleft()

    async def _refused(self, message: Message) -> None:
        status, body = int(message.get("status", 403)), b""
        more = message.get("type") == "websocket.http.response.start"
        while more:
            part = await self._conversation.hear() or {}
            body += part.get("body", b"")
            more = part.get("more_body", False)
        await self.aclose()
        raise SocketRefused(status, body)


async def _heard(conversation: Conversation) -> Message | None:
    """Return the next message. Raises httpx's error for a link that breaks."""
    try:
        return await conversation.hear()
    except NotReachable as fault:
        raise httpx.ConnectError(str(fault)) from fault
    except ConnectionError as fault:
        raise httpx.ReadError(str(fault)) from fault


def _scope(kind: str, url: httpx.URL, headers: list[tuple[bytes, bytes]]) -> Message:
    path, _, query = url.raw_path.partition(b"?")
    return {
        "type": kind,
        "scheme": url.scheme,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in headers],
        "server": (url.host, url.port),
    }


def _once(body: bytes) -> Receive:
    """Hand out the body; then its sender stays on the line."""
    left = [body]

    async def receive() -> Message:
        if not left:
            await anyio.sleep_forever()
        return {"type": "http.request", "body": left.pop(), "more_body": False}

    return receive
