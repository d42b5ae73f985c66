"""The ground gives way under a station: a full disk, a broken database, a folder it may not use."""

import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from orchestrator.cli.demo import settings_text
from orchestrator.simulation.rack import WorldLog, run_rack
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, World
from tests.patience import PATIENCE_SECONDS

SMALL_DISK = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from orchestrator.cli.main import main
main()
"""
FAST = {"boot_seconds": 0.1, "restart_delay_seconds": 0.02}


@pytest.mark.skipif(sys.platform == "win32", reason="a file size limit stands in for a full disk")
@pytest.mark.parametrize("room_bytes", [60_000, 250_000, 1_000_000, 1_500_000])
async def test_a_full_disk_stops_the_line(tmp_path: Path, room_bytes: int) -> None:
    """Wherever it fills up: exit code 74, a sentence, and nothing irreversible without evidence."""
    world_log = tmp_path / "world.jsonl"
    boards = [BoardSpec(slot_path=f"11{number}", **FAST) for number in range(11, 19)]
    with WorldLog(world_log) as log:
        async with run_rack(boards, world=World(report=log)) as rack:
            settings = tmp_path / "station.toml"
            settings.write_text(settings_text(json.loads(rack.ready_line())), encoding="utf-8")
            command = [sys.executable, "-c", SMALL_DISK, str(room_bytes), "station", "run"]
            with anyio.fail_after(PATIENCE_SECONDS):
                done = await anyio.run_process(
                    [*command, "--config", str(settings), "--exit-when-done", "8"],
                    check=False,
                    env={**os.environ, "NO_COLOR": "1"},
                )
    said = done.stderr.decode()
    assert done.returncode == 74, said
    assert "error: " in said
    happened = [json.loads(line) for line in world_log.read_text().splitlines()]
    changed = {
        (row["device_id"], row["detail"]["to"])
        for row in happened
        if row["what"] == "manufacturing_state"
    }
    intents = set()
    if changed:
        with closing(sqlite3.connect(tmp_path / "audit.db")) as audit:
            intents = set(
                audit.execute(
                    "SELECT i.device_id, json_extract(s.parameters, '$.state') FROM step s "
                    "JOIN identity i ON i.run_id = s.run_id AND i.sequence = 0 "
                    "WHERE s.irreversible"
                ).fetchall()
            )
    assert changed <= intents


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever its name says" * 200, b"SQLite format 3\0" * 300]
)
async def test_a_broken_database_file_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    """The station does not start, says what is wrong, and does not touch the file."""
    async with run_rack([BoardSpec(slot_path="1111")]) as rack:
        settings = tmp_path / "station.toml"
        settings.write_text(settings_text(json.loads(rack.ready_line())), encoding="utf-8")
        (tmp_path / "audit.db").write_bytes(content)
        done = await anyio.run_process(
            [sys.executable, "-m", "orchestrator", "station", "run", "--config", str(settings)],
            check=False,
        )
        assert rack.boards[0].state == "Blank"
    assert done.returncode == 74
    assert "audit.db" in done.stderr.decode()
    assert (tmp_path / "audit.db").read_bytes() == content


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    """A place where no folder can be made is told as such, by the station and by its check."""
    async with run_rack([BoardSpec(slot_path="1111")]) as rack:
        settings = tmp_path / "station.toml"
        text = settings_text(json.loads(rack.ready_line()))
        (tmp_path / "taken").touch()
        settings.write_text(text.replace('data_dir = "."', 'data_dir = "taken/data"'))
        run, check = [
            await anyio.run_process(
                [sys.executable, "-m", "orchestrator", "station", verb, "--config", str(settings)],
                check=False,
            )
            for verb in ("run", "check")
        ]
    assert run.returncode == 74
    assert "Check the path" in run.stderr.decode()
    assert check.returncode == 69
    assert "problem database" in check.stdout.decode()
