"""A whole station for edge computers on virtual time: its program, its audit, and their network.

The program is started as `app` starts it, with clock, lock and signals taken from the test; the
audit is a real database. A link can be lost at any request: before it reaches the host, or when
only its answer is left to come.
"""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import anyio
from pydantic import SecretStr

from orchestrator import app
from orchestrator.app import evidence
from orchestrator.audit import store
from orchestrator.audit.database import open_audit
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.statements import Statements
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource
from orchestrator.simulation import virtual_loop
from orchestrator.simulation.host_network import HostNetwork
from orchestrator.simulation.rehearsal.floor import VirtualClock
from orchestrator.simulation.virtual_loop import VirtualLoop
from orchestrator.station import requests
from orchestrator.station.daemon import Station
from orchestrator.station.hub import Hub
from orchestrator.station.log import make_logger
from orchestrator.station.past import Verdict
from orchestrator.station.settings import Settings
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.advantech_portal.simulator import FACTORY_PASSWORD, HostSpec, LinkDropped
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import Happening, World

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SECRETS = {
    "etp_password": "lock-123",
    "default_admin_password": FACTORY_PASSWORD,
    "admin_password": "Field-Admin-9",
    "device_token": "token-of-the-device",
}
FIRST_ADDRESS = 11


@dataclass
class Outage:
    """The link is lost at request number `at`, counted from 0 without signs of life.

    With `applied` the host did what it was asked and only its answer is lost. The link is back
    after `seconds`.
    """

    at: int
    applied: bool
    seconds: float


@dataclass
class Wire:
    """The way to the hosts; remembers what was asked, and loses the link once."""

    network: HostNetwork
    outage: Outage | None = None
    asked: list[str] = field(default_factory=list)

    def transport(self, url: str) -> StreamingTransport:
        """Return the way to one address."""
        address = url.partition("://")[2].partition(":")[0]
        return StreamingTransport(self._app(address))

    def _app(self, address: str) -> Any:
        async def carry(scope: Any, receive: Any, send: Any) -> None:
            target = self.network.app_at(address)
            if scope["path"].endswith("/ping"):
                await target(scope, receive, send)
                return
            number = len(self.asked)
            self.asked.append(f"{scope['method']} {scope['path']}")
            if self.outage is None or self.outage.at != number:
                await target(scope, receive, send)
                return
            if self.outage.applied:
                await target(scope, receive, _nobody)
            self._cut(target.host)
            raise LinkDropped("the cable is out")

        return carry

    async def open_socket(self, door: Any) -> Any:
        """Open the terminal; it counts as one request."""
        number = len(self.asked)
        self.asked.append("terminal")
        lost = self.outage is not None and self.outage.at == number
        if lost and not self.outage.applied:
            self._cut(self.network.hosts[0])
        socket = await self.network.open_socket(door)
        if lost:
            self._cut(self.network.hosts[0])
        return socket

    def _cut(self, host: Any) -> None:
        assert self.outage is not None
        host.unplug()
        loop = virtual_loop.asyncio.get_running_loop()
        loop.call_later(self.outage.seconds, host.plug)


async def _nobody(_message: Any) -> None:
    """Hear nothing."""


@dataclass
class Line:
    """One station and its computers. `happened` is what they really did."""

    folder: Path
    prepared: app.Prepared
    wire: Wire
    happened: list[Happening]
    stations: list[Station] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    log: StringIO = field(default_factory=StringIO)

    async def run(self, boards: int = 1) -> Verdict:
        """Start the station, let `boards` get their verdict, stop it; return the last one."""
        log = make_logger(level="info", style="json", stream=self.log)
        finish = await app.run_station(self.prepared, hub=Hub(), log=log, boards=boards)
        self.verdicts += finish.end.verdicts
        return self.verdicts[-1]

    def did(self, what: str) -> list[Mapping[str, object]]:
        """Return the details of everything of that name that really happened."""
        return [each.detail for each in self.happened if each.what == what]

    def ask(self, sql: str) -> list[Any]:
        """Ask the audit."""
        connection = sqlite3.connect(f"file:{self.folder / 'audit.db'}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def written(self) -> str:
        """Return all that the audit and the log hold, as text."""
        tables = [row[0] for row in self.ask("SELECT name FROM sqlite_master WHERE type='table'")]
        rows = [repr(row) for table in tables for row in self.ask(f"SELECT * FROM {table}")]
        return "\n".join([*rows, self.log.getvalue()])


@dataclass(frozen=True)
class Setting:
    """What a test sets: members of the hosts' specs, settings of the station, the outage."""

    spec: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = "edge-computer-provisioning.yaml"
    operation: str = "PROVISION"
    hosts: int = 1
    accounts: Sequence[Account] = (Account("engineer", SecretStr("Engineer-1")),)
    outage: Outage | None = None
    inputs: Mapping[str, Any] = field(default_factory=lambda: {"work_order": "WO-4711"})
    secrets: Mapping[str, str] = field(default_factory=lambda: dict(SECRETS))


def template(folder: Path) -> Path:
    """Make an empty audit, once for all tests."""
    path = folder / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


def _settings(folder: Path, setting: Setting) -> Settings:
    for name, value in setting.secrets.items():
        (folder / name).write_text(value, encoding="utf-8")
        (folder / name).chmod(0o600)
    return Settings.model_validate(
        {
            "station": {"name": "edge", "data_dir": folder, "operation": setting.operation},
            "unit": {
                "part_number": "EDGE-200",
                "serial_number": {"rule": "device_id", "last": 16},
            },
            "recipes": {"files": [RECIPES / setting.recipe]},
            "inputs": dict(setting.inputs),
            "secrets": {name: {"file": folder / name} for name in setting.secrets},
            "audit": {"check_seconds": 5.0},
            "fixture": {
                "advantech": {
                    "labels": True,
                    "fingerprints": [64 * "0"],
                    "password": {"env": "PATH"},
                }
            },
        }
    )


def at_work(folder: Path, empty: Path, setting: Setting, work: Callable[[Line], Any]) -> Any:
    """Run `work(line)` on virtual time and return what it returns."""
    shutil.copy(empty, folder / "audit.db")
    settings = _settings(folder, setting)
    prepared = app.prepare(settings)

    async def main(loop: VirtualLoop) -> Any:
        clock = VirtualClock(loop)
        happened: list[Happening] = []
        addresses = [f"192.168.10.{FIRST_ADDRESS + number}" for number in range(setting.hosts)]
        specs = [
            HostSpec(**{"index": number, "address": address, **setting.spec})
            for number, address in enumerate(addresses)
        ]
        world = World(clock=clock, report=happened.append)
        wire = Wire(HostNetwork(specs, world), setting.outage)
        fixture = HostFixture(
            hosts={f"P{number + 1}": address for number, address in enumerate(addresses)},
            accounts=setting.accounts,
            context=None,
            transports=wire.transport,
            sockets=wire.open_socket,
            clock=clock,
        )
        line = Line(folder, replace(prepared, fixture=fixture), wire, happened)
        with _seams(clock, line):
            return await work(line)

    return virtual_loop.run(main, "edge")


@contextmanager
def _seams(clock: VirtualClock, line: Line) -> Iterator[None]:
    """Give the program the clock of the test, no signals and no lock."""

    def station(*given: Any) -> Station:
        line.stations.append(Station(*given))
        return line.stations[-1]

    def opened(url: str, **named: Any) -> Any:
        return open_audit(url, **{**named, "inline": True, "clock": clock})

    async def no_signal() -> AsyncIterator[int]:
        await anyio.sleep_forever()
        yield 0

    seams = {
        "SystemClock": lambda: clock,
        "Station": station,
        "open_audit": opened,
        "stop_requests": no_signal,
        "station_lock": lambda _folder: nullcontext(),
    }
    with ExitStack() as stack:
        for place in (app, evidence):
            for name, seam in seams.items():
                if hasattr(place, name):
                    stack.enter_context(mock.patch.object(place, name, seam))
        # Compiled once for all starts, not once for each: nothing else takes as long.
        stack.enter_context(mock.patch.object(store, "Statements", _statements))
        stack.enter_context(mock.patch.object(requests, "LOOK_SECONDS", 5.0))
        yield


@lru_cache(maxsize=1)
def _kept(_name: str) -> list[Statements]:
    return []


def _statements(dialect: Any) -> Statements:
    kept = _kept(dialect.name)
    if not kept:
        kept.append(Statements(dialect))
    return kept[0]


async def look_at_displays(line: Line) -> None:
    """Be the person who is asked to look, at every slot, until cancelled."""
    person = Actor("p-ana", Role.OPERATOR, "panel")
    while True:
        await anyio.sleep(1.0)
        for station in line.stations:
            for prompt in station.control.snapshot().prompts:
                await station.control.answer(
                    prompt.prompt_id,
                    yes=True,
                    text=prompt.question.options[0],
                    source=AnswerSource.PRESSED,
                    actor=person,
                )


def operations(folder: Path) -> list[str]:
    """Return what a clean run of the provisioning recipe asks the computer, in its order."""

    async def work(line: Line) -> list[str]:
        verdict = await line.run()
        assert verdict.outcome.value == "PASS", json.dumps(verdict.message)
        return line.wire.asked

    empty = template(folder)
    found: list[str] = at_work(folder, empty, Setting(), work)
    return found
