"""Carries the link of one slot on a real socket, so that it can break as real links do.

The HTTP protocol is uvicorn's; its server class is not used, since a board that restarts or is
pulled has to refuse connections and to cut those it has. uvicorn speaks asyncio, therefore this
file does, too; everything above it waits with anyio.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import anyio
import anyio.lowlevel
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from orchestrator.simulation.sockets import BACKLOG, listening_socket
from orchestrator.systems.azure_sphere_device.simulator.service import Slot
from orchestrator.systems.azure_sphere_device.simulator.wire import Receive, Scope, Send

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEEP_ALIVE_SECONDS = 120
_STOP_SECONDS = 1.0
_READ_AHEAD_BYTES = 16384


def http_config(
    sockets: type[asyncio.Protocol] | None = None, app: Application | None = None
) -> Config:
    """Return uvicorn's settings for silent servers; each connection brings its application.

    With `sockets` a connection may become a WebSocket, which `app` serves.
    """
    config = Config(
        app or _no_application,
        interface="asgi3",
        lifespan="off",
        http="h11",
        ws=sockets or "none",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    return config


async def _no_application(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ConnectionError("this connection has no application")


class CuttableProtocol(H11Protocol):
    """One connection whose application may cut the line by raising ConnectionError."""

    def __init__(
        self, config: Config, state: ServerState, app: Application, read_ahead_bytes: int
    ) -> None:
        super().__init__(config, state, {})
        self._application = app
        self._read_ahead_bytes = read_ahead_bytes
        self.app = self._serve

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn's class
        """Take the connection; on a slow link TLS may not read far ahead either."""
        super().connection_made(transport)
        limit = getattr(transport, "set_read_buffer_limits", None)
        if self._read_ahead_bytes and limit is not None:
            limit(self._read_ahead_bytes)

    def data_received(self, data: bytes) -> None:
        """Take bytes; on a slow link read no more until the board has taken them."""
        super().data_received(data)
        # Before the first request there is no cycle, whatever its annotation says.
        waiting = len(getattr(self.cycle, "body", b""))
        if self._read_ahead_bytes and waiting > self._read_ahead_bytes:
            self.flow.pause_reading()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._application(scope, receive, send)
        except (ConnectionError, asyncio.CancelledError) as cut:
            # Cancelled only when the rack stops; uvicorn would log either as a crash.
            self.transport.abort()
            # What the other side still does with a request whose link has broken.
            afterwards = getattr(cut, "afterwards", None)
            if afterwards is not None:
                await afterwards()
            while (await receive())["type"] != "http.disconnect":
                pass


class Background:
    """Tasks that live beside the caller until they are closed.

    A task group would wrap what the caller raises; errors in here come out of `close`.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` from now on."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        """Keep of what has ended only what went wrong: boards restart without end."""
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)

    async def close(self) -> None:
        """Cancel what still runs and wait for it. Raises what one of the tasks raised."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


class HttpListener:
    """A listening socket with all its connections."""

    def __init__(
        self,
        app: Application,
        config: Config,
        tls: ssl.SSLContext | None,
        read_ahead_bytes: int = 0,
    ) -> None:
        self._app = app
        self._read_ahead_bytes = read_ahead_bytes
        self._config = config
        self._tls = tls
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    @property
    def requests(self) -> set[asyncio.Task[None]]:
        """The requests that are being answered."""
        return self._state.tasks

    async def open(self, listener: socket.socket) -> None:
        """Accept connections on `listener`, which belongs to this object from now on."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: CuttableProtocol(self._config, self._state, self._app, self._read_ahead_bytes),
            sock=listener,
            ssl=self._tls,
            backlog=BACKLOG,
        )

    def cut(self) -> None:
        """Refuse new connections and break those that are open, in the middle of anything."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._state.connections):
            connection.transport.abort()


class SlotListener:
    """Follows the link of one slot: open while its board is reachable, cut when it goes."""

    def __init__(
        self,
        slot: Slot,
        config: Config,
        contexts: Callable[[Slot], ssl.SSLContext],
        background: Background,
    ) -> None:
        self._slot = slot
        self._config = config
        self._contexts = contexts
        self._background = background
        self._port = 0
        self._turn = 0
        self.http: HttpListener | None = None

    async def start(self, listener: socket.socket) -> None:
        """Follow the board in the slot from now on, first on `listener`."""
        self._port = listener.getsockname()[1]
        self._slot.watchers.append(self._link_changed)
        if self._slot.board.link_up:
            await self._open(listener)
        else:
            listener.close()
            self._background.start(self._open_when_up(self._turn))

    def stop(self) -> None:
        """Stop following and cut the link."""
        self._slot.watchers.remove(self._link_changed)
        self._turn += 1
        if self.http is not None:
            self.http.cut()

    def _link_changed(self) -> None:
        self._turn += 1
        if self.http is not None:
            self.http.cut()
        self._background.start(self._open_when_up(self._turn))

    async def _open_when_up(self, turn: int) -> None:
        """Open as soon as the board in the slot has started; give up when it changes again.

        `turn` is that of the change which asked for it: two changes at once open one listener.
        """
        board = self._slot.board
        while self._turn == turn and board.attached and not board.spec.unreachable:
            if board.link_up:
                await self._open(listening_socket(self._slot.address, self._port))
                return
            await board.world.sleep(board.seconds_until_up)

    async def _open(self, listener: socket.socket) -> None:
        slow = self._slot.board.spec.link_bytes_per_second > 0
        if slow:
            # Small buffers everywhere keep the sender from running far ahead of the link.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _READ_AHEAD_BYTES)
        self.http = HttpListener(
            self._slot.app,
            self._config,
            self._contexts(self._slot),
            _READ_AHEAD_BYTES if slow else 0,
        )
        await self.http.open(listener)


async def close_all(listeners: Sequence[HttpListener]) -> None:
    """Cut all `listeners` and wait a bounded time until none of their requests is left."""
    for listener in listeners:
        listener.cut()
    with anyio.CancelScope(shield=True):
        # One turn of the loop lets waiting requests see the cut and end by themselves.
        await anyio.lowlevel.checkpoint()
        pending = {task for listener in listeners for task in listener.requests}
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=_STOP_SECONDS)
