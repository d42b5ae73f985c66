"""The operator's panel, as the rehearsal sees it: every event at once, and tiles to wait for."""

from collections.abc import Callable

import anyio

from orchestrator.domain.events import (
    Event,
    RunFinished,
    RunStarted,
    SlotChanged,
    SlotState,
    StationNotice,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.simulation.rehearsal.floor import Floor
from orchestrator.simulation.virtual_loop import current_process
from orchestrator.station.hub import Hub

AT_REST = frozenset(
    {SlotState.PASS, SlotState.FAIL, SlotState.ERROR, SlotState.STOPPED, SlotState.BLOCKED}
)


class Panel:
    """What people can read on the tiles, over all starts of the station."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.tiles: dict[str, SlotChanged] = {}
        self._changed = anyio.Event()

    def show(self, event: Event) -> None:
        """Take an event the moment it is published."""
        process = current_process()
        if process is not None and process.dead:
            return
        log = self._floor.log
        if isinstance(event, SlotChanged):
            log.note(
                "tile",
                slot=event.slot,
                state=event.state.value,
                device_id=event.device_id or "",
                message=event.message,
                seen=event.state is SlotState.PASS,
            )
            self.tiles[event.slot] = event
            changed, self._changed = self._changed, anyio.Event()
            changed.set()
        elif isinstance(event, RunStarted):
            self._floor.running[event.slot] = event.run_id
        elif isinstance(event, RunFinished):
            self._floor.running.pop(event.slot, None)
            log.note(
                "verdict",
                slot=event.slot,
                run=event.run_id,
                outcome=event.outcome.value,
                seen=event.outcome is Outcome.PASS,
            )
        elif isinstance(event, StationNotice):
            log.note("notice", message=event.message)

    def dark(self) -> None:
        """Forget everything: the station has no power."""
        self.tiles.clear()
        self._floor.running.clear()

    async def until(self, wanted: Callable[[], bool], seconds: float) -> bool:
        """Return True as soon as `wanted`, False after `seconds`."""
        with anyio.move_on_after(seconds):
            while not wanted():
                await self._changed.wait()
            return True
        return False


class TappedHub(Hub):
    """The station's hub, with the panel listening to each event at the moment it is made."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel

    def publish(self, event: Event) -> None:
        """Show the event and hand it on."""
        self._panel.show(event)
        super().publish(event)
