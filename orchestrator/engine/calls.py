"""Calls code that the engine does not trust: steps, probes, reading an identity.

Every call has a deadline, can be cut off by a stop, and ends either with its value or with an
error of the house's tree. This is the one place where an unexpected exception is caught: a bug in
a step ends that step, and nothing else.
"""

import traceback
from collections.abc import Awaitable, Callable

import structlog
from anyio import CancelScope, current_time

from orchestrator.domain.errors import OrchestratorError
from orchestrator.engine.prepare import PreparedStep
from orchestrator.engine.request import RunControl, RunRequest
from orchestrator.engine.verdict import (
    StepCrashed,
    Stopped,
    crashed,
    out_of_time,
    without_secrets,
)


class Calls:
    """Makes the calls of one run and cuts off those that are running when it is stopped."""

    __slots__ = ("_control", "_request", "_running")

    def __init__(self, request: RunRequest, control: RunControl) -> None:
        self._request = request
        self._control = control
        self._running: set[CancelScope] = set()

    def cut_off(self) -> None:
        """Cancel every call that is running now."""
        for scope in self._running:
            scope.cancel()

    async def call(
        self,
        step: PreparedStep,
        seconds: float,
        function: Callable[..., Awaitable[object]],
        *arguments: object,
        **named: object,
    ) -> object:
        """Return what `function` returns within `seconds`.

        Raises DeadlineExceeded when it takes longer, `Stopped` when the run is stopped meanwhile,
        `StepCrashed` for an unexpected exception, and errors of the house as they are. A call that
        was cut off counts as such even if it came to an end by itself.
        """
        scope = CancelScope(deadline=current_time() + seconds)
        running = self._running
        running.add(scope)
        value: object = None
        try:
            with scope:
                value = await function(*arguments, **named)
        except OrchestratorError as error:
            if not scope.cancel_called:
                raise
            raise self._cut(step, seconds) from error
        except Exception as error:
            if scope.cancel_called:
                raise self._cut(step, seconds) from error
            raise self._contained(step, error) from error
        finally:
            running.discard(scope)
        if scope.cancel_called:
            raise self._cut(step, seconds)
        return value

    def _cut(self, step: PreparedStep, seconds: float) -> OrchestratorError:
        stop = self._control.requested
        late = step.section == "teardown" or stop is None
        return out_of_time(step, seconds) if late or stop is None else Stopped(stop)

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
