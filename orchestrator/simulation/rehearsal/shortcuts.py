"""What a rehearsal makes once instead of anew each time, so that a board costs milliseconds.

Nothing here changes what the program does: lines without sockets, statements that are compiled
once, a context without certificates, looks into quiet corners that come less often.
"""

import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

from orchestrator.audit import database, location, store
from orchestrator.audit.statements import Statements
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.station import checkpoints, clock_watch, requests
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import asgi
from orchestrator.transport import client
from orchestrator.transport.client import HttpClient
from orchestrator.transport.connection import check_head
from orchestrator.transport.in_process import InProcessTransport, Line
from orchestrator.transport.tls import empty_context

_look_up: Callable[..., Any] = asgi.match


@contextmanager
def shortcuts() -> Iterator[None]:
    """Take the short ways within the block. All shifts of a process use the same folder."""
    shorter = (
        (HttpClient, "_connection", _line),
        (client, "empty_context", _no_trust),
        (database, "reading_engine", _reading_engine),
        (location, "_Reader", _KeptReader),
        (database, "read_revision", _revision),
        (store, "Statements", _statements),
        (store, "create_engine", _store_engine),
        (asgi, "match", _match),
        (requests, "LOOK_SECONDS", 3.0),
        (checkpoints, "FILE_SECONDS", 10.0),
        (clock_watch, "LOOK_SECONDS", 2.0),
    )
    with ExitStack() as stack:
        for place, name, way in shorter:
            stack.enter_context(mock.patch.object(place, name, way))
        stack.callback(_forget_reader)
        yield


def _line(of: HttpClient, keep: int) -> Line:
    del keep
    transport = of._transport  # noqa: SLF001  # stands in for a method of the client
    assert isinstance(transport, InProcessTransport)
    return Line(transport, check_head)


@lru_cache(maxsize=1)
def _no_trust() -> ssl.SSLContext:
    return empty_context()


_make_reading_engine: Callable[..., Any] = location.reading_engine


@lru_cache(maxsize=8)
def _reading_engine(database_url: str, seconds: float) -> Any:
    return _make_reading_engine(database_url, seconds)


def _revision(_connection: Any, _place: str) -> str:
    # Every shift begins with a copy of an empty database of this schema.
    return SCHEMA_REVISION


_make_engine: Callable[..., Any] = vars(store)["create_engine"]
_ENGINES: list[Any] = []
_CREATORS: list[Callable[[], Any]] = []


def _store_engine(url: Any, *, creator: Callable[[], Any], **named: Any) -> Any:
    """Return the one engine, whose questions stay compiled; the newest store connects it."""
    _CREATORS[:] = [creator]
    if not _ENGINES:
        _ENGINES.append(_make_engine(url, creator=_newest, **named))
    return _ENGINES[0]


def _newest() -> Any:
    return _CREATORS[0]()


class _Kept(sqlite3.Connection):
    """A connection that stays open when it is given back."""

    def close(self) -> None:
        """Stay open: opening reads the whole schema anew."""

    def drop(self) -> None:
        """Close it for good."""
        super().close()


_READERS: list[_Kept] = []


class _KeptReader:
    """Opens a file for reading once for all questions of a shift."""

    def __init__(self, path: Path, seconds: float) -> None:
        del seconds  # a shift of seconds asks no question that takes longer
        self._uri = path.absolute().as_uri()

    def __call__(self) -> sqlite3.Connection:
        if not _READERS:
            opened = sqlite3.connect(
                f"{self._uri}?mode=ro", uri=True, check_same_thread=False, factory=_Kept
            )
            opened.execute("PRAGMA query_only = ON")
            _READERS.append(opened)
        return _READERS[0]


def _forget_reader() -> None:
    for reader in _READERS:
        reader.drop()
    _READERS.clear()


_STATEMENTS: dict[str, Statements] = {}


def _statements(dialect: Any) -> Statements:
    if dialect.name not in _STATEMENTS:
        _STATEMENTS[dialect.name] = Statements(dialect)
    return _STATEMENTS[dialect.name]


@lru_cache(maxsize=4096)
def _found(method: str, path: str) -> Any:
    return _look_up(DEVICE_ENDPOINTS, method, path)


def _match(table: Any, method: str, path: str) -> Any:
    if table is not DEVICE_ENDPOINTS:
        return _look_up(table, method, path)
    row, parameters = _found(method, path)
    return row, dict(parameters)
