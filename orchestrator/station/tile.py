"""What one slot shows to people, and what is known of the board that it is shown for."""

from orchestrator.domain.events import SlotChanged, SlotState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.station.past import Verdict
from orchestrator.station.slot import Visit
from orchestrator.station.tools import Tools

STATE_OF = {
    Outcome.PASS: SlotState.PASS,
    Outcome.FAIL: SlotState.FAIL,
    Outcome.ABORTED: SlotState.STOPPED,
}


class Tile:
    """The slot `name` on the screen. The members are what is known of its board by now."""

    def __init__(self, name: str, tools: Tools) -> None:
        self.name = name
        self._tools = tools
        self.identity: DeviceIdentity | None = None
        self.unit: Unit | None = None
        self.address = ""
        self.run_id = ""
        """The run whose verdict is shown; empty while there is none."""

    def begin(self, visit: Visit) -> None:
        """Forget the board before: another visit begins."""
        self.identity = self.unit = None
        self.address = visit.attached.address
        self.run_id = ""

    def show(self, state: SlotState, message: str) -> None:
        """Publish the state of the slot with one sentence for the operator."""
        empty = state is SlotState.EMPTY
        unit, identity = self.unit, self.identity
        self._tools.services.publish(
            SlotChanged(
                slot=self.name,
                state=state,
                sentence=message,
                serial_number=unit.serial_number if unit is not None and not empty else None,
                device_id=identity.device_id if identity is not None and not empty else None,
            )
        )

    def show_empty(self) -> None:
        """Publish that there is no board, and why none would run now, if so."""
        self.show(SlotState.EMPTY, self._tools.line.why or "Put a board in.")

    def show_verdict(self, outcome: Outcome, message: str, run_id: str) -> Verdict:
        """Publish what the board came to and return it."""
        self.run_id = run_id
        words = "Take it out." if outcome is Outcome.PASS else ""
        self.show(STATE_OF.get(outcome, SlotState.ERROR), message or words)
        return self.verdict(outcome, message, run_id)

    def verdict(self, outcome: Outcome, message: str, run_id: str) -> Verdict:
        """Return what the board came to."""
        return Verdict(
            slot=self.name,
            serial_number=self.unit.serial_number if self.unit is not None else None,
            device_id=self.identity.device_id if self.identity is not None else None,
            run_id=run_id,
            outcome=outcome,
            message=message,
        )
