"""Events of the station on their way to the audit: they wait here while it cannot be written.

Nothing that a board is judged by comes this way; that is recorded before it counts.
"""

from collections import deque
from collections.abc import Callable

import anyio

from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.records import EventRow, Recorder

MOST_WAITING = 10_000
"""Beyond so many the oldest is given up; `dropped` counts them."""


class Journal:
    """Takes events without waiting and records them in their order."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._waiting: deque[EventRow] = deque()
        self._wake = anyio.Event()
        self._held = False
        self._writing = anyio.Lock()
        self.dropped = 0
        """How many events were given up."""

    @property
    def waiting(self) -> int:
        """How many events are not written yet."""
        return len(self._waiting)

    @property
    def waiting_since(self) -> str | None:
        """When the oldest event happened that is not written yet (RFC 3339); None without one."""
        return self._waiting[0].occurred_at if self._waiting else None

    def note(self, row: EventRow) -> None:
        """Have `row` recorded as soon as the audit can be written."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(row)
        self._wake.set()

    def hold(self) -> None:
        """Write nothing until `release`: the audit is known to be lost."""
        self._held = True

    async def release(self) -> None:
        """Write what waits, and go on as before. Raises AuditUnavailable."""
        await self.flush()
        self._held = False

    async def flush(self) -> None:
        """Return when everything that waits is recorded. Raises AuditUnavailable."""
        async with self._writing:
            while self._waiting:
                row = self._waiting[0]
                try:
                    await self._recorder.record(row)
                except StationMisuse:
                    # It can never be stored; those behind it can.
                    self.dropped += 1
                if self._waiting and self._waiting[0] is row:
                    self._waiting.popleft()

    async def run(self, lost: Callable[[AuditUnavailable], None]) -> None:
        """Record what comes until cancelled; tell `lost` when the audit cannot be written."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            if self._held:
                continue
            try:
                await self.flush()
            except AuditUnavailable as fault:
                lost(fault)
