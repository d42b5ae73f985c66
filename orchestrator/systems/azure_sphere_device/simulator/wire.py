"""A request and its answer on the simulated wire: ASGI, paced by the speed of the link.

Plain ASGI and nothing else, since a board's server speaks a small subset of HTTP and its faults
have to reach below it. The local service uses the same pieces.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.refusals import LinkDropped, Refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = "application/json"
OCTETS = "application/octet-stream"
_JSON_LIMIT_BYTES = 1 << 16
_COMPACT = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True)
class Answer:
    """What goes back: a status, a JSON value or raw bytes, and what the board does afterwards.

    `restart` names why the board restarts once the answer has left; empty when it does not.
    """

    content: object = field(default_factory=dict)
    status: int = 200
    raw: bytes | None = None
    content_type: str = JSON
    restart: str = ""

    @cached_property
    def body(self) -> bytes:
        """The bytes on the wire, made once."""
        if self.raw is not None:
            return self.raw
        content = self.content
        if isinstance(content, BaseModel):
            content = content.model_dump(exclude_none=True)
        return _COMPACT.encode(content).encode()


class Request:
    """One request as it arrives. The body is read once, at the speed `pace` allows.

    `pace` is called with the number of bytes that just crossed the link. Where `judges_types` is
    false, a body is taken whatever media type it claims.
    """

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        parameters: dict[str, str],
        pace: Callable[[int], Awaitable[None]],
        *,
        judges_types: bool = True,
    ) -> None:
        self.parameters = parameters
        self._receive = receive
        self._pace = pace
        self._judges_types = judges_types
        self._headers = {name.lower(): value for name, value in scope["headers"]}
        self._body: bytes | None = None

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when there is none."""
        text: str = self._headers.get(b"content-type", b"").decode("latin-1")
        return text.partition(";")[0].strip().lower()

    @property
    def content_length(self) -> int:
        """The announced size of the body in bytes, 0 when none is announced."""
        text = self._headers.get(b"content-length", b"")
        return int(text) if text.isdigit() else 0

    async def read(self, limit_bytes: int) -> bytes:
        """Return the whole body. Raises Refused when it exceeds the limit, LinkDropped if cut."""
        if self._body is None:
            received = bytearray()
            async for chunk in self.chunks():
                received += chunk
                if len(received) > limit_bytes:
                    raise Refused(refusals.TOO_LARGE_REQUEST)
            self._body = bytes(received)
        return self._body

    async def read_part(self, fraction: float) -> None:
        """Let that part of the announced body arrive and no more."""
        wanted = int(self.content_length * fraction)
        received = 0
        if wanted == 0:
            return
        async for chunk in self.chunks():
            received += len(chunk)
            if received >= wanted:
                return

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises LinkDropped when the other side goes away."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise LinkDropped("the other side went away")
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            if chunk:
                await self._pace(len(chunk))
                yield chunk

    async def wait_for_disconnect(self) -> NoReturn:
        """Never answer: return control only when the other side has gone. Raises LinkDropped."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise LinkDropped("the other side gave up")

    def check_type(self, *accepted: str) -> None:
        """Refuse any other media type (415). Raises Refused."""
        if self._judges_types and self.content_type not in accepted:
            raise Refused(refusals.WRONG_CONTENT_TYPE)

    async def json(self, model: type[BaseModel], *, optional: bool = False) -> Any:
        """Return the body as `model`; unknown members are ignored, as boards do.

        Raises Refused with 415, 10.1 (no JSON) or 10.2 (JSON of another shape).
        """
        if optional and not (await self.read(_JSON_LIMIT_BYTES)).strip():
            return model()
        try:
            return model.model_validate(await self.table())
        except ValidationError:
            raise Refused(refusals.WRONG_JSON) from None

    async def table(self) -> dict[str, Any]:
        """Return the body as a JSON object whose members nobody has looked at.

        Raises Refused with 415, 10.1 (no JSON) or 10.2 (no object).
        """
        body = await self.read(_JSON_LIMIT_BYTES)
        self.check_type(JSON)
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(refusals.NOT_JSON) from None
        if not isinstance(value, dict):
            raise Refused(refusals.WRONG_JSON)
        return value


async def send_answer(send: Send, answer: Answer, headers: list[tuple[bytes, bytes]]) -> None:
    """Send `answer` with `headers` in one piece."""
    body = answer.body
    head = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": head})
    await send({"type": "http.response.body", "body": body})
