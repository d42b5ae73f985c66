"""Turns the first request to stop (Ctrl-C, a service stop) into an event, on every system.

anyio's own receiver of signals does not exist on Windows; a plain handler that wakes the loop
does on both.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import anyio


@contextmanager
def asked_to_stop() -> Iterator[anyio.Event]:
    """Yield an event that is set by SIGINT, SIGTERM or Ctrl-Break; restore the handlers after."""
    loop = asyncio.get_running_loop()
    stop = anyio.Event()

    def wake(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [(number, signal.signal(number, wake)) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)
