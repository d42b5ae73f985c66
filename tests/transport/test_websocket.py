"""WebSockets: over real sockets against the library's server, and in process."""

import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OrchestratorError,
    StationMisuse,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.in_process_stream import SocketRefused
from orchestrator.transport.tls import fingerprint_context, pinned_context
from orchestrator.transport.websocket import Door, in_process_sockets, open_socket
from tests.transport.peers import Authority, Peer, fingerprint, listening, serving

Handler = Callable[[ServerConnection], Awaitable[None]]


async def echo(connection: ServerConnection) -> None:
    """Send back what comes."""
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def peer(
    handler: Handler, context: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[str]:
    """Serve WebSockets; yields the address."""
    async with serve(handler, "127.0.0.1", 0, ssl=context, **options) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws{'s' if context else ''}://127.0.0.1:{port}/term"


async def test_messages_go_both_ways(caplog: pytest.LogCaptureFixture) -> None:
    """Text and bytes, with the headers that were given, which no log shows, and no others."""
    caplog.set_level(logging.DEBUG)
    seen: dict[str, str] = {}

    async def noting(connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        seen.update(request.headers.raw_items())
        await echo(connection)

    given = {"Authorization": "Bearer canary"}
    async with peer(noting) as url, await open_socket(Door(url, given)) as socket:
        for message in ("1aGk=", b"RFB 003.008\n"):
            await socket.send(message)
            assert await socket.receive(5) == message
    assert seen["Authorization"] == "Bearer canary"
    client_side = [one for one in caplog.records if "server" not in one.name]
    assert "canary" not in "".join(one.getMessage() for one in client_side)
    assert "User-Agent" not in seen
    assert "Sec-WebSocket-Extensions" not in seen


async def test_certificates_are_verified(authority: Authority) -> None:
    """By authority and name, or by fingerprint; nothing else opens."""
    leaf = authority.leaf("unit.example")
    trusted = pinned_context(authority.ca_file)
    async with peer(echo, listening(leaf)) as url:
        for door in (
            Door(url, context=trusted, server_name="unit.example"),
            Door(url, context=fingerprint_context([fingerprint(leaf)])),
        ):
            async with await open_socket(door) as socket:
                await socket.send("x")
                assert await socket.receive(5) == "x"
        for door, code in (
            (Door(url, context=trusted), "tls.certificate"),
            (Door(url), "tls.certificate"),
            (Door(url, context=fingerprint_context(["ab" * 32])), "tls.fingerprint"),
        ):
            with pytest.raises(UntrustedPeer) as caught:
                await open_socket(door)
            assert caught.value.code == code


async def test_a_refusal_keeps_status_and_body() -> None:
    """What it means is the room's business."""

    def no(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(HTTPStatus.UNAUTHORIZED, '{"Code": 401}')

    async with peer(echo, process_request=no) as url:
        with pytest.raises(SocketRefused) as caught:
            await open_socket(Door(url))
    assert (caught.value.status, caught.value.body) == (401, b'{"Code": 401}')


async def test_no_redirect_is_followed() -> None:
    """The token would go with it."""

    def elsewhere(connection: ServerConnection, _request: Request) -> Response:
        response = connection.respond(HTTPStatus.FOUND, "")
        response.headers["Location"] = "/other"
        return response

    async with peer(echo, process_request=elsewhere) as url:
        with pytest.raises(SocketRefused) as caught:
            await open_socket(Door(url))
    assert caught.value.status == 302


async def test_who_is_no_websocket_is_a_typed_error(unused_port: int) -> None:
    """Nobody, silence, garbage, and an end in the middle."""

    async def silent(one: Peer) -> None:
        await one.until_the_client_leaves()
        one.writer.close()

    async def garbage(one: Peer) -> None:
        await one.send(b"SSH-2.0-OpenSSH\r\n\r\n")
        one.writer.close()

    with pytest.raises(Unreachable):
        await open_socket(Door(f"ws://127.0.0.1:{unused_port}/"))
    async with serving(silent) as server:
        with pytest.raises(DeadlineExceeded):
            await open_socket(Door(server.url.replace("http", "ws"), connect_seconds=0.1))
    async with serving(garbage) as server:
        with pytest.raises(UnusableAnswer):
            await open_socket(Door(server.url.replace("http", "ws")))


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens at."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


async def test_a_header_that_cannot_be_written_is_a_misuse() -> None:
    """Nothing is sent, and its value is not shown."""
    with pytest.raises(StationMisuse) as caught:
        await open_socket(Door("ws://127.0.0.1:1/", {"Authorization": "canary\r\nX: y"}))
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(Door("ws://a/", {"Authorization": "canary"}))


async def test_a_message_beyond_the_cap_is_not_taken() -> None:
    """Memory is bounded."""

    async def long(connection: ServerConnection) -> None:
        await connection.send("x" * 2000)
        await connection.wait_closed()

    async with peer(long) as url, await open_socket(Door(url, message_bytes=1000)) as socket:
        with pytest.raises(UnusableAnswer, match="1000 bytes"):
            await socket.receive(5)


async def test_silence_closes_the_socket() -> None:
    """A deadline that has passed leaves nothing half read."""

    async def silent(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with peer(silent) as url, await open_socket(Door(url)) as socket:
        with pytest.raises(DeadlineExceeded):
            await socket.receive(0.05)
        with pytest.raises(ConnectionLost):
            await socket.receive(5)
        with pytest.raises(ConnectionLost):
            await socket.send("x")


async def test_the_peers_end_is_a_lost_connection() -> None:
    """Whether it says goodbye or not."""

    async def leaves(connection: ServerConnection) -> None:
        await connection.close(1001, "shutting down")

    async with peer(leaves) as url, await open_socket(Door(url)) as socket:
        with pytest.raises(ConnectionLost, match="shutting down"):
            await socket.receive(5)

    async def breaks(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with peer(breaks) as url, await open_socket(Door(url)) as socket:
        with pytest.raises(ConnectionLost):
            await socket.receive(5)


# In process


async def echoing(scope: Any, receive: Any, send: Any) -> None:
    """Take a WebSocket with the right token, and send back what comes."""
    assert (await receive())["type"] == "websocket.connect"
    if (b"authorization", b"Bearer t") not in scope["headers"]:
        start = {"type": "websocket.http.response.start", "status": 401, "headers": []}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": b"no"})
        return
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message.get("text") == "end":
            return
        await send({**message, "type": "websocket.send"})


async def test_in_process_sockets_behave_alike() -> None:
    """Messages, refusals, silence, caps and ends are those of the network."""
    opened = in_process_sockets(echoing)
    door = Door("wss://unit.test/term", {"Authorization": "Bearer t"}, message_bytes=100)
    async with await opened(door) as socket:
        for message in ("1aGk=", b"RFB"):
            await socket.send(message)
            assert await socket.receive(5) == message
        await socket.send("x" * 101)
        with pytest.raises(UnusableAnswer):
            await socket.receive(5)
    async with await opened(door) as socket:
        with pytest.raises(DeadlineExceeded):
            await socket.receive(0.01)
        with pytest.raises(ConnectionLost):
            await socket.send("x")
    async with await opened(door) as socket:
        await socket.send("end")
        with pytest.raises(ConnectionLost):
            await socket.receive(5)
    with pytest.raises(SocketRefused) as caught:
        await opened(Door("wss://unit.test/term"))
    assert (caught.value.status, caught.value.body) == (401, b"no")


def raising(error: Exception | None) -> Any:
    """Return an application that fails at once, or never says anything."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        if error is None:
            await anyio.sleep_forever()
        assert error is not None
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotReachable("nobody"), Unreachable),
        (ConnectionError("broken"), ConnectionLost),
        (None, DeadlineExceeded),
    ],
)
async def test_in_process_openings_fail_alike(
    error: Exception | None, kind: type[OrchestratorError]
) -> None:
    """Nobody there, a broken link, silence."""
    with pytest.raises(kind):
        await in_process_sockets(raising(error))(Door("ws://unit.test/", connect_seconds=0.05))
