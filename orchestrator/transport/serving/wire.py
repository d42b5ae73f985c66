"""Requests as they arrive at a simulator, and the answers that leave it."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from pydantic import BaseModel

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = "application/json"


class AnswerLost(ConnectionError):
    """The answer does not arrive. In process the caller sees a broken connection."""


class TooLarge(Exception):
    """The body is longer than the simulated system reads."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a status, a JSON value (None: no body) or raw bytes, and headers."""

    content: object = None
    status: int = 200
    raw: bytes | None = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The bytes on the wire."""
        if self.raw is not None:
            return self.raw
        if self.content is None:
            return b""
        return json.dumps(plain(self.content), separators=(",", ":")).encode()


def plain(content: object) -> object:
    """Return `content` with its models as JSON values, secrets revealed."""
    if isinstance(content, BaseModel):
        return content.model_dump(mode="json", exclude_none=True, by_alias=True)
    if isinstance(content, list | tuple):
        return [plain(one) for one in content]
    if isinstance(content, dict):
        return {name: plain(one) for name, one in content.items()}
    return content


class Received:
    """One request. The body is read once, up to a limit."""

    def __init__(
        self, scope: Scope, receive: Receive, parameters: Mapping[str, str], limit_bytes: int
    ) -> None:
        self.parameters = dict(parameters)
        self.method = str(scope["method"])
        self.path = str(scope["path"])
        self.scheme = str(scope.get("scheme", "http"))
        self.query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._body: bytes | None = None
        self.headers = {
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        media_type: str = self.headers.get("content-type", "").partition(";")[0]
        return media_type.strip().lower()

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header, if it has one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    async def body(self) -> bytes:
        """Return the whole body. Raises TooLarge, AnswerLost when the other side went away."""
        if self._body is None:
            received = bytearray()
            more = True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise AnswerLost("the other side went away")
                received += message.get("body", b"")
                more = message.get("more_body", False)
                if len(received) > self._limit_bytes:
                    raise TooLarge
            self._body = bytes(received)
        return self._body

    async def json(self) -> Any:
        """Return the body as a JSON value. Raises ValueError when it is none."""
        try:
            return json.loads(await self.body())
        except RecursionError:
            raise ValueError("nested too deeply") from None

    async def part(self, name: str) -> bytes:
        """Return the part of a multipart form of that name. Raises ValueError."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        form: Message = BytesParser(policy=HTTP).parsebytes(head + await self.body())
        if not form.is_multipart():
            raise ValueError("no multipart form")
        for one in form.get_payload():
            if isinstance(one, Message):
                found = one.get_param("name", header="content-disposition")
                if found == name:
                    content = one.get_payload(decode=True)
                    return content if isinstance(content, bytes) else b""
        raise ValueError(f"no part named {name}")

    async def wait_for_disconnect(self) -> NoReturn:
        """Never answer: return control only when the other side has gone. Raises AnswerLost."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise AnswerLost("the other side gave up")


async def send_reply(send: Send, reply: Reply) -> None:
    """Send `reply` in one piece."""
    body = reply.body
    head = [(b"content-length", str(len(body)).encode())]
    if body:
        head.append((b"content-type", reply.content_type.encode()))
    head += [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": head})
    await send({"type": "http.response.body", "body": body})
