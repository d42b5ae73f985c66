"""Follows an event stream of an application in the same process, frame by frame."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from fastapi import FastAPI

from tests.patience import PATIENCE_SECONDS


class Event(NamedTuple):
    """One event as a browser gets it."""

    name: str
    data: Any
    id: str


class Reader:
    """The browser's end of a stream. With `slow` it takes nothing until it is told to."""

    def __init__(self, messages: MemoryObjectReceiveStream[dict[str, Any]]) -> None:
        self._messages = messages
        self._text = ""
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        """Take the head of the answer."""
        message = await self._messages.receive()
        self.status = message["status"]
        self.headers = {name.decode(): value.decode() for name, value in message["headers"]}

    async def next(self) -> Event:
        """Return the next event. Raises EndOfStream at the end."""
        while "\n\n" not in self._text:
            message = await self._messages.receive()
            self._text += message.get("body", b"").decode()
            if not message.get("more_body", False) and "\n\n" not in self._text:
                raise anyio.EndOfStream
        block, _, self._text = self._text.partition("\n\n")
        lines = [line.split(": ", 1) for line in block.split("\n")]
        assert all(len(line) == 2 for line in lines), block
        fields = dict(lines)
        assert len(fields) == len(lines), block
        return Event(fields["event"], json.loads(fields["data"]), fields.get("id", ""))

    async def text_until(self, text: str) -> None:
        """Take messages until one holds `text`. Raises EndOfStream at the end."""
        while text not in self._text:
            self._text = (await self._messages.receive()).get("body", b"").decode()
        self._text = ""

    async def until(self, name: str) -> Event:
        """Return the next event of that name."""
        while True:
            event = await self.next()
            if event.name == name:
                return event


@asynccontextmanager
async def following(
    application: FastAPI,
    path: str = "/api/v1/events",
    last: str | None = None,
    room: int = 0,
    *,
    address: str = "127.0.0.1",
    token: str = "",
) -> AsyncIterator[Reader]:
    """Open a stream; `room` is how many messages go out before somebody reads."""
    headers = [(b"host", b"localhost")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    if last is not None:
        headers.append((b"last-event-id", last.encode("latin-1")))
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "client": (address, 4711),
        "server": ("localhost", 80), "scheme": "http", "http_version": "1.1",
        "asgi": {"version": "3.0", "spec_version": "2.3"}, "root_path": "",
    }  # fmt: skip
    sent, received = anyio.create_memory_object_stream[dict[str, Any]](room)

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        raise AssertionError

    async def serve() -> None:
        async with sent:
            await application(scope, receive, sent.send)

    with received:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            reader = Reader(received)
            with anyio.fail_after(PATIENCE_SECONDS):
                await reader.begin()
                yield reader
            tasks.cancel_scope.cancel()
