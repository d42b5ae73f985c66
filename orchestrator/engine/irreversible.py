"""What is special about a step that cannot be undone: gate, intent, act, and what became of it.

Before it: every required step before it has passed, the unit is still the one that the run began
with, read over a fresh connection, and no earlier request like it stands. Then the intent is made
durable, then the step is called. After it, when nobody knows whether it was applied: wait until a
lost request can no longer take effect, ask, decide. Each end leaves a finding on the intent; where
none can be had, the intent stays open and the station asks when the unit is back.
"""

from collections.abc import Callable

from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import (
    AuditUnavailable,
    OrchestratorError,
    ProductFault,
    StationFault,
)
from orchestrator.domain.intents import EarlierIntent, FindingSource, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.asking import Answer, Asking
from orchestrator.engine.attempt import Acting, Attempt, RunFacts
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.lane import Lane
from orchestrator.engine.ledger import Ledger
from orchestrator.engine.prepare import PreparedPlan, PreparedStep
from orchestrator.engine.request import Stop
from orchestrator.engine.verdict import (
    StepCrashed,
    Stopped,
    Verdict,
    gate_closed,
    verdict_of,
    without_secrets,
)

_APPLIED = "it was found applied, although its answer was lost"
_NOT_APPLIED = "it is certainly not applied"
_UNKNOWN = "whether it was applied is unknown"
_BY_NOBODY = "it was already so, by nobody this audit knows"
_PUT_BACK = "Put the unit in again: the station asks it before anything else is done with it"
_ASK_LATER = "Check the unit and its cable, then begin again with the unit"


def check_gate(plan: PreparedPlan, step: PreparedStep, passed: set[int]) -> None:
    """Raise GateClosed unless every required step before `step` has passed in this run."""
    missing = [position for position in step.gate if position not in passed]
    if missing:
        names = ", ".join(plan.steps[position - 1].planned.name for position in missing)
        raise gate_closed(f"required before it and not passed: {names}")


def is_unknown(error: OrchestratorError, attempt: Attempt) -> bool:
    """Say whether `error` leaves open if the irreversible request of `attempt` was applied."""
    if attempt.acting is Acting.NEEDLESS:
        return False
    after_the_answer = attempt.acting is Acting.ANSWERED
    return after_the_answer or error.leaves_unknown or isinstance(error, Stopped | StepCrashed)


class Irreversible:
    """Carries out the irreversible steps of one run. `stop` tells why the run is to end, if so."""

    def __init__(
        self,
        facts: RunFacts,
        evidence: Evidence,
        ledger: Ledger,
        asking: Asking,
        stop: Callable[[], Stop | None],
    ) -> None:
        self._secrets = facts.request.secrets
        self._binding = facts.binding
        self._evidence = evidence
        self._ledger = ledger
        self._asking = asking
        self._stop = stop

    async def act(self, lane: Lane, attempt: Attempt, seconds: float) -> Verdict:
        """Confirm the unit, leave the intent, call the step once, and find out what came of it.

        `seconds` bounds each call. `attempt.may_act_again` is set when it was lost and the unit
        says that it is not applied. Raises AuditUnavailable when evidence cannot be written; what
        was done then stays an open intent.
        """
        try:
            identity = await self._asking.reread(lane, attempt.step, seconds)
            read = self._evidence.identity_row(attempt.sequence, identity)
            await self._evidence.commit([], read)
            self._binding.bind(identity)
            self._go_on()
            known = await self._look_first(lane, attempt, identity, seconds)
            if known is not None:
                return known
            intent = await self._intend(attempt, identity)
        except AuditUnavailable:
            raise
        except OrchestratorError as error:
            return verdict_of(error, self._secrets)
        return await self._call(lane, attempt, intent, seconds)

    # Before -------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        stop = self._stop()
        if stop is not None:
            raise Stopped(stop)
        if self._evidence.lost is not None:
            raise gate_closed("the audit cannot be written")

    async def _intend(self, attempt: Attempt, identity: DeviceIdentity) -> EarlierIntent:
        self._go_on()
        crash_point("intent.before")
        intent = await self._ledger.intend(attempt, identity)
        crash_point("intent.committed")
        try:
            self._go_on()
        except Stopped as stopped:
            await self._find_not_sent(intent, stopped.what)
            raise
        return intent

    async def _find_not_sent(self, intent: EarlierIntent, why: str) -> None:
        said = f"nothing was requested: {why}"
        await self._found(intent, FindingState.NOT_APPLIED, said, FindingSource.ANSWER)

    async def _look_first(
        self, lane: Lane, attempt: Attempt, identity: DeviceIdentity, seconds: float
    ) -> Verdict | None:
        """Return how the step ends when the unit is so before it acts; None when it may act.

        What was so before an intent cannot be told from what came of it, if the answer is lost.
        """
        standing = self._ledger.standing(attempt, identity)
        if standing is not None:
            return await self._look_into(lane, attempt, standing, seconds)
        if attempt.step.definition.probe is None:
            return None
        if not await self._asking.probe(lane, attempt, seconds):
            return None
        return Verdict(Outcome.PASS, message=self._why_so(attempt, identity))

    async def _look_into(
        self, lane: Lane, attempt: Attempt, earlier: EarlierIntent, seconds: float
    ) -> Verdict | None:
        """Ask whether an earlier intent holds; return how the step ends, None when it may act."""
        if not earlier.is_open:
            if attempt.step.definition.probe is None:
                return _already(earlier)
            return await self.still_applied(lane, attempt, earlier, seconds)
        answer = await self._asking.settled(lane, attempt, seconds, earlier.settle_seconds)
        if answer.applied:
            await self._found(earlier, FindingState.APPLIED, "the unit says that it is so")
            return _already(earlier)
        if answer.applied is None:
            return await self._not_told(earlier, answer)
        await self._found(earlier, FindingState.NOT_APPLIED, "the unit says that it is not so")
        return None

    async def still_applied(
        self, lane: Lane, attempt: Attempt, earlier: EarlierIntent, seconds: float
    ) -> Verdict:
        """Ask whether an intent that was found applied still holds; nothing is done."""
        answer = await self._asking.ask(lane, attempt, seconds)
        if answer.applied:
            await self._found(earlier, FindingState.APPLIED, "the unit says that it is so")
            return _already(earlier)
        if answer.applied is None:
            return await self._not_told(earlier, answer)
        return await self._contradicted(earlier)

    async def _contradicted(self, earlier: EarlierIntent) -> Verdict:
        """Hold the unit, which says that what was found applied is not so."""
        said = f"intent {earlier.intent_id} was found applied, and the unit says that it is not so"
        await self._found(earlier, FindingState.UNKNOWN, said)
        return self._error(said, self._ledger.hold(earlier.intent_id))

    async def _not_told(self, earlier: EarlierIntent, answer: Answer) -> Verdict:
        """Return how a step ends when the unit does not say what became of an earlier intent."""
        if isinstance(answer.fault, ProductFault):
            return verdict_of(answer.fault, self._secrets)
        said = f"the unit did not say whether intent {earlier.intent_id} holds: {answer.why}"
        if answer.absent or not earlier.is_open:
            return self._error(said, _PUT_BACK if answer.absent else _ASK_LATER)
        await self._found(earlier, FindingState.UNKNOWN, said)
        return self._error(said, self._ledger.hold(earlier.intent_id))

    def _error(self, said: str, remedy: str) -> Verdict:
        return verdict_of(StationFault(said, remedy=remedy), self._secrets)

    # The act and after --------------------------------------------------------------------------

    async def _call(
        self, lane: Lane, attempt: Attempt, intent: EarlierIntent, seconds: float
    ) -> Verdict:
        step = attempt.step
        try:
            act = step.function(attempt, *attempt.clients, **attempt.arguments)
            await lane.call(step, seconds, act)
        except OrchestratorError as error:
            crash_point("act.returned")
            if is_unknown(error, attempt):
                return await self._settle_probe_decide(lane, attempt, intent, error, seconds)
            verdict = verdict_of(error, self._secrets)
            if attempt.acting is Acting.NEEDLESS:
                await self._find_not_sent(
                    intent, self._why_so(attempt, intent.identity, intent.intent_id)
                )
            else:
                said = f"{_NOT_APPLIED}: {verdict.message}"
                await self._found(intent, FindingState.NOT_APPLIED, said, FindingSource.ANSWER)
            return verdict
        crash_point("act.returned")
        if attempt.acting is Acting.NEEDLESS:
            said = self._why_so(attempt, intent.identity, intent.intent_id)
            await self._find_not_sent(intent, said)
            return Verdict(Outcome.PASS, message=said)
        said = "the request was answered"
        await self._found(intent, FindingState.APPLIED, said, FindingSource.ANSWER)
        return Verdict(Outcome.PASS)

    def _why_so(self, attempt: Attempt, identity: DeviceIdentity, own: str = "") -> str:
        """Say who made the unit as this step found it. `own` is the step's own intent, if any."""
        alike = self._ledger.alike(attempt, identity)
        for one in reversed(alike):
            if one.state is FindingState.APPLIED:
                return f"already applied by intent {one.intent_id}"
        tried = [one.intent_id for one in alike if one.intent_id != own]
        if tried:
            return f"it was already so; of intent {tried[-1]} it was found that it was not applied"
        return _BY_NOBODY

    async def _settle_probe_decide(
        self,
        lane: Lane,
        attempt: Attempt,
        intent: EarlierIntent,
        cause: OrchestratorError,
        seconds: float,
    ) -> Verdict:
        """Wait, ask, and say how the attempt that ended with `cause` really ended.

        Found applied is PASS. A run that was stopped meanwhile keeps the outcome of the stop;
        what was found stands in the message.
        """
        lost = verdict_of(cause, self._secrets)
        stopped = isinstance(cause, Stopped)
        error = lost if stopped else lost._replace(outcome=Outcome.ERROR)
        settle = attempt.step.definition.settle_seconds
        answer = await self._asking.settled(lane, attempt, seconds, settle)
        if answer.applied is None:
            return await self._unknown(intent, error, answer)
        if answer.applied:
            said = f"{_APPLIED}: {lost.message}"
            await self._found(intent, FindingState.APPLIED, said)
            if stopped:
                return error._replace(message=f"{lost.message}; {_APPLIED}")
            return Verdict(Outcome.PASS, message=said)
        await self._found(intent, FindingState.NOT_APPLIED, f"{_NOT_APPLIED}: {lost.message}")
        attempt.may_act_again = cause.leaves_unknown
        judged = lost if isinstance(cause, ProductFault) else error
        return judged._replace(message=f"{lost.message}; {_NOT_APPLIED}")

    async def _unknown(self, intent: EarlierIntent, error: Verdict, answer: Answer) -> Verdict:
        """Return how a step ends whose request was lost and of which nobody can tell."""
        said = f"{error.message}; {_UNKNOWN}: {answer.why}"
        if answer.absent:
            said += f"; intent {intent.intent_id} stays open"
            remedy = _PUT_BACK
        else:
            await self._found(intent, FindingState.UNKNOWN, said)
            remedy = self._ledger.hold(intent.intent_id)
        return error._replace(message=without_secrets(said, self._secrets), remedy=remedy)

    async def _found(
        self,
        intent: EarlierIntent,
        state: FindingState,
        message: str,
        source: FindingSource = FindingSource.PROBE,
    ) -> None:
        await self._ledger.find(intent.intent_id, state, source, message)
        crash_point("finding.committed")


def _already(earlier: EarlierIntent) -> Verdict:
    return Verdict(Outcome.PASS, message=f"already applied by intent {earlier.intent_id}")
