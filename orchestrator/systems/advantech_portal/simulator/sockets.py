"""The WebSockets of a host: the web terminal in GoTTY's framing, and the remote desktop.

Messages of the terminal are text: the number of the command as one character, then its data.
"""

import base64
import binascii
import json
from typing import Any

from orchestrator.systems.advantech_portal.simulator.desktop import Prepared, Screen
from orchestrator.systems.advantech_portal.simulator.faults import Fault
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.refusals import LinkDropped
from orchestrator.systems.advantech_portal.simulator.shell import Shell
from orchestrator.systems.advantech_portal.simulator.streams import Cut
from orchestrator.transport.serving import Receive, Reply, Send

SUBPROTOCOL = "webtty"
OUTPUT, PONG, TITLE, PREFERENCES, RECONNECT, BUFFER_SIZE = "123456"
INPUT, PING, RESIZE = "123"
NORMAL, UNSUPPORTED = 1000, 1003
_BUFFER_BYTES = 1024


class Socket:
    """The host's end of one WebSocket, which breaks with the host's link or by a fault."""

    def __init__(
        self, host: SimulatedHost, fault: Fault | None, receive: Receive, send: Send
    ) -> None:
        self._host = host
        self._losses = host.link_losses
        self._cut = Cut(fault, host.now())
        self._receive = receive
        self._send = send

    async def accept(self, subprotocol: str | None = None) -> None:
        """Open it. Raises LinkDropped when the other side has gone."""
        if (await self._receive())["type"] != "websocket.connect":
            raise LinkDropped("the other side went away")
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})

    async def hear(self) -> bytes | None:
        """Return the next message, None when the other side has gone. Raises LinkDropped."""
        message = await self._receive()
        self._host.expect(self._losses)
        if message["type"] != "websocket.receive":
            return None
        data = message.get("bytes")
        return bytes(data) if data is not None else str(message["text"]).encode()

    async def say(self, data: str | bytes) -> None:
        """Send a message. Raises LinkDropped when a fault breaks the socket."""
        if not self._cut.passes() or self._cut.is_due(self._host.now()):
            raise LinkDropped("the WebSocket breaks")
        kind = "text" if isinstance(data, str) else "bytes"
        await self._send({"type": "websocket.send", kind: data})

    async def close(self, code: int = NORMAL) -> None:
        """Say good-bye."""
        await self._send({"type": "websocket.close", "code": code})


async def refuse_socket(scope: Any, reply: Reply, receive: Receive, send: Send) -> None:
    """Answer a WebSocket's handshake with HTTP, where the server can."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    head = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    if reply.body:
        head.append((b"content-type", reply.content_type.encode()))
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": reply.status, "headers": head})
    await send({"type": f"{kind}.body", "body": reply.body})


async def run_terminal(host: SimulatedHost, socket: Socket, offered: list[str]) -> None:
    """Serve a shell until somebody leaves it. Raises LinkDropped."""
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    if host.spec.terminal_needs_hello and await socket.hear() is None:
        return
    shell = Shell(host)
    host.report("terminal_opened")
    preferences = {"font-size": 12, "font-family": "serif"}
    for number, data in (
        (TITLE, shell.title),
        (PREFERENCES, json.dumps(preferences)),
        (RECONNECT, json.dumps(False)),
        (BUFFER_SIZE, json.dumps(_BUFFER_BYTES)),
    ):
        await socket.say(number + data)
    await _print(socket, shell.greeting())
    while not shell.ended:
        message = await socket.hear()
        if message is None:
            return
        if not await _obey(socket, shell, message):
            await socket.close(UNSUPPORTED)
            return
    await socket.close()


async def run_desktop(host: SimulatedHost, socket: Socket, prepared: Prepared) -> None:
    """Serve a VNC screen until the other side leaves. Raises LinkDropped."""
    await socket.accept()
    host.report("desktop_opened", id=prepared.identifier)
    screen = Screen(host.spec.name, prepared, host.spec.digest("display 0"))
    said = screen.hear(b"")
    while True:
        if said:
            await socket.say(said)
        if screen.closed:
            await socket.close()
            return
        message = await socket.hear()
        if message is None:
            return
        said = screen.hear(message)


async def _obey(socket: Socket, shell: Shell, message: bytes) -> bool:
    """Do what a message of the terminal asks for; False for one that cannot be read."""
    number, data = message[:1].decode("latin-1"), message[1:]
    if number == INPUT:
        try:
            typed = base64.b64decode(data, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        await _print(socket, shell.type(typed))
    elif number == PING:
        await socket.say(PONG)
    # A new size changes nothing here, and GoTTY's first message asks for nothing.
    return number in {INPUT, PING, RESIZE, "{"}


async def _print(socket: Socket, text: str) -> None:
    content = text.encode()
    for k in range(0, len(content), _BUFFER_BYTES):
        part = content[k : k + _BUFFER_BYTES]
        await socket.say(OUTPUT + base64.b64encode(part).decode())
