"""The web terminal of a host: a local shell over a WebSocket, in the messages of GoTTY.

A message is one character, its number, and data: input and output in base64, the rest JSON or
nothing. The document names numbers and data and lost the form, which is taken from GoTTY. Output is
bytes that nobody here interprets: control sequences are the reader's to strip or to keep.
"""

import base64
import binascii
from dataclasses import dataclass

import anyio
from anyio.abc import AsyncResource
from pydantic import BaseModel

from orchestrator.domain.errors import DeadlineExceeded, UnusableAnswer
from orchestrator.systems.advantech_portal import models
from orchestrator.transport.decode import read_json, read_model
from orchestrator.transport.text import printable
from orchestrator.transport.websocket import Socket

OUTPUT, PONG, TITLE, PREFERENCES, RECONNECT, BUFFER = "123456"
"""What the host sends: the first character of its messages."""

INPUT, PING, RESIZE = "123"
"""What is sent to the host."""

SUBPROTOCOL = "webtty"
"""What GoTTY calls this form of messages."""

HELLO = '{"Arguments":"","AuthToken":""}'
"""The first message of GoTTY's own page. The token is in the header here."""

OUTPUT_BYTES = 1 << 20
"""The longest output that `read_until` gathers unless told otherwise."""


@dataclass(frozen=True, slots=True)
class TerminalMessage:
    """One message of the host: `kind` is its number, `data` what belongs to it."""

    kind: str
    output: bytes = b""
    title: str = ""
    value: object = None


class Terminal(AsyncResource):
    """One open shell. Close it with `aclose`, or use it as an async context."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._left = b""

    async def aclose(self) -> None:
        """Close the shell."""
        await self._socket.aclose()

    async def send(self, text: str) -> None:
        """Type `text`; a command ends with a line feed. Raises ConnectionLost."""
        await self._socket.send(INPUT + base64.b64encode(text.encode()).decode())

    async def ping(self) -> None:
        """Ask for a sign of life, which `receive` returns as `PONG`."""
        await self._socket.send(PING)

    async def resize(self, size: models.TerminalSize) -> None:
        """Tell the size of the window, in characters."""
        await self._socket.send(RESIZE + size.model_dump_json())

    async def receive(self, seconds: float) -> TerminalMessage:
        """Return the host's next message; when none comes in time, the shell is closed.

        Raises ConnectionLost, DeadlineExceeded, UnusableAnswer.
        """
        message = await self._socket.receive(seconds)
        if isinstance(message, bytes):
            message = message.decode("utf-8", "replace")
        return _taken_apart(message)

    async def read_until(self, mark: bytes, seconds: float, cap_bytes: int = OUTPUT_BYTES) -> bytes:
        """Return the output up to `mark`, which is part of it; what follows is kept.

        Raises DeadlineExceeded when the mark does not come in time, UnusableAnswer when more than
        `cap_bytes` come before it, and what `receive` raises.
        """
        gathered = bytearray(self._left)
        ends = anyio.current_time() + seconds
        while mark not in gathered:
            if len(gathered) > cap_bytes:
                raise UnusableAnswer(
                    f"The terminal wrote more than {cap_bytes} bytes before the expected text",
                    remedy="Let the command write less, or raise the limit in the recipe",
                    code="terminal.size",
                )
            left = ends - anyio.current_time()
            if left <= 0:
                raise DeadlineExceeded(
                    f"The expected text did not come within {seconds:g} s",
                    remedy="Check the command, and give it more time",
                    code="deadline",
                )
            gathered += (await self.receive(left)).output
        end = gathered.index(mark) + len(mark)
        self._left = bytes(gathered[end:])
        return bytes(gathered[:end])


def _taken_apart(message: str) -> TerminalMessage:
    kind, data = message[:1], message[1:]
    if kind == OUTPUT:
        try:
            return TerminalMessage(kind, output=base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            raise _no_message("its output is no base64") from None
    if kind == PONG:
        return TerminalMessage(kind)
    if kind == TITLE:
        return TerminalMessage(kind, title=printable(data))
    if kind == PREFERENCES:
        value: BaseModel = read_model(models.TerminalPreferences, data.encode())
        return TerminalMessage(kind, value=value)
    if kind in {RECONNECT, BUFFER} and kind:
        return TerminalMessage(kind, value=read_json(data.encode()))
    raise _no_message(f"it begins with {printable(kind) or 'nothing'}")


def _no_message(why: str) -> UnusableAnswer:
    return UnusableAnswer(
        f"The terminal sent a message that is none: {why}",
        remedy="Report the version of the host's portal with this message",
        code="terminal.message",
    )
