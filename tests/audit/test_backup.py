"""Backups: made while a station writes, proven by restoring them, and restored into either kind."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.audit import backup as backups
from orchestrator.audit.backup import backup
from orchestrator.audit.database import reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.migrate import current
from orchestrator.audit.restore import restore
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.audit.verify import verify
from orchestrator.domain.errors import AuditUnavailable, InputMistakes, Unreachable
from tests.audit.rows import unit
from tests.audit.story import fill, write


def _findings(url: str) -> list[str]:
    return [finding for found in examine(url) for finding in found.findings]


def _head(url: str) -> bytes:
    with reading(url) as connection:
        return verify(connection).head


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_restores_into_either_kind(
    database_url: str, tmp_path: Path, into: str, request: pytest.FixtureRequest
) -> None:
    """The restored chain ends with the same hash, whatever kind it went through."""
    fill(database_url)
    file = tmp_path / "backups" / "first.db"
    made = backup(database_url, file)
    assert [path.name for path in file.parent.iterdir()] == ["first.db"]
    target = sqlite_url(tmp_path / "new")
    if into == "postgresql":
        target = request.getfixturevalue("other_server_url")
    assert restore(file, target) == (made.rows, made.last_entry)
    assert _findings(target) == []
    assert _head(target) == _head(database_url)
    # A station goes on behind it.
    write(target, [unit("U99", "later")])
    assert _findings(target) == []


SHIFT = """
import sys, anyio
from orchestrator.audit.database import open_audit
from tests.audit.rows import BASE, measurement, run, step, step_end

async def main(url):
    async with open_audit(url) as audit:
        await audit.record(*BASE)

        async def board(number):
            run_id = f"R{number}"
            await audit.record(run(run_id), step(run_id, 1))
            for sequence in range(1, 1_000_000):
                await audit.record(
                    step_end(run_id, sequence), measurement(run_id, sequence),
                    step(run_id, sequence + 1),
                )
                if number == 0 and sequence % 10 == 0:
                    print(sequence, flush=True)
                with anyio.move_on_after(0.02):  # a board takes its time
                    await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(board, number)

anyio.run(main, sys.argv[1])
"""


def test_a_backup_during_a_shift_restores_to_a_database_that_verifies(
    database_url: str, tmp_path: Path
) -> None:
    """Fifty boards go on writing; each copy is of one moment, and each is later than the last."""
    root = Path(__file__).resolve().parents[2]
    shift = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SHIFT, database_url],
        stdout=subprocess.PIPE,
        cwd=root,
    )
    assert shift.stdout is not None
    ends = []
    try:
        shift.stdout.readline()
        for number in range(2):
            before = int(shift.stdout.readline())
            file = tmp_path / f"{number}.db"
            ends.append(backup(database_url, file).last_entry)
            assert ends[-1] >= 50 * 3 * before * 0.5
            assert int(shift.stdout.readline()) > before, "the shift stood still"
    finally:
        shift.kill()
        shift.wait()
        shift.stdout.close()
    assert ends == sorted(set(ends))
    for number, end in enumerate(ends):
        target = sqlite_url(tmp_path / f"restored-{number}")
        assert restore(tmp_path / f"{number}.db", target).last_entry == end
        assert _findings(target) == []


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    """Neither a backup nor a database, nor the write-ahead log beside one."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1,))
    file = tmp_path / "kept.db"
    backup(url, file)
    with pytest.raises(InputMistakes, match="already something"):
        backup(url, file)
    with pytest.raises(InputMistakes, match="not empty"):
        restore(file, url)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "audit.db-wal").write_bytes(b"of another file")
    with pytest.raises(InputMistakes, match="not empty"):
        restore(file, sqlite_url(tmp_path / "new"))


def test_a_server_with_tables_is_not_restored_into(server_url: str, tmp_path: Path) -> None:
    """All or nothing there as well."""
    fill(server_url, days=(1,))
    backup(server_url, tmp_path / "kept.db")
    before = _head(server_url)
    with pytest.raises(InputMistakes, match="not empty"):
        restore(tmp_path / "kept.db", server_url)
    assert _head(server_url) == before


def test_a_copy_that_is_not_sound_is_no_backup(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that was lost on the way, or changed in the database, leaves no file behind."""
    fill(database_url, days=(1,))

    def lossy(source: str, part: Path) -> None:
        copy(source, part)
        with closing(sqlite3.connect(part)) as file, file:
            file.execute("DROP TRIGGER event_refuses_delete")
            file.execute("DELETE FROM event WHERE entry = (SELECT max(entry) FROM event)")

    copy = backups._copy
    monkeypatch.setattr(backups, "_copy", lossy)
    with pytest.raises(AuditUnavailable, match="not sound and was removed") as fault:
        backup(database_url, tmp_path / "out" / "bad.db")
    assert "event_refuses_delete" in fault.value.what
    assert list((tmp_path / "out").iterdir()) == []


def test_rows_that_are_missing_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is also compared with its source, table by table."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1,))
    counts = iter([{"run": 2}, {"run": 3}])
    monkeypatch.setattr(backups, "row_counts", lambda *_: next(counts))
    with pytest.raises(AuditUnavailable, match="table run has 2 rows instead of 3"):
        backup(url, tmp_path / "bad.db")


def test_a_changed_row_is_found_while_the_backup_is_proven(tmp_path: Path) -> None:
    """A database that was tampered with cannot be backed up as if it were sound."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1,))
    with closing(sqlite3.connect(tmp_path / "audit.db")) as file, file:
        (trigger,) = file.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'step_end_refuses_update'"
        ).fetchone()
        file.execute("DROP TRIGGER step_end_refuses_update")
        file.execute("UPDATE step_end SET outcome = 'FAIL' WHERE run_id = 'R1'")
        file.execute(trigger)
    with pytest.raises(AuditUnavailable, match="step_end"):
        backup(url, tmp_path / "bad.db")


def test_a_database_is_backed_up_before_its_upgrade(tmp_path: Path) -> None:
    """An older schema is copied and read through; restored, it is brought to today's."""
    url = sqlite_url(tmp_path / "old")
    _make_first_schema(tmp_path / "old" / "audit.db")
    assert backup(url, tmp_path / "old.db")[:2] == (0, 0)
    target = sqlite_url(tmp_path / "new")
    assert restore(tmp_path / "old.db", target).rows == 1
    assert current(target) == SCHEMA_REVISION
    assert current(sqlite_url(tmp_path / "old")) == "0001"
    assert _findings(target) == []


def _make_first_schema(file: Path) -> None:
    from alembic import command
    from sqlalchemy import create_engine, text

    from orchestrator.audit.migrate import _config

    file.parent.mkdir()
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0001")
        connection.execute(text("INSERT INTO unit VALUES ('U1', 'SN', 'P', 'A', '2026')"))
    engine.dispose()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    """A file with something else, no file at all, and a place that cannot be written."""
    (tmp_path / "junk.db").write_bytes(b"junk" * 1000)
    with pytest.raises(AuditUnavailable, match="not an audit database"):
        restore(tmp_path / "junk.db", sqlite_url(tmp_path / "new"))
    with pytest.raises(Unreachable):
        restore(tmp_path / "none.db", sqlite_url(tmp_path / "new"))
    with pytest.raises(Unreachable):
        backup(sqlite_url(tmp_path / "none"), tmp_path / "out.db")
    fill(sqlite_url(tmp_path), days=(1,))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputMistakes, match="backup cannot be written"):
        backup(sqlite_url(tmp_path), tmp_path / "file" / "out.db")
    backup(sqlite_url(tmp_path), tmp_path / "good.db")
    with pytest.raises(InputMistakes, match="cannot be restored"):
        restore(tmp_path / "good.db", sqlite_url(tmp_path / "file" / "deeper"))
