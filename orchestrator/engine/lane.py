"""Calls code that the engine does not trust, on time and one call after the other.

A `Lane` is one sequence of calls in one task: the run's own, and one for each step of a group.
Every call has a deadline, can be cut off by a stop, and ends either with its value or with an
error of the house's tree. This is the one place where an unexpected exception is caught: a bug in
a step ends that step, and nothing else. The `Watch` of a run looks after the deadlines of its
lanes.

A scope with a deadline for each call would be the plain way to do this and costs a third of the
engine's time. Therefore a lane keeps its scope from call to call, gives it up only when it was
cancelled, and its deadline is a mere number that the watch reads when the earliest one is due.
"""

import traceback
from collections.abc import Awaitable, Callable
from math import inf
from types import TracebackType
from typing import Self, TypeVar

import structlog
from anyio import CancelScope, Event, current_time, get_cancelled_exc_class
from anyio.lowlevel import current_token

from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.records import Record
from orchestrator.engine.prepare import PreparedStep
from orchestrator.engine.request import RunControl, RunRequest
from orchestrator.engine.verdict import (
    StepCrashed,
    Stopped,
    crashed,
    out_of_time,
    without_secrets,
)

T = TypeVar("T")


class Watch:
    """Knows the lanes of a run and cuts off each call whose time is up. `keep` runs in a task."""

    __slots__ = ("_lanes", "_nap", "_over", "time", "wakes")

    # Ended by an event and not by cancelling the nap: that costs as much as five steps.

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self._nap: CancelScope | None = None
        self._over = Event()
        # `anyio.current_time` looks for the event loop anew in every call.
        loop = current_token().native_token
        self.time: Callable[[], float] = getattr(loop, "time", current_time)
        self.wakes = inf

    def add(self, lane: "Lane") -> None:
        """Look after `lane` from now on."""
        self._lanes.append(lane)

    def remove(self, lane: "Lane") -> None:
        """Look after `lane` no more."""
        self._lanes.remove(lane)

    def wake_at(self, deadline: float) -> None:
        """Look at the lanes at `deadline`, which is earlier than `wakes`."""
        self.wakes = deadline
        if self._nap is not None:
            self._nap.deadline = deadline

    def cut_off(self) -> None:
        """Cancel every call that is running now."""
        for lane in self._lanes:
            lane.cut_off()

    def end(self) -> None:
        """Let `keep` return."""
        self._over.set()

    async def keep(self) -> None:
        """Sleep until the earliest deadline, cut off what is late, and so on until `end`."""
        while True:
            with CancelScope(deadline=self.wakes) as self._nap:
                await self._over.wait()
                return
            now = self.time()
            for lane in self._lanes:
                if lane.deadline <= now:
                    lane.cut_off()
            self.wakes = min((x.deadline for x in self._lanes if x.deadline > now), default=inf)


class Lane:
    """Makes one call after the other. A context manager of the task that makes them.

    `pending` are rows that wait for the lane's next commit, `boundary` is the time of its last
    step's end as long as nothing was waited for since. `deadline` is infinite between calls.
    """

    __slots__ = ("_control", "_request", "_scope", "_watch", "boundary", "deadline", "pending")

    def __init__(self, request: RunRequest, control: RunControl, watch: Watch) -> None:
        self._request = request
        self._control = control
        self._watch = watch
        self._scope: CancelScope | None = None
        self.deadline = inf
        self.boundary = ""
        self.pending: list[Record] = []

    def beside(self) -> "Lane":
        """Return a new lane of the same run, for a step of a group."""
        return Lane(self._request, self._control, self._watch)

    def __enter__(self) -> Self:
        self._watch.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watch.remove(self)
        if self._scope is not None:
            self._leave(error)

    def cut_off(self) -> None:
        """Cancel the call that is running now, if any."""
        if self.deadline < inf and self._scope is not None:
            self._scope.cancel()

    async def call(self, step: PreparedStep, seconds: float, awaited: Awaitable[T]) -> T:
        """Return what `awaited`, the call of an async function, returns within `seconds`.

        Raises DeadlineExceeded when it takes longer, `Stopped` when the run is stopped meanwhile,
        `StepCrashed` for an unexpected exception, and errors of the house as they are. A call that
        was cut off counts as such even if it came to an end by itself.
        """
        scope = self._scope
        if scope is None:
            scope = self._scope = CancelScope()
            scope.__enter__()
        watch = self._watch
        self.deadline = deadline = watch.time() + seconds
        if deadline < watch.wakes:
            watch.wake_at(deadline)
        try:
            value = await awaited
        except get_cancelled_exc_class() as cancelled:
            if scope.cancel_called and self._leave(cancelled):
                raise self._cut(step, seconds) from None
            raise
        except OrchestratorError as error:
            if scope.cancel_called:
                self._leave(error)
                raise self._cut(step, seconds) from error
            raise
        except Exception as error:
            if scope.cancel_called:
                self._leave(error)
                raise self._cut(step, seconds) from error
            raise self._contained(step, error) from error
        finally:
            self.deadline = inf
        if scope.cancel_called:
            self._leave(None)
            raise self._cut(step, seconds)
        return value

    def _leave(self, error: BaseException | None) -> bool:
        """Give up the scope; say whether `error` was its own cancellation and ends here."""
        scope, self._scope = self._scope, None
        assert scope is not None
        trace = error.__traceback__ if error is not None else None
        return bool(scope.__exit__(type(error) if error is not None else None, error, trace))

    def _cut(self, step: PreparedStep, seconds: float) -> OrchestratorError:
        stop = self._control.requested
        if stop is None or step.section == "teardown":
            return out_of_time(step, seconds)
        return Stopped(stop)

    def _contained(self, step: PreparedStep, error: Exception) -> OrchestratorError:
        meaning = crashed(step, error)
        if isinstance(meaning, StepCrashed):
            report = "".join(traceback.format_exception(error))
            structlog.get_logger("orchestrator.engine").error(
                "step_crashed",
                slot=self._request.slot,
                run_id=self._request.run_id,
                step=step.planned.id,
                uses=step.planned.uses,
                report=without_secrets(report, self._request.secrets),
            )
        return meaning
