"""Five designs of the step that cannot be undone, under kill -9 and lost answers, side by side.

    python -m tests.campaigns.designs [--count N] [--result FILE]

Models, not the product: each is twenty lines that do what its name says, on SQLite with full syncs.
A world in this process counts what was applied; it loses one request in ten and one answer in five.
The slow world is still at work on a request when the client has given up. The last design is the
one of this program, which is measured as it is by the other campaigns.
"""

import json
import os
import random
import shutil
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

DESIGNS = (
    "act, then record, retry on error",
    "intent first, retry blindly",
    "intent first, never retry",
    "intent first, ask first",
    "intent first, settle, ask first",
)


@dataclass(frozen=True)
class Surroundings:
    """How fast the world applies, how long a client waits, and when the station is killed."""

    name: str
    applies_within: float
    client_waits: float
    units: int
    kill_after: tuple[float, float]


WORLDS = (
    Surroundings("fast", 0.002, 1.0, 100, (0.08, 0.2)),
    Surroundings("slow", 0.3, 0.1, 10, (0.3, 1.5)),
)


@dataclass
class Count:
    """What one design came to in one world."""

    units: int = 0
    kills: int = 0
    doubled: int = 0
    recorded_not_done: int = 0
    applied: dict[str, int] = field(default_factory=dict)


class World(socketserver.ThreadingTCPServer):
    """Applies operations, counts them, and loses requests and answers."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, seed: int, slow: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.applied: dict[str, int] = {}
        self.chance = random.Random(seed)
        self.slow = slow


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        world = self.server
        assert isinstance(world, World)
        line = self.rfile.readline().decode().split()
        if len(line) != 2:
            return  # the station was killed in the middle of its request
        call, unit = line
        if call == "ask":
            self._say(b"%d\n" % world.applied.get(unit, 0))
            return
        if world.chance.random() < 0.1:
            return  # the request is lost
        time.sleep(world.chance.uniform(0, world.slow))
        world.applied[unit] = world.applied.get(unit, 0) + 1
        if world.chance.random() >= 0.2:
            self._say(b"ok\n")

    def _say(self, answer: bytes) -> None:
        try:
            self.wfile.write(answer)
        except OSError:
            return


class Model:
    """A station of one design."""

    def __init__(self, design: str, port: int, path: str, around: Surroundings) -> None:
        self._design, self._port, self._around = design, port, around
        self._audit = sqlite3.connect(path, isolation_level=None)
        self._audit.execute("PRAGMA journal_mode = WAL")
        self._audit.execute("PRAGMA synchronous = FULL")
        self._audit.execute("CREATE TABLE IF NOT EXISTS op(unit TEXT PRIMARY KEY, state TEXT)")

    def work(self) -> None:
        """Bring every unit to `done`."""
        for number in range(self._around.units):
            unit = f"u{number}"
            while self._state(unit) != "done":
                try:
                    self._try(unit)
                except OSError:
                    continue

    def _try(self, unit: str) -> None:
        began = self._state(unit) == "intent"
        match self._design:
            case "intent first, never retry" if began:
                self._put(unit, "done")
                return
            case "intent first, settle, ask first" if began:
                time.sleep(self._around.applies_within + 0.02)
        if began and self._design.endswith("ask first") and self._call("ask", unit) != "0":
            self._put(unit, "done")
            return
        if not self._design.startswith("act"):
            self._put(unit, "intent")
        self._call("apply", unit)
        self._put(unit, "done")

    def _call(self, call: str, unit: str) -> str:
        waits = self._around.client_waits
        with socket.create_connection(("127.0.0.1", self._port), waits) as link:
            link.sendall(f"{call} {unit}\n".encode())
            answer = link.makefile().readline()
        if not answer:
            raise OSError("no answer")
        return answer.strip()

    def _state(self, unit: str) -> str:
        row = self._audit.execute("SELECT state FROM op WHERE unit = ?", (unit,)).fetchone()
        return str(row[0]) if row else ""

    def _put(self, unit: str, state: str) -> None:
        self._audit.execute("INSERT OR REPLACE INTO op VALUES(?, ?)", (unit, state))


def measure(design: str, around: Surroundings, seed: int, count: Count) -> None:
    """Kill a station of `design` until all its units are done, and count."""
    world = World(seed, around.applies_within)
    threading.Thread(target=world.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp(prefix="orchestrator-design-")
    chance = random.Random(seed + 100)
    words = [sys.executable, "-S", "-m", "tests.campaigns.designs", "--be", design]
    place = [str(world.server_address[1]), f"{folder}/a.db", around.name]
    while True:
        station = subprocess.Popen([*words, *place], env={**os.environ, "PYTHONPATH": ""})
        try:
            station.wait(chance.uniform(*around.kill_after))
            break
        except subprocess.TimeoutExpired:
            station.kill()
            station.wait()
            count.kills += 1
    time.sleep(around.applies_within + 0.1)
    world.shutdown()
    world.server_close()
    shutil.rmtree(folder)
    count.units += around.units
    count.doubled += sum(times > 1 for times in world.applied.values())
    count.recorded_not_done += around.units - len(world.applied)


def compare(seeds: int) -> list[dict[str, object]]:
    """Measure every design in every world."""
    rows: list[dict[str, object]] = []
    for around in WORLDS:
        for design in DESIGNS:
            count = Count()
            for seed in range(seeds):
                measure(design, around, seed, count)
            figures = {name: value for name, value in vars(count).items() if name != "applied"}
            rows.append({"design": design, "world": around.name, **figures})
    return rows


def main() -> None:
    """Run the comparison as the command line says."""
    from tests.campaigns.arguments import arguments
    from tests.campaigns.results import commit

    given = arguments("designs", count=10)
    rows = compare(given.count)
    if given.result:
        facts = {"command": given.command, "commit": commit(), "designs": rows}
        Path(given.result).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        sys.stdout.write(f"{row}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--be"]:
        chosen = next(world for world in WORLDS if world.name == sys.argv[5])
        Model(sys.argv[2], int(sys.argv[3]), sys.argv[4], chosen).work()
    else:
        main()
