"""Being asked to stop: SIGINT and SIGTERM, on Windows Ctrl-C and Ctrl-Break.

The first request ends the wait; what to do about it is the daemon's business.
"""

import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from types import FrameType
from typing import Any

import anyio

STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)
)
_LOOK_SECONDS = 0.2


async def stop_requests() -> AsyncIterator[signal.Signals]:
    """Yield every request to stop, until the iteration is cancelled."""
    if sys.platform == "win32":
        async for number in polled_stop_requests():
            yield number
    else:
        with anyio.open_signal_receiver(*STOP_SIGNALS) as requests:
            async for number in requests:
                yield number


async def polled_stop_requests() -> AsyncIterator[signal.Signals]:
    """The same where the event loop takes no signal handlers: a handler notes, a loop looks."""
    noted: list[signal.Signals] = []
    with _handlers(lambda number, frame: noted.append(signal.Signals(number))):
        while True:
            while noted:
                yield noted.pop(0)
            await anyio.sleep(_LOOK_SECONDS)


@contextmanager
def _handlers(note: Callable[[int, FrameType | None], Any]) -> Any:
    before = {number: signal.signal(number, note) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
