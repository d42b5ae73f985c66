"""One shift from its seed to what is left of it: database, world log, acknowledgements, figures."""

import gc
import hashlib
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import chdir
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

import anyio

from orchestrator import app
from orchestrator.audit.migrate import upgrade
from orchestrator.domain.shipped import shipped
from orchestrator.simulation import virtual_loop
from orchestrator.simulation.certificates import make_authority
from orchestrator.simulation.rehearsal.computer import Computer, with_floor
from orchestrator.simulation.rehearsal.disk import Disk
from orchestrator.simulation.rehearsal.floor import Floor, within
from orchestrator.simulation.rehearsal.log import Witness, WorldLog
from orchestrator.simulation.rehearsal.panel import Panel
from orchestrator.simulation.rehearsal.people import People
from orchestrator.simulation.rehearsal.scenario import Scenario
from orchestrator.simulation.virtual_loop import VirtualLoop
from orchestrator.station.settings import Settings

CANARY = "canary-7f3e-psk"
"""The secret that must never be found again."""

FAST = Path("/dev/shm")  # noqa: S108  # a folder in memory, made unique below
DATABASE = "audit.db"


@dataclass(frozen=True, slots=True)
class ShiftResult:
    """What a shift left behind in `folder`, and its figures."""

    scenario: Scenario
    folder: Path
    injected: Counter[str]
    restarts: int
    seconds: float
    outcomes: Counter[str]
    problems: tuple[str, ...]

    @property
    def database(self) -> Path:
        """The audit."""
        return self.folder / DATABASE

    @property
    def world(self) -> Path:
        """The world log."""
        return self.folder / "world.jsonl"

    @property
    def acks(self) -> Path:
        """What the writer has acknowledged."""
        return self.folder / "acks.jsonl"

    @property
    def digest(self) -> str:
        """The SHA-256 of the whole history: world log, acknowledgements, rows of the audit."""
        return _digest((self.world, self.acks), self.database)


def scratch() -> Path:
    """Return a new folder, in memory where there is one."""
    place = FAST if FAST.is_dir() else None
    return Path(tempfile.mkdtemp(prefix="orchestrator-shift-", dir=place))


@lru_cache(maxsize=1)
def _kit() -> tuple[Path, app.Prepared]:
    """Make what all shifts of this process share: recipe, image, certificate, plans."""
    folder = scratch()
    text = resources.files(__package__).joinpath("recipe.yaml").read_text(encoding="utf-8")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    shutil.copy(shipped("recipes") / "images" / "guardian-app.imagepackage", folder)
    (folder / "ca.pem").write_bytes(make_authority().pem)
    (folder / "wifi.key").write_text(CANARY, encoding="utf-8")
    (folder / "wifi.key").chmod(0o600)
    upgrade(f"sqlite:///{folder / DATABASE}")
    return folder, app.prepare(_settings(folder, folder))


def forget_kit() -> None:
    """Remove what shifts of this process shared."""
    if _kit.cache_info().currsize:
        shutil.rmtree(_kit()[0], ignore_errors=True)
        _kit.cache_clear()


def _settings(kit: Path, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "station": {"name": "rehearsal", "data_dir": folder, "operation": "REHEARSE"},
            "unit": {
                "part_number": "REHEARSAL-1",
                "serial_number": {"rule": "device_id", "last": 16},
            },
            "recipes": {"files": [kit / "recipe.yaml"]},
            "secrets": {"wifi_key": {"file": kit / "wifi.key"}},
            "audit": {"check_seconds": 5.0, "retry_seconds": 4.0},
            "fixture": {
                "azure_sphere": {
                    "ca_file": kit / "ca.pem",
                    "poll_seconds": 2.0,
                    "gone_seconds": 5.0,
                    "ready_seconds": 20.0,
                    "swap_check_seconds": 20.0,
                }
            },
        }
    )


def run_shift(scenario: Scenario, folder: Path | None = None) -> ShiftResult:
    """Work the shift of `scenario`; its files stay in `folder`, by default a new one."""
    folder = folder or scratch()
    kit, prepared = _kit()
    work = kit / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    shutil.copy(kit / DATABASE, work)
    own = app.Prepared(
        settings=_settings(kit, Path()),
        shelf=prepared.shelf,
        rule=prepared.rule,
        steps=prepared.steps,
        fixture=prepared.fixture,
    )

    async def main(loop: VirtualLoop) -> ShiftResult:
        return await _work(loop, scenario, work, own, kit)

    # Sentences name the database's file: relative, so that they are the same in every folder.
    # Without the collector no forgotten task is taken apart in the middle of the shift.
    gc.disable()
    try:
        with chdir(work):
            result = virtual_loop.run(main, f"{scenario.seed}/library")
    finally:
        gc.enable()
        folder.rmdir()
        shutil.move(work, folder)
    return replace(result, folder=folder)


async def _work(
    loop: VirtualLoop, scenario: Scenario, folder: Path, prepared: app.Prepared, kit: Path
) -> ShiftResult:
    database = folder / DATABASE
    witness = Witness(database)
    log = WorldLog(loop.time, witness)
    log.note(
        "shift",
        seed=scenario.seed,
        profile=scenario.profile,
        groups=sorted(scenario.groups),
        canaries=[CANARY],
        disk=[(w.begins, w.begins + w.seconds) for w in scenario.disk],
    )
    floor = Floor(loop, scenario, log)
    panel = Panel(floor)

    def trouble() -> str:
        window = None if floor.healed else within(scenario.disk, loop.time())
        return window.kind if window is not None else ""

    disk = Disk(database, trouble, log.strike)
    own = with_floor(prepared, floor, kit / "ca.pem")
    computer = Computer(
        loop, scenario, floor, panel=panel, disk=disk, prepared=own, witness=witness
    )
    people = People(scenario, floor, panel, computer)
    with disk.attached(), computer.powered():
        loop.spawn(computer.run(), None)
        for moment, seconds in scenario.clock:
            loop.spawn(_step(floor, moment, seconds), None)
        await people.work()
        floor.heal()
        await people.finish()
        await computer.shut_down()
        witness.close()
    _write(log, computer)
    return ShiftResult(
        scenario=scenario,
        folder=folder,
        injected=log.injected,
        restarts=computer.restarts,
        seconds=loop.time(),
        outcomes=_outcomes(database),
        problems=(*computer.failures, *(p for p in loop.problems if "PowerCut" not in p)),
    )


def _write(log: WorldLog, computer: Computer) -> None:
    Path("world.jsonl").write_text(log.world_text(), encoding="utf-8")
    Path("acks.jsonl").write_text(log.acks_text(), encoding="utf-8")
    Path("station.log").write_text(computer.log.getvalue(), encoding="utf-8")


async def _step(floor: Floor, moment: float, seconds: float) -> None:
    await anyio.sleep(moment)
    if not floor.healed:
        floor.step_clock(seconds)


def _digest(logs: tuple[Path, ...], database: Path) -> str:
    found = hashlib.sha256(b"".join(log.read_bytes() for log in logs))
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        listed = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for (table,) in connection.execute(listed).fetchall():
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid"):  # noqa: S608  # from the file
                found.update(repr(row).encode())
    finally:
        connection.close()
    return found.hexdigest()


def _outcomes(database: Path) -> Counter[str]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT outcome, count(*) FROM run_end GROUP BY 1").fetchall()
    finally:
        connection.close()
    return Counter(dict(rows))
