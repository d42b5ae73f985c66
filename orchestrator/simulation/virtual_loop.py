"""An event loop on a virtual clock: when nothing is ready, time jumps to the next timer.

One thread, no sockets, no waiting, and the same order of everything each time: an hour of a shift
takes seconds and can be repeated. Tasks belong to a `Process` by their context; a process that was
cut off never runs again, whatever it was in the middle of, and nothing of it is unwound. What
anyio keeps in sets (which iterate by memory address) is put into ordered ones, and what it would
do in a worker thread happens in the loop.
"""

import asyncio  # the loop itself: anyio runs on it
import contextvars
import random
import warnings
from asyncio import base_events, events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

from anyio._backends import _asyncio as backend
from sniffio import current_async_library_cvar

T = TypeVar("T")

_CLOSING_TRIES = 50


class NothingLeft(RuntimeError):
    """Everything waits and no timer is set: nothing would ever happen again."""


class Process:
    """Tasks that live and die together."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.tasks: list[asyncio.Task[Any]] = []


_PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


def current_process() -> Process | None:
    """Return the process that the running task or callback belongs to."""
    return _PROCESS.get()


class _Selector:
    """Waits by moving the clock of its loop."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Let `timeout` seconds pass at once. Raises NothingLeft without a timer."""
        if timeout is None:
            raise NothingLeft("nothing is ready and no timer is set")
        if timeout > 0:
            self._loop.jump()
        return []


class VirtualLoop(base_events.BaseEventLoop):
    """The loop. `time()` begins at 0 and is in seconds."""

    _ready: deque[events.Handle]
    _scheduled: list[events.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._selector = _Selector(self)
        self._clock_resolution = 1e-9
        self.set_task_factory(_make_task)
        self.set_exception_handler(self._note)
        self.problems: list[str] = []
        """What went wrong in callbacks and forgotten tasks."""
        self._processes: list[Process] = []
        self.world = contextvars.Context()
        """The context of everything that is no process."""

    def time(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._seconds

    def jump(self) -> None:
        """Go to the moment of the earliest timer."""
        self._seconds = max(self._seconds, self._scheduled[0].when())

    def call_soon(  # type: ignore[override]  # the same, less precise
        self,
        callback: Callable[..., Any],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> events.Handle:
        """Call in the next turn, unless the process that asks is dead."""
        process = context.get(_PROCESS) if context is not None else _PROCESS.get()
        # As asyncio's own loop does it, but for its checks of threads and of debugging.
        handle = events.Handle(callback, args, self, context)
        self._ready.append(handle)
        if process is not None and process.dead:
            handle.cancel()
        return handle

    def spawn(self, coroutine: Coroutine[Any, Any, T], process: Process | None) -> asyncio.Task[T]:
        """Run `coroutine` as a task of `process`, None for the world around it."""
        context = contextvars.copy_context()
        context.run(_PROCESS.set, process)
        if process is not None and process not in self._processes:
            self._processes.append(process)
        return self.create_task(coroutine, context=context)

    def cut(self, process: Process) -> None:
        """Take the power from `process`: none of its tasks takes another step."""
        process.dead = True
        for handle in (*self._ready, *self._scheduled):
            if _process_of(handle) is process:
                handle.cancel()

    def bury(self) -> None:
        """Take dead tasks apart, so that they leave no warning; nothing they do counts."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some have never begun
            self._bury()

    def _bury(self) -> None:
        for process in self._processes:
            for task in process.tasks:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001  # no accident
                    _close(task.get_coro())
            process.tasks.clear()

    def run_in_executor(  # type: ignore[override]  # the same, less precise
        self, _executor: Any, func: Callable[..., T], *args: Any
    ) -> Any:
        """Call `func` here and now."""
        future = self.create_future()
        future.set_result(func(*args))
        return future

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.problems.append(f"{context.get('message')}: {error!r}")

    def _process_events(self, event_list: list[Any]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""


def _process_of(handle: events.Handle) -> Process | None:
    context = cast("contextvars.Context | None", getattr(handle, "_context", None))
    return context.get(_PROCESS) if context is not None else None


def _make_task(
    loop: asyncio.AbstractEventLoop,
    coroutine: Any,
    context: contextvars.Context | None = None,
) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, context=context)
    process = context.get(_PROCESS) if context is not None else _PROCESS.get()
    if process is not None:
        process.tasks.append(task)
        if len(process.tasks) > 4096:
            process.tasks[:] = [kept for kept in process.tasks if not kept.done()]
    return task


def _close(coroutine: Any) -> None:
    for _ in range(_CLOSING_TRIES):
        # A dead task may raise what it likes, and may need several tries.
        with suppress(BaseException):
            coroutine.close()
            return


class _Ordered(dict[Any, None]):
    """A set that iterates in the order of addition."""

    def add(self, item: Any) -> None:
        self[item] = None

    def remove(self, item: Any) -> None:
        del self[item]

    def discard(self, item: Any) -> None:
        self.pop(item, None)


@contextmanager
def deterministic(seed: str) -> Iterator[None]:
    """Make anyio and chance repeatable within the block; what they were comes back after it."""
    scope = backend.CancelScope
    loops: Any = backend.AsyncIOBackend
    made, in_thread = scope.__init__, loops.__dict__["run_sync_in_worker_thread"]
    chance = random.getstate()

    def make(self: Any, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        self._child_scopes = _Ordered()
        self._tasks = _Ordered()

    async def here(_cls: Any, func: Callable[..., T], args: Any, *_rest: Any, **_named: Any) -> T:
        await loops.checkpoint()
        return func(*args)

    scope.__init__ = make  # type: ignore[method-assign]  # taken back below
    loops.run_sync_in_worker_thread = classmethod(here)
    random.seed(seed)
    try:
        yield
    finally:
        scope.__init__ = made  # type: ignore[method-assign]
        loops.run_sync_in_worker_thread = in_thread
        random.setstate(chance)


def run(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]], seed: str = "") -> T:
    """Run `main(loop)` on a loop of its own until it returns; not within another loop."""
    loop = VirtualLoop()

    async def begin() -> T:
        # As `anyio.run` does: else every call of anyio looks anew which library runs.
        current_async_library_cvar.set("asyncio")
        return await main(loop)

    with deterministic(seed):
        try:
            return loop.run_until_complete(begin())
        finally:
            loop.bury()
            loop.close()


__all__ = [
    "NothingLeft",
    "Process",
    "VirtualLoop",
    "current_process",
    "deterministic",
    "run",
]
