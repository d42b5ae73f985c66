"""The engine's door: `execute` runs one plan on one unit and leaves nothing half done.

A run lives in a shielded scope of its own, so that being cancelled from outside reaches it as a
stop: the running step is cut off, teardown runs, the last records are written, all bounded.
"""

from anyio import (
    CancelScope,
    create_task_group,
    current_time,
    get_cancelled_exc_class,
)

from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.outcome import Outcome
from orchestrator.engine.request import (
    Bounds,
    EngineServices,
    RunControl,
    RunRequest,
    RunResult,
)
from orchestrator.engine.runner import Runner
from orchestrator.recipe.plan import Plan

__all__ = ["Bounds", "EngineServices", "RunControl", "RunRequest", "RunResult", "execute"]

_ASKED_TO_STOP = "the station was asked to stop"


async def execute(
    plan: Plan, request: RunRequest, services: EngineServices, control: RunControl
) -> RunResult:
    """Run `plan` on the unit of `request` and return how it ended.

    Setup and main stop at the first step that did not pass, unless it says `on_fail: continue`;
    teardown always runs. A step's begin is durable before its function is called, and its end is
    committed together with the next begin. A task that is cancelled while it waits here ends the
    run as ABORTED first. Raises AuditUnavailable when evidence cannot be written, after teardown;
    StationMisuse when the plan does not fit this program or its opening cannot be stored.
    """
    runner = Runner(services.prepared.get(plan, services.definitions), request, services, control)
    result: RunResult | None = None
    failure: OrchestratorError | None = None
    shelter = CancelScope(shield=True)
    try:
        async with create_task_group() as group:
            group.start_soon(_guard, runner, control, shelter, services.bounds)
            with shelter:
                try:
                    result = await runner.perform()
                except OrchestratorError as error:
                    # Kept for later: a task group would wrap it into an exception group.
                    failure = error
                finally:
                    runner.watch.end()
                    control.detach()
    except get_cancelled_exc_class():
        if failure is not None:
            raise failure from None
        raise
    if failure is not None:
        raise failure
    if result is None:
        raise AuditUnavailable(
            "the run was stopped and its last records were not written in time",
            remedy="Check the disk or the database server; the next start closes the run",
        )
    return result


async def _guard(runner: Runner, control: RunControl, shelter: CancelScope, bounds: Bounds) -> None:
    """Watch the deadlines; turn a cancellation of the surrounding task into a bounded stop."""
    watch = runner.watch
    try:
        await watch.keep()
    except get_cancelled_exc_class():
        control.stop(Outcome.ABORTED, _ASKED_TO_STOP)
        shelter.deadline = (
            current_time()
            + bounds.teardown_seconds
            + runner.settle_seconds
            + bounds.probe_seconds
            + bounds.closing_seconds
        )
        with CancelScope(shield=True):
            await watch.keep()
        raise
