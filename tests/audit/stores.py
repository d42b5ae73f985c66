"""Stores that fail on purpose, at the places where real ones do."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from orchestrator.audit.append import Call
from orchestrator.audit.location import sqlite_path, sqlite_url
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.postgres_store import PostgresStore
from orchestrator.audit.store import SqliteStore, Store
from orchestrator.audit.writer import Writer


class Faulty(Store):
    """A store that counts, and raises `error` in the commit of the next transactions."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
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


class FaultyFile(Faulty, SqliteStore):
    """A file that fails."""


class FaultyServer(Faulty, PostgresStore):
    """A server that fails."""


def faulty_store(database_url: str) -> Faulty:
    """Return a faulty store of the kind that the URL names."""
    path = sqlite_path(database_url)
    if path is None:
        return FaultyServer(make_url(database_url), 0.05)
    return FaultyFile(path, 0.05)


@asynccontextmanager
async def faulty_writer(
    place: Path | str, max_calls_waiting: int = 100
) -> AsyncIterator[tuple[Writer, Faulty]]:
    """Give a writer over a faulty store in a database with its tables: a folder or a URL."""
    database_url = place if isinstance(place, str) else sqlite_url(place)
    upgrade(database_url)
    store = faulty_store(database_url)
    store.open()
    store.load_head()
    writer = Writer(store, max_calls_waiting=max_calls_waiting)
    writer.start()
    try:
        yield writer, store
    finally:
        await writer.close()
