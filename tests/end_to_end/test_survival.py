"""What a newcomer does to doubt the audit: kill the station, start it again, ask for proof."""

import json
import sys
from pathlib import Path

import anyio

from orchestrator.simulation.rack import run_rack
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec
from tests.end_to_end.test_station import FAST, OPEN_RUNS, ask, station, write_settings


async def typed(folder: Path, *words: str) -> tuple[int, str]:
    """Type a command in a folder; return its exit code and all it says."""
    command = [sys.executable, "-m", "orchestrator", *words]
    done = await anyio.run_process(command, cwd=folder, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


async def test_a_killed_station_goes_on_and_proves_it(tmp_path: Path) -> None:
    """Killed in a run, started again: every unit passes, and chain and certificate verify."""
    audit = ("--data-dir", ".")
    async with run_rack([BoardSpec(slot_path=slot, **FAST) for slot in ("1111", "1112")]) as rack:
        config = write_settings(tmp_path, rack)
        async with station(config) as killed:
            await killed.until(lambda line: line.get("step") == "sideload")
            killed.process.kill()
            await killed.process.wait()
        assert ask(tmp_path, OPEN_RUNS) != [(0,)]
        async with station(config, "--exit-when-done", "2") as running:
            assert await running.ended() == 0
        assert {rack.slot(slot).board.state for slot in ("1111", "1112")} == {"DeviceComplete"}
    assert ask(tmp_path, OPEN_RUNS) == [(0,)]
    proof = ("--public-key", "station.pub", "--against", "checkpoint.txt")
    code, said = await typed(tmp_path, "audit", "verify", *audit, *proof)
    assert (code, said.partition(":")[0]) == (0, "sound"), said
    code, listed = await typed(tmp_path, "audit", "runs", *audit, "--format", "json")
    passed = [run for run in json.loads(listed) if run["outcome"] == "PASS"]
    assert len(passed) == 2
    serial = passed[0]["serial_number"]
    code, said = await typed(tmp_path, "audit", "certificate", serial, *audit, "--output", "c.json")
    assert code == 0, said
    offline = ("audit", "verify-certificate", "c.json", "--public-key", "station.pub")
    assert (await typed(tmp_path, *offline))[0] == 0
    text = (tmp_path / "c.json").read_text(encoding="utf-8")
    sealed = json.loads(text)["payload"]
    other = ("A" if sealed[100] != "A" else "B").join((sealed[:100], sealed[101:]))
    (tmp_path / "c.json").write_text(text.replace(sealed, other), encoding="utf-8")
    code, said = await typed(tmp_path, *offline)
    assert code == 1
    assert said.startswith("refused: the certificate proves nothing")
