"""The pretend shop floor: boards, places to put them, the wires to them, and the local service.

The boards are those of the simulator with all their habits; here they are carried from place to
place, made to lie, and connected to the station's clients without sockets. A process without
power gets no answer and sends nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio

from orchestrator.simulation.rehearsal.log import WorldLog
from orchestrator.simulation.rehearsal.scenario import SET_STATE, Made, Scenario, Window
from orchestrator.simulation.virtual_loop import VirtualLoop, current_process
from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardServer,
    Fault,
    Happening,
    LinkDropped,
    SimulatedBoard,
    World,
)
from orchestrator.systems.azure_sphere_device.simulator.packages import Package, read_package
from orchestrator.systems.azure_sphere_device.simulator.refusals import RefusalRow, Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path
from orchestrator.systems.azure_sphere_device.simulator.wire import (
    Answer,
    Receive,
    Scope,
    Send,
    send_answer,
)
from orchestrator.transport.in_process import InProcessTransport, NotReachable

SERVICE_URL = "http://127.0.0.1:48938"
BEGAN = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
_GARBAGE = Answer(raw=b'[{"IpAddress": 7')
_WENT_WRONG = RefusalRow("went_wrong", 500, 10485765)


class VirtualClock:
    """The clock on the station's wall and its monotonic one; people set the first."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.offset_seconds = 0.0

    def now(self) -> datetime:
        """Return wall time as the machine has it."""
        return BEGAN + timedelta(seconds=self._loop.time() + self.offset_seconds)

    def monotonic(self) -> float:
        """Return the virtual seconds."""
        return self._loop.time()


@dataclass(eq=False, slots=True)
class Board:
    """A board with its history: what was made, what became of it."""

    number: int
    made: Made
    simulated: SimulatedBoard
    attempts: int = 0
    packages: dict[int, Package] = field(default_factory=dict)

    @property
    def device_id(self) -> str:
        """Its identity in silicon."""
        return self.simulated.device_id


class Place:
    """A slot of the fixture: a USB path, an address, and a board or none."""

    def __init__(self, index: int) -> None:
        self.path = slot_path(index)
        self.address = f"127.0.35.{index + 2}"
        self.board: Board | None = None
        self.app = BoardServer(self._current)

    def _current(self) -> SimulatedBoard:
        if self.board is None:
            raise NotReachable("no board is in this place")
        return self.board.simulated

    @property
    def listed(self) -> bool:
        """True when the local service lists a board here."""
        board = self.board.simulated if self.board is not None else None
        return board is not None and board.attached


class Floor:
    """Everything physical. One per shift; it outlives the station's processes."""

    def __init__(self, loop: VirtualLoop, scenario: Scenario, log: WorldLog) -> None:
        self._loop = loop
        self._scenario = scenario
        self.log = log
        self.clock = VirtualClock(loop)
        self.healed = False
        self.on_applied: Callable[[], None] = _nothing
        """Called when a board has changed for good, before its answer leaves."""
        self.places = [Place(index) for index in range(scenario.slots)]
        self._by_address = {place.address: place for place in self.places}
        self._cache: dict[bytes, Package] = {}
        self.running: dict[str, str] = {}
        """The run that the panel shows in each slot."""
        world = World(
            clock=self.clock, sleep=anyio.sleep, report=self._report, received=self._received
        )
        self.boards = [
            self._make(number, made, world) for number, made in enumerate(scenario.boards)
        ]
        self._of_device = {board.device_id: board for board in self.boards}
        for board in self.boards:
            self.log.note(
                "made",
                device_id=board.device_id,
                state=board.simulated.state,
                defect=board.made.defect,
                lie=board.made.lie.kind if board.made.lie else "",
                groups=sorted(board.made.groups),
            )

    def transports(self, url: str) -> InProcessTransport:
        """Return the way to a board or to the local service."""
        if url == SERVICE_URL:
            return InProcessTransport(self._service)
        address = url.removeprefix("https://").partition(":")[0]
        return InProcessTransport(_Wire(self, self._by_address[address]))

    def put(self, board: Board, place: Place) -> None:
        """Put `board` into an empty place; it starts."""
        place.board = board
        board.attempts += 1
        self.log.note("put", device_id=board.device_id, slot=place.path)
        board.simulated.attach()

    def pull(self, place: Place) -> Board:
        """Take the board of `place` out."""
        board, place.board = place.board, None
        assert board is not None
        self.log.note("pulled", device_id=board.device_id, slot=place.path)
        board.simulated.detach()
        return board

    def heal(self) -> None:
        """End all trouble: what follows is a calm factory."""
        self.healed = True
        for board in self.boards:
            board.simulated.faults.clear()

    def step_clock(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        self.clock.offset_seconds += seconds
        self.log.strike("clock.step")
        self.log.note("clock_step", seconds=seconds)

    def beside(self, work: Callable[[], Any]) -> None:
        """Let the world do something by itself."""
        self._loop.spawn(work(), None)

    def board_of(self, device_id: str) -> Board:
        """Return the board with that identity."""
        return self._of_device[device_id]

    def place_of(self, device_id: str) -> Place | None:
        """Return where that board sits."""
        return next(
            (p for p in self.places if p.board is not None and p.board.device_id == device_id), None
        )

    def _make(self, number: int, made: Made, world: World) -> Board:
        simulated = SimulatedBoard(made.spec, world)
        simulated.attached = False
        simulated.faults = _Counted(self.log, simulated.faults)  # type: ignore[assignment]  # same shape
        simulated.read_package = self._read_package  # type: ignore[method-assign]  # with a memory
        if made.lie is not None:
            _make_a_liar(simulated, made.lie.kind, made.lie.nth, self)
        return Board(number, made, simulated)

    def _read_package(self, content: bytes) -> Package:
        found = self._cache.get(content)
        if found is None:
            found = self._cache[content] = read_package(content, self.boards[0].simulated.trusted)
        return found

    def _report(self, happening: Happening) -> None:
        if happening.what in {"attached", "detached"}:
            return
        place = self.place_of(happening.device_id)
        slot = place.path if place is not None else ""
        for_good = happening.what.startswith("manufacturing_state")
        self.log.note(
            "applied",
            kind=happening.what,
            device_id=happening.device_id,
            detail=dict(happening.detail),
            slot=slot,
            run=self.running.get(slot, ""),
            seen=for_good,
        )
        if for_good:
            self.on_applied()

    def _received(self, happening: Happening) -> None:
        place = self.place_of(happening.device_id)
        slot = place.path if place is not None else ""
        self.log.note(
            "request",
            device_id=happening.device_id,
            detail=dict(happening.detail),
            slot=slot,
            run=self.running.get(slot, ""),
            seen=True,
        )

    async def _service(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await _with_power()
        trouble = None if self.healed else within(self._scenario.service, self._loop.time())
        if trouble is not None:
            self.log.strike(f"service.{trouble.kind}")
        if trouble is not None and trouble.kind == "down":
            raise NotReachable("the service is down")
        listed = [place for place in self.places if place.listed]
        if trouble is not None and trouble.kind == "empty":
            listed = []
        if trouble is not None and trouble.kind == "twice":
            listed += listed
        if trouble is not None and trouble.kind == "garbage":
            await send_answer(send, _GARBAGE, [])
            return
        rows = [
            models.AttachedDevice(IpAddress=place.address, DeviceConnectionPath=place.path)
            for place in listed
        ]
        body = json.dumps([row.model_dump() for row in rows]).encode()
        await send_answer(send, Answer(raw=body), [])


class _Wire:
    """What lies between the station and one place."""

    def __init__(self, floor: Floor, place: Place) -> None:
        self._floor = floor
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _with_power()
        board = self._place.board
        if board is None or not board.simulated.link_up:
            raise NotReachable("nobody answers there")
        try:
            await self._place.app(scope, receive, send)
        except LinkDropped as dropped:
            if dropped.afterwards is not None:
                self._floor.beside(dropped.afterwards)
            raise
        await _with_power()


class _Counted:
    """The faults of a board, with a note of each that strikes."""

    def __init__(self, log: WorldLog, plan: Any) -> None:
        self._log = log
        self._plan = plan

    def strike(self, call: str) -> Fault | None:
        """Return the fault that strikes this call, as the board's own plan has it."""
        fault: Fault | None = self._plan.strike(call)
        if fault is not None:
            group = "for_good" if call == SET_STATE else "board"
            self._log.strike(f"{group}.{fault.kind}")
        return fault

    def clear(self) -> None:
        """Let the board behave from now on."""
        self._plan.clear()


def _make_a_liar(board: SimulatedBoard, kind: str, nth: int, floor: Floor) -> None:
    honest, asked = board.set_state, 0

    def set_state(target: models.ManufacturingStateName) -> bool:
        nonlocal asked
        asked += 1
        if floor.healed or asked != nth:
            return honest(target)
        floor.log.strike(f"lie.{kind}")
        if kind == "kept":
            return True
        honest(target)
        raise Refused(_WENT_WRONG)

    board.set_state = set_state  # type: ignore[method-assign]  # this board lies


async def _with_power() -> None:
    process = current_process()
    if process is not None and process.dead:
        await anyio.sleep_forever()


def within(windows: tuple[Window, ...], now: float) -> Window | None:
    """Return the first of `windows` that is open now."""
    for window in windows:
        if window.begins <= now < window.begins + window.seconds:
            return window
    return None


def _nothing() -> None:
    """Do nothing."""
