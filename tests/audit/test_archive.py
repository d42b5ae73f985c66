"""Archives: whole runs leave the database, and both parts stay provable."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from orchestrator.audit import archive as archives
from orchestrator.audit.archive import Archived, archive, demand_taken_from
from orchestrator.audit.archive_choice import Obstacle
from orchestrator.audit.archive_file import read_archive
from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.keys import StationSigner
from orchestrator.audit.location import open_store, sqlite_url
from orchestrator.audit.tables import TABLES, finding, intent, recipe, run, run_end, step, unit
from orchestrator.audit.verify import verify
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable, InputMistakes, OrchestratorError
from tests.audit.rows import BASE, at
from tests.audit.rows import run as run_row
from tests.audit.story import KEY, fill, whole_run, write

ALL = "2999-01-01T00:00:00.000000Z"


class _Clock(SystemClock):
    def now(self) -> datetime:
        """Return a moment in the story, whenever the test runs."""
        return datetime(2026, 11, 4, 12, tzinfo=UTC)


CLOCK = _Clock()


def _day(number: int) -> str:
    return f"2026-11-{number:02}T00:00:00.000000Z"


def _findings(url: str) -> list[str]:
    return [line for found in examine(url) for line in found.findings]


def _archived(url: str, folder: Path, day: int) -> Archived:
    done = archive(url, folder, _day(day), CLOCK)
    assert isinstance(done, Archived), done
    return done


def _count(url: str, table: object) -> int:
    with reading(url) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]  # a table


def test_old_runs_leave_and_both_parts_verify(database_url: str, tmp_path: Path) -> None:
    """Every row is in the file; the database keeps what others need, and its chain holds."""
    fill(database_url)
    with reading(database_url) as connection:
        rows = {t.name: connection.execute(select(t)).all() for t in TABLES.values()}
    done = _archived(database_url, tmp_path, 3)
    assert done.removed + done.carried == done.last_entry
    assert done.removed > done.carried
    assert _findings(database_url) == []
    found = read_archive(done.file)
    assert (found.stretch.first, found.stretch.last) == (1, done.last_entry)
    demand_taken_from(database_url, done.file, found)
    with reading(f"sqlite:///{done.file}") as connection:
        for table in TABLES.values():
            old = [tuple(r) for r in rows[table.name] if r.entry <= done.last_entry]
            taken = connection.execute(select(table)).all()
            assert sorted(map(repr, map(tuple, taken))) == sorted(map(repr, old))


def test_what_keeps_a_unit_from_being_locked_twice_stays(database_url: str, tmp_path: Path) -> None:
    """Intents, their findings and the ends of their runs stay; no run looks as if it were open."""
    fill(database_url)
    intents, findings = _count(database_url, intent), _count(database_url, finding)
    _archived(database_url, tmp_path, 4)
    assert _count(database_url, intent) == intents == 4
    assert _count(database_url, finding) == findings
    assert _count(database_url, recipe) == 1
    with reading(database_url) as connection:
        open_runs = select(run.c.run_id).where(run.c.run_id.not_in(select(run_end.c.run_id)))
        assert connection.execute(open_runs).all() == []
        kept = connection.execute(select(run.c.run_id).order_by(run.c.entry)).scalars().all()
        assert kept == ["R1", "R4", "R7", "R10", "R11", "R12"]
        alone = select(func.count()).select_from(step).where(step.c.run_id == "R4")
        assert connection.execute(alone).scalar() == 1
        assert "U2" not in connection.execute(select(unit.c.unit_id)).scalars().all()


def test_archive_after_archive(database_url: str, tmp_path: Path) -> None:
    """The second begins where the first ended; a station writes between and behind them."""
    fill(database_url)
    first = _archived(database_url, tmp_path, 2)
    write(database_url, whole_run(90, 5))
    second = _archived(database_url, tmp_path, 4)
    assert second.first_entry == first.last_entry + 1
    write(database_url, whole_run(91, 6, irreversible=True))
    assert _findings(database_url) == []
    for done in (first, second):
        demand_taken_from(database_url, done.file, read_archive(done.file))
    assert read_archive(second.file).stretch.previous == read_archive(first.file).last_hash
    again = archive(database_url, tmp_path, _day(4), CLOCK)
    assert isinstance(again, Obstacle)


def test_a_unit_that_comes_back_is_registered_anew(database_url: str, tmp_path: Path) -> None:
    """Rows that are written once may be written again after they have left."""
    fill(database_url)
    _archived(database_url, tmp_path, 3)
    returned = tuple(
        row._replace(run_id="R77") if hasattr(row, "run_id") else row for row in whole_run(2, 7)
    )
    write(database_url, returned[:-1])
    assert _findings(database_url) == []


def test_open_runs_and_newer_rows_stay_together(database_url: str, tmp_path: Path) -> None:
    """The cut is before the run that was open, however late it ended, and the reason is said."""
    fill(database_url, days=(1,))
    late = whole_run(50, 2)
    write(database_url, late[:4], whole_run(51, 2), late[4:])
    open_at = len(late[:4])
    done = _archived(database_url, tmp_path, 3)
    assert done.last_entry > 30 + open_at
    write(database_url, [run_row("R60", began_at=at(1, 3))], whole_run(61, 3))
    assert _archived(database_url, tmp_path, 5).last_entry < done.last_entry + 5
    blocked = archive(database_url, tmp_path, _day(5), CLOCK)
    assert isinstance(blocked, Obstacle)
    assert "was not over" in blocked.why
    nothing = archive(database_url, tmp_path, _day(1), CLOCK)
    assert isinstance(nothing, Obstacle)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE finding SET message = 'else' WHERE intent_id = 'I1'",
        "UPDATE finding SET entry_hash = (SELECT entry_hash FROM recipe) WHERE intent_id = 'I1'",
        "DELETE FROM finding WHERE intent_id = 'I1'",
    ],
)
def test_a_segment_cannot_be_forged(database_url: str, tmp_path: Path, change: str) -> None:
    """Taking one row more than was archived, or changing one that stayed or its hash, is found."""
    fill(database_url)
    _archived(database_url, tmp_path, 3)
    store = open_store(database_url, 1)
    with store.engine.connect() as connection:
        for statement in _without_guard(connection.dialect.name, "finding"):
            connection.execute(text(statement))
        connection.execute(text(change))
        connection.commit()
    assert any("segment" in line for line in _findings(database_url))


def _without_guard(dialect: str, table: str) -> tuple[str, ...]:
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {table}_refuses_{verb}" for verb in ("update", "delete"))
    return (f"ALTER TABLE {table} DISABLE TRIGGER {table}_refuses_change",)


@pytest.mark.parametrize("place", ["write_archive", "_append"])
def test_a_failure_leaves_the_database_as_it_was(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """At whatever point it fails, nothing was removed, and the next try succeeds."""
    fill(database_url, days=(1, 2))
    before = _count(database_url, run)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(archives, place, fail)
        with pytest.raises(InputMistakes, match="No space left"):
            archive(database_url, tmp_path, _day(2), CLOCK)
    assert _count(database_url, run) == before
    assert _findings(database_url) == []
    assert not list(tmp_path.glob("*.part"))
    _archived(database_url, tmp_path, 2)
    assert _findings(database_url) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from orchestrator.audit import archive as archives
from orchestrator.domain.clock import SystemClock

place = sys.argv[3]
kept = getattr(archives, place)

def die(*arguments):
    if place == "_append":
        kept(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(archives, place, die)
archives.archive(sys.argv[1], Path(sys.argv[2]), sys.argv[4], SystemClock())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("place", ["_append"])
def test_a_kill_leaves_the_old_or_the_new(database_url: str, tmp_path: Path, place: str) -> None:
    """Killed with rows removed but not committed: all of them are there again."""
    fill(database_url, days=(1, 2))
    before = _count(database_url, step)
    words = [database_url, str(tmp_path), place, _day(2)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, *words], check=False, cwd=root
    )
    assert done.returncode == -signal.SIGKILL
    assert _count(database_url, step) == before
    assert _findings(database_url) == []
    _archived(database_url, tmp_path, 2)
    assert _findings(database_url) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE run_end SET message = 'x' WHERE run_id = 'R2'", "table run_end\\) was changed"),
        ("DELETE FROM event WHERE run_id = 'R2'", "is missing"),
        ("DELETE FROM event WHERE run_id = 'R3'", "is missing"),
        ("UPDATE attachment SET content = x'00' WHERE run_id = 'R2'", "content"),
        ("UPDATE archive SET last_hash = first_previous", "another hash than it states"),
        ("UPDATE archive SET last_entry = last_entry - 1", "another hash than it states"),
        ("UPDATE archive SET last_hash = 'no hash'", "no station writes"),
        ("UPDATE run_end SET entry_hash = hex(randomblob(16))", "no station writes"),
        ("DELETE FROM archive", "describes itself 0 times"),
        ("DROP TABLE archive", "no archive"),
    ],
)
def test_an_archive_that_was_changed_is_refused(tmp_path: Path, damage: str, words: str) -> None:
    """The file proves itself without the database, and nothing can be added to it."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1, 2))
    file = _archived(url, tmp_path, 2).file
    with closing(sqlite3.connect(file)) as opened:
        with pytest.raises(sqlite3.IntegrityError, match="takes no rows"):
            opened.execute(
                "INSERT INTO unit SELECT 'U99', NULL, NULL, NULL, '', 99999, entry_hash FROM unit"
            )
        triggers = opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            opened.execute(f"DROP TRIGGER {name}")
        opened.execute(damage)
        opened.commit()
    with pytest.raises(AuditUnavailable, match=words):
        read_archive(file)


def test_an_archive_of_another_database_is_told_apart(tmp_path: Path) -> None:
    """A sound file that the database does not name, or names with another hash."""
    url, other = sqlite_url(tmp_path / "a"), sqlite_url(tmp_path / "b")
    fill(url, days=(1, 2))
    fill(other, days=(1, 2))
    file = _archived(url, tmp_path, 2).file
    found = read_archive(file)
    with pytest.raises(AuditUnavailable, match="knows no such segment"):
        demand_taken_from(other, file, found)
    with file.open("ab") as opened:
        opened.write(b"\0" * 4096)
    with pytest.raises(AuditUnavailable, match="something else"):
        demand_taken_from(url, file, found)


def test_a_database_that_does_not_verify_is_not_archived(tmp_path: Path) -> None:
    """What was tampered with must not end as a sound archive."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1, 2))
    with closing(sqlite3.connect(tmp_path / "audit.db")) as file, file:
        file.execute("DROP TRIGGER step_refuses_update")
        file.execute("UPDATE step SET name = 'other' WHERE run_id = 'R5'")
    with pytest.raises(AuditUnavailable, match="does not verify"):
        archive(url, tmp_path, _day(2), CLOCK)
    assert list(tmp_path.glob("audit-*")) == []


def test_a_station_that_runs_is_not_archived_under(server_url: str, tmp_path: Path) -> None:
    """The place of the writer is taken; who has it is said."""
    fill(server_url, days=(1, 2))
    store = open_store(server_url, 0.1)
    store.open()
    with pytest.raises(OrchestratorError, match="one database takes one station"):
        archive(server_url, tmp_path, ALL, CLOCK)
    store.close()


async def test_a_station_goes_on_behind_an_archive(database_url: str, tmp_path: Path) -> None:
    """It signs what the archive added, and the newest checkpoint of before still fits."""
    signer, notes = StationSigner(KEY, "st1"), list[str]()
    async with open_audit(database_url, signer=signer, on_checkpoint=notes.append) as audit:
        await audit.record(*BASE)
        for number in (1, 2):
            await audit.record(*whole_run(number, 21, irreversible=True))
    done = archive(database_url, tmp_path, ALL, CLOCK)
    assert isinstance(done, Archived), done
    newest = notes[-1]
    async with open_audit(database_url, signer=signer, on_checkpoint=notes.append) as audit:
        await audit.record(*whole_run(3, 21))
    assert notes[-1] != newest
    with reading(database_url) as connection:
        report = verify(connection, against=[newest, notes[-1]], public_key=KEY.public_key)
    assert report.findings == ()
    assert report.signed_up_to > done.last_entry
    assert _findings(database_url) == []
