"""PostgreSQL as the audit database: one writer, sure commits, few rights, and coming back."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from sqlalchemy import func, make_url, select

from orchestrator.audit import postgres_store
from orchestrator.audit.backup import backup
from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.location import open_store
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.postgres_store import PostgresStore
from orchestrator.audit.roles import grant
from orchestrator.audit.tables import run, step
from orchestrator.domain.errors import (
    AuditUnavailable,
    ConfigurationMistakes,
    InputMistakes,
    StationBusy,
)
from tests.audit.rows import BASE
from tests.audit.rows import run as run_row
from tests.audit.rows import step as step_row
from tests.patience import PATIENCE_SECONDS
from tests.postgres_server import Server


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _sql(url: str, *statements: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _as(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def role(server_url: str) -> Iterator[str]:
    """A role that may sign in and nothing else; roles belong to the whole server."""
    upgrade(server_url)
    _sql(server_url, "CREATE ROLE station1 LOGIN")
    yield "station1"
    _sql(
        server_url,
        "REASSIGN OWNED BY station1 TO postgres",
        "DROP OWNED BY station1",
        "DROP ROLE station1",
    )


async def test_a_station_works_with_the_rights_to_insert_and_read(
    server_url: str, role: str, tmp_path: Path
) -> None:
    """What the owner granted is enough for a station, and for nothing that changes evidence."""
    upgrade(server_url)
    assert len(grant(server_url, role)) == 2
    async with open_audit(_as(server_url, role)) as audit:
        await audit.record(*BASE, run_row("R1"), step_row("R1", 1))
        await audit.record(*BASE[1:], step_row("R1", 2))
        assert len(await audit.read(lambda c: c.execute(select(step)).all())) == 2
    for statement in (
        "UPDATE step SET name = name",
        "DELETE FROM step",
        "TRUNCATE step",
        "DROP TABLE step CASCADE",
        "ALTER TABLE step DISABLE TRIGGER step_refuses_change",
        "CREATE TABLE mine (x int)",
        "UPDATE alembic_version SET version_num = '9999'",
        "INSERT INTO alembic_version VALUES ('9999')",
        "DROP TRIGGER step_refuses_change ON step",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _sql(_as(server_url, role), statement)
    # Looking at everything needs no more rights either.
    assert [line for found in examine(_as(server_url, role)) for line in found.findings] == []
    backup(_as(server_url, role), tmp_path / "by-the-station.db")


async def test_a_role_without_rights_is_told_so(server_url: str, role: str) -> None:
    """Before the grant the station is refused with a sentence."""
    upgrade(server_url)
    with pytest.raises(AuditUnavailable, match="lacks rights") as fault:
        async with open_audit(_as(server_url, role)):
            pass
    assert "db grant" in fault.value.remedy


def test_rights_that_would_remain_are_refused(server_url: str, role: str) -> None:
    """Owners, superusers and members of other roles can do more than they are granted."""
    upgrade(server_url)
    with pytest.raises(InputMistakes, match="superuser"):
        grant(server_url, "postgres")
    with pytest.raises(InputMistakes, match="no role nobody") as unknown:
        grant(server_url, "nobody")
    assert "CREATE ROLE" in unknown.value.remedy
    _sql(server_url, "CREATE ROLE boss", "ALTER TABLE event OWNER TO boss")
    try:
        _sql(server_url, f"ALTER TABLE step OWNER TO {role}")
        with pytest.raises(InputMistakes, match=r"owner on .*step"):
            grant(server_url, role)
        _sql(server_url, "ALTER TABLE step OWNER TO postgres", f"GRANT boss TO {role}")
        with pytest.raises(InputMistakes, match="event"):
            grant(server_url, role)
        _sql(server_url, "ALTER TABLE event OWNER TO postgres", f"REVOKE boss FROM {role}")
        _sql(server_url, "GRANT CREATE ON SCHEMA public TO boss", f"GRANT boss TO {role}")
        with pytest.raises(InputMistakes, match="CREATE in the schema"):
            grant(server_url, role)
    finally:
        reassign = "REASSIGN OWNED BY boss TO postgres"
        _sql(server_url, reassign, "DROP OWNED BY boss", "DROP ROLE boss")


def test_a_file_has_no_roles(file_url: str) -> None:
    """The command is for servers."""
    with pytest.raises(ConfigurationMistakes, match="no roles"):
        grant(file_url, "station")


def _settings(store: PostgresStore) -> dict[str, str]:
    names = ("synchronous_commit", "statement_timeout", "lock_timeout", "idle_session_timeout")
    raw: Any = store._raw.driver_connection
    return {name: raw.execute(f"SHOW {name}").fetchone()[0] for name in names}


def test_a_role_that_switches_safety_off_is_overridden(server_url: str) -> None:
    """What the database or the role is set to does not count; a stronger setting is kept."""
    upgrade(server_url)
    name = make_url(server_url).database
    _sql(
        server_url,
        f"ALTER DATABASE {name} SET synchronous_commit = off",
        f"ALTER DATABASE {name} SET idle_session_timeout = '1s'",
        f"ALTER DATABASE {name} SET statement_timeout = '1h'",
    )
    store = open_store(server_url, 2)
    assert isinstance(store, PostgresStore)
    store.open()
    assert _settings(store) == {
        "synchronous_commit": "on",
        "statement_timeout": "30s",
        "lock_timeout": "2s",
        "idle_session_timeout": "0",
    }
    store.close()
    _sql(server_url, f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    store.open()
    assert _settings(store)["synchronous_commit"] == "remote_apply"
    store.close()


def test_what_does_not_take_the_setting_is_refused(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting is read back, and a pooler is told from a server."""
    upgrade(server_url)
    store = open_store(server_url, 1)
    with monkeypatch.context() as patch:
        patch.setattr(postgres_store, "_SURE", frozenset({"remote_apply"}))
        with pytest.raises(AuditUnavailable, match="synchronous_commit is on instead"):
            store.open()
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)
        with pytest.raises(AuditUnavailable, match="pooler"):
            store.open()


async def test_a_second_writer_is_refused_and_told_who_holds_it(server_url: str) -> None:
    """At once, by process and machine; a schema of its own is another database."""
    async with open_audit(server_url) as audit:
        await audit.record(*BASE)
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(StationBusy) as busy:
            async with open_audit(server_url):
                pass
        assert f"pid {os.getpid()}" in busy.value.what
        assert "one database takes one station" in busy.value.what
        _sql(server_url, "CREATE SCHEMA two")
        options = {"options": "-csearch_path=two"}
        other = make_url(server_url).update_query_dict(options).render_as_string(False)
        async with open_audit(other) as second:
            await second.record(*BASE)
            assert [line for found in examine(other) for line in found.findings] == []
            with reading(other) as connection:
                assert connection.execute(select(func.count()).select_from(run)).scalar() == 0
    async with open_audit(server_url) as audit:
        await audit.record(run_row("R1"))


async def test_calls_that_wait_share_a_commit(server_url: str) -> None:
    """A hundred tasks need a handful of commits of the server, not a hundred."""
    async with open_audit(server_url) as audit:
        await audit.record(*BASE, *(run_row(f"R{k}") for k in range(100)))
        before = audit.commits
        async with anyio.create_task_group() as group:
            for k in range(100):
                group.start_soon(audit.record, step_row(f"R{k}", 1))
        assert audit.commits - before < 10
        assert await audit.read(_steps) == 100


def _steps(connection: Any) -> int:
    found: int = connection.execute(select(func.count()).select_from(step)).scalar()
    return found


async def test_a_server_that_stops_and_comes_back(
    own_server_url: str, own_postgres: Server
) -> None:
    """Everybody is told at once, nothing is taken while it is away, nothing is there twice."""
    async with open_audit(own_server_url) as audit:
        await audit.record(*BASE, run_row("R1"), step_row("R1", 1))
        own_postgres.stop("fast")
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(AuditUnavailable):
            await audit.record(step_row("R1", 2))
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(AuditUnavailable):
            await audit.record(step_row("R1", 3))
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(AuditUnavailable):
            await audit.try_again(step_row("R1", 3))
        own_postgres.start()
        found = await audit.try_again()
        assert found == ()
        await audit.record(step_row("R1", 2))
        assert audit.failure is None
        assert await audit.read(_steps) == 2
    assert [line for part in examine(own_server_url) for line in part.findings] == []


async def test_a_server_process_that_is_killed(own_server_url: str) -> None:
    """The server throws all sessions out and recovers; the station goes on behind its chain."""
    async with open_audit(own_server_url) as audit:
        await audit.record(*BASE, run_row("R1"))
        with psycopg.connect(_plain(own_server_url)) as other:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'orchestrator%'"
            (pid,) = other.execute(f"{query} AND datname = current_database()").fetchone() or (0,)
        os.kill(pid, signal.SIGKILL)
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(AuditUnavailable):
            await audit.record(step_row("R1", 1))
        with anyio.fail_after(PATIENCE_SECONDS):
            while audit.failure is not None:
                try:
                    await audit.try_again()
                except AuditUnavailable:
                    await anyio.lowlevel.checkpoint()
        await audit.record(step_row("R1", 1))
        assert await audit.read(_steps) == 1
    assert [line for part in examine(own_server_url) for line in part.findings] == []


async def test_a_commit_whose_answer_was_lost_is_read_back(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has it, the station was not told: it asks by key and writes it no second time."""
    commit = PostgresStore.commit

    def lose_the_answer(store: PostgresStore) -> None:
        store._raw.driver_connection.commit()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    row = step_row("R1", 1)
    async with open_audit(server_url) as audit:
        await audit.record(*BASE, run_row("R1"))
        monkeypatch.setattr(PostgresStore, "commit", lose_the_answer)
        with pytest.raises(AuditUnavailable, match="closed the connection"):
            await audit.record(row)
        monkeypatch.setattr(PostgresStore, "commit", commit)
        assert row in await audit.try_again()
        await audit.record(step_row("R1", 2))
        assert await audit.read(_steps) == 2
    assert [line for part in examine(server_url) for line in part.findings] == []


async def test_somebody_who_took_the_place_meanwhile_keeps_it(
    server_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A station that lost its connection does not write beside the one that followed it.

    No library writes a traceback between the lines of the station's log.
    """
    async with open_audit(server_url, busy_timeout_seconds=0.3) as audit:
        await audit.record(*BASE)
        with psycopg.connect(_plain(server_url), autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            other.execute(f"SELECT pg_advisory_lock({postgres_store._LOCK_KEY})".encode())
            with pytest.raises(AuditUnavailable):
                await audit.record(run_row("R1"))
            with pytest.raises(AuditUnavailable, match="one database takes one station"):
                await audit.try_again()
        await audit.try_again(run_row("R1"))
        assert audit.failure is None
    assert not [line for line in caplog.records if line.name.startswith("sqlalchemy")]


def test_our_own_session_of_before_is_ended(server_url: str) -> None:
    """A connection that broke without the server noticing does not keep the station out."""
    upgrade(server_url)
    store = open_store(server_url, 5)
    assert isinstance(store, PostgresStore)
    store.open()
    stale = store._raw
    store._raw = None
    store.open()
    with pytest.raises(psycopg.OperationalError):
        stale.driver_connection.execute("SELECT 1")
    stale.invalidate()
    store.close()


async def test_a_table_that_somebody_locks_is_waited_for_then_named(server_url: str) -> None:
    """After the busy timeout the cause is said; when the lock is gone the station goes on."""
    async with open_audit(server_url, busy_timeout_seconds=0.2) as audit:
        await audit.record(*BASE, run_row("R1"))
        with psycopg.connect(_plain(server_url)) as other:
            other.execute("LOCK TABLE step IN ACCESS EXCLUSIVE MODE")
            with (
                anyio.fail_after(PATIENCE_SECONDS),
                pytest.raises(AuditUnavailable, match="locked by another"),
            ):
                await audit.record(step_row("R1", 1))
        await audit.try_again(step_row("R1", 1))
        assert await audit.read(_steps) == 1
