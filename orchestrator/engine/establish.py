"""Finds out what became of an intent of an earlier run, by asking the unit itself.

For the station: before a new run and after an interruption. It only asks; what follows from the
answer, and its row in the audit, are the caller's business.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from anyio import create_task_group

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import OrchestratorError, StationMisuse, UnitChanged
from orchestrator.domain.intents import EarlierIntent, FindingState
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.asking import Answer, Asking
from orchestrator.engine.attempt import Attempt, Binding, RunFacts
from orchestrator.engine.lane import Lane, Watch
from orchestrator.engine.parameters import Secret
from orchestrator.engine.replanned import Replanned, replan
from orchestrator.engine.request import Bounds, RunControl, RunRequest
from orchestrator.engine.step import StepDefinition
from orchestrator.engine.verdict import without_secrets


class Established(NamedTuple):
    """What became of an intent: applied, not_applied or unknown, with a sentence for people."""

    state: FindingState
    message: str


async def establish(
    intent: EarlierIntent,
    definition: StepDefinition | None,
    *,
    resources: Mapping[type[Any], object],
    read_identity: Callable[[], Awaitable[DeviceIdentity]],
    clock: Clock,
    bounds: Bounds | None = None,
    secrets: Mapping[str, Secret] | None = None,
) -> Established | None:
    """Wait until a lost request can no longer be applied, then ask the unit whether it was.

    `definition` is the step that the intent names, None when this program has no such step;
    `secrets` are those of the intent's recipe, as far as the station still has them.
    Returns None when another unit answers: the intent is none of its business. What cannot be
    asked, or is not answered within `bounds.probe_seconds`, is UNKNOWN. Takes as long as
    `intent.settle_seconds` and that; a caller whose unit was taken out cancels it, and the intent
    stays as it is.
    """
    try:
        if definition is None:
            raise StationMisuse(f"this program has no step {intent.kind} to ask with")
        request = _request(intent, resources, read_identity, secrets or {})
        attempt = _attempt(replan(intent, definition, request.secrets), request, clock)
    except OrchestratorError as error:
        return Established(FindingState.UNKNOWN, f"the unit cannot be asked: {error.what}")
    answer = await _asked(intent, attempt, request, bounds or Bounds())
    if isinstance(answer.fault, UnitChanged):
        return None
    if answer.applied is None:
        why = without_secrets(answer.why, request.secrets)
        return Established(FindingState.UNKNOWN, f"the unit did not say: {why}")
    if answer.applied:
        return Established(FindingState.APPLIED, "the unit says that it is so")
    return Established(FindingState.NOT_APPLIED, "the unit says that it is not so")


def locks_unit(intent: EarlierIntent, definition: StepDefinition | None) -> bool:
    """Say whether `intent`, once applied, keeps the steps before it from being made again.

    False where this program cannot tell: it does not know the step or its parameters.
    """
    if definition is None or definition.locks is None:
        return False
    try:
        replanned = replan(intent, definition, None)
    except OrchestratorError:
        return False
    return definition.locks(**replanned.arguments.values)


def _request(
    intent: EarlierIntent,
    resources: Mapping[type[Any], object],
    read_identity: Callable[[], Awaitable[DeviceIdentity]],
    secrets: Mapping[str, Secret],
) -> RunRequest:
    """Return the request of a run that is never made: what the asking needs of one."""
    return RunRequest(
        run_id=intent.run_id,
        slot="",
        unit=Unit(),
        identity=intent.identity,
        inputs={},
        secrets=secrets,
        resources=resources,
        read_identity=read_identity,
        opening=(),
    )


def _attempt(replanned: Replanned, request: RunRequest, clock: Clock) -> Attempt:
    step = replanned.step
    missing = [need.__name__ for need in step.needs if need not in request.resources]
    if missing:
        raise StationMisuse(f"this station does not provide {', '.join(missing)}")
    facts = RunFacts(replanned.plan, request, clock, Binding(request.identity))
    attempt = Attempt(facts, step, 0, 0, None)
    attempt.clients = tuple(request.resources[need] for need in step.needs)
    attempt.arguments = replanned.arguments.fresh()
    return attempt


async def _asked(
    intent: EarlierIntent, attempt: Attempt, request: RunRequest, bounds: Bounds
) -> Answer:
    """Settle and ask in a lane of its own, as a run would."""
    watch = Watch()
    asking = Asking(attempt.facts, bounds, lambda: None)
    seconds = attempt.step.timeout_seconds
    async with create_task_group() as group:
        group.start_soon(watch.keep)
        try:
            with Lane(request, RunControl(), watch) as lane:
                answer = await asking.settled(lane, attempt, seconds, intent.settle_seconds)
        finally:
            watch.end()
    return answer
