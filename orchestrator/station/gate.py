"""What a board waits for before its run: an open line, an open slot, its label, the start.

The pipeline waits here; people act on it through `control`. What a label must look like, and
whether that number may be used, is decided before it comes here.
"""

from collections.abc import Callable

from orchestrator.domain.events import SlotState
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.slot import Slot, Visit
from orchestrator.station.tile import Tile
from orchestrator.station.tools import Tools


class Gate:
    """The gate of one slot."""

    def __init__(self, slot: Slot, tools: Tools, tile: Tile) -> None:
        self._slot = slot
        self._tools = tools
        self._tile = tile
        self.waits_for_label = False
        self.waits_for_start = False
        self._label: tuple[DeviceIdentity | None, str] | None = None
        self._started = False
        self._visit = 0

    def begin(self, visit: Visit) -> None:
        """Forget the board before; the same one once more keeps its label and its start."""
        if visit.number != self._visit and not visit.again:
            self._label, self._started = None, False
        self._visit = visit.number

    @property
    def is_open(self) -> bool:
        """True while a run may begin here."""
        return self._tools.line.is_open and not self._tile.closed

    @property
    def label(self) -> str:
        """The serial number that was scanned for the board that is here, empty without one."""
        return self._label[1] if self._label is not None and self._slot.visit is not None else ""

    def give_label(self, serial_number: str) -> None:
        """Say which serial number the board has that waits for it."""
        self._label = (self._tile.identity, serial_number)
        self.waits_for_label = False
        self._slot.poke()

    def start(self) -> None:
        """Let the board begin that waits for it, or that is about to be run once more."""
        self._started = True
        self.waits_for_start = False
        self._slot.poke()

    def hold(self, reason: str) -> None:
        """Let no run begin here, because of `reason`."""
        self._tile.closed = reason
        self.look_again()

    def release(self) -> None:
        """Let runs begin again."""
        self._tile.closed = ""
        self.look_again()

    def look_again(self) -> None:
        """Wake the slot: the line or its own hold has changed."""
        if self._slot.visit is None:
            self._tile.refresh_empty()
        self._slot.poke()

    async def until_open(self, visit: Visit) -> bool:
        """Wait until a run may begin; say whether that board is still here then."""
        told = ("", "")
        while not self.is_open and self._slot.is_here(visit):
            why = (self._tile.closed, self._tools.line.why)
            if why != told:
                told = why
                self._tile.show_closed()
            await self._slot.changed(self._slot.version)
        if self._slot.visit is None:
            self._tile.show_empty()
        return self._slot.is_here(visit)

    async def admit(self, visit: Visit) -> bool:
        """Wait for label and start, as the settings want them; say whether the run may begin.

        False when the board has left, or when the gate was closed meanwhile.
        """
        rule = self._tools.rule.section.serial_number
        if rule.rule == "scan" and not self._has_label():
            looks_like = f"It looks like {rule.looks_like}." if rule.looks_like else ""
            self.waits_for_label = True
            self._tile.show(SlotState.SCAN, "Scan the label of this board.", looks_like)
            if not await self._until(visit, lambda: not self.waits_for_label):
                return False
        if self._tools.manual_start and not self._started:
            self.waits_for_start = True
            self._tile.show(SlotState.DO, "Press start.")
            if not await self._until(visit, lambda: not self.waits_for_start):
                return False
        self._started = False
        return True

    def _has_label(self) -> bool:
        """Say whether this very board was scanned: one that nobody can identify never was."""
        return self._label is not None and self._label[0] == self._tile.identity is not None

    async def _until(self, visit: Visit, done: Callable[[], bool]) -> bool:
        try:
            while self._slot.is_here(visit) and self.is_open and not done():
                await self._slot.changed(self._slot.version)
        finally:
            given = done()
            self.waits_for_label = self.waits_for_start = False
        return given and self._slot.is_here(visit) and self.is_open
