"""A real station and a real rack as processes, and the operator who plugs boards.

The rack outlives many daemons: it is the world outside, and its log is the truth. The daemon is
`orchestrator station run` on a settings file; it is heard through its log lines on stderr.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).absolute().parents[2]
RECIPE = Path(__file__).with_name("recipe.yaml")
GONE_SECONDS = 0.3
DONE = {"PASS", "FAIL", "BLOCKED"}
AGAIN = {"ERROR", "STOPPED"}
STANDING = ("The line stands", "audit cannot be written")
"""A tile that says so asks for the engineer: the board stays where it is."""
REPLUGS = 3
_SETTINGS = """\
[station]
name = "campaign"
data_dir = {data}
database_url = {database}

[recipes]
files = [{recipe}]

[unit.serial_number]
rule = "device_id"
last = 12

[fixture.azure_sphere]
service_url = {service}
ca_file = {ca_file}
https_port = {https_port}
poll_seconds = 0.05
gone_seconds = {gone}
ready_seconds = 5.0
swap_check_seconds = 0.2

[audit]
retry_seconds = 0.5

[stop]
grace_seconds = 10.0

[log]
level = "info"
format = "json"
"""
FAULTS = """\
[rack]
boot_seconds = 0.05
restart_delay_seconds = 0.02
state_change_locked = false
faults = [
  { kind = "drop", calls = "set_manufacturing_state", probability = "10 %", seed = 1 },
  { kind = "lost_answer", calls = "set_manufacturing_state", probability = "20 %", seed = 2 },
  { kind = "late", calls = "set_manufacturing_state", probability = "10 %", seconds = 2, seed = 3 },
]
"""
"""A rack that loses requests, loses answers, and applies requests two seconds late.

Its boards take a second DeviceComplete, which others refuse, so that one would be counted.
"""

CALM = "[rack]\nboot_seconds = 0.05\nrestart_delay_seconds = 0.02\n"


class Rack:
    """`orchestrator simulate rack` as a process. Use it as a context."""

    def __init__(
        self, folder: Path, boards: int, audit_url: str, *, seed: int = 0, text: str = FAULTS
    ) -> None:
        self.folder = folder
        self.world_log = folder / "world.jsonl"
        rack_file = folder / "rack.toml"
        rack_file.write_text(text, encoding="utf-8")
        self._command = [
            *(sys.executable, "-m", "orchestrator", "simulate", "rack"),
            *("--rack", str(rack_file), "--boards", str(boards), "--seed", str(seed)),
            *("--https-port", "0", "--service-port", "0", "--ca-file", str(folder / "ca.pem")),
            *("--world-log", str(self.world_log), "--audit-url", audit_url),
        ]
        self.ready: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._errors = (self.folder / "rack.log").open("wb")
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._errors
        )
        assert self._process.stdout is not None
        self.ready = json.loads(self._process.stdout.readline())
        self._port = int(self.ready["service"].rpartition(":")[2])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    @property
    def slots(self) -> list[str]:
        """The paths of all slots."""
        return [board["slot_path"] for board in self.ready["boards"]]

    def facts(self) -> list[dict[str, Any]]:
        """Return what the boards really are now."""
        facts: list[dict[str, Any]] = self._ask("GET", "")
        return facts

    def act(self, slot: str, verb: str) -> None:
        """Have a board swapped, detached or attached."""
        self._ask("POST", f"/{slot}/{verb}")

    def _ask(self, method: str, rest: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, f"/simulator/boards{rest}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def happened(self) -> list[dict[str, Any]]:
        """Return the world log."""
        return [json.loads(line) for line in self.world_log.read_text().splitlines()]


@dataclass
class Place:
    """Where one station lives: its folder, its data and its database."""

    folder: Path
    rack: Rack
    database_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    sabotage: str = ""
    lives: int = 0

    @property
    def data(self) -> Path:
        """The data folder of the station."""
        return self.folder / "data"

    @property
    def database(self) -> str:
        """The URL of the audit database."""
        return self.database_url or f"sqlite:///{self.data}/audit.db"

    @property
    def ack_log(self) -> Path:
        """Where the writer names what it acknowledged."""
        return self.folder / "acks.log"

    @property
    def settings(self) -> Path:
        """The settings file, written anew."""
        path = self.folder / "station.toml"
        text = _SETTINGS.format(
            data=json.dumps(str(self.data)),
            database=json.dumps(self.database_url),
            recipe=json.dumps(str(RECIPE)),
            service=json.dumps(self.rack.ready["service"]),
            ca_file=json.dumps(self.rack.ready["ca_file"]),
            https_port=self.rack.ready["https_port"],
            gone=GONE_SECONDS,
        )
        path.write_text(text, encoding="utf-8")
        return path

    def plain_environment(self) -> dict[str, str]:
        """Return the environment of a command beside the station: nothing of it is armed."""
        return {**os.environ, "NO_COLOR": "1"}

    def command(self, *words: str) -> list[str]:
        """Return the program with `words`, with the planted mistakes if there are any."""
        if self.sabotage:
            return [sys.executable, "-m", "tests.campaigns.sabotage", self.sabotage, *words]
        return [sys.executable, "-m", "orchestrator", *words]


@contextmanager
def station_place(
    boards: int, *, seed: int = 0, text: str = FAULTS, database_url: str = "", sabotage: str = ""
) -> Iterator[Place]:
    """Give a running rack and an empty place for a station beside it; cleared away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-campaign-"))
    try:
        audit_url = database_url or f"sqlite:///{folder}/data/audit.db"
        with Rack(folder, boards, audit_url, seed=seed, text=text) as rack:
            yield Place(folder, rack, database_url, sabotage=sabotage)
    finally:
        if not os.environ.get("CAMPAIGN_KEEP"):
            shutil.rmtree(folder)


class Daemon:
    """One life of the station daemon, heard line by line."""

    def __init__(self, place: Place, *, crash_at: str = "", options: Sequence[str] = ()) -> None:
        self.place = place
        place.lives += 1
        self.states: dict[str, str] = {}
        self.lines: list[Mapping[str, Any]] = []
        self.said: list[str] = []
        self.began = time.monotonic()
        self._heard = threading.Condition()
        environment = {
            **os.environ,
            **place.environment,
            "ORCHESTRATOR_ACK_LOG": str(place.ack_log),
            "NO_COLOR": "1",
        }
        if crash_at:
            environment["ORCHESTRATOR_CRASH_AT"] = crash_at
        self._process = subprocess.Popen(
            place.command("station", "run", "--config", str(place.settings), *options),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.poll()

    @property
    def stops(self) -> int:
        """How often the daemon said that the line stops because the audit is away."""
        return sum("line stops" in text for text in self._notices())

    @property
    def stands(self) -> bool:
        """True while the line stands because the audit cannot be written."""
        told = [text for text in self._notices() if "line stops" in text or "line goes on" in text]
        return bool(told) and "line stops" in told[-1]

    def _notices(self) -> list[str]:
        return [str(line.get("message", "")) for line in self.lines if line["event"] == "station"]

    @property
    def seconds(self) -> float:
        """How long it has lived."""
        return time.monotonic() - self.began

    def until(self, wanted: Callable[[], bool], seconds: float) -> bool:
        """Wait until `wanted` holds; False when the daemon ends or `seconds` pass before."""
        deadline = time.monotonic() + seconds
        with self._heard:
            while not wanted():
                left = deadline - time.monotonic()
                if left <= 0 or (self.ended is not None and not self._ear.is_alive()):
                    return wanted()
                self._heard.wait(min(left, 0.05))
        return True

    def kill(self) -> int:
        """Kill it if it still lives; return its exit code."""
        self._process.kill()
        return self.wait(PATIENCE_SECONDS)

    def terminate(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Ask it to stop and wait for it; killed (-9) when that takes too long."""
        if self.ended is None:
            self._process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds: float) -> int:
        """Wait for the end; killed when that takes longer than `seconds`."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ear.join(10)
        if self._process.stderr is not None:
            self._process.stderr.close()
        return self._process.returncode

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            with self._heard:
                if isinstance(line, dict):
                    self.lines.append(line)
                    if line.get("event") == "slot":
                        waits = any(words in str(line["message"]) for words in STANDING)
                        self.states[line["slot"]] = "STANDS" if waits else line["state"]
                else:
                    self.said.append(text.rstrip())
                self._heard.notify_all()
        with self._heard:
            self._heard.notify_all()


class Operator:
    """Puts a fresh board where one is done, and takes one out and in that ended in ERROR."""

    def __init__(self, rack: Rack, *, most: int = 1_000_000) -> None:
        self._rack = rack
        self._left = most
        self._plugged_out: dict[str, float] = {}
        self._replugs: dict[str, int] = {}
        self.boards = len(rack.slots)
        """How many boards there were altogether."""

    def attend(self, daemon: Daemon, *, swap: bool = True) -> None:
        """Do what the tiles ask for now; while the line stands, nothing."""
        if daemon.stands:
            return
        now = time.monotonic()
        for slot, since in list(self._plugged_out.items()):
            if now - since > 2 * GONE_SECONDS + 0.2:
                del self._plugged_out[slot]
                self._rack.act(slot, "attach")
                daemon.states[slot] = "CHECK"
        for slot, state in list(daemon.states.items()):
            if slot in self._plugged_out:
                continue
            if state in AGAIN and self._replugs.get(slot, 0) < REPLUGS:
                self._replugs[slot] = self._replugs.get(slot, 0) + 1
                self._plugged_out[slot] = now
                self._rack.act(slot, "detach")
            elif state in DONE | AGAIN and swap and self._left > 0:
                self._left -= 1
                self._replugs.pop(slot, None)
                daemon.states[slot] = "CHECK"
                self.boards += 1
                self._rack.act(slot, "swap")

    def all_done(self, daemon: Daemon) -> bool:
        """Say whether every slot shows the end of its board."""
        return not self._plugged_out and all(
            daemon.states.get(slot) in DONE
            or (daemon.states.get(slot) in AGAIN and self._replugs.get(slot, 0) >= REPLUGS)
            for slot in self._rack.slots
        )
