"""`orchestrator unit`: what is held is listed, and decided with the station down or running."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.to_thread import run_sync
from typer.testing import CliRunner

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.queries import HOLD_COLUMNS, intent_row
from orchestrator.cli import unit
from orchestrator.cli.main import app
from orchestrator.domain.records import EventRow
from orchestrator.station.lock import station_lock
from orchestrator.station.signing import ensure_signer
from tests.audit.rows import BASE, identity, run, run_end, step, step_end
from tests.audit.rows import unit as unit_row
from tests.audit.test_memory_queries import finding, intent
from tests.station.bench import Bench
from tests.station.test_holds import HELD

SETTINGS = """
[station]
name = "line 1"
data_dir = "."
[recipes]
files = ["recipe.yaml"]
[fixture.azure_sphere]
ca_file = "ca.pem"
"""


async def _write(data_dir: Path) -> None:
    async with open_audit(sqlite_url(data_dir)) as audit:
        await audit.record(
            *BASE,
            unit_row("U1", "SN1"),
            run("R2", 40, unit_id="U1"),
            identity("R2", "ab" * 64, "U1"),
            step("R2", 1, 41),
            step_end("R2", 1, second=41),
            step("R2", 2, 41, irreversible=True),
            intent("I1", "R2"),
            finding("I1", 1, "unknown"),
            step_end("R2", 2, "ERROR", 42, "HOLD"),
            run_end("R2", "ERROR", 43, failure=2),
        )


def held(data_dir: Path) -> Path:
    """Write an audit with one held unit, and a folder that is the station's."""
    anyio.run(_write, data_dir)
    return data_dir


def command(*words: str) -> Any:
    """Run the command line and return its result."""
    return CliRunner().invoke(app, ["unit", *words])


def decide(data_dir: Path, answer: str = "applied") -> Any:
    """Decide as Jo does."""
    words = ("--by", "Jo", "--reason", "LED is green", "--data-dir", str(data_dir))
    return command("decide", "i1", answer, *words)


def test_what_is_held_is_listed(tmp_path: Path) -> None:
    """With serial number, slot and what was requested; as a table, as JSON."""
    held(tmp_path)
    table = command("holds", "--data-dir", str(tmp_path))
    assert table.exit_code == 0
    assert "I1" in table.stdout
    assert "SN1" in table.stdout
    listed = command("holds", "--data-dir", str(tmp_path), "--format", "json")
    [row] = json.loads(listed.stdout)
    assert tuple(row) == HOLD_COLUMNS
    assert row["parameters"] == '{"state":"DeviceComplete"}'
    settings = tmp_path / "station.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    named = command("holds", "--config", str(settings))
    assert named.stdout == table.stdout
    both = command("holds", "--config", str(settings), "--database-url", "sqlite:///x")
    assert both.exit_code == 2


def test_a_decision_without_a_station(tmp_path: Path) -> None:
    """It is written with name and reason; a second one is refused with exit code 1."""
    held(tmp_path)
    done = decide(tmp_path)
    assert (done.exit_code, done.stdout) == (0, "Intent I1 of unit SN1: applied, by Jo\n")
    with reading(sqlite_url(tmp_path)) as connection:
        row = intent_row(connection, "I1")
    assert row is not None
    assert (row["state"], row["source"], row["actor"], row["message"]) == (
        "applied", "decision", "Jo", "LED is green",
    )  # fmt: skip
    refused = decide(tmp_path, "not-applied")
    assert refused.exit_code == 1
    assert "is not held: it is settled by Jo as applied" in refused.stderr
    assert command("holds", "--data-dir", str(tmp_path)).stdout == ""


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    """A wrong folder is told, and stays as it was."""
    result = decide(tmp_path)
    assert "there is no audit database" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


async def test_a_decision_while_the_station_runs(tmp_path: Path) -> None:
    """The running station records it and its sentence comes back."""
    await _write(tmp_path)
    bench = Bench(tmp_path)
    bench.requests = tmp_path
    bench.paper.intents["I1"] = HELD
    with station_lock(tmp_path):
        async with bench.running():
            done = await run_sync(decide, tmp_path, "not-applied")
    assert (done.exit_code, done.stdout) == (0, "Intent I1 of unit SN-1: not-applied, by Jo\n")


def test_a_station_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is said that nothing was decided."""
    held(tmp_path)
    monkeypatch.setattr(unit, "ANSWER_SECONDS", 0.0)
    with station_lock(tmp_path):
        result = decide(tmp_path)
    assert "nothing was decided" in str(result.exception)


def test_a_station_is_named_by_its_settings(tmp_path: Path) -> None:
    """Folder and database come from the settings file; both options at once are a mistake."""
    (tmp_path / "data").mkdir()
    held(tmp_path / "data")
    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\nname = "st1"\n[recipes]\nfiles = ["r.yaml"]\n'
        '[fixture.azure_sphere]\nca_file = "ca.pem"\n'
    )
    words = ("decide", "I1", "applied", "--by", "Jo", "--reason", "x", "--config", str(config))
    assert command(*words, "--data-dir", str(tmp_path)).exit_code == 2
    assert command(*words).exit_code == 0


async def _sign(folder: Path) -> str:
    """Let the chain begin, and go on by one event; return its newest checkpoint."""
    url, notes = sqlite_url(folder), list[str]()
    signer = ensure_signer(folder, "line 1", url).signer
    async with open_audit(url, signer=signer, on_checkpoint=notes.append) as audit:
        await audit.record(EventRow("E1", "line 1", None, None, "x", "{}", "2026-11-21T02:00:00Z"))
    return notes[-1]


def test_a_database_behind_the_checkpoint_takes_no_decision(tmp_path: Path) -> None:
    """The checkpoint lies where the settings say, as for the station's own start."""
    ahead, behind = tmp_path / "ahead", tmp_path / "behind"
    for folder in (ahead, behind):
        folder.mkdir()
        held(folder)
    note = anyio.run(_sign, ahead)
    (tmp_path / "newest.txt").write_text(note, encoding="utf-8")
    config = behind / "station.toml"
    witness = '[audit]\ncheckpoint_file = "../newest.txt"\n'
    config.write_text(SETTINGS + witness, encoding="utf-8")
    words = ("decide", "I1", "applied", "--by", "Jo", "--reason", "x", "--config", str(config))
    assert "not the one that was written last" in str(command(*words).exception)
    with reading(sqlite_url(behind)) as connection:
        row = intent_row(connection, "I1")
    assert row is not None
    assert row["state"] == "unknown"
    (tmp_path / "newest.txt").unlink()
    assert command(*words).exit_code == 0
