"""What one slot shows to people, and what is known of the board that it is shown for.

A sentence says what to do now, in the words of the settings; the detail beside it says why.
"""

from orchestrator.domain.events import SlotChanged, SlotState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.station.line import AUDIT
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
        self.state = SlotState.EMPTY
        self.identity: DeviceIdentity | None = None
        self.unit: Unit | None = None
        self.address = ""
        self.run_id = ""
        """The run whose verdict is shown; empty while there is none."""
        self.closed = ""
        """Why the slot is held, empty while it is not."""
        self._shown: tuple[SlotState, str, str] | None = None

    def begin(self, visit: Visit) -> None:
        """Forget the board before: another visit begins."""
        self.identity = self.unit = None
        self.address = visit.attached.address
        self.run_id = ""

    def show(self, state: SlotState, sentence: str, detail: str = "", run_id: str = "") -> None:
        """Publish the state of the slot: what to do now, and why."""
        empty = state is SlotState.EMPTY
        unit, identity = self.unit, self.identity
        self.state = state
        self._shown = (state, sentence, detail)
        self._tools.services.publish(
            SlotChanged(
                slot=self.name,
                state=state,
                sentence=sentence,
                serial_number=unit.serial_number if unit is not None and not empty else None,
                device_id=identity.device_id if identity is not None and not empty else None,
                detail=detail,
                run_id=run_id,
            )
        )

    def show_empty(self) -> None:
        """Publish that there is no board, and why none would run now, if so."""
        self.identity = self.unit = None
        self.show(*self._without_board())

    def refresh_empty(self) -> None:
        """Publish the empty slot anew if something else is to be said of it now."""
        if self._shown != self._without_board():
            self.show_empty()

    def show_closed(self) -> None:
        """Publish why no run begins: the slot is held, or the line stands."""
        self.show(SlotState.BLOCKED, *self._why_closed())

    def _without_board(self) -> tuple[SlotState, str, str]:
        if self.closed:
            return SlotState.BLOCKED, *self._why_closed()
        if self._tools.line.is_open:
            return SlotState.EMPTY, "Put a board in.", ""
        return SlotState.EMPTY, *self._why_closed()

    def _why_closed(self) -> tuple[str, str]:
        line, says = self._tools.line, self._tools.says
        if self.closed:
            return says.closed, self.closed
        return (says.lost if AUDIT in line.reasons else says.waits), line.why

    def show_verdict(self, outcome: Outcome, message: str, run_id: str) -> Verdict:
        """Publish what the board came to and return it."""
        self.run_id = run_id
        state = STATE_OF.get(outcome, SlotState.ERROR)
        self.show(state, self.says(state), message, run_id)
        return self.verdict(outcome, message, run_id)

    def says(self, state: SlotState) -> str:
        """Return what to do with a board that came to that."""
        says = self._tools.says
        return {
            SlotState.PASS: says.passed,
            SlotState.FAIL: says.failed,
            SlotState.STOPPED: says.stopped,
            SlotState.BLOCKED: says.blocked,
        }.get(state, says.error)

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
