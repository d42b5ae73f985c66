"""Joins the station with its host: news becomes health and inputs, events become lamps.

Everything here runs beside the slots. Whatever goes wrong in it is logged and begun anew after a
while: a station whose host is silent, slow or talks nonsense goes on working.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import anyio
from structlog.typing import FilteringBoundLogger

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.events import StationNotice
from orchestrator.domain.host import (
    HostContact,
    HostInput,
    HostLink,
    HostNews,
    HostQuantity,
    HostReading,
)
from orchestrator.station.clock_watch import Note
from orchestrator.station.edge import Edge
from orchestrator.station.host_clock import clock_is_kept
from orchestrator.station.host_health import HostHealth
from orchestrator.station.host_inputs import Inputs
from orchestrator.station.host_lights import StackLight
from orchestrator.station.hub import Hub
from orchestrator.station.line import Line
from orchestrator.station.settings_host import HostSection

LOOK_SECONDS = 1.0
CLOCK_LOOKS = 30
"""The clock is looked at with each so-many-th look."""
AGAIN_SECONDS = 5.0

Start = Callable[[str, Sequence[str]], Awaitable[str]]
"""Starts the slots of the button with that name, all for none; returns what it did."""


class HostWatch:
    """Watches one host for one station. Use it once."""

    def __init__(
        self,
        settings: HostSection,
        link: HostLink,
        *,
        line: Line,
        hub: Hub,
        clock: Clock,
        note: Note,
        start: Start,
        log: FilteringBoundLogger,
        clock_kept: Callable[[], bool | None] = clock_is_kept,
    ) -> None:
        self._link = link
        self._hub = hub
        self._start = start
        self._log = log
        self._clock = clock
        self._clock_kept = clock_kept
        self._kept: bool | None = None
        self._looks = 0
        self.health = HostHealth(settings, line=line, clock=clock, note=note, tell=self._tell)
        self._inputs = Inputs(settings.input, line=line, note=note, tell=self._tell)
        self._light = StackLight(settings.lamp, link, line, self._tell)
        self._pressed: dict[str, Sequence[str]] = {}
        self._wake = anyio.Event()
        hub.watch(self._light.take)

    def line_changed(self) -> None:
        """Let the lamps follow: runs may begin now, or no longer."""
        self._light.look_again()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with anyio.create_task_group() as tasks:
            for work in (self._listen, self._look, self._light.run, self._press):
                tasks.start_soon(self._keep_on, work)

    async def _keep_on(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            with Edge() as edge:
                await work()
                return
            self._log.error("host", exc_info=edge.error)
            if work == self._listen:
                why = f"the station itself failed: {type(edge.error).__name__}"
                self._hear(HostContact(answers=False, why=why))
            await anyio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        await self._link.watch(self._hear)

    def _hear(self, news: HostNews) -> None:
        if not isinstance(news, HostInput):
            self.health.hear(news)
        if isinstance(news, HostReading):
            return
        button = self._inputs.hear(news)
        if button is not None:
            self._pressed[button.name] = tuple(button.slots)
            self._wake.set()
        if isinstance(news, HostContact) and news.answers:
            self._light.doubt()

    async def _look(self) -> None:
        while True:
            await anyio.sleep(LOOK_SECONDS)
            if self._looks % CLOCK_LOOKS == 0:
                self._look_at_clock()
            self._looks += 1
            self.health.look()
            self._inputs.look()

    def _look_at_clock(self) -> None:
        """Tell what the operating system says of its clock, when that is news."""
        kept = self._clock_kept()
        if kept is None or kept is self._kept:
            return
        self._kept = kept
        moment = timestamp(self._clock.now())
        quantity = HostQuantity.CLOCK_SYNCHRONISED
        self.health.hear(HostReading(quantity, "system", Decimal(kept), moment))

    async def _press(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._pressed:
                name, slots = self._pressed.popitem()
                try:
                    self._tell(await self._start(name, slots))
                except OrchestratorError as refusal:
                    self._tell(f"Button {name}: {refusal}")

    def _tell(self, message: str) -> None:
        self._hub.publish(StationNotice(message))
