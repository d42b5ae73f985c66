"""The connection that writes: opened, checked, and asked for nothing but transactions.

Exactly one connection writes and checkpoints. What a database kind needs to be durable is set
here and read back; a database that does not take it is refused. `SqliteStore` is here, its sibling
in `postgres_store.py`; all their methods block, so they are called from the writer's thread. What
goes wrong is said in words by `faults.py`.
"""

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from orchestrator.audit.append import Appender
from orchestrator.audit.chain_state import ChainState, chain_state
from orchestrator.audit.checks import Call
from orchestrator.audit.faults import refused_setting, vanished
from orchestrator.audit.statements import Key, Statements
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import Record

# Asked for, and then the answer: exactly this must be in force, or the store is not opened.
# mmap has helped a known SQLite race to corrupt a file, so it must stay off.
_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("mmap_size", "0", 0),
    # Without it INSERT OR REPLACE removes a row past the triggers that keep rows.
    ("recursive_triggers", "ON", 1),
)

_WITHOUT_RACE = (3, 51, 3)


class Store(ABC):
    """What the writer needs of a database: one connection, transactions, and plain answers."""

    place: str
    """The file or the server, for messages."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.statements = Statements(engine.dialect)
        self.chain = Appender(self.statements)
        driver = engine.dialect.loaded_dbapi
        self.guilty: tuple[type[Exception], ...] = (driver.IntegrityError, driver.DataError)
        """What a driver raises when the rows themselves are at fault."""
        self.errors: tuple[type[Exception], ...] = (driver.Error, DBAPIError, OSError)
        """What a driver raises otherwise: the store is at fault."""
        self.commit_errors: tuple[type[Exception], ...] = (*self.errors, AuditUnavailable)
        """What opening and committing raise."""
        self._raw: Any = None
        self._cursor: Any = None

    def open(self) -> None:
        """Take the connection and check that it is durable. Raises the driver's errors.

        Raises AuditUnavailable when a setting did not take.
        """
        self.close()
        self._raw = self.engine.raw_connection()
        try:
            self._demand_durable(self._raw.driver_connection)
        except BaseException:
            self.close()
            raise
        self._cursor = self._raw.driver_connection.cursor()

    def close(self) -> None:
        """Give the connection back; harmless when there is none."""
        raw, self._raw, self._cursor = self._raw, None, None
        if raw is not None:
            raw.close()

    def load_head(self) -> None:
        """Go on from the end of the chain as the database has it. Raises the driver's errors.

        Asked once after `open`; a database without tables has no chain yet.
        """
        self.chain.load(self._cursor)
        self.rollback()

    def state(self) -> ChainState:
        """Return where the chain stands. Raises the driver's errors."""
        with self.engine.connect() as connection:
            return chain_state(connection)

    def insert(self, calls: Sequence[Call]) -> None:
        """Begin a transaction and insert. Raises the driver's errors; then call `rollback`."""
        self._begin()
        self.chain.begin()
        self.chain.append(self._cursor, calls)

    def append(self, call: Call) -> None:
        """Insert more, behind what `insert` did. Raises the driver's errors."""
        self.chain.append(self._cursor, [call])

    def rollback(self) -> None:
        """Forget what `insert` did."""
        self._raw.driver_connection.rollback()

    def commit(self) -> None:
        """Make durable what `insert` did. After an error it is unknown whether it is."""
        self._raw.driver_connection.commit()
        self._still_there()
        self.chain.committed()

    def present(self, records: Sequence[Record]) -> list[Record]:
        """Return those of `records` that are in the database. Raises the driver's errors.

        Called after a failed commit: what is found is first made durable, since a disk that
        failed to sync may hold it in memory only.
        """
        if not records:
            return []
        self._sync()
        found: set[tuple[type[Record], Key]] = self.statements.present(self._cursor, records)
        self.rollback()
        return [r for r in records if (type(r), self.statements.key(r)) in found]

    def caution(self) -> str:
        """Return what a person should know about this version, empty when there is nothing."""
        return ""

    @abstractmethod
    def version(self) -> str:
        """Return the name and version of the database program, for the station's row."""

    @abstractmethod
    def _demand_durable(self, connection: Any) -> None: ...

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _still_there(self) -> None: ...

    @abstractmethod
    def _sync(self) -> None: ...


class SqliteStore(Store):
    """A file next to its write-ahead log."""

    def __init__(self, path: Path, busy_timeout_seconds: float) -> None:
        self.path = path
        self.place = str(path)
        self._busy_timeout_seconds = busy_timeout_seconds
        self._inode: tuple[int, int] | None = None
        self._data_version: object = None
        _bind_plainly()
        engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)
        event.listen(engine, "begin", _begin_immediate)
        super().__init__(engine)

    def _connect(self) -> sqlite3.Connection:
        # Once open, the file is never made anew: a file that vanished must not become an empty one.
        mode = "rwc" if self._inode is None else "rw"
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_timeout_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def open(self) -> None:
        """Take the connection; remember which file it is, and open no other one later."""
        if self._inode is not None:
            # Opening another file beside this one's write-ahead log would destroy the log.
            self.close()
            self._still_there()
        super().open()
        if self._inode is None:
            self._inode = self._inode_now()

    def version(self) -> str:
        """Return `SQLite 3.x.y`."""
        return f"SQLite {sqlite3.sqlite_version}"

    def caution(self) -> str:
        """Warn of versions in which two connections that write at once can damage the file."""
        if sqlite3.sqlite_version_info >= _WITHOUT_RACE:
            return ""
        return (
            f"SQLite {sqlite3.sqlite_version} can damage a file that two programs write at once: "
            "let no other program write to the audit database, or install SQLite 3.51.3 or newer"
        )

    def _demand_durable(self, connection: sqlite3.Connection) -> None:
        for name, wanted, expected in _PRAGMAS:
            connection.execute(f"PRAGMA {name} = {wanted}")
            row = connection.execute(f"PRAGMA {name}").fetchone()
            # A build without mmap answers nothing to mmap_size: it is off.
            if row is not None and row[0] != expected:
                raise refused_setting(self.place, name, str(expected), str(row[0]))

    def load_head(self) -> None:
        """Go on from the end of the chain as the file has it."""
        self._data_version = self._version_now()
        super().load_head()

    def _begin(self) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")
        if self._version_now() != self._data_version:
            # Somebody else wrote: the chain goes on behind their rows.
            self._data_version = self._version_now()
            self.chain.load(self._cursor)

    def _version_now(self) -> object:
        # Changes with the commits of other connections, and only with theirs.
        return self._cursor.execute("PRAGMA data_version").fetchone()[0]

    def _inode_now(self) -> tuple[int, int]:
        found = os.stat(self.place)  # noqa: PTH116  # os.stat costs a third of Path.stat, per commit
        return found.st_dev, found.st_ino

    def _still_there(self) -> None:
        # SQLite goes on writing into a file that was deleted or replaced under its name.
        try:
            now = self._inode_now()
        except FileNotFoundError:
            raise vanished(self.place) from None
        if now != self._inode:
            raise vanished(self.place)

    def _sync(self) -> None:
        self._cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _bind_plainly() -> None:
    """Name an adapter for what the driver would else look long for, with every value it binds."""
    sqlite3.register_adapter(type(None), {None: None}.get)
    sqlite3.register_adapter(bool, int)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
