"""WebSockets of one peer: opened with a deadline, messages of bounded size, errors of our tree.

Certificate and name are verified as for calls; no proxy, no packing, no redirect is followed.
`open_socket` uses the network, `in_process_sockets` an application in the same process.
"""

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import anyio
from anyio.abc import AsyncResource

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OrchestratorError,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.transport.body import checked_headers
from orchestrator.transport.faults import untrusted
from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.in_process_stream import App, InProcessSocket, SocketRefused
from orchestrator.transport.text import printable
from orchestrator.transport.tls import empty_context

MESSAGE_BYTES = 1 << 20
"""The longest message that is taken."""

_HELD_MESSAGES = 16
_CLOSE_SECONDS = 2.0
_CHECK_LINK = "Check the cable and whether the unit has power"


@dataclass(frozen=True, slots=True)
class Door:
    """What a WebSocket is opened with. `url` begins with wss or ws; `headers` may hold a token.

    `subprotocols` are offered; a peer that takes none is spoken to all the same.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = None
    server_name: str | None = None
    message_bytes: int = MESSAGE_BYTES
    connect_seconds: float = 10.0
    subprotocols: tuple[str, ...] = ()


class Carrier(Protocol):
    """What carries messages. After its end both raise ConnectionError."""

    async def send(self, data: str | bytes) -> None:
        """Send one message."""
        ...

    async def receive(self) -> str | bytes:
        """Wait for one message."""
        ...

    async def aclose(self) -> None:
        """Leave."""
        ...


class Socket(AsyncResource):
    """One open WebSocket. Close it with `aclose`, or use it as an async context."""

    def __init__(self, carrier: Carrier, message_bytes: int = MESSAGE_BYTES) -> None:
        self._carrier = carrier
        self._message_bytes = message_bytes

    async def send(self, data: str | bytes, seconds: float = 10.0) -> None:
        """Send one message. Raises ConnectionLost, DeadlineExceeded."""
        await self._within(seconds, lambda: self._carrier.send(data))

    async def receive(self, seconds: float) -> str | bytes:
        """Return the next message; when none comes in time, the WebSocket is closed.

        Raises ConnectionLost, DeadlineExceeded, UnusableAnswer.
        """
        message: str | bytes = await self._within(seconds, self._carrier.receive)
        if len(message) > self._message_bytes:
            await self.aclose()
            raise _too_long(self._message_bytes)
        return message

    async def aclose(self) -> None:
        """Close the WebSocket, politely and in bounded time."""
        with anyio.move_on_after(2 * _CLOSE_SECONDS, shield=True):
            await self._carrier.aclose()

    async def _within(self, seconds: float, act: Callable[[], Awaitable[Any]]) -> Any:
        try:
            with anyio.fail_after(seconds):
                return await act()
        except TimeoutError:
            await self.aclose()
            raise DeadlineExceeded(
                f"No message went over the WebSocket within {seconds:g} s",
                remedy="Check whether the unit is still at work",
                code="deadline",
            ) from None
        except ConnectionError as error:
            raise ConnectionLost(
                f"The WebSocket broke: {printable(str(error)) or 'closed'}", remedy=_CHECK_LINK
            ) from error


OpenSocket = Callable[[Door], Awaitable[Socket]]
"""Opens a WebSocket. Raises SocketRefused with the peer's answer, and errors of our tree."""


async def open_socket(door: Door) -> Socket:
    """Open a WebSocket over the network.

    Raises SocketRefused, Unreachable, UntrustedPeer, DeadlineExceeded, UnusableAnswer.
    """
    from websockets.asyncio.client import connect  # a start-up need not pay for it
    from websockets.exceptions import InvalidHandshake, InvalidStatus
    from websockets.typing import Subprotocol

    class Direct(connect):
        def process_redirect(self, exc: Exception) -> Exception | str:
            """Follow nothing: the header may hold a token."""
            return exc

    quiet = logging.getLogger(f"{__name__}.library")
    quiet.setLevel(logging.INFO)  # beneath, the library writes headers, in which a token may stand
    secure = urlsplit(door.url).scheme == "wss"
    trust: dict[str, Any] = {}
    if secure:
        name = door.server_name or urlsplit(door.url).hostname
        trust = {"ssl": door.context or empty_context(), "server_hostname": name}
    try:
        library = await Direct(
            door.url,
            subprotocols=[Subprotocol(name) for name in door.subprotocols] or None,
            additional_headers=dict(checked_headers(door.headers)),
            user_agent_header=None,
            logger=quiet,
            compression=None,
            proxy=None,
            open_timeout=door.connect_seconds,
            close_timeout=_CLOSE_SECONDS,
            max_size=door.message_bytes,
            max_queue=_HELD_MESSAGES,
            **trust,
        )
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"No WebSocket came about within {door.connect_seconds:g} s",
            remedy=_CHECK_LINK,
            code="deadline",
        ) from error
    except InvalidStatus as error:
        body = bytes(error.response.body or b"")
        raise SocketRefused(error.response.status_code, body) from error
    except InvalidHandshake as error:
        raise UnusableAnswer(
            f"The peer does not speak WebSocket: {printable(str(error))}",
            remedy="Check that the address belongs to a unit of this kind",
            code="answer.websocket",
        ) from error
    except OSError as error:
        raise _no_connection(error) from error
    return Socket(_Library(library, door.message_bytes), door.message_bytes)


def _no_connection(error: OSError) -> OrchestratorError:
    detail = printable(str(error)) or type(error).__name__
    return untrusted(error) or Unreachable(
        f"No connection could be made: {detail}", remedy=_CHECK_LINK
    )


class _Library:
    """A connection of the library as a carrier."""

    def __init__(self, connection: Any, message_bytes: int) -> None:
        self._connection = connection
        self._message_bytes = message_bytes

    async def send(self, data: str | bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._connection.send(data)
        except ConnectionClosed as error:
            raise ConnectionError(str(error)) from error

    async def receive(self) -> str | bytes:
        from websockets.exceptions import ConnectionClosed

        try:
            message: str | bytes = await self._connection.recv()
        except ConnectionClosed as error:
            if error.sent is not None and error.sent.code == _TOO_BIG:
                raise _too_long(self._message_bytes) from error
            raise ConnectionError(str(error)) from error
        return message

    async def aclose(self) -> None:
        await self._connection.close()


_TOO_BIG = 1009


def _too_long(cap: int) -> UnusableAnswer:
    return UnusableAnswer(
        f"A message is longer than the {cap} bytes that it may have",
        remedy="Report it with this message",
        code="answer.size",
    )


def in_process_sockets(app: App) -> OpenSocket:
    """Return what opens WebSockets to `app` without a network."""

    async def opened(door: Door) -> Socket:
        carrier = InProcessSocket(app, door.url, checked_headers(door.headers))
        try:
            with anyio.fail_after(door.connect_seconds):
                await carrier.__aenter__()
        except TimeoutError:
            await carrier.aclose()
            raise DeadlineExceeded(
                f"No WebSocket came about within {door.connect_seconds:g} s",
                remedy=_CHECK_LINK,
                code="deadline",
            ) from None
        except SocketRefused:
            raise
        except NotReachable as error:
            raise Unreachable(
                f"No connection could be made: {printable(str(error))}", remedy=_CHECK_LINK
            ) from error
        except ConnectionError as error:
            raise ConnectionLost(
                f"The WebSocket broke: {printable(str(error))}", remedy=_CHECK_LINK
            ) from error
        return Socket(carrier, door.message_bytes)

    return opened
