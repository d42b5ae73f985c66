"""The one writer: a thread that commits everything that waits, and then tells all who wait.

Callers `await record(...)`; the thread takes all calls that wait, writes them in one transaction
and resolves them with one message to the event loop. There is no timer: one caller gets one
commit per call, many callers share commits, and the batch grows by itself under load.

What goes wrong is kept apart:

- A record that no database can bind is refused in its caller's task (`checks.py`).
- A constraint that a batch breaks is searched by halving; only the guilty call fails.
- A batch that could not be begun or written is certainly not there; a commit that failed is
  *unknown*. Both fail all who wait and stop the writer: every later call fails at once, until
  `try_again` has opened the store anew and read back by key what of the unknown commit is there.

A cancelled call may have been written or not; the others of its batch do not notice. What happens
within a transaction is `commit.py`. `InlineWriter` does the same without a thread.
"""

import asyncio  # futures of the running loop: anyio has none, and an event per call costs double
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

import anyio
from anyio.to_thread import run_sync

from orchestrator.audit.attest import Attestor
from orchestrator.audit.checks import BindCheck, Call
from orchestrator.audit.commit import Committer, OnAcknowledged, OnCommitted, OnEntries
from orchestrator.audit.store import Store
from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.records import Record

ENOUGH_CALLS_PER_COMMIT = 1024
"""From this size on a batch is written even though more calls wait."""

MAX_CALLS_WAITING = 4096
"""Calls beyond these wait for room before they enter the queue."""


_Fault = TypeVar("_Fault", bound=AuditUnavailable | StationMisuse)


class _TryAgain(NamedTuple):
    future: "asyncio.Future[tuple[Record, ...]]"


class Writer:
    """Owns the thread and the store. Made and used in one event loop, by any number of tasks."""

    def __init__(
        self,
        store: Store,
        *,
        attestor: Attestor | None = None,
        clock: Clock | None = None,
        max_calls_waiting: int = MAX_CALLS_WAITING,
        on_committed: OnCommitted | None = None,
        on_acknowledged: OnAcknowledged | None = None,
        on_entries: OnEntries | None = None,
    ) -> None:
        self._store = store
        self._committer = Committer(
            store,
            self._tell,
            attestor=attestor,
            clock=clock,
            on_committed=on_committed,
            on_acknowledged=on_acknowledged,
            on_entries=on_entries,
        )
        self._check = BindCheck()
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[list[Call] | _TryAgain | None] = SimpleQueue()
        self._gathered: list[Call] = []
        self._max_calls_waiting = max_calls_waiting
        self._waiting = 0
        self._room = anyio.Event()
        self._closed = False
        self._batch: list[Call] = []
        self._in_hand: list[Call] | _TryAgain | None = None
        self._thread = threading.Thread(target=self._main, name="audit-writer", daemon=True)

    def start(self) -> None:
        """Start the thread. The store is open by then."""
        self._thread.start()

    async def record(self, *records: Record) -> None:
        """Return when all `records` are durable, in one transaction.

        Raises StationMisuse when one of them cannot be stored (then none of them is), and
        AuditUnavailable when they may not be on disk.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        call = self._check(records, future)
        while self._waiting >= self._max_calls_waiting and not self._stopped():
            await self._room.wait()
        if self._closed or self._committer.failure is not None:
            self._raise_if_stopped()
        self._waiting += 1
        if not self._gathered:
            # Handed over when all tasks that are ready now have had their turn: woken by the
            # first call, the thread would split them into two commits, and again for ever.
            self._loop.call_soon(self._hand_over)
        self._gathered.append(call)
        await future

    async def try_again(self, *probe: Record) -> tuple[Record, ...]:
        """Open the store anew after a failure, and record `probe` to see that it works.

        Returns those records of failed commits that turned out to be on disk; the others are
        not. Harmless without a failure. Raises AuditUnavailable while the store is still away.
        """
        if self._closed:
            raise _closed()
        future: asyncio.Future[tuple[Record, ...]] = self._loop.create_future()
        self._hand_over()
        self._queue.put(_TryAgain(future))
        found = await future
        if probe:
            await self.record(*probe)
        return found

    async def close(self) -> None:
        """Write what waits, then end the thread and close the store."""
        self._closed = True
        self._make_room()
        self._hand_over()
        self._queue.put(None)
        with anyio.CancelScope(shield=True):
            await run_sync(self._thread.join)

    @property
    def failure(self) -> AuditUnavailable | None:
        """Why nothing can be written any more; None while all is well."""
        return self._committer.failure

    @property
    def commits(self) -> int:
        """How many transactions were committed, for figures."""
        return self._committer.commits

    def _stopped(self) -> bool:
        return self._closed or self._committer.failure is not None

    def _raise_if_stopped(self) -> None:
        if self._committer.failure is not None:
            raise _copy(self._committer.failure)
        if self._closed:
            raise _closed()

    # From here on: what runs in the event loop between callers and thread.

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _make_room(self) -> None:
        room, self._room = self._room, anyio.Event()
        room.set()

    def _settle(
        self, calls: Sequence[Call], error: AuditUnavailable | StationMisuse | None
    ) -> None:
        full = self._waiting >= self._max_calls_waiting
        self._waiting -= len(calls)
        for _, _, future in calls:
            if future is not None and not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(_copy(error))
        if full:
            self._make_room()

    def _settle_try(
        self, attempt: _TryAgain, found: tuple[Record, ...], error: AuditUnavailable | None
    ) -> None:
        if attempt.future.done():
            return
        if error is None:
            attempt.future.set_result(found)
        else:
            attempt.future.set_exception(error)

    def _ended(self) -> None:
        """Tell all who still wait: the thread takes nothing any more."""
        self._hand_over()
        rest, self._batch = self._batch, []
        left = [self._in_hand]
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        for item in left:
            if isinstance(item, list):
                rest += item
            elif item is not None:
                self._settle_try(item, (), _closed())
        self._settle(rest, _closed())

    # From here on: what runs in the thread.

    def _main(self) -> None:
        try:
            while self._serve():
                pass
            self._committer.close()
        finally:
            # Something waits here only after a mistake of this program ended the thread; those
            # who wait must hear of it all the same.
            self._committer.failure = self._committer.failure or _closed()
            self._store.close()
            self._loop.call_soon_threadsafe(self._ended)

    def _serve(self) -> bool:
        """Take what waits and write it. Return False when asked to end."""
        item = self._queue.get()
        while isinstance(item, list):
            self._batch += item
            if self._queue.empty() or len(self._batch) >= ENOUGH_CALLS_PER_COMMIT:
                break
            item = self._queue.get()
        self._in_hand = item
        if self._batch:
            self._committer.write(self._batch)
            self._batch = []
        if isinstance(item, _TryAgain):
            found, error = self._reopened()
            self._loop.call_soon_threadsafe(self._settle_try, item, found, error)
        self._in_hand = None
        return item is not None

    def _reopened(self) -> tuple[tuple[Record, ...], AuditUnavailable | None]:
        try:
            return self._committer.reopen(), None
        except AuditUnavailable as error:
            return (), _copy(error)

    def _tell(self, calls: Sequence[Call], error: AuditUnavailable | StationMisuse | None) -> None:
        self._loop.call_soon_threadsafe(self._settle, calls, error)


class InlineWriter(Writer):
    """The same in the event loop itself: for a rehearsal, in which nothing happens beside it."""

    def start(self) -> None:
        """Nothing is started."""

    async def try_again(self, *probe: Record) -> tuple[Record, ...]:
        """Open the store anew after a failure, and record `probe`; see `Writer.try_again`."""
        if self._closed:
            raise _closed()
        self._hand_over()
        found, error = self._reopened()
        if error is not None:
            raise error
        if probe:
            await self.record(*probe)
        return found

    async def close(self) -> None:
        """Write what waits, and close the store."""
        self._closed = True
        self._make_room()
        self._hand_over()
        self._committer.close()

    def _hand_over(self) -> None:
        calls, self._gathered = self._gathered, []
        if not calls:
            return
        try:
            self._committer.write(calls)
        except BaseException:
            # As when the thread dies: nothing is written any more, whoever waits hears of it.
            self._committer.failure = self._committer.failure or _closed()
            self._store.close()
            self._settle([c for c in calls if c.future and not c.future.done()], _closed())
            raise

    def _tell(self, calls: Sequence[Call], error: AuditUnavailable | StationMisuse | None) -> None:
        self._settle(calls, error)


def _copy(error: _Fault) -> _Fault:
    # Every caller gets its own: callers add their places, and each raise adds a traceback.
    return type(error)(error.what, remedy=error.remedy, where=error.where, code=error.code)


def _closed() -> AuditUnavailable:
    return AuditUnavailable("the audit is closed", remedy="Start the station again", code="closed")
