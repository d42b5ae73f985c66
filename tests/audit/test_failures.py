"""The store fails: everybody is told in words, and nothing is acknowledged that may be lost."""

import sqlite3
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

import anyio
import psycopg
import pytest
from sqlalchemy import func, select

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.faults import explain
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.tables import step
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import Record
from tests.audit.rows import BASE, run
from tests.audit.rows import step as step_row
from tests.audit.stores import faulty_writer
from tests.patience import PATIENCE_SECONDS


@pytest.mark.parametrize("written", [True, False])
async def test_a_failed_commit_is_an_unknown_commit(database_url: str, written: bool) -> None:
    """All who wait are told, nothing is written until the store was asked what is true."""
    async with faulty_writer(database_url) as (writer, store):
        await writer.record(*BASE, run("R1"))
        store.error = OSError(5, "Input/output error")
        store.error_after_commit = written
        row = step_row("R1", 1)
        with pytest.raises(AuditUnavailable, match="Input/output error"):
            await writer.record(row)
        with pytest.raises(AuditUnavailable):
            await writer.record(step_row("R1", 2))
        assert writer.failure is not None
        with pytest.raises(AuditUnavailable):
            await writer.try_again(step_row("R1", 3))
        store.error = None
        found = await writer.try_again(step_row("R1", 4))
        assert found == ((row, step_row("R1", 3)) if written else ())
        assert writer.failure is None
        await writer.record(step_row("R1", 5))
    with reading(database_url) as connection:
        sequences = connection.execute(select(step.c.sequence)).scalars().all()
    assert sequences == ([1, 3, 4, 5] if written else [4, 5])


async def test_everybody_who_waits_is_told_of_a_failure(database_url: str) -> None:
    """Each caller gets an error of its own, to which it may add its own places."""
    told: list[AuditUnavailable] = []

    async def write(number: int) -> None:
        try:
            await writer.record(step_row(f"R{number}", 1))
        except AuditUnavailable as error:
            told.append(error.at(slot=str(number)))

    async with faulty_writer(database_url) as (writer, store):
        await writer.record(*BASE, *(run(f"R{k}") for k in range(30)))
        store.error = OSError(5, "Input/output error")
        async with anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(write, number)
    assert sorted(int(error.where["slot"]) for error in told) == list(range(30))


async def test_a_full_disk_stops_the_line_and_keeps_what_was_written(tmp_path: Path) -> None:
    """The sentence says disk full; after room was made the writer goes on."""
    async with faulty_writer(tmp_path) as (writer, store):
        await writer.record(*BASE, run("R1"))
        raw = store._raw.driver_connection
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages + 4}")
        numbers = count(1)

        async def fill() -> None:
            while True:
                await writer.record(step_row("R1", next(numbers), parameters="x" * 4000))

        with pytest.raises(AuditUnavailable, match="disk that holds the audit database") as full:
            await fill()
        assert "Free space" in full.value.remedy
        assert full.value.code == "SQLITE_FULL"
        assert await writer.try_again() == ()
        await writer.record(step_row("R1", next(numbers)))
    with reading(sqlite_url(tmp_path)) as connection:
        sequences = connection.execute(select(step.c.sequence)).scalars().all()
    # All but the one that found no room.
    assert sequences == [*range(1, next(numbers) - 2), sequences[-1]]


FILLER = """
import resource, signal, sys, anyio
from orchestrator.audit.database import open_audit
from orchestrator.domain.errors import AuditUnavailable
from tests.audit.rows import BASE, run, step

async def main(url):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    async with open_audit(url) as audit:
        await audit.record(*BASE, run("R1"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
        for number in range(1, 10_000):
            try:
                await audit.record(step("R1", number, parameters="x" * 2000))
            except AuditUnavailable as error:
                print(number - 1, error.code, error.what, sep="|")
                return

anyio.run(main, sys.argv[1])
"""


def test_a_file_that_may_not_grow_loses_nothing_that_was_acknowledged(file_url: str) -> None:
    """The operating system refuses the write; every row that was answered is in the file."""
    done = subprocess.run(
        [sys.executable, "-c", FILLER, file_url],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
        cwd=Path(__file__).resolve().parents[2],
    )
    acknowledged, code, what = done.stdout.strip().split("|")
    assert code.startswith(("SQLITE_FULL", "SQLITE_IOERR"))
    assert "disk" in what
    with reading(file_url) as connection:
        found = connection.execute(select(func.count()).select_from(step)).scalar()
    assert found in {int(acknowledged), int(acknowledged) + 1}


async def test_a_locked_database_is_waited_for_then_named(tmp_path: Path) -> None:
    """Another program holds the file: after the busy timeout the cause is said."""
    async with faulty_writer(tmp_path) as (writer, _):
        await writer.record(*BASE)
        other = sqlite3.connect(tmp_path / "audit.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AuditUnavailable, match="locked by another program"):
            await writer.record(run("R1"))
        other.execute("ROLLBACK")
        other.close()
        assert await writer.try_again(run("R1")) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved on Windows")
@pytest.mark.parametrize("replaced", [True, False])
async def test_a_file_that_vanished_is_noticed(tmp_path: Path, replaced: bool) -> None:
    """Rows that go into a deleted file are never acknowledged; putting it back heals."""
    async with faulty_writer(tmp_path) as (writer, _):
        await writer.record(*BASE)
        file = tmp_path / "audit.db"
        file.rename(tmp_path / "kept.db")
        if replaced:
            file.write_bytes(b"")
        with pytest.raises(AuditUnavailable, match="moved, deleted or replaced"):
            await writer.record(run("R1"))
        with pytest.raises(AuditUnavailable):
            await writer.try_again()
        (tmp_path / "kept.db").replace(file)
        row = run("R2")
        await writer.try_again(row)
        assert writer.failure is None


# Root may write everything: the second time the question is asked by somebody who may not.
OPEN_TWICE = """
import os, sys, anyio
from orchestrator.audit.database import open_audit
from orchestrator.domain.errors import AuditUnavailable

async def main():
    async with open_audit(sys.argv[1]):
        print("opened")
    os.chmod(sys.argv[2], 0o555)
    os.chmod(sys.argv[2] + "/audit.db", 0o444)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        async with open_audit(sys.argv[1]):
            print("opened again")
    except AuditUnavailable as fault:
        print(fault.what)

anyio.run(main)
"""


def test_a_read_only_file_is_refused_at_the_start() -> None:
    """Whoever may not write is told so before the line starts."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", OPEN_TWICE, sqlite_url(Path(folder)), folder],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        Path(folder).chmod(0o755)
    first, second = done.stdout.splitlines()
    assert first == "opened"
    assert "read-only" in second


def test_a_write_into_a_read_only_database_is_explained(tmp_path: Path) -> None:
    """SQLite's own error, as it comes from a file that may not be written."""
    sqlite3.connect(tmp_path / "a.db").execute("CREATE TABLE t(x)").connection.close()
    connection = sqlite3.connect(f"file:{tmp_path}/a.db?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError) as error:
        connection.execute("INSERT INTO t VALUES (1)")
    connection.close()
    fault = explain(error.value, "a.db")
    assert "read-only" in fault.what
    assert fault.where == {"database": "a.db"}


class _PostgresError(Exception):
    def __init__(self, sqlstate: str | None, text: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_PostgresError("53100"), "disk of the PostgreSQL server is full"),
        (_PostgresError("25006"), "takes no writes"),
        (_PostgresError("28P01"), "refuses the sign-in"),
        (_PostgresError(None, "connection refused\nmore"), "refuses to work: connection refused"),
        (_PostgresError(None), "cannot be reached"),
        (sqlite3.OperationalError("no such table: x"), "refuses to work: no such table"),
    ],
)
def test_each_error_has_a_sentence_and_a_remedy(error: Exception, words: str) -> None:
    """The first line says what happened, the remedy what to do."""
    fault = explain(error, "db")
    assert words in fault.what
    assert fault.remedy
    assert "\n" not in fault.what


async def test_a_server_that_cuts_the_connection(server_url: str) -> None:
    """The caller is told; the next try finds what is true and goes on."""
    row: Record = run("R1")
    async with open_audit(server_url) as audit:
        await audit.record(*BASE)
        with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        with pytest.raises(AuditUnavailable):
            await audit.record(row)
        assert await audit.try_again(row) == ()
        await audit.record(step_row("R1", 1))
