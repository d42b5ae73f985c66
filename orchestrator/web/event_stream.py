"""An answer that goes on: server-sent events, until their source ends or nobody listens.

The framework's own response takes the end of a slow listener for a fault of the program, so this
one closes its source itself, whatever ends it.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import anyio
from fastapi.sse import format_sse_event
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

MEDIA_TYPE = "text/event-stream"
SEND_SECONDS = 20.0
"""Whoever takes nothing for so long is not there."""


def frame(name: str, data: str, position: str | None = None) -> bytes:
    """Return one event as it goes over the wire; `data` is one line of JSON."""
    return format_sse_event(event=name, data_str=data, id=position)


class EventStream(Response):
    """Sends what `frames` yields. Use it once."""

    media_type = MEDIA_TYPE

    def __init__(self, frames: AsyncGenerator[bytes, None]) -> None:
        super().__init__()
        self._frames = frames
        # For proxies that would gather events before they hand them on.
        self.headers["X-Accel-Buffering"] = "no"
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until there are no more, or until the other side has gone."""
        del scope
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._frames), anyio.create_task_group() as tasks:
            tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
            async for each in self._frames:
                with anyio.move_on_after(SEND_SECONDS) as patience:
                    await send({"type": "http.response.body", "body": each, "more_body": True})
                if patience.cancelled_caught:
                    tasks.cancel_scope.cancel()
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            tasks.cancel_scope.cancel()


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    scope.cancel()
