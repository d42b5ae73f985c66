"""Streams and WebSockets in process: piece by piece, broken links, and ends on either side."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.in_process_stream import (
    InProcessSocket,
    SocketRefused,
    StreamingTransport,
)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Talker:
    """Sends numbers for ever, one after each turn of the loop, and notes where it stands."""

    def __init__(self, breaks_after: int = 1000, reachable: bool = True) -> None:
        self.breaks_after = breaks_after
        self.reachable = reachable
        self.sent = 0
        self.left = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request with a stream."""
        if not self.reachable:
            raise NotReachable("nobody is here")
        self.scope = scope
        self.body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        try:
            while self.sent < self.breaks_after:
                await anyio.lowlevel.checkpoint()
                self.sent += 1
                body = f"{self.sent};".encode()
                await send({"type": "http.response.body", "body": body, "more_body": True})
            raise ConnectionError("the link breaks")
        finally:
            self.left = True


def client(app: Any) -> httpx.AsyncClient:
    """Return a client of `app`."""
    return httpx.AsyncClient(transport=StreamingTransport(app), base_url="https://host.test")


async def test_pieces_arrive_as_they_are_sent_and_no_further() -> None:
    """The application runs only while the reader waits, and is left when the reader leaves."""
    app = Talker()
    async with client(app) as http:
        async with http.stream("POST", "/a%20b?x=1", content=b"body") as answer:
            assert (answer.status_code, answer.headers["x"]) == (200, "y")
            pieces = answer.aiter_bytes()
            assert [await anext(pieces) for _ in range(3)] == [b"1;", b"2;", b"3;"]
            assert app.sent == 3
        assert app.left
    assert app.body == b"body"
    assert (app.scope["path"], app.scope["raw_path"]) == ("/a b", b"/a%20b")
    assert app.scope["query_string"] == b"x=1"


async def test_a_link_that_breaks_is_a_read_error() -> None:
    """In the middle of an answer, and before it a failed connection."""
    async with client(Talker(breaks_after=2)) as http, http.stream("GET", "/") as answer:
        with pytest.raises(httpx.ReadError, match="breaks"):
            await answer.aread()
    async with client(Talker(reachable=False)) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/")


async def test_an_application_that_says_nothing_is_a_read_error() -> None:
    """Neither without a beginning nor without an end is there an answer."""

    async def silent(_scope: dict[str, Any], _receive: Receive, send: Send) -> None:
        if _scope["path"] == "/half":
            await send({"type": "http.response.start", "status": 200, "headers": []})

    async with client(silent) as http:
        for path in ("/", "/half"):
            with pytest.raises(httpx.ReadError, match="ended"):
                await http.get(path)


async def test_a_reader_that_is_cancelled_cancels_the_application() -> None:
    """The deadline of the reader reaches what the application waits for."""
    seen: list[str] = []

    async def hang(_scope: dict[str, Any], _receive: Receive, _send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            seen.append("left")

    async with client(hang) as http:
        with anyio.move_on_after(0.01) as scope:
            await http.get("/")
    assert scope.cancelled_caught
    assert seen == ["left"]


async def echo(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Echo over a WebSocket until the word end."""
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"] == "/no":
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"who?"})
        return
    if scope["path"] == "/never":
        await send({"type": "websocket.close", "code": 1000})
        return
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message.get("text") == "end":
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({**message, "type": "websocket.send"})


async def test_a_socket_carries_both_kinds_of_messages() -> None:
    """Text stays text, bytes stay bytes; after the end there is nothing more."""
    async with InProcessSocket(echo, "wss://host.test/a", {"Authorization": "x"}) as socket:
        await socket.send("hello")
        await socket.send(b"\x00")
        assert [await socket.receive(), await socket.receive()] == ["hello", b"\x00"]
        await socket.send("end")
        with pytest.raises(ConnectionError):
            await socket.receive()
        with pytest.raises(ConnectionError):
            await socket.send("more")


@pytest.mark.parametrize(("path", "status", "body"), [("/no", 401, b"who?"), ("/never", 403, b"")])
async def test_a_socket_may_be_refused(path: str, status: int, body: bytes) -> None:
    """With an answer of HTTP, or by closing at once."""
    with pytest.raises(SocketRefused) as refused:
        async with InProcessSocket(echo, f"wss://host.test{path}"):
            raise AssertionError("it was taken")
    assert (refused.value.status, refused.value.body) == (status, body)
