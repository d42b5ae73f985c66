"""Empty databases of both kinds: a SQLite file, and a PostgreSQL of this machine."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from orchestrator.audit.location import sqlite_url
from tests.postgres_server import Server, running

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the process, which every test leaves running."""
    with running() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A server that a test may kill: how long it recovers depends on all databases it holds."""
    with running() as server:
        yield server


@pytest.fixture
def server_url(postgres: Server) -> str:
    """The URL of an empty PostgreSQL database."""
    return _empty_database(postgres)


@pytest.fixture
def other_server_url(postgres: Server) -> str:
    """The URL of one more empty PostgreSQL database."""
    return _empty_database(postgres)


@pytest.fixture
def own_server_url(own_postgres: Server) -> str:
    """The URL of an empty database in a server that a test may kill."""
    return _empty_database(own_postgres)


def _empty_database(postgres: Server) -> str:
    return postgres.new_database(f"audit_{next(_NUMBERS)}")


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
