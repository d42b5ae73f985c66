"""Keeping faults where they belong: at the edge of a pipeline, and out of task groups.

What is held back is never lost: the caller finds it in `error` and must do something about it.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import anyio


class Edge:
    """Holds back an exception that leaves its block, so that it ends nothing but the block.

    Cancellation and the end of the process pass.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        """What was held back."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True


@asynccontextmanager
async def beside(companion: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run `companion` beside the block and cancel it at the block's end.

    An exception of the block comes out as it is, not in a group.
    """
    edge = Edge()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(companion)
        with edge:
            yield
        tasks.cancel_scope.cancel()
    if edge.error is not None:
        raise edge.error
