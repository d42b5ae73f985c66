"""A start button starts its slots, each for itself, and says what became of it."""

from types import SimpleNamespace
from typing import Any

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.events import SlotState
from orchestrator.domain.people import Actor
from orchestrator.station.host_button import BUTTON, press


class Slots:
    """A control with some slots; those that wait may start. Notes who starts what."""

    def __init__(self, state: SlotState = SlotState.DO, **may_start: bool) -> None:
        self.state = state
        self.may_start = may_start
        self.started: list[tuple[str, Actor]] = []

    def snapshot(self) -> Any:
        """Return the part of the picture that a button looks at."""
        slots = [
            SimpleNamespace(name=name, may_start=may, state=self.state)
            for name, may in self.may_start.items()
        ]
        return SimpleNamespace(slots=slots)

    async def start_slot(self, slot: str, actor: Actor) -> str:
        """Start a slot that waits."""
        if not self.may_start.get(slot):
            raise StationMisuse(f"Slot {slot} waits for nothing", remedy="Put a board in")
        self.started.append((slot, actor))
        return f"Slot {slot} starts"


async def test_without_names_all_that_wait_are_started() -> None:
    """Slots that do not wait are left alone."""
    slots = Slots(A1=True, A2=False, A3=True)
    assert await press(slots, "start", ()) == "Button start: Slot A1 starts; Slot A3 starts"
    assert slots.started == [("A1", BUTTON), ("A3", BUTTON)]
    assert BUTTON.place == "button"


async def test_a_slot_that_cannot_start_keeps_no_other_from_it() -> None:
    """Named slots that refuse say why."""
    slots = Slots(A1=False, A2=True)
    said = await press(slots, "left", ("A1", "A2"))
    assert said == "Button left: Slot A1 waits for nothing. Put a board in; Slot A2 starts"


async def test_a_button_that_nobody_waits_for_says_so() -> None:
    """A press without an effect is answered, too."""
    assert await press(Slots(A1=False), "start", ()) == "Button start: no slot waits for a start"


async def test_a_board_with_an_error_waits_for_a_person() -> None:
    """Whoever presses the button of the fixture has not looked at what went wrong."""
    assert await press(Slots(SlotState.ERROR, A1=True), "start", ()) == (
        "Button start: no slot waits for a start"
    )
