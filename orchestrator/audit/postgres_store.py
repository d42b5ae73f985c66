"""The connection that writes to a PostgreSQL server, through psycopg.

The session sets what durability needs and reads it back, so that no role, database or pooler can
quietly turn it off. It holds an advisory lock for as long as it lives: one chain has one writer.
The lock also makes reading back honest. It is free only when the session before is gone, so a
commit that was under way when the connection broke is decided by the time it is asked for.
"""

import os
import socket
from typing import Any

from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

from orchestrator.audit.faults import between, refused_setting, second_writer
from orchestrator.audit.store import Store
from orchestrator.domain.errors import StationBusy

_WRITERS_LOCK = 0x6F726368
"""The first half of the lock that a writer holds on a server; spells orch."""

_STATEMENT_SECONDS = 30
"""How long the server may take for one statement of the writer."""

_OTHERS_SECONDS = 1.0
"""How long another holder of the lock is waited for: one that was killed needs a moment to go."""

_SURE = frozenset({"on", "remote_apply"})
"""Settings of synchronous_commit with which an answered commit is on the server's own disk."""

# A peer that vanished without a word is noticed by both sides within some 20 s.
_CLIENT_ALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SERVER_ALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

_LOCK_KEY = f"{_WRITERS_LOCK}, hashtext(coalesce(current_schema(), ''))"
_TRY_LOCK = f"SELECT pg_try_advisory_lock({_LOCK_KEY})"
_WAIT_FOR_LOCK = f"SELECT pg_advisory_lock({_LOCK_KEY})"
_HOLDER = f"""
    SELECT activity.pid, activity.backend_start, activity.application_name,
           coalesce(host(activity.client_addr), 'the server itself'), activity.usename
    FROM pg_locks JOIN pg_stat_activity AS activity ON activity.pid = pg_locks.pid
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = {_WRITERS_LOCK}
        AND objid::bigint = hashtext(coalesce(current_schema(), ''))::bigint & 4294967295
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608  # a number of this file
_SELF = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


def server_options(url: URL, settings: dict[str, str]) -> str:
    """Return the start-up options of a connection: those of the URL, then `settings`."""
    own = url.query.get("options", "")
    asked = own if isinstance(own, str) else " ".join(own)
    return " ".join([asked, *(f"-c {name}={value}" for name, value in settings.items())]).strip()


class PostgresStore(Store):
    """A server."""

    def __init__(self, url: URL, busy_timeout_seconds: float) -> None:
        self.place = url.render_as_string(hide_password=True)
        self._patience_seconds = busy_timeout_seconds
        self._session: tuple[Any, ...] | None = None
        settings = {"lock_timeout": str(int(busy_timeout_seconds * 1000)), **_SERVER_ALIVE}
        engine = create_engine(
            url,
            poolclass=NullPool,
            # Closed on its return: a rollback before would only complain of a lost connection.
            pool_reset_on_return=None,
            paramstyle="format",
            connect_args={
                "options": server_options(url, settings),
                "application_name": f"orchestrator {socket.gethostname()[:30]} pid {os.getpid()}",
                "connect_timeout": 10,
                **_CLIENT_ALIVE,
            },
        )
        super().__init__(engine)

    def open(self) -> None:
        """Take the connection, and with it the right to write, until it ends.

        Raises StationBusy when another writer holds the database, AuditUnavailable when it does so
        after this one had held it.
        """
        super().open()
        try:
            self._take_place()
            self._cursor.execute(_SELF)
            self._session = self._cursor.fetchone()
            self.rollback()
        except BaseException:
            self.close()
            raise

    def version(self) -> str:
        """Return `PostgreSQL x.y`."""
        number = self._raw.driver_connection.info.server_version
        return f"PostgreSQL {number // 10000}.{number % 10000}"

    def _take_place(self) -> None:
        self._cursor.execute(_TRY_LOCK)
        if self._cursor.fetchone()[0]:
            return
        self._cursor.execute(_HOLDER)
        holder = self._cursor.fetchone()
        ours = holder is not None and holder[:2] == self._session
        if ours:
            # Our own session of before, which the server has not seen to end yet.
            self._cursor.execute("SELECT pg_terminate_backend(%s)", [holder[0]])
        seconds = self._patience_seconds if ours else min(self._patience_seconds, _OTHERS_SECONDS)
        self._cursor.execute(f"SET LOCAL lock_timeout = {max(1, int(seconds * 1000))}")
        driver: Any = self.engine.dialect.loaded_dbapi
        try:
            self._cursor.execute(_WAIT_FOR_LOCK)
        except driver.errors.LockNotAvailable:
            busy = second_writer(self.place, _named(holder))
            if self._session is None:
                raise StationBusy(busy.what, where=busy.where, remedy=busy.remedy) from None
            raise busy from None

    def _demand_durable(self, connection: Any) -> None:
        if (
            connection.execute("SELECT pg_backend_pid()").fetchone()[0]
            != connection.info.backend_pid
        ):
            raise between(self.place)
        level = connection.execute("SHOW synchronous_commit").fetchone()[0]
        wanted = {
            "synchronous_commit": level if level in _SURE else "on",
            "statement_timeout": f"{_STATEMENT_SECONDS}s",
            "idle_session_timeout": "0",
            "idle_in_transaction_session_timeout": "0",
        }
        for name, value in wanted.items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        # Settings that are made in a transaction end with its rollback.
        connection.commit()
        for name, values in (
            ("synchronous_commit", _SURE),
            ("fsync", {"on"}),
            ("full_page_writes", {"on"}),
        ):
            found = connection.execute(f"SHOW {name}").fetchone()[0]
            if found not in values:
                raise refused_setting(self.place, name, "on", found)
        connection.rollback()

    def _begin(self) -> None:
        # psycopg begins a transaction with the first statement.
        return None

    def _still_there(self) -> None:
        # A commit was answered by the server itself.
        return None

    def _sync(self) -> None:
        # A server that failed to sync stops and recovers from its own log.
        return None


def _named(holder: tuple[Any, ...] | None) -> str:
    if holder is None:
        return "a session that is just ending"
    pid, since, name, address, user = holder
    moment = f" since {since:%Y-%m-%d %H:%M:%S %z}" if since is not None else ""
    return f"{name or 'a program'} (user {user}, from {address}, server process {pid}{moment})"
