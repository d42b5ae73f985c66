"""What is special about a step that cannot be undone: its gate, and what follows a lost answer.

Before it: every required step before it has passed, and the unit is still the one that the run
began with, read over a fresh connection. After it, when nobody knows whether it was applied: wait
until a lost request can no longer take effect, ask, decide. The act itself is never repeated.
"""

from collections.abc import Callable

from anyio import current_time, sleep

from orchestrator.domain.errors import (
    AuditUnavailable,
    ErrorClass,
    OrchestratorError,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.attempt import Attempt, RunFacts
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.lane import Lane
from orchestrator.engine.prepare import PreparedPlan, PreparedStep
from orchestrator.engine.request import Bounds, Stop
from orchestrator.engine.verdict import (
    PASSED,
    StepCrashed,
    Stopped,
    Verdict,
    gate_closed,
    verdict_of,
)

_ASK_AGAIN = frozenset({ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY})
_APPLIED = "it was found applied, although its answer was lost"
_NOT_APPLIED = "it is certainly not applied"
_UNKNOWN = "whether it was applied is unknown"
_HOLD = "Hold this unit for a person: look at the unit itself before anything else is done with it"


def check_gate(plan: PreparedPlan, step: PreparedStep, passed: set[int]) -> None:
    """Raise GateClosed unless every required step before `step` has passed in this run."""
    missing = [position for position in step.gate if position not in passed]
    if missing:
        names = ", ".join(plan.steps[position - 1].planned.name for position in missing)
        raise gate_closed(f"required before it and not passed: {names}")


def is_unknown(error: OrchestratorError) -> bool:
    """Say whether `error` leaves open if an irreversible request was applied."""
    return error.leaves_unknown or isinstance(error, Stopped | StepCrashed)


class Irreversible:
    """Carries out the irreversible steps of one run. `stop` tells why the run is to end, if so."""

    def __init__(
        self,
        facts: RunFacts,
        evidence: Evidence,
        bounds: Bounds,
        stop: Callable[[], Stop | None],
    ) -> None:
        self._request = facts.request
        self._binding = facts.binding
        self._evidence = evidence
        self._bounds = bounds
        self._stop = stop

    async def act(self, lane: Lane, attempt: Attempt, seconds: float) -> Verdict:
        """Confirm the unit, call the step once, and find out what came of it.

        `seconds` bounds each call. Raises AuditUnavailable when the identity cannot be recorded.
        """
        refusal = await self._confirm(lane, attempt, seconds)
        if refusal is not None:
            return refusal
        step = attempt.step
        try:
            await lane.call(
                step, seconds, step.function, attempt, *attempt.clients, **attempt.arguments
            )
        except OrchestratorError as error:
            if is_unknown(error):
                return await self._settle_probe_decide(lane, attempt, error, seconds)
            return verdict_of(error, self._request.secrets)
        return PASSED

    async def _confirm(self, lane: Lane, attempt: Attempt, seconds: float) -> Verdict | None:
        """Record the identity that the unit has now; return why the step must not act, if so."""
        try:
            identity = await self._reread(lane, attempt.step, seconds)
        except OrchestratorError as error:
            return verdict_of(error, self._request.secrets)
        try:
            await self._evidence.commit([], self._evidence.identity_row(attempt.sequence, identity))
            self._binding.bind(identity)
            stop = self._stop()
            if stop is not None:
                raise Stopped(stop)
            if self._evidence.lost is not None:
                raise gate_closed("the audit cannot be written")
        except AuditUnavailable:
            raise
        except OrchestratorError as error:
            return verdict_of(error, self._request.secrets)
        return None

    async def _reread(self, lane: Lane, step: PreparedStep, seconds: float) -> DeviceIdentity:
        """Return the identity that the unit has now, read over a fresh connection."""
        if self._binding.identity is None:
            raise gate_closed("the unit's identity was not read in this run")
        if self._request.read_identity is None:
            raise gate_closed("the unit's identity cannot be read again")
        identity = await lane.call(step, seconds, self._request.read_identity)
        assert isinstance(identity, DeviceIdentity)
        return identity

    async def _settle_probe_decide(
        self, lane: Lane, attempt: Attempt, cause: OrchestratorError, seconds: float
    ) -> Verdict:
        """Wait, ask, and say how the attempt that ended with `cause` really ended.

        Found applied is PASS. A run that was stopped meanwhile keeps the outcome of the stop;
        what was found stands in the message.
        """
        lost = verdict_of(cause, self._request.secrets)
        outcome = lost.outcome if isinstance(cause, Stopped) else Outcome.ERROR
        applied: bool | None = None
        if attempt.step.definition.probe is not None:
            await sleep(attempt.step.definition.settle_seconds)
            applied = await self._ask(lane, attempt, seconds)
        if applied is None:
            message = f"{lost.message}; {_UNKNOWN}"
            return lost._replace(outcome=outcome, message=message, remedy=_HOLD)
        if applied and not isinstance(cause, Stopped):
            return Verdict(Outcome.PASS, message=f"{_APPLIED}: {lost.message}")
        found = _APPLIED if applied else _NOT_APPLIED
        return lost._replace(outcome=outcome, message=f"{lost.message}; {found}")

    async def _ask(self, lane: Lane, attempt: Attempt, seconds: float) -> bool | None:
        """Return what the probe says, None when it cannot say within its bound."""
        ends = current_time() + self._bounds.probe_seconds
        while (left := ends - current_time()) > 0:
            try:
                return await self._ask_once(lane, attempt, min(left, seconds))
            except OrchestratorError as error:
                # After a stop a question that took too long is called stopped, too.
                if error.kind not in _ASK_AGAIN and not isinstance(error, Stopped):
                    return None
            await sleep(self._bounds.probe_wait_seconds)
        return None

    async def _ask_once(self, lane: Lane, attempt: Attempt, seconds: float) -> bool:
        step = attempt.step
        assert step.definition.probe is not None
        self._binding.bind(await self._reread(lane, step, seconds))
        answer = await lane.call(
            step, seconds, step.definition.probe, attempt, *attempt.clients, **attempt.arguments
        )
        return bool(answer)
