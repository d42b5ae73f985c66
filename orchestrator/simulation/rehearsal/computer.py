"""The station's PC: starts the program, loses power, starts it again on what is on the disk.

The program is started as `app` starts it, with clock, ids, chance and the door to the fixture
taken from the rehearsal. A cut takes the power from everything of a process at once.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import anyio

from orchestrator import app
from orchestrator.app import evidence
from orchestrator.audit.chain import Head
from orchestrator.audit.keys import StationKey, StationSigner, create_key
from orchestrator.domain.crash_points import arm
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.simulation.rehearsal.chance import chance
from orchestrator.simulation.rehearsal.disk import Disk
from orchestrator.simulation.rehearsal.floor import Floor
from orchestrator.simulation.rehearsal.log import Held, Witness
from orchestrator.simulation.rehearsal.panel import Panel, TappedHub
from orchestrator.simulation.rehearsal.scenario import Cut, Scenario
from orchestrator.simulation.rehearsal.shortcuts import shortcuts
from orchestrator.simulation.virtual_loop import Process, VirtualLoop, current_process
from orchestrator.station.decisions import Decision
from orchestrator.station.edge import Edge
from orchestrator.station.log import make_logger
from orchestrator.station.requests import FOLDER
from orchestrator.systems.azure_sphere_device.simulator import asgi

ASK_AGAIN = 0.2
DECISION_SECONDS = 120
ORDER = ("Blank", "Module1Complete", "DeviceComplete")
START_AGAIN_SECONDS = (1.0, 30.0)
STARTS_AT_MOST = 200


_look_up = asgi.match


class PowerCut(BaseException):
    """Ends code that cannot wait for ever: the power is gone."""


@dataclass(slots=True)
class _Session:
    """One start of the program."""

    process: Process
    began: float
    visits: Counter[str]
    over: anyio.Event
    stop: anyio.Event
    failed: str = ""


class Computer:
    """Starts the station again and again until the shift is over."""

    def __init__(
        self,
        loop: VirtualLoop,
        scenario: Scenario,
        floor: Floor,
        *,
        panel: Panel,
        disk: Disk,
        prepared: app.Prepared,
        witness: Witness,
    ) -> None:
        self._loop = loop
        self._scenario = scenario
        self._floor = floor
        self._panel = panel
        self._disk = disk
        self._prepared = prepared
        self._witness = witness
        self._decisions = 0
        self._cuts = list(scenario.cuts)
        key = StationKey.from_seed(sha256(f"{scenario.seed}/key".encode()).digest())
        create_key(prepared.settings.station.data_dir, key)
        self._signer = StationSigner(key, prepared.settings.station.name)
        self._applied = 0
        self._chance = chance(scenario.seed, "computer")
        self._session: _Session | None = None
        self._closing = False
        self.log = StringIO()
        """The program's diagnostic log, over all starts."""
        self.starts = 0
        self.restarts = 0
        self.failures: list[str] = []
        """Ends of the station that nobody asked for."""
        floor.on_applied = self._count_applied

    @contextmanager
    def powered(self) -> Iterator[None]:
        """Make the program meet this machine within the block."""
        clock = self._floor.clock
        ids = chance(self._scenario.seed, "ids")
        seams = {
            "SystemClock": lambda: clock,
            "open_audit": self._open_audit,
            "stop_requests": self._stop_requests,
            "station_lock": lambda _folder: nullcontext(),
        }
        with ExitStack() as stack:
            for place in (app, evidence):
                for name, seam in seams.items():
                    if hasattr(place, name):
                        stack.enter_context(mock.patch.object(place, name, seam))
            seeded = (ids.getrandbits,)
            stack.enter_context(mock.patch.object(TimeOrderedIds.__init__, "__defaults__", seeded))
            stack.enter_context(shortcuts())
            arm(self._visit)
            stack.callback(arm, None)
            yield

    async def run(self) -> None:
        """Keep the station up until `shut_down`."""
        while not self._closing and self.starts < STARTS_AT_MOST:
            self.starts += 1
            name = f"start {self.starts}"
            session = _Session(
                Process(name), self._loop.time(), Counter(), anyio.Event(), anyio.Event()
            )
            self._session = session
            self._floor.log.note("power_on", start=self.starts)
            self._loop.spawn(self._station(session), session.process)
            if any(cut.kind == "time" for cut in self._cuts) and not self._floor.healed:
                self._floor.beside(self._cut_in_time)
            await session.over.wait()
            self._panel.dark()
            self._disk.drop(session.process)
            if self._is_closing():
                return
            self.restarts += 1
            await anyio.sleep(self._chance.uniform(*START_AGAIN_SECONDS))

    def _is_closing(self) -> bool:
        return self._closing

    async def shut_down(self) -> None:
        """End the station the way people end it."""
        self._closing = True
        if self._session is not None:
            self._session.stop.set()
            await self._session.over.wait()

    async def decide_all(self) -> int:
        """Let a person decide about every held unit; return how many."""
        held = self._witness.held()
        for intent in held:
            await self.decide(intent)
        return len(held)

    def is_open(self, device_id: str) -> bool:
        """Return True while nobody knows what became of an intent of that unit."""
        return self._witness.is_open(device_id)

    async def decide_about(self, device_id: str) -> None:
        """Let a person decide about that unit, if it is held."""
        for intent in self._witness.held():
            if intent.device_id == device_id:
                await self.decide(intent)

    async def decide(self, intent: Held) -> None:
        """Have a person look at the board and say what is true, through the folder of requests."""
        board = self._floor.board_of(intent.device_id)
        applied = ORDER.index(board.simulated.state) >= ORDER.index(intent.target)
        answer = "applied" if applied else "not-applied"
        if not self._floor.healed and self._chance.random() < ASK_AGAIN:
            answer = "ask-again"
        self._decisions += 1
        folder = self._prepared.settings.station.data_dir / FOLDER
        folder.mkdir(exist_ok=True)
        request = folder / f"{self._decisions:04d}.json"
        said = Decision(intent.intent_id, answer, "Ada Example", "looked at the board itself")
        request.write_text(json.dumps(asdict(said)), encoding="utf-8")
        self._floor.log.strike(f"people.{answer}")
        self._floor.log.note("decided", intent=intent.intent_id, answer=answer)
        reply = request.with_name(f"{request.stem}.answer.json")
        for _ in range(DECISION_SECONDS):
            await anyio.sleep(1.0)
            if reply.exists():
                break
        request.unlink(missing_ok=True)
        reply.unlink(missing_ok=True)

    async def _station(self, session: _Session) -> None:
        hub = TappedHub(self._panel)
        log = make_logger(level="warning", style="json", stream=self.log)
        with Edge() as edge:
            await app.run_station(self._prepared, hub=hub, log=log)
        if edge.error is not None:
            session.failed = f"{type(edge.error).__name__}: {edge.error}"
            self._floor.log.note("station_failed", error=session.failed)
            if not (isinstance(edge.error, AuditUnavailable) and self._disk.trouble()):
                self.failures.append(session.failed)
        session.over.set()

    def _open_audit(self, url: str, **named: Any) -> Any:
        from orchestrator.audit.database import open_audit

        process = current_process()

        def acknowledged(first: int, last: int, head: Head) -> None:
            if process is not None and not process.dead:
                self._floor.log.acknowledge(first, last, head.hash.hex())

        given: dict[str, Any] = {
            "signer": self._signer,
            **named,
            "inline": True,
            "on_acknowledged": acknowledged,
            "clock": self._floor.clock,
            "busy_timeout_seconds": 0.0,
        }
        return open_audit(url, **given)

    async def _stop_requests(self) -> AsyncIterator[int]:
        session = self._session
        assert session is not None
        await session.stop.wait()
        yield 15
        await anyio.sleep_forever()

    # The power ---------------------------------------------------------------------------------

    def _visit(self, name: str) -> None:
        session = self._session
        process = current_process()
        if session is None or process is None:
            return
        if process.dead:
            raise PowerCut
        session.visits[name] += 1
        cut = self._due("visit", name, session.visits[name])
        if cut is not None:
            self._cut(cut, f"visit.{name}")
            if name.startswith("commit."):
                raise PowerCut

    def _count_applied(self) -> None:
        self._applied += 1
        cut = self._due("applied", "", self._applied)
        if cut is not None:
            self._cut(cut, "applied")

    async def _cut_in_time(self) -> None:
        cut = next((cut for cut in self._cuts if cut.kind == "time"), None)
        if cut is None:
            return
        await anyio.sleep(cut.seconds)
        if cut in self._cuts and not self._floor.healed:
            self._cut(cut, "time")

    def _due(self, kind: str, name: str, nth: int) -> Cut | None:
        if self._floor.healed:
            return None
        for cut in self._cuts:
            if cut.kind == kind and cut.nth <= nth and (cut.name == name or not name):
                return cut
        return None

    def _cut(self, cut: Cut, why: str) -> None:
        session = self._session
        if session is None or session.process.dead or session.over.is_set():
            return
        self._cuts.remove(cut)
        self._floor.log.strike(f"power.{why}")
        self._floor.log.note("power_off", why=why)
        self._loop.cut(session.process)
        self._loop.call_soon(session.over.set, context=self._loop.world)


def with_floor(prepared: app.Prepared, floor: Floor, ca_file: Path) -> app.Prepared:
    """Return `prepared` with boards that are reached through `floor`."""
    from orchestrator.simulation.rehearsal.floor import SERVICE_URL
    from orchestrator.systems.azure_sphere_device.fixture import SphereFixture

    fixture = SphereFixture(service_url=SERVICE_URL, ca_file=ca_file, transports=floor.transports)
    return replace(prepared, fixture=fixture)
