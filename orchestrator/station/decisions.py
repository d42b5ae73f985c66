"""A person says what became of a request that nobody else can settle: checked, then recorded.

Used by the daemon for what lies in its folder of requests, and by the command line when no daemon
runs. A decision is a finding like any other, with the name of the person and the reason.
"""

from dataclasses import dataclass

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.intents import EarlierIntent, FindingSource, FindingState
from orchestrator.domain.records import Recorder
from orchestrator.station.asking import finding_of
from orchestrator.station.past import Known, Past

ANSWERS = {
    "applied": FindingState.APPLIED,
    "not-applied": FindingState.NOT_APPLIED,
    "ask-again": FindingState.REOPENED,
}
"""What a person may say, and the state that it gives the intent."""

_LONGEST = 500


class DecisionRefused(OrchestratorError):
    """This decision is not taken; the sentence says why. Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What `actor` says of an intent, and why. `answer` is one of `ANSWERS`."""

    intent_id: str
    answer: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that is recorded, with a sentence for whoever made it."""

    intent: EarlierIntent
    says: str


async def decide(past: Past, recorder: Recorder, clock: Clock, decision: Decision) -> Decided:
    """Record `decision`. The same one a second time is answered as if it were the first.

    Raises DecisionRefused when the intent is not held or something is missing, AuditUnavailable.
    """
    state = _check(decision)
    known = await past.known(decision.intent_id)
    if known is None:
        raise DecisionRefused(
            f"there is no intent {decision.intent_id}",
            remedy="List what is held with: orchestrator unit holds",
        )
    intent = known.intent
    if not intent.is_held:
        if _is_the_same(known, decision, state):
            return Decided(intent, _says(known, decision))
        raise DecisionRefused(
            f"intent {intent.intent_id} is not held: {_state_of(known)}",
            remedy="Nothing is to be decided. List what is held with: orchestrator unit holds",
        )
    row = finding_of(
        clock,
        intent,
        state,
        FindingSource.DECISION,
        actor=decision.actor,
        message=decision.reason,
    )
    await recorder.record(row)
    return Decided(intent, _says(known, decision))


def _check(decision: Decision) -> FindingState:
    state = ANSWERS.get(decision.answer)
    if state is None:
        raise DecisionRefused(
            f"{decision.answer!r} is no answer", remedy=f"Say one of {', '.join(ANSWERS)}"
        )
    for what, text in (("name", decision.actor), ("reason", decision.reason)):
        if not text.strip() or len(text) > _LONGEST or not text.isprintable():
            raise DecisionRefused(
                f"a decision needs a {what} of 1 to {_LONGEST} printable characters",
                remedy="Give --by NAME and --reason TEXT",
            )
    return state


def _is_the_same(known: Known, decision: Decision, state: FindingState) -> bool:
    """Say whether that decision is already there: the answer to it was lost, not the decision."""
    return (
        known.source is FindingSource.DECISION
        and known.intent.state is state
        and (known.actor, known.message) == (decision.actor, decision.reason)
    )


def _state_of(known: Known) -> str:
    if known.intent.state is None:
        return "its unit was not asked yet; put it into a slot of the station"
    if known.intent.state is FindingState.REOPENED:
        return "its unit is asked when it sits in a slot of the station"
    words = known.intent.state.value.replace("_", " ")
    by = f" by {known.actor}" if known.source is FindingSource.DECISION else ""
    return f"it is settled{by} as {words}"


def _says(known: Known, decision: Decision) -> str:
    intent = known.intent
    unit = known.serial_number or intent.identity.device_id[:12]
    return f"Intent {intent.intent_id} of unit {unit}: {decision.answer}, by {decision.actor}"
