"""The intents on the unit in a run: those of earlier runs and its own, each with its last finding.

Makes their rows durable and knows which of them stand in the way of a new one. What is done about
them is decided in `irreversible` and `continuation`.
"""

from dataclasses import replace

from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import GateClosed, StationMisuse
from orchestrator.domain.ids import unit_id
from orchestrator.domain.intents import (
    EarlierIntent,
    FindingSource,
    FindingState,
    decide_command,
)
from orchestrator.domain.records import FindingRow, IntentRow
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.attempt import Attempt, RunFacts
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.verdict import without_secrets

_SHORT_ID = 12
_UNSTORABLE = "what was said of it cannot be stored"


class Ledger:
    """Keeps the intents of one run's unit, oldest first, and records what becomes of them."""

    def __init__(self, facts: RunFacts, evidence: Evidence) -> None:
        self._request = facts.request
        self._recipe_hash = facts.plan.content_hash
        self._clock = facts.clock
        self._evidence = evidence
        self._known = list(facts.request.earlier)

    def get(self, intent_id: str) -> EarlierIntent | None:
        """Return what is known of an intent, None when there is no such one."""
        return next((one for one in self._known if one.intent_id == intent_id), None)

    def alike(self, attempt: Attempt, identity: DeviceIdentity) -> list[EarlierIntent]:
        """Return the intents that asked of this unit what `attempt` is to ask, oldest first."""
        wanted = (attempt.step.planned.uses, attempt.parameters, identity)
        return [one for one in self._known if (one.kind, one.parameters, one.identity) == wanted]

    def standing(self, attempt: Attempt, identity: DeviceIdentity) -> EarlierIntent | None:
        """Return the intent that must be looked into before `attempt` may act.

        That is one like it which was found applied or is not settled yet. Raises GateClosed while
        the unit is held, or another request to it is not settled.
        """
        known = [one for one in self._known if one.identity == identity]
        for one in known:
            if one.is_held:
                raise GateClosed(
                    "this cannot be undone and was not begun: whether intent"
                    f" {one.intent_id} ({one.kind} at {one.began_at}) was applied is unknown",
                    remedy=self.hold(one.intent_id),
                )
        alike = self.alike(attempt, identity)
        unsettled = [one for one in known if one.is_open]
        if unsettled and (len(unsettled) > 1 or unsettled[0] not in alike):
            raise GateClosed(
                "this cannot be undone and was not begun: what became of intent"
                f" {unsettled[0].intent_id} ({unsettled[0].kind}) is not known yet",
                remedy="Take the unit out and put it in again: the station asks it then",
            )
        applied = [one for one in alike if one.state is FindingState.APPLIED]
        return next(iter(unsettled or applied[-1:]), None)

    def hold(self, intent_id: str) -> str:
        """Return the sentence that asks a person to decide about the unit."""
        unit, identity = self._request.unit, self._request.identity
        known = self.get(intent_id)
        device = known.identity if known is not None else identity
        names = [unit.serial_number or ""]
        names += [f"device {device.device_id[:_SHORT_ID]}"] if device is not None else []
        return (
            f"Hold this unit ({', '.join(filter(None, names))}) for a person: look at the unit"
            " itself before anything else is done with it, then record what is true:"
            f" {decide_command(intent_id)}"
        )

    async def intend(self, attempt: Attempt, identity: DeviceIdentity) -> EarlierIntent:
        """Make durable that `attempt` is about to act on `identity`.

        Raises AuditUnavailable, except in a teardown, and StationMisuse.
        """
        unit, step = self._request.unit, attempt.step
        # One attempt has one intent, so its place in the run is a name that comes up only once.
        row = IntentRow(
            intent_id=f"{self._request.run_id}-{attempt.sequence}",
            run_id=self._request.run_id,
            sequence=attempt.sequence,
            unit_id=unit_id(unit.serial_number, unit.part_number, identity.device_id),
            system=identity.system,
            device_id=identity.device_id,
            kind=step.planned.uses,
            parameters=attempt.parameters,
            settle_us=round(step.definition.settle_seconds * 1e6),
            began_at=timestamp(self._clock.now()),
        )
        intent = EarlierIntent(
            intent_id=row.intent_id,
            run_id=row.run_id,
            sequence=row.sequence,
            step_id=step.planned.id,
            recipe_hash=self._recipe_hash,
            identity=identity,
            kind=row.kind,
            parameters=row.parameters,
            settle_seconds=step.definition.settle_seconds,
            began_at=row.began_at,
            state=None,
            findings=0,
        )
        await self._evidence.commit([], row)
        self._known.append(intent)
        return intent

    async def find(
        self, intent_id: str, state: FindingState, source: FindingSource, message: str
    ) -> None:
        """Make durable what became of an intent.

        Raises AuditUnavailable, except in a teardown; the intent then stays as it was, and the
        next start asks the unit.
        """
        place = next(k for k, one in enumerate(self._known) if one.intent_id == intent_id)
        number = self._known[place].findings + 1
        row = FindingRow(
            intent_id=intent_id,
            number=number,
            state=state.value,
            source=source.value,
            actor="",
            message=without_secrets(message, self._request.secrets),
            found_at=timestamp(self._clock.now()),
        )
        try:
            await self._evidence.commit([], row)
        except StationMisuse:
            # What a unit answered may be text that no database takes. The state must stand.
            await self._evidence.commit([], row._replace(message=_UNSTORABLE))
        self._known[place] = replace(self._known[place], state=state, findings=number)
