"""What a start button does: it starts its slots as a person at the panel would.

Nobody knows who pressed it, so the audit gets the word for that and the place `button`.
"""

from collections.abc import Sequence
from typing import Protocol

from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.events import SlotState
from orchestrator.domain.people import UNIDENTIFIED, Actor, Role
from orchestrator.station.snapshot import StationSnapshot

BUTTON = Actor(UNIDENTIFIED, Role.OPERATOR, "button")


class Starts(Protocol):
    """The part of a station's control that a button needs."""

    def snapshot(self) -> StationSnapshot:
        """Return the whole station as it is now."""
        ...

    async def start_slot(self, slot: str, actor: Actor) -> str:
        """Begin the run that waits in `slot`. Raises CommandRefused, AuditUnavailable."""
        ...


async def press(control: Starts, button: str, slots: Sequence[str]) -> str:
    """Start `slots`, those that wait for a start without any; return what became of it.

    A slot that cannot be started does not keep the others from it.
    """
    # A board with ERROR may be started, too, but it waits for a person who looks at it.
    waiting = [
        slot.name
        for slot in control.snapshot().slots
        if slot.may_start and slot.state is SlotState.DO
    ]
    said = []
    for name in slots or waiting:
        try:
            said.append(await control.start_slot(name, BUTTON))
        except OrchestratorError as refusal:
            said.append(str(refusal))
    return f"Button {button}: {'; '.join(said) or 'no slot waits for a start'}"
