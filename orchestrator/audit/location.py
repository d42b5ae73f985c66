"""Where a database lies: URLs, files, and the engines that open them for reading.

Writing has its own door (`store.py`). A reader cannot write, cannot checkpoint, and is stopped
when it takes too long, so that a forgotten question never holds up the station.
"""

import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from orchestrator.audit.postgres_store import PostgresStore, server_options
from orchestrator.audit.store import SqliteStore, Store
from orchestrator.domain.errors import AuditUnavailable, ConfigurationMistakes, Unreachable

FILE_NAME = "audit.db"
"""The database file in a data directory."""

_INSTRUCTIONS_BETWEEN_CHECKS = 10_000


def sqlite_url(data_dir: Path) -> str:
    """Return the database URL of a data directory."""
    return "sqlite:///" + str((data_dir / FILE_NAME).absolute())


def sqlite_path(database_url: str) -> Path | None:
    """Return the file that a URL names; None when it names a server.

    Raises ConfigurationMistakes when it is no URL of a database that the audit can live in.
    """
    prefix = "sqlite:///"
    if database_url.startswith(prefix):
        # Taken as it stands: a folder may hold the characters that a URL would quote.
        name = database_url.removeprefix(prefix)
        if name and not name.startswith(":memory:"):
            return Path(name)
        raise _not_usable(database_url, "evidence must be kept in a file")
    if _server_url(database_url).drivername != "postgresql+psycopg":
        raise _not_usable(database_url, "only SQLite files and PostgreSQL are supported")
    return None


def _server_url(database_url: str) -> URL:
    try:
        return make_url(database_url)
    except (ArgumentError, ValueError):
        raise _not_usable("", "it cannot be read") from None


def _not_usable(database_url: str, why: str) -> ConfigurationMistakes:
    # The URL may hold a password; only its kind is repeated.
    kind = database_url.split(":", 1)[0]
    named = f" that begins with {kind}:" if kind else ""
    return ConfigurationMistakes(
        f"the database URL{named} cannot be used: {why}",
        where={"setting": "database_url"},
        remedy="Write sqlite:///DIRECTORY/audit.db or postgresql+psycopg://USER@HOST/DATABASE",
    )


def _demand_driver() -> None:
    try:
        import psycopg  # noqa: F401  # present or not is all that is asked
    except ImportError:
        raise ConfigurationMistakes(
            "the PostgreSQL driver is not installed",
            where={"setting": "database_url"},
            remedy="Install it with: pip install 'orchestrator[postgresql]'",
        ) from None


def open_store(database_url: str, busy_timeout_seconds: float) -> Store:
    """Return the store of a URL, not opened yet. Makes the folder of a file.

    Raises ConfigurationMistakes for a URL that cannot be used, AuditUnavailable when the folder
    cannot be made.
    """
    path = sqlite_path(database_url)
    if path is None:
        _demand_driver()
        return PostgresStore(_server_url(database_url), busy_timeout_seconds)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuditUnavailable(
            f"the data directory cannot be made: {error.strerror}",
            where={"folder": str(path.parent)},
            remedy="Check the path and the right to write there",
        ) from error
    return SqliteStore(path, busy_timeout_seconds)


def reading_engine(database_url: str, seconds: float) -> tuple[Engine, str]:
    """Return an engine that can only read, and the place for messages.

    A question that takes longer than `seconds` is stopped. Raises Unreachable when there is no
    such file, ConfigurationMistakes for a URL that cannot be used.
    """
    path = sqlite_path(database_url)
    if path is None:
        _demand_driver()
        url = _server_url(database_url)
        limits = {
            "default_transaction_read_only": "on",
            "statement_timeout": str(int(seconds * 1000)),
        }
        arguments = {"options": server_options(url, limits), "connect_timeout": 10}
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
        return engine, url.render_as_string(hide_password=True)
    if not path.is_file():
        raise Unreachable(
            "there is no audit database",
            where={"file": str(path)},
            remedy="Name the data directory of a station with --data-dir",
        )
    engine = create_engine("sqlite://", creator=_Reader(path, seconds), poolclass=NullPool)
    return engine, str(path)


class _Reader:
    """Opens a file for reading, each connection with its own deadline."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._uri = path.absolute().as_uri()
        self._seconds = seconds

    def __call__(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._uri}?mode=ro", uri=True, check_same_thread=False, timeout=self._seconds
        )
        connection.execute("PRAGMA query_only = ON")
        deadline = time.monotonic() + self._seconds
        connection.set_progress_handler(
            lambda: time.monotonic() > deadline, _INSTRUCTIONS_BETWEEN_CHECKS
        )
        return connection
