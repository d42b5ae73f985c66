"""Stores that fail on purpose, at the places where real ones do."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from orchestrator.audit.append import Call
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.store import SqliteStore
from orchestrator.audit.writer import Writer


class FaultyStore(SqliteStore):
    """A SQLite store that counts, and raises `error` in the commit of the next transactions."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, 0.05)
        self.calls_per_commit: list[int] = []
        self.error: Exception | None = None
        self.error_after_commit = False
        self.before_insert: Callable[[], None] = lambda: None

    def insert(self, calls: Sequence[Call]) -> None:
        """Insert, after what the test wants to happen first."""
        self.before_insert()
        super().insert(calls)
        self.calls_per_commit.append(len(calls))

    def commit(self) -> None:
        """Commit, or fail before or after it was done."""
        if self.error is not None and not self.error_after_commit:
            raise self.error
        super().commit()
        if self.error is not None:
            raise self.error


@asynccontextmanager
async def faulty_writer(
    folder: Path, max_calls_waiting: int = 100
) -> AsyncIterator[tuple[Writer, FaultyStore]]:
    """Give a writer over a faulty store in a database with its tables."""
    upgrade(sqlite_url(folder))
    store = FaultyStore(folder / "audit.db")
    store.open()
    store.load_head()
    writer = Writer(store, max_calls_waiting=max_calls_waiting)
    writer.start()
    try:
        yield writer, store
    finally:
        await writer.close()
