"""The stack light: what the whole station is doing, as lamps that hang on its host.

Several lights can be true at once, one per slot even; each lamp says in the settings when it is on.
Events are taken as they happen; the lamps follow as fast as the host switches them, always to the
newest state, and a host that is slow or silent holds up nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

import anyio

from orchestrator.domain.errors import DeadlineExceeded, LinkFault, OrchestratorError
from orchestrator.domain.events import (
    Event,
    PromptClosed,
    PromptOpened,
    RunFinished,
    SlotChanged,
    SlotState,
)
from orchestrator.domain.host import HostLink
from orchestrator.station.line import AUDIT, DISK, HOST, Line
from orchestrator.station.settings_host import LampSection

SWITCH_SECONDS = 5.0
LAST_SWITCH_SECONDS = 2.0
FIRST_BACK_OFF_SECONDS = 1.0
LAST_BACK_OFF_SECONDS = 30.0
_GRAVE = frozenset({AUDIT, DISK, HOST})
"""Reasons of a standing line that are faults; for the others a person has to do something."""


class Light(StrEnum):
    """What is true of the station: the words of a lamp's settings."""

    IDLE = "idle"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    FAULT = "fault"


_OF_SLOT = {
    SlotState.CHECK: Light.RUNNING,
    SlotState.RUN: Light.RUNNING,
    SlotState.PASS: Light.PASSED,
    SlotState.FAIL: Light.FAILED,
    SlotState.ERROR: Light.FAULT,
    SlotState.SCAN: Light.WAITING,
    SlotState.DO: Light.WAITING,
    SlotState.BLOCKED: Light.WAITING,
}


class Signs:
    """Gathers from the events what every slot shows, and who waits for a person."""

    def __init__(self) -> None:
        self._slots: dict[str, SlotState] = {}
        self._asking: dict[str, set[str]] = {}

    def take(self, event: Event) -> bool:
        """Take an event in no time; say whether it may change the lights."""
        if isinstance(event, SlotChanged):
            self._slots[event.slot] = event.state
        elif isinstance(event, PromptOpened):
            self._asking.setdefault(event.slot, set()).add(event.prompt.prompt_id)
        elif isinstance(event, PromptClosed):
            self._asking.get(event.slot, set()).discard(event.prompt_id)
        elif isinstance(event, RunFinished):
            self._asking.pop(event.slot, None)
        else:
            return False
        return True

    def lights(self, reasons: Mapping[str, str]) -> frozenset[Light]:
        """Return what is true now, with the reasons why the line stands."""
        states = set(self._slots.values())
        is_grave = bool(reasons.keys() & _GRAVE)
        if is_grave:
            # Those slots wait for the station, not for the person in front of them.
            states.discard(SlotState.BLOCKED)
        found = {_OF_SLOT[state] for state in states if state in _OF_SLOT}
        if any(self._asking.values()) or reasons.keys() - _GRAVE:
            found.add(Light.WAITING)
        if is_grave:
            found.add(Light.FAULT)
        return frozenset(found or {Light.IDLE})


class StackLight:
    """Keeps the lamps of the settings at what is true."""

    def __init__(
        self,
        lamps: Sequence[LampSection],
        link: HostLink,
        line: Line,
        tell: Callable[[str], None],
    ) -> None:
        self._lamps = {lamp.name: frozenset(Light(word) for word in lamp.on) for lamp in lamps}
        self._link = link
        self._line = line
        self._tell = tell
        self._told = False
        self._signs = Signs()
        self._shown: dict[str, bool] = {}
        self._doubts = 0
        self._wake = anyio.Event()

    def take(self, event: Event) -> None:
        """Take an event of the station; never waits."""
        if self._signs.take(event):
            self._wake.set()

    def look_again(self) -> None:
        """Look whether the line has changed."""
        self._wake.set()

    def doubt(self) -> None:
        """Switch all lamps anew: the host was away and may show anything."""
        self._doubts += 1
        self._shown = {}
        self._wake.set()

    @property
    def wanted(self) -> dict[str, bool]:
        """What the lamps ought to be now."""
        lights = self._signs.lights(self._line.reasons)
        return {name: bool(on & lights) for name, on in self._lamps.items()}

    async def run(self) -> None:
        """Follow until cancelled; then leave the lamps off."""
        if not self._lamps:
            return
        pause = 0.0
        try:
            while True:
                if await self._follow():
                    pause = 0.0
                    await self._wake.wait()
                else:
                    pause = min(max(2 * pause, FIRST_BACK_OFF_SECONDS), LAST_BACK_OFF_SECONDS)
                    await anyio.sleep(pause)
        finally:
            with anyio.CancelScope(shield=True):
                await self._switch(dict.fromkeys(self._lamps, False), LAST_SWITCH_SECONDS)

    async def _follow(self) -> bool:
        """Switch what differs; say whether the lamps are right now, as far as is known."""
        self._wake = anyio.Event()
        wanted, doubts = self.wanted, self._doubts
        differing = {name: on for name, on in wanted.items() if self._shown.get(name) is not on}
        if not differing:
            return True
        self._shown = {}
        done = await self._switch(differing, SWITCH_SECONDS)
        if done and doubts == self._doubts:
            self._shown = wanted
        return done

    async def _switch(self, lamps: Mapping[str, bool], seconds: float) -> bool:
        try:
            with anyio.fail_after(seconds):
                await self._link.signal(lamps)
        except TimeoutError:
            return False
        except OrchestratorError as fault:
            # That the host is silent is told by its health.
            if not self._told and not isinstance(fault, LinkFault | DeadlineExceeded):
                self._told = True
                self._tell(f"The stack light cannot be switched: {fault}")
            return False
        self._told = False
        return True
