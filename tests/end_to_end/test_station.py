"""A station as a process: it is plugged, swapped, stopped, killed, doubled and started again."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from orchestrator.cli.demo import settings_text
from orchestrator.simulation.rack import Rack, run_rack
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from tests.patience import PATIENCE_SECONDS

FAST = {"boot_seconds": 0.1, "restart_delay_seconds": 0.02}
Line = dict[str, Any]


def write_settings(folder: Path, rack: Rack, **changes: str) -> Path:
    """Write the settings of a quick station for this rack."""
    text = settings_text(json.loads(rack.ready_line()))
    text = text.replace("poll_seconds = 0.25", "poll_seconds = 0.05\ngone_seconds = 0.3")
    text = text.replace('level = "error"', 'level = "debug"')
    for old, new in changes.items():
        text = text.replace(old, new)
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


class Running:
    """A station in its own process, heard through its log."""

    def __init__(self, process: anyio.abc.Process) -> None:
        assert process.stderr is not None
        self.process = process
        self.lines: list[Line] = []
        self._stderr = BufferedByteReceiveStream(process.stderr)

    async def until(self, wanted: Callable[[Line], bool]) -> Line:
        """Return the next line that is wanted."""
        while True:
            raw = await self._stderr.receive_until(b"\n", 1 << 20)
            try:
                line = json.loads(raw)
            except ValueError:
                raise AssertionError(raw.decode()) from None
            self.lines.append(line)
            if wanted(line):
                return line

    async def state(self, slot: str, *states: str) -> Line:
        """Return when a slot is in one of `states`."""
        return await self.until(
            lambda line: (
                line["event"] == "slot" and line["slot"] == slot and line["state"] in states
            )
        )

    async def ended(self) -> int:
        """Wait for the end of the process; return its exit code."""
        async for _ in self._stderr:
            continue
        return await self.process.wait()


@asynccontextmanager
async def station(config: Path, *options: str) -> AsyncIterator[Running]:
    """Run a station beside the block; it is killed if the block leaves it running."""
    command = [sys.executable, "-m", "orchestrator", "station", "run", "--config", str(config)]
    with anyio.fail_after(PATIENCE_SECONDS):
        process = await anyio.open_process([*command, *options])
        try:
            yield Running(process)
        finally:
            with anyio.CancelScope(shield=True):
                if process.returncode is None:
                    process.kill()
                await process.aclose()


def ask(folder: Path, sql: str) -> Sequence[tuple[Any, ...]]:
    """Ask the database with nothing but SQL."""
    with closing(sqlite3.connect(folder / "audit.db")) as audit:
        return audit.execute(sql).fetchall()


OPEN_RUNS = "SELECT count(*) FROM run WHERE run_id NOT IN (SELECT run_id FROM run_end)"


def hanging(path: str, call: str) -> BoardSpec:
    """Return a board that never answers one call."""
    from orchestrator.systems.azure_sphere_device.simulator import Fault

    return BoardSpec(slot_path=path, faults=(Fault("hang", (call,)),), **FAST)


async def test_boards_come_go_and_are_swapped_while_it_runs(tmp_path: Path) -> None:
    """A late board is found, a swap in place is noticed by identity, a pulled board is ERROR."""
    specs = (BoardSpec(slot_path="1111", **FAST), hanging("1112", "get_images"))
    async with run_rack(specs) as rack:
        rack.slot("1112").detach()
        config = write_settings(
            tmp_path, rack, **{"ready_seconds = 5.0": "ready_seconds = 5.0\nswap_check_seconds=0.2"}
        )
        async with station(config) as running:
            await running.state("1111", "PASS")
            first = rack.slot("1111").board
            rack.slot("1111").swap()
            await running.state("1111", "PASS")
            second = rack.slot("1111").board
            assert first.device_id != second.device_id
            assert first.state == second.state == "DeviceComplete"
            rack.slot("1112").attach()
            await running.until(lambda line: line.get("step") == "delete")
            rack.slot("1112").detach()
            error = await running.state("1112", "ERROR")
            assert "board was taken out during step Delete foreign applications" in error["message"]
            await running.state("1112", "EMPTY")
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 143
    outcomes = ask(tmp_path, "SELECT outcome FROM run JOIN run_end USING (run_id) ORDER BY run_id")
    assert outcomes == [("PASS",), ("PASS",), ("ERROR",)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Runs end ABORTED within the time of the settings; the audit has no open run."""
    specs = [hanging(path, "get_images") for path in ("1111", "1112", "1113")]
    async with run_rack(specs) as rack:
        config = write_settings(tmp_path, rack)
        async with station(config) as running:
            for _ in specs:
                await running.until(lambda line: line.get("step") == "delete")
            running.process.send_signal(number)
            assert await running.ended() == code
    assert ask(tmp_path, "SELECT outcome, count(*) FROM run_end GROUP BY 1") == [("ABORTED", 3)]
    assert ask(tmp_path, OPEN_RUNS) == [(0,)]


async def test_after_a_kill_the_next_start_closes_what_was_open(tmp_path: Path) -> None:
    """The run of the killed station ends INTERRUPTED with its step, and the board runs again."""
    async with run_rack([hanging("1111", "get_images")]) as rack:
        config = write_settings(tmp_path, rack)
        async with station(config) as killed:
            await killed.until(lambda line: line.get("step") == "delete")
            killed.process.kill()
            await killed.process.wait()
        assert ask(tmp_path, OPEN_RUNS) == [(1,)]
        async with station(config) as running:
            notice = await running.until(lambda line: line["event"] == "station")
            assert "had no end: closed as INTERRUPTED" in notice["message"]
            await running.until(lambda line: line.get("step") == "delete")
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 143
    ends = ask(tmp_path, "SELECT outcome, message FROM run_end ORDER BY run_id")
    assert [end[0] for end in ends] == ["INTERRUPTED", "ABORTED"]
    assert "the station went down during step delete" in ends[0][1]
    steps = "SELECT outcome FROM step_end JOIN step USING (run_id, sequence) WHERE step_id='delete'"
    assert ask(tmp_path, steps + " ORDER BY run_id") == [("INTERRUPTED",), ("ABORTED",)]
    assert ask(tmp_path, OPEN_RUNS) == [(0,)]


async def test_a_board_left_in_its_slot_is_not_run_again_after_a_restart(tmp_path: Path) -> None:
    """The next start shows its verdict; taken out and put in again it gets another run."""
    async with run_rack([BoardSpec(slot_path="1111", **FAST)]) as rack:
        config = write_settings(tmp_path, rack)
        async with station(config) as running:
            await running.state("1111", "PASS")
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 143
        async with station(config) as running:
            shown = await running.state("1111", "PASS", "RUN")
            [(run_id,)] = ask(tmp_path, "SELECT run_id FROM run")
            assert f"PASS (run {run_id}, before this start)" in shown["message"]
            rack.slot("1111").detach()
            await running.state("1111", "EMPTY")
            rack.slot("1111").attach()
            await running.state("1111", "RUN")
            running.process.send_signal(signal.SIGTERM)
            assert await running.ended() == 143
    assert ask(tmp_path, "SELECT run_id FROM event WHERE kind = 'unit_left'") == [(run_id,)]


async def test_a_second_station_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """It ends with 75 at once and names the process that holds the folder."""
    async with run_rack([BoardSpec(slot_path="1111", **FAST)]) as rack:
        config = write_settings(tmp_path, rack)
        async with station(config) as first:
            await first.state("1111", "CHECK")
            done = await anyio.run_process(
                [sys.executable, "-m", "orchestrator", "station", "run", "--config", str(config)],
                check=False,
            )
            assert done.returncode == 75
            assert f"in use by process {first.process.pid}" in done.stderr.decode()
            await first.state("1111", "PASS")


async def test_a_service_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    """The station says once that nobody answers and takes the boards when they appear."""
    spec = BoardSpec(slot_path="1111", **FAST)
    async with run_rack([spec], ca_file=tmp_path / "ca.pem") as gone:
        config = write_settings(tmp_path, gone)
        port = int(gone.service_url.rpartition(":")[2])
    async with station(config, "--exit-when-done", "1") as running:
        notice = await running.until(lambda line: line["event"] == "station")
        assert "The local service does not answer" in notice["message"]
        async with run_rack(
            [spec], service_port=port, https_port=gone.https_port, ca_file=tmp_path / "ca.pem"
        ):
            # The certificate of this rack is another one: the board is not trusted, and says so.
            error = await running.state("1111", "ERROR")
            assert "certificate" in error["message"]
            assert await running.ended() == 1


def test_settings_that_are_wrong_start_nothing(tmp_path: Path) -> None:
    """Every mistake is told, the exit code is 78, and no data folder appears."""
    config = tmp_path / "station.toml"
    config.write_text('[station]\nnmae = "x"\ndata_dir = "data"\n')
    for verb in ("run", "check"):
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", "station", verb, "--config", str(config)],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 78, done.stderr
        assert "did you mean `name`?" in done.stdout + done.stderr
    assert not (tmp_path / "data").exists()


async def test_the_check_says_what_is_in_order(tmp_path: Path) -> None:
    """With everything there it is 0; without the service it is 69 and says what to do."""
    async with run_rack([BoardSpec(slot_path="1111")], ca_file=tmp_path / "ca.pem") as rack:
        config = write_settings(tmp_path, rack)
        command = [sys.executable, "-m", "orchestrator", "station", "check"]
        done = await anyio.run_process([*command, "--config", str(config)], check=False)
        lines = done.stdout.decode().splitlines()
        assert done.returncode == 0, done.stdout
        assert all(line.startswith("ok") for line in lines)
        assert len(lines) == 7
    done = await anyio.run_process([*command, "--config", str(config)], check=False)
    assert done.returncode == 69
    text = done.stdout.decode()
    assert "problem local service" in text
    assert "-> " in text
    assert not (tmp_path / "audit.db").exists()
