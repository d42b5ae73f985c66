"""The key of a station and its chain: first start, lost and foreign keys, restored databases."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from httpx import ASGITransport
from typer.testing import CliRunner

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.files import replace_file
from orchestrator.audit.keys import KEY_FILE, create_key, load_key, load_public_key
from orchestrator.audit.verify import verify
from orchestrator.cli.main import app
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import EventRow
from orchestrator.station import signing
from orchestrator.station.checkpoints import CheckpointExporter, CheckpointPlaces
from orchestrator.station.log import make_logger
from orchestrator.station.signing import Place
from tests.station.bench import Bench

MOMENT = "2026-11-21T02:00:00.000000Z"


def place_in(folder: Path) -> Place:
    """Return a station that keeps everything in one folder."""
    url = f"sqlite:///{folder / 'audit.db'}"
    return Place("line 1", folder, url, folder / "checkpoint.txt")


async def work(place: Place, name: str) -> None:
    """Start as a station does, record an event, and stop."""
    signing.check_against_checkpoint(place.database_url, place.checkpoint_file)
    signer = signing.ensure_signer(place.data_dir, place.station_id, place.database_url).signer
    notes: list[str] = []
    async with open_audit(place.database_url, signer=signer, on_checkpoint=notes.append) as audit:
        await audit.record(EventRow(name, place.station_id, None, None, "x", "{}", MOMENT))
    replace_file(place.checkpoint_file, notes[-1].encode())


def found_by(place: Place, key: bytes | None = None) -> list[str]:
    """Verify against the newest checkpoint."""
    with reading(place.database_url) as connection:
        note = place.checkpoint_file.read_text(encoding="utf-8")
        return [str(one) for one in verify(connection, None, [note], key).findings]


async def test_the_first_start_makes_the_key_and_later_ones_use_it(tmp_path: Path) -> None:
    """One key, one epoch, and a sound chain."""
    place = place_in(tmp_path)
    await work(place, "E1")
    key = load_key(tmp_path)
    assert key is not None
    assert not signing.ensure_signer(tmp_path, "line 1", place.database_url).made
    await work(place, "E2")
    assert found_by(place, key.public_key) == []


async def test_a_lost_key_stops_the_start_until_an_epoch_begins(tmp_path: Path) -> None:
    """The sentence names the command; afterwards the chain verifies with the new key."""
    place = place_in(tmp_path)
    await work(place, "E1")
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(AuditUnavailable, match="is missing") as refusal:
        await work(place, "E2")
    assert "new-epoch" in refusal.value.remedy
    await signing.new_epoch(place, actor="ada", reason="lost", clock=SystemClock())
    await work(place, "E2")
    key = load_key(tmp_path)
    assert key is not None
    assert found_by(place, key.public_key) == []


async def test_a_restored_database_stops_the_start_until_an_epoch_begins(tmp_path: Path) -> None:
    """Neither an older copy nor an empty or foreign database is gone on with."""
    place = place_in(tmp_path)
    await work(place, "E1")
    shutil.copyfile(tmp_path / "audit.db", tmp_path / "backup.db")
    await work(place, "E2")
    shutil.copyfile(tmp_path / "backup.db", tmp_path / "audit.db")
    with pytest.raises(AuditUnavailable, match="restored from an older copy"):
        await work(place, "E3")
    await signing.new_epoch(place, actor="ada", reason="restored", clock=SystemClock())
    await work(place, "E3")
    assert found_by(place) == []


async def test_a_database_that_is_gone_for_good_is_no_dead_end(tmp_path: Path) -> None:
    """A start is refused; a person begins a new epoch, and the new database says who and why."""
    place = place_in(tmp_path)
    await work(place, "E1")
    (tmp_path / "audit.db").unlink()
    with pytest.raises(AuditUnavailable, match="the database is gone") as refusal:
        await work(place, "E2")
    assert "new-epoch" in refusal.value.remedy
    epoch = await signing.new_epoch(place, actor="ada", reason="disk broke", clock=SystemClock())
    assert epoch.previous_entry == 0
    await work(place, "E2")
    assert found_by(place) == []
    with reading(place.database_url) as connection:
        rows = connection.exec_driver_sql("SELECT actor, reason FROM epoch").fetchall()
    assert [tuple(row) for row in rows] == [("ada", "disk broke")]


async def test_a_look_finds_what_would_stop_the_start(tmp_path: Path) -> None:
    """Restored databases, missing and foreign keys and other stations; nothing is changed."""
    place, clock = place_in(tmp_path), SystemClock()
    signing.check_signing(place, clock)
    assert load_key(tmp_path) is None
    await work(place, "E1")
    shutil.copyfile(tmp_path / "audit.db", tmp_path / "backup.db")
    await work(place, "E2")
    signing.check_signing(place, clock)
    with pytest.raises(AuditUnavailable, match="that of station line 1"):
        signing.check_signing(replace(place, station_id="line 2"), clock)
    key = (tmp_path / KEY_FILE).rename(tmp_path / "kept")
    with pytest.raises(AuditUnavailable, match="is missing"):
        signing.check_signing(place, clock)
    create_key(tmp_path)
    with pytest.raises(AuditUnavailable, match="is not the one of this audit"):
        signing.check_signing(place, clock)
    key.replace(tmp_path / KEY_FILE)
    signing.check_signing(place, clock)
    shutil.copyfile(tmp_path / "backup.db", tmp_path / "audit.db")
    with pytest.raises(AuditUnavailable, match="restored from an older copy"):
        signing.check_signing(place, clock)


async def test_a_database_of_another_station_is_refused(tmp_path: Path) -> None:
    """One database is one station."""
    place = place_in(tmp_path)
    await work(place, "E1")
    with pytest.raises(AuditUnavailable, match="that of station line 1"):
        signing.ensure_signer(tmp_path, "line 2", place.database_url)


async def test_a_rotated_key_goes_on_with_the_chain(tmp_path: Path) -> None:
    """Old and new key prove it, before and after the next start."""
    place = place_in(tmp_path)
    await work(place, "E1")
    before = load_key(tmp_path)
    await signing.rotate_key(place, actor="ada", reason="yearly", clock=SystemClock())
    await work(place, "E2")
    after = load_key(tmp_path)
    assert before is not None
    assert after is not None
    assert before.key_id != after.key_id
    assert found_by(place, before.public_key) == found_by(place, after.public_key) == []


async def test_a_key_that_was_replaced_begins_no_epoch(tmp_path: Path) -> None:
    """Put back by mistake it is refused with a sentence; without it a new key is made."""
    place, file = place_in(tmp_path), tmp_path / KEY_FILE
    await work(place, "E1")
    old = file.read_bytes()
    await signing.rotate_key(place, actor="ada", reason="yearly", clock=SystemClock())
    replace_file(file, old, mode=0o600)
    with pytest.raises(AuditUnavailable, match="was already replaced") as refusal:
        await signing.new_epoch(place, actor="ada", reason="mixed up", clock=SystemClock())
    assert "move this file away" in refusal.value.remedy
    file.unlink()
    await signing.new_epoch(place, actor="ada", reason="mixed up", clock=SystemClock())
    await work(place, "E2")
    assert found_by(place) == []


class Network:
    """The other end of the webhook: refuses every call, until told otherwise."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 500

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a call."""
        self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def test_a_webhook_that_fails_becomes_an_event_once(tmp_path: Path) -> None:
    """The station keeps the sentence in its audit; the next checkpoint is sent all the same."""
    network = Network()
    places = CheckpointPlaces(
        file=tmp_path / "checkpoint.txt",
        webhook="http://printer.example/notes",
        transport=ASGITransport(network),
    )
    exporter = CheckpointExporter(places, make_logger(level="error"))
    bench = Bench(tmp_path)
    async with bench.running() as watch:
        for note in ("one", "two"):
            exporter.offer(note)
            for fault in await exporter._export(away=True):
                await watch.station.report(fault)
        network.status = 204
        exporter.offer("three")
        assert await exporter._export(away=True) == []
        assert "did not reach its webhook" in await watch.notice("checkpoint")
    assert network.bodies == [b"one", b"two", b"three"]
    [event] = [row for row in bench.paper.events("notice") if "webhook" in row.detail]
    assert "did not reach its webhook" in event.detail


def test_the_commands_make_and_replace_the_key(tmp_path: Path) -> None:
    """`init` twice changes nothing; rotation and epoch are on record."""
    runner, config = CliRunner(), tmp_path / "station.toml"
    command = ["--config", str(config)]
    first = runner.invoke(app, ["station", "init", *command])
    assert first.exit_code == 0, first.output
    assert first.stdout.count("made ") == 3
    checked = runner.invoke(app, ["station", "check", *command]).stdout.splitlines()
    assert "ok      recipes (1)" in checked, checked
    assert "made " not in runner.invoke(app, ["station", "init", *command]).stdout
    old = load_public_key(tmp_path / "data" / "station.pub")
    why = ["--reason", "test", "--by", "ada"]
    done = runner.invoke(app, ["station", "rotate-key", *command, *why])
    assert "is in force" in done.stdout, done.output
    assert load_public_key(tmp_path / "data" / "station.pub") != old
    done = runner.invoke(app, ["station", "new-epoch", *command, *why])
    assert "began behind entry" in done.stdout, done.output
    where = ["--data-dir", str(tmp_path / "data")]
    assert runner.invoke(app, ["audit", "verify", *where]).exit_code == 0


async def test_the_newest_checkpoint_goes_to_file_and_command(tmp_path: Path) -> None:
    """The file holds the newest note; a way that fails is told once and stops nothing."""
    told: list[str] = []

    async def report(message: str) -> None:
        told.append(message)
        tasks.cancel_scope.cancel()

    file = tmp_path / "away" / "checkpoint.txt"
    places = CheckpointPlaces(file=file, command=("false",))
    exporter = CheckpointExporter(places, make_logger(level="error"))
    exporter.offer("one")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exporter.run, report)
    assert "did not reach its file" in told[0]
    file.parent.mkdir()
    exporter.offer("two")
    await exporter.finish()
    assert file.read_text(encoding="utf-8") == "two"
