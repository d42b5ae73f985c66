"""Asks a unit what became of an intent of an earlier run, and makes the finding of the answer.

How to ask is the engine's (`establish`); when to ask, and what an answer means for a slot, is said
by `recovery` and `arrival`.
"""

from dataclasses import replace

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import UnitChanged
from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.intents import EarlierIntent, FindingSource, FindingState
from orchestrator.domain.records import FindingRow
from orchestrator.engine.establish import establish
from orchestrator.station.tools import Tools


async def ask_unit(tools: Tools, link: UnitLink, intent: EarlierIntent) -> FindingRow:
    """Ask the unit behind `link` what became of `intent`, within the bounds of the engine.

    The row is not recorded yet. Its state is unknown when the unit cannot say. Raises UnitChanged
    when another unit answers: the intent is none of its business.
    """
    services = tools.services
    found = await establish(
        intent,
        services.definitions.get(intent.kind),
        resources=link.resources,
        read_identity=link.identity,
        clock=services.clock,
        bounds=services.bounds,
        secrets=tools.shelf.secrets_of(intent.recipe_hash),
    )
    if found is None:
        raise UnitChanged(
            f"another unit answers than {intent.identity.device_id[:12]}, whose intent "
            f"{intent.intent_id} is open",
            remedy="Put that unit in again; it is asked when it comes",
        )
    return finding_of(
        services.clock,
        intent,
        found.state,
        FindingSource.RECOVERY,
        actor=tools.session.station_id,
        message=found.message,
    )


def finding_of(
    clock: Clock,
    intent: EarlierIntent,
    state: FindingState,
    source: FindingSource,
    *,
    actor: str,
    message: str,
) -> FindingRow:
    """Return the next finding of `intent`."""
    return FindingRow(
        intent_id=intent.intent_id,
        number=intent.findings + 1,
        state=state.value,
        source=source.value,
        actor=actor,
        message=message,
        found_at=timestamp(clock.now()),
    )


def with_finding(intent: EarlierIntent, row: FindingRow) -> EarlierIntent:
    """Return `intent` as it is after that finding."""
    return replace(intent, state=FindingState(row.state), findings=row.number)
