"""Having the station do something: every command is an event of the audit with who gave it."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from orchestrator.station.commands import CommandRefused
from orchestrator.station.snapshot import StationSnapshot
from orchestrator.web.api.models import DecisionOrder, Done, Held, HoldOrder, PromptAnswer, Word
from orchestrator.web.api.parts import (
    By,
    Here,
    IfMatch,
    JustOnce,
    demand_match,
    slot_of,
    tag,
)
from orchestrator.web.api.station import PromptId, SlotName

HOLD = "hold"


async def start_slot(slot: SlotName, here: Here, by: By, once: JustOnce) -> Done:
    """Start the run of a slot, at stations where people start runs."""
    slot_of(here.control.snapshot(), slot)
    return await once.says(lambda: here.control.start_slot(slot, by.actor))


async def stop_slot(slot: SlotName, here: Here, by: By, once: JustOnce) -> Done:
    """Stop the run of a slot. Needs nobody signed in."""
    if not slot_of(here.control.snapshot(), slot).may_stop and not by.signed_in:
        # The audit hears of nobody's stops only where there was something to stop.
        raise CommandRefused(f"Nothing runs in slot {slot}", remedy="Look at the tile")
    return await once.says(lambda: here.control.stop_slot(slot, by.actor))


async def get_slot_hold(slot: SlotName, here: Here, response: Response) -> Held:
    """Say whether a slot is closed, and why; the ETag belongs to closing and opening it."""
    closed = slot_of(here.control.snapshot(), slot).closed
    response.headers["ETag"] = tag(HOLD, slot, closed)
    return Held(held=bool(closed), reason=closed)


async def hold_slot(
    *,
    slot: SlotName,
    order: HoldOrder,
    here: Here,
    by: By,
    once: JustOnce,
    if_match: IfMatch = None,
) -> Done:
    """Close a slot: its run goes on to its end, and none begins after it."""

    async def act() -> str:
        closed = slot_of(here.control.snapshot(), slot).closed
        demand_match(if_match, tag(HOLD, slot, closed), _now(closed))
        says: str = await here.control.hold_slot(slot, order.reason, by.actor)
        return says

    return await once.says(act)


async def release_slot(
    slot: SlotName, here: Here, by: By, once: JustOnce, if_match: IfMatch = None
) -> Done:
    """Open a slot again."""

    async def act() -> str:
        closed = slot_of(here.control.snapshot(), slot).closed
        demand_match(if_match, tag(HOLD, slot, closed), _now(closed))
        says: str = await here.control.release_slot(slot, by.actor)
        return says

    return await once.says(act)


async def get_line_hold(here: Here, response: Response) -> Held:
    """Say whether somebody has closed the line, and why; as for a slot."""
    closed = _line_closed(here.control.snapshot())
    response.headers["ETag"] = tag(HOLD, "", closed)
    return Held(held=bool(closed), reason=closed)


async def hold_line(
    order: HoldOrder, here: Here, by: By, once: JustOnce, if_match: IfMatch = None
) -> Done:
    """Close the line: runs go on to their end, and none begins."""

    async def act() -> str:
        closed = _line_closed(here.control.snapshot())
        demand_match(if_match, tag(HOLD, "", closed), _now(closed))
        says: str = await here.control.hold_line(order.reason, by.actor)
        return says

    return await once.says(act)


async def release_line(here: Here, by: By, once: JustOnce, if_match: IfMatch = None) -> Done:
    """Open the line again, as far as a person has closed it."""

    async def act() -> str:
        closed = _line_closed(here.control.snapshot())
        demand_match(if_match, tag(HOLD, "", closed), _now(closed))
        says: str = await here.control.release_line(by.actor)
        return says

    return await once.says(act)


def _line_closed(snapshot: StationSnapshot) -> str:
    return " ".join(reason.sentence for reason in snapshot.reasons if reason.kind == HOLD)


def _now(closed: str) -> str:
    return f"it is closed now: {closed}" if closed else "it is open now."


async def decide_hold(
    intent: Annotated[Word, Path(description="Id of the intent.")],
    decision: DecisionOrder,
    here: Here,
    by: By,
    once: JustOnce,
) -> Done:
    """Say what became of a request, after having looked at its unit; on record for ever."""
    return await once.says(
        lambda: here.control.decide(intent, decision.answer, decision.reason, by.actor)
    )


async def answer_prompt(
    prompt: PromptId, answer: PromptAnswer, here: Here, by: By, once: JustOnce
) -> Done:
    """Answer a prompt. The first answer that is recorded counts; later ones hear whose it was."""

    async def act() -> str:
        says: str = await here.control.answer(
            prompt, yes=answer.yes, text=answer.text, source=answer.source, actor=by.actor
        )
        return says

    return await once.says(act)
