"""Opening and reading: what cannot be used is refused with words, and readers never disturb."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text

from orchestrator.audit import store
from orchestrator.audit.database import Audit, open_audit, reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.location import open_store, sqlite_path, sqlite_url
from orchestrator.audit.migrate import current, upgrade
from orchestrator.audit.tables import SCHEMA_REVISION, session
from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes, Unreachable
from tests.audit.rows import BASE, STATION, run


async def _open(url: str) -> Audit:
    async with open_audit(url) as audit:
        return audit


@pytest.mark.parametrize("name", ["plain", "with space", "odd ?#%20&=", "Zürich"])
async def test_a_data_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    """The folder is made, and the file lies in it under its own name."""
    url = sqlite_url(tmp_path / name / "deeper")
    audit = await _open(url)
    assert audit.database_version == f"SQLite {sqlite3.sqlite_version}"
    assert (tmp_path / name / "deeper" / "audit.db").is_file()
    assert sqlite_path(url) == tmp_path / name / "deeper" / "audit.db"
    assert current(url) == SCHEMA_REVISION


@pytest.mark.parametrize(
    ("version", "warned"), [((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 0), False)]
)
async def test_an_old_sqlite_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], warned: bool
) -> None:
    """Before 3.51.3 two writers at once can damage a file in WAL mode."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    async with open_audit(sqlite_url(tmp_path)) as audit:
        assert ("3.51.3" in audit.caution) is warned


async def test_a_postgresql_server_says_its_version(server_url: str) -> None:
    """The station's row tells which server kept its evidence."""
    assert (await _open(server_url)).database_version.startswith("PostgreSQL 1")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://secret@host/db",
        "postgresql://secret@host/db",
        "no url: secret",
        "",
    ],
)
async def test_a_url_that_cannot_be_used_is_a_mistake_of_the_settings(url: str) -> None:
    """The message shows how to write it and does not repeat what may be a password."""
    with pytest.raises(ConfigurationMistakes) as mistake:
        await _open(url)
    assert mistake.value.where == {"setting": "database_url"}
    assert "sqlite:///" in mistake.value.remedy
    assert "secret" not in str(mistake.value)


async def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is an extra; whoever lacks it is told how to install it."""
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationMistakes, match="pip install"):
        await _open("postgresql+psycopg://user@127.0.0.1/db")


async def test_a_server_that_is_not_there_is_said() -> None:
    """Nothing listens on port 1."""
    url = "postgresql+psycopg://user:secret@127.0.0.1:1/db"
    with pytest.raises(AuditUnavailable, match="cannot be reached") as fault:
        await _open(url)
    assert "secret" not in str(fault.value)
    with pytest.raises(AuditUnavailable, match="cannot be reached"), reading(url):
        pass


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """The file is left as it is."""
    (tmp_path / "audit.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(AuditUnavailable, match="not an audit database") as fault:
        await _open(sqlite_url(tmp_path))
    assert str(tmp_path / "audit.db") in fault.value.where["database"]
    with pytest.raises(AuditUnavailable, match="not an audit database"):
        upgrade(sqlite_url(tmp_path))
    with pytest.raises(AuditUnavailable, match="not an audit database"):
        examine(sqlite_url(tmp_path))
    assert (tmp_path / "audit.db").read_bytes().startswith(b"this is not")


async def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    """A file with other tables is not turned into an audit."""
    sqlite3.connect(tmp_path / "audit.db").execute("CREATE TABLE songs(title)").connection.close()
    with pytest.raises(AuditUnavailable, match="other tables \\(songs"):
        await _open(sqlite_url(tmp_path))


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(AuditUnavailable, match="data directory cannot be made"):
        await _open(sqlite_url(tmp_path / "file" / "data"))


async def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    """The database cannot be opened, and the sentence says so."""
    (tmp_path / "audit.db").mkdir()
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        await _open(sqlite_url(tmp_path))


@pytest.mark.parametrize(
    ("revision", "words"),
    [("9999", "newer than this program"), ("0000", "run `orchestrator db upgrade`")],
)
async def test_another_schema_is_refused(tmp_path: Path, revision: str, words: str) -> None:
    """A newer database is not touched, an older one is upgraded by people, not by a start."""
    url = sqlite_url(tmp_path)
    await _open(url)
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("UPDATE alembic_version SET version_num = ?", [revision])
    file.close()
    with pytest.raises(AuditUnavailable, match=words):
        await _open(url)
    with pytest.raises(AuditUnavailable, match=words), reading(url):
        pass
    assert current(url) == revision


async def test_a_newer_schema_is_not_downgraded(tmp_path: Path) -> None:
    """The upgrade of an older program refuses too."""
    url = sqlite_url(tmp_path)
    await _open(url)
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    with pytest.raises(AuditUnavailable, match="newer than this program"):
        upgrade(url)


async def test_a_setting_that_does_not_take_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a full sync a power cut could lose what was acknowledged."""
    pragmas = (("synchronous", "NORMAL", 2),)
    monkeypatch.setattr(store, "_PRAGMAS", pragmas)
    with pytest.raises(AuditUnavailable, match="synchronous is 1 instead of 2"):
        await _open(sqlite_url(tmp_path))


async def test_a_server_that_would_answer_too_early_is_told_otherwise(server_url: str) -> None:
    """A database set to answer before the disk has it does so for others, not for the station."""
    with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    store = open_store(server_url, 1)
    store.open()
    (level,) = store._cursor.execute("SHOW synchronous_commit").fetchone()
    store.close()
    assert level == "on"


def test_a_missing_database_is_not_made_by_a_reader(tmp_path: Path) -> None:
    """A question to the wrong folder is answered with words and leaves no file behind."""
    with pytest.raises(Unreachable, match="no audit database"), reading(sqlite_url(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_empty_server_has_no_audit_yet(server_url: str) -> None:
    """A reader makes no tables."""
    assert current(server_url) is None
    with pytest.raises(AuditUnavailable, match="database is empty"), reading(server_url):
        pass


async def test_a_reader_cannot_write(database_url: str) -> None:
    """Whatever a question contains, the evidence stays."""
    async with open_audit(database_url) as audit:
        await audit.record(*BASE)
        row = (*STATION._replace(session_id="S2"), 99, bytes(32))
        with pytest.raises(AuditUnavailable), reading(database_url) as connection:
            connection.execute(session.insert().values(row))
        found = await audit.read(lambda reader: reader.execute(select(session.c.session_id)).all())
    assert len(found) == 1


async def test_the_writer_goes_on_while_somebody_reads(database_url: str) -> None:
    """A reader in the middle of its question neither waits nor makes the writer wait."""
    async with open_audit(database_url, busy_timeout_seconds=0.05) as audit:
        await audit.record(*BASE)
        with reading(database_url) as connection:
            connection.execute(select(session)).all()
            await audit.record(run("R1"))
        assert audit.failure is None


async def test_a_question_without_end_is_stopped(database_url: str) -> None:
    """The reader has a deadline, so that it cannot hold the write-ahead log for ever."""
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    await _open(database_url)
    with (
        pytest.raises(AuditUnavailable, match="took too long"),
        reading(database_url, seconds=0.3) as connection,
    ):
        connection.execute(text(endless)).all()


def findings(url: str) -> list[str]:
    """Return what is wrong with a database."""
    return [line for part in examine(url) for line in part.findings]


async def test_damage_is_found(tmp_path: Path) -> None:
    """The check names a page that was overwritten and a row whose parent is gone."""
    url = sqlite_url(tmp_path)
    async with open_audit(url) as audit:
        await audit.record(*BASE, run("R1"))
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("DROP TRIGGER session_refuses_delete")
        file.execute("DELETE FROM session")
    file.close()
    assert any("refers to a missing row of session" in finding for finding in findings(url))
    file = sqlite3.connect(tmp_path / "audit.db")
    with file:
        file.execute("DROP INDEX ix_run_recipe_hash")
    file.close()
    assert any("ix_run_recipe_hash" in finding for finding in findings(url))


def test_a_path_is_read_as_it_stands() -> None:
    """Folders may hold the characters that a URL would quote."""
    assert sqlite_path("sqlite:///a%20b/audit.db") == Path("a%20b/audit.db")
