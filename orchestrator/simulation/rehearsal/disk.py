"""The station's disk: lets the audit's file be full, failing, unsure or locked for a while.

It stands in for `sqlite3.connect` during a shift and watches connections to one file that write.
When a process loses power, its connections go without another word: what was committed stays.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator.simulation.virtual_loop import Process, current_process

_connect = sqlite3.connect
Trouble = Callable[[], str]
"""Says what is wrong with the disk now: full, failing, unsure, locked, or nothing."""


class Disk:
    """Knows the connections of all processes to one file."""

    def __init__(self, path: Path, trouble: Trouble, strike: Callable[[str], None]) -> None:
        self._path = str(path)
        self.trouble = trouble
        self.strike = strike
        self._open: list[tuple[Process | None, _Watched]] = []

    def drop(self, process: Process) -> None:
        """Take away what `process` had open: transactions that are not committed never were."""
        for owner, connection in self._open:
            if owner is process:
                connection.disk = None
                connection.dropped = True
                connection.close()
        self._open = [(owner, kept) for owner, kept in self._open if owner is not process]

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Serve all connections to the file within the block."""
        sqlite3.connect = self._connect  # type: ignore[assignment]  # taken back below
        try:
            yield
        finally:
            sqlite3.connect = _connect
            for _, connection in self._open:
                connection.close()
            self._open.clear()

    def _connect(self, database: Any, *args: Any, **named: Any) -> sqlite3.Connection:
        name = str(database)
        if self._path not in name or "mode=ro" in name:
            plain: sqlite3.Connection = _connect(database, *args, **named)
            return plain
        connection: _Watched = _connect(database, *args, factory=_Watched, **named)
        connection.disk = self
        self._open.append((current_process(), connection))
        return connection


def _fail(words: str) -> None:
    raise sqlite3.OperationalError(words)


class _Watched(sqlite3.Connection):
    """A connection whose disk may be in trouble."""

    disk: Disk | None = None
    dropped = False

    def rollback(self) -> None:
        # What belonged to a process without power is tidied up later; there is nothing to do.
        if not self.dropped:
            super().rollback()

    def cursor(self, *_args: Any, **_named: Any) -> sqlite3.Cursor:  # type: ignore[override]  # one kind of cursor
        return super().cursor(_WatchedCursor)

    def commit(self) -> None:
        disk = self.disk
        trouble = disk.trouble() if disk is not None and self.in_transaction else ""
        if disk is not None and trouble in {"failing", "unsure"}:
            disk.strike(f"disk.{trouble}")
            if trouble == "unsure":
                super().commit()
            else:
                super().rollback()
            _fail("disk I/O error")
        super().commit()


class _WatchedCursor(sqlite3.Cursor):
    """Statements on a disk that may be in trouble."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:  # type: ignore[override]  # plainer
        self._judge(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:  # type: ignore[override]  # plainer
        self._judge(sql)
        return super().executemany(sql, *args)

    def _judge(self, sql: str) -> None:
        connection = self.connection
        disk = connection.disk if isinstance(connection, _Watched) else None
        trouble = disk.trouble() if disk is not None else ""
        if disk is None or not trouble:
            return
        if trouble == "full" and sql.startswith("INSERT"):
            disk.strike("disk.full")
            _fail("database or disk is full")
        if trouble == "locked" and sql.startswith("BEGIN"):
            disk.strike("disk.locked")
            _fail("database is locked")
