"""The station's own computer, watched and signalled with through its portal (`HostLink`).

Temperatures, disks and power inputs come by the event stream; what the streams do not tell is asked
for at a pace, and everything is while there is no stream. An answer is news only where it differs
from what is known; an event is, each one once. Which pins carry lamps and buttons is said by the
caller.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import anyio
from pydantic import BaseModel

from orchestrator.domain.clock import Clock, SystemClock, timestamp
from orchestrator.domain.errors import ErrorClass, OrchestratorError
from orchestrator.domain.host import (
    Hear,
    HostContact,
    HostInput,
    HostQuantity,
    HostReading,
)
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.client.streams import (
    EventUnusable,
    HostEvent,
    StreamLost,
    StreamOpened,
)
from orchestrator.systems.advantech_portal.errors import supported
from orchestrator.systems.advantech_portal.host_readings import (
    EVENTS,
    clock_reading,
    readings_of,
)

AGAIN_SECONDS = 60.0
"""A stream that was refused is tried again so much later."""
MOST_KNOWN = 512
_HOPELESS = frozenset({ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.RIGHTS, ErrorClass.BUSY})
"""When one call ends like this, the next one would too."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """Where a lamp hangs: on an LED, else on a GPIO pin. `inverted` lights it by the low level."""

    number: int
    is_led: bool = False
    inverted: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """Where a button or switch hangs, and the level of its GPIO pin while it is closed."""

    pin: int
    closed_level: int = 1


@dataclass(frozen=True, slots=True)
class Wiring:
    """What hangs on the host, by name, and the service that keeps its clock, empty for none."""

    lamps: Mapping[str, Lamp] = field(default_factory=dict)
    inputs: Mapping[str, Switch] = field(default_factory=dict)
    time_service: str = ""


class AdvantechHostLink:
    """A link to one host. Implements `HostLink`. The client is the caller's to close."""

    def __init__(
        self,
        host: AdvantechHost,
        wiring: Wiring,
        *,
        poll_seconds: float = 10.0,
        input_seconds: float = 0.25,
        clock: Clock | None = None,
    ) -> None:
        self._host = host
        self._wiring = wiring
        self._poll_seconds = poll_seconds
        self._input_seconds = input_seconds
        self._clock = clock or SystemClock()
        self._outputs: set[int] = set()

    async def watch(self, hear: Hear) -> None:
        """Call `hear` with news until cancelled."""

        def tell(news: HostReading | HostInput | HostContact) -> None:
            if isinstance(news, HostContact) and not news.answers:
                # A host that was away may have forgotten which of its pins are outputs.
                self._outputs.clear()
            hear(news)

        watch = _Watch(self._host, self._wiring, tell, self._clock)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch.follow)
            tasks.start_soon(watch.keep_asking, self._poll_seconds)
            if self._wiring.inputs:
                tasks.start_soon(watch.look_at_inputs, self._input_seconds)

    async def signal(self, lamps: Mapping[str, bool]) -> None:
        """Switch the named lamps on or off. Raises StationFault."""
        for name, on in lamps.items():
            lamp = self._wiring.lamps[name]
            high = on is not lamp.inverted
            if lamp.is_led:
                await self._host.set_led(lamp.number, high)
                continue
            if lamp.number not in self._outputs:
                await self._host.set_gpio_direction(lamp.number, models.OUTPUT)
                self._outputs.add(lamp.number)
            await self._host.set_gpio_level(lamp.number, 1 if high else 0)


class _Watch:
    """What one call of `watch` knows by now."""

    def __init__(self, host: AdvantechHost, wiring: Wiring, hear: Hear, clock: Clock) -> None:
        self._host = host
        self._wiring = wiring
        self._hear = hear
        self._clock = clock
        self._known: dict[tuple[HostQuantity, str], Decimal] = {}
        self._closed: dict[str, bool] = {}
        self._by_stream: frozenset[str] = frozenset()
        self._ask = anyio.Event()
        self._met = anyio.Event()
        self._looking = anyio.Lock()
        self._why = ""

    async def follow(self) -> None:
        """Follow the event stream, over its breaks."""
        while True:
            try:
                await self._follow_stream()
            except OrchestratorError:
                # It has no stream, or not for us. Whether it answers at all shows by asking it.
                self._stream_is(frozenset())
                await anyio.sleep(AGAIN_SECONDS)

    async def _follow_stream(self) -> None:
        async with self._host.stream_events(EVENTS) as stream:
            async for news in stream:
                if isinstance(news, HostEvent):
                    self._take(news.value, news.id, asked=news.asked)
                elif isinstance(news, StreamOpened):
                    self._stream_is(EVENTS)
                elif isinstance(news, StreamLost):
                    self._stream_is(frozenset())
                elif isinstance(news, EventUnusable):
                    self._stream_is(self._by_stream - {news.name})

    def _stream_is(self, told: frozenset[str]) -> None:
        """Note which events the stream tells now; the others are asked for."""
        if told != self._by_stream:
            self._by_stream = told
            self._ask.set()

    async def keep_asking(self, seconds: float) -> None:
        """Ask for what no stream tells: at a pace, and whenever a stream opens or breaks."""
        while True:
            self._ask = anyio.Event()
            try:
                await self._ask_all()
            except OrchestratorError as error:
                self._lost(error)
            else:
                self._found()
            with anyio.move_on_after(seconds):
                await self._ask.wait()

    async def _ask_all(self) -> None:
        """Ask for everything once. Raises the first error, after what can still be asked."""
        first: OrchestratorError | None = None
        for ask in self._questions():
            try:
                await ask()
            except OrchestratorError as error:
                first = first or error
                if error.kind in _HOPELESS:
                    break
        if first is not None:
            raise first

    def _questions(self) -> list[Callable[[], Awaitable[None]]]:
        asked: list[Callable[[], Awaitable[None]]] = []
        if "hwmon" not in self._by_stream:
            asked.append(self._ask_sensors)
        if "diskdrives" not in self._by_stream:
            asked.append(self._ask_disks)
        if "pwrstatus" not in self._by_stream:
            asked.append(self._ask_power)
        asked.append(self._ask_watchdog)
        if self._wiring.time_service:
            asked.append(self._ask_clock)
        if self._wiring.inputs:
            asked.append(self._ask_inputs)
        return asked

    async def _ask_sensors(self) -> None:
        self._take(await supported(self._host.get_hw_monitor()))

    async def _ask_disks(self) -> None:
        found = await supported(self._host.list_disks())
        self._take(None if found is None else models.Disks(list(found)))

    async def _ask_power(self) -> None:
        self._take(await supported(self._host.get_redundant_power()))

    async def _ask_watchdog(self) -> None:
        self._take(await supported(self._host.get_watchdog()))

    async def _ask_clock(self) -> None:
        service = self._wiring.time_service
        status = await supported(self._host.get_service(service))
        if status is not None:
            self._differs(clock_reading(status, service, self._now()))

    async def _ask_inputs(self) -> None:
        # One look at a time: an older answer that comes late would be a button pressed twice.
        async with self._looking:
            pins = await supported(self._host.list_gpio_pins())
            self._tell_inputs({pin.pin: pin.level for pin in pins or ()})

    def _tell_inputs(self, levels: Mapping[int, int]) -> None:
        for name, switch in self._wiring.inputs.items():
            if switch.pin not in levels:
                continue
            closed = levels[switch.pin] == switch.closed_level
            if self._closed.get(name) is not closed:
                self._closed[name] = closed
                self._hear(HostInput(name, closed))

    async def look_at_inputs(self, seconds: float) -> None:
        """Look at the pins of buttons and switches, as long as the host answers."""
        while True:
            await self._met.wait()
            try:
                await self._ask_inputs()
            except OrchestratorError as error:
                self._lost(error)
                self._ask.set()
            await anyio.sleep(seconds)

    def _take(self, value: BaseModel | None, event: str = "", *, asked: bool = True) -> None:
        if value is None:
            return
        for reading in readings_of(value, self._now(), event):
            if asked:
                self._differs(reading)
            else:
                self._know(reading)
                self._hear(reading)

    def _differs(self, reading: HostReading) -> None:
        """Tell a value that was asked for, if it is another than the one that is known."""
        if self._known.get((reading.quantity, reading.name)) != reading.value:
            self._know(reading)
            self._hear(reading)

    def _know(self, reading: HostReading) -> None:
        key = (reading.quantity, reading.name)
        if key in self._known or len(self._known) < MOST_KNOWN:
            self._known[key] = reading.value

    def _lost(self, error: OrchestratorError) -> None:
        self._closed.clear()
        self._met = anyio.Event()
        if error.what != self._why:
            self._why = error.what
            self._hear(HostContact(answers=False, why=error.what))

    def _found(self) -> None:
        self._why = ""
        if not self._met.is_set():
            self._met.set()
            self._hear(HostContact(answers=True))

    def _now(self) -> str:
        return timestamp(self._clock.now())
