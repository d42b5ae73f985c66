"""A loop whose clock jumps to the next timer when nothing is ready, so that no test waits."""

import asyncio  # the loop itself: anyio runs on it
import selectors
from typing import Any


class _Jumping(selectors.SelectSelector):
    """Never waits: what would have been waited for has passed already."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits and no timer is set")
        if not ready and timeout is not None and timeout > 0:
            self.passed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual seconds, beginning at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual seconds that have passed."""
        return self._jumping.passed
