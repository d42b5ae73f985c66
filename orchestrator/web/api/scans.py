"""Scans: what a code does is the station's to say, and what right that takes is said here.

A stop and a badge need nobody signed in. A badge alone signs in only where the settings allow it;
anywhere else the page asks for the PIN.
"""

from starlette.responses import Response

from orchestrator.domain.prompts import AnswerSource
from orchestrator.station.scanning import ScanAction, ScanRefused, Step
from orchestrator.web.api.models import Scan, Scanned
from orchestrator.web.api.parts import AtDoor, By, Here, JustOnce
from orchestrator.web.api.people import set_cookie
from orchestrator.web.callers import Caller, Door
from orchestrator.web.rights import Right
from orchestrator.web.surface import Surface

FREE = frozenset({ScanAction.STOP, ScanAction.BADGE, ScanAction.PAGE, ScanAction.IGNORED})
"""What a scan may do that nobody has signed in for."""
FREE_HERE = FREE | {ScanAction.CHOOSE_SLOT}
"""The same at this machine: before a stop the label of the slot may have to be scanned. From
elsewhere that would let anybody send the next label to another board.
"""


async def scan(
    *, code: Scan, door: AtDoor, here: Here, by: By, once: JustOnce, response: Response
) -> Scanned:
    """Take a code that was scanned or typed, and say what it did."""
    step = await _allowed(code.code, door, here, by)
    if step is not None and step.action is ScanAction.BADGE:
        if not here.settings.badge_alone or code.source is not AnswerSource.SCANNED:
            return _view(step, "Type your PIN.")
        secret, session = await door.sign_in(by, badge=step.value, pin="", name="", password="")
        set_cookie(door, response, secret)
        return Scanned(action="signed_in", slot="", value=session.person_id, says="Signed in.")

    async def act() -> Scanned:
        found = await here.control.scan(code.code, by.actor, code.source)
        return _view(found.step, found.sentence)

    return await once(act)


async def _allowed(code: str, door: Door, here: Surface, by: Caller) -> Step | None:
    """Return what the code would do, None for nothing. Raises Refused for who may not do it."""
    try:
        step: Step | None = here.control.read_scan(code)
    except ScanRefused:
        # Said, and kept in the audit, for whoever may scan at all.
        step = None
    free = step is not None and step.action in (FREE_HERE if by.here else FREE)
    await door.demand(by, Right.STOP if free else Right.WORK, "scan")
    return step


def _view(step: Step, says: str) -> Scanned:
    # A badge is not repeated: it is half of what signs somebody in.
    value = "" if step.action is ScanAction.BADGE else step.value
    return Scanned(action=step.action.value, slot=step.slot, value=value, says=says)
