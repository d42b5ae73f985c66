"""A network that answers with event streams as a test writes them, piece by piece."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import anyio
import httpx

from orchestrator.domain.errors import NotSupported, OrchestratorError
from orchestrator.transport.client import Answer
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.sse import EventSource

ROW = Endpoint("stream", "", "T", "GET", "/events", Empty, answer_cap_bytes=1000, door="SSE")
HEAD = {"Content-Type": "text/event-stream"}


class Pieces(httpx.AsyncByteStream):
    """A body that comes in these pieces; an error among them is raised, None is silence."""

    def __init__(self, pieces: Iterable[bytes | Exception | None]) -> None:
        self.pieces = pieces
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if piece is None:
                await anyio.sleep_forever()
            if isinstance(piece, Exception):
                raise piece
            assert piece is not None
            yield piece

    async def aclose(self) -> None:
        """Note the end."""
        self.closed = True


class Net(httpx.AsyncBaseTransport):
    """Answers one request after the other from a list; an error is raised. Notes the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.bodies: list[Pieces] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the next answer."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await anyio.sleep_forever()
        if isinstance(answer, httpx.Response):
            return answer
        body = Pieces(answer)
        self.bodies.append(body)
        return httpx.Response(200, headers=HEAD, stream=body)


def source(net: httpx.AsyncBaseTransport, **options: Any) -> EventSource:
    """Return a source over `net`."""
    return EventSource("https://peer.test", peer="peer", transport=net, **options)


def refuse(answer: Answer) -> OrchestratorError:
    """Return the room's error."""
    assert len(answer.body) <= 64 * 1024
    return NotSupported(f"status {answer.status}", remedy="none")
