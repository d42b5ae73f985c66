"""Raw writers on a bad disk: many short lives of the audit's writer, without a station around it.

Each trial starts `raw_writer.py` on a folder under the shim, does something to it, and compares
what was acknowledged with what the database holds afterwards.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.audit.location import sqlite_url
from orchestrator.simulation.auditor import load
from orchestrator.simulation.auditor.chain import recompute
from tests.campaigns.shim import Disk
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).absolute().parents[2]
MANY = 1_000_000


@dataclass
class Trial:
    """What one life of a raw writer came to."""

    acknowledged: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    resumed: int = 0
    found: set[str] = field(default_factory=set)
    damage: str = ""
    struck: int = 0

    @property
    def lost(self) -> set[str]:
        """What was acknowledged and is not there."""
        return self.acknowledged - self.found

    @property
    def survived(self) -> bool:
        """Say whether nothing is missing and the file is whole."""
        return not self.lost and not self.damage


@contextmanager
def place(*, keep: bool = False) -> Iterator[Disk]:
    """Give a folder on an unreliable disk for the length of the block."""
    beside = Path(tempfile.mkdtemp(prefix="orchestrator-raw-"))
    try:
        yield Disk(beside / "live", beside, keep=keep)
    finally:
        shutil.rmtree(beside)


class Writer:
    """A raw writer as a process."""

    def __init__(self, disk: Disk, turn: int, *, count: int = MANY, sabotage: str = "") -> None:
        command = [sys.executable, "-m", "tests.campaigns.raw_writer", sqlite_url(disk.folder)]
        self._process = subprocess.Popen(
            [*command, str(turn), str(count), sabotage],
            cwd=ROOT,
            env={**os.environ, **disk.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, trial: Trial, enough: Callable[[Trial], bool]) -> None:
        """Listen until there is enough, or the writer ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._hear(trial, line)
            if enough(trial):
                return

    def kill(self, trial: Trial) -> None:
        """Kill it now and hear what it said before."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.kill()
        for line in self._process.stdout:
            self._hear(trial, line)
        self._process.wait(PATIENCE_SECONDS)
        said = self._process.stderr.read()
        self._process.stdout.close()
        self._process.stderr.close()
        if "Traceback" in said:
            trial.damage = said.strip().splitlines()[-1]

    @staticmethod
    def _hear(trial: Trial, line: str) -> None:
        kind, _, rest = line.rstrip("\n").partition(" ")
        if not line.endswith("\n"):
            return
        if kind == "A":
            trial.acknowledged.add(rest)
        elif kind == "F":
            trial.refused.append(rest.partition(" ")[2])
        elif kind == "R":
            trial.resumed += 1


def look(disk: Disk, trial: Trial) -> Trial:
    """Read what the database holds now."""
    file = disk.folder / "audit.db"
    try:
        with closing(sqlite3.connect(file)) as audit:
            [(verdict,)] = audit.execute("PRAGMA integrity_check").fetchall()
            trial.found = {row[0] for row in audit.execute("SELECT event_id FROM event")}
        _, broken = recompute(load(str(file), None, None))
        trial.damage = (
            trial.damage or ("" if verdict == "ok" else str(verdict)) or "; ".join(broken)
        )
    except sqlite3.Error as error:
        trial.damage = trial.damage or str(error)
    return trial


def power_cut(seed: int, *, sabotage: str = "", cuts: int = 1) -> list[Trial]:
    """Cut the power at random moments, `cuts` times on the same database."""
    chance = random.Random(seed)
    trials: list[Trial] = []
    with place(keep=True) as disk:
        before: set[str] = set()
        for turn in range(cuts):
            trial = Trial(acknowledged=set(before))
            wanted = len(before) + chance.randint(3, 400)
            writer = Writer(disk, turn, sabotage=sabotage)
            writer.until(trial, lambda trial, n=wanted: len(trial.acknowledged) >= n)  # type: ignore[misc]  # bound now
            writer.kill(trial)
            disk.cut_power()
            trials.append(look(disk, trial))
            before = trial.acknowledged - trial.lost
    return trials


def disk_fault(*, sabotage: str = "", **how: int | str) -> Trial:
    """Let the disk fail in the middle of the work, mend it, and kill the writer some time after."""
    trial = Trial()
    with place() as disk:
        writer = Writer(disk, 0, sabotage=sabotage)
        writer.until(trial, lambda trial: len(trial.acknowledged) >= 20)
        disk.fail(**how)
        silent = "slow_sync_us" in how or sabotage == "commit errors swallowed"
        enough = len(trial.acknowledged) + (200 if sabotage else 40)
        writer.until(trial, lambda t: bool(t.refused) or (silent and len(t.acknowledged) >= enough))
        disk.heal()
        after = len(trial.acknowledged) + 20
        writer.until(trial, lambda t: len(t.acknowledged) >= after and (silent or t.resumed > 0))
        writer.kill(trial)
        trial.struck = disk.struck().total()
        look(disk, trial)
    return trial
