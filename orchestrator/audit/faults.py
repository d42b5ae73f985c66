"""What a database's errors mean to the person in front of the station.

Turns the driver's exceptions into `AuditUnavailable` with a sentence and a remedy. It decides
nothing: whether the line stops is the writer's affair, whether a caller is guilty too.
"""

import sqlite3
from typing import Any

from sqlalchemy.exc import DBAPIError

from orchestrator.domain.errors import AuditUnavailable

_BY_SQLITE_NAME: tuple[tuple[str, str, str], ...] = (
    (
        "SQLITE_FULL",
        "the disk that holds the audit database is full",
        "Free space on that disk; a station that runs goes on by itself",
    ),
    (
        "SQLITE_READONLY",
        "the audit database is read-only",
        "Give this user the right to write the file and its folder; the station then goes on",
    ),
    (
        "SQLITE_PERM",
        "the audit database may not be used by this user",
        "Give this user the right to read and write the file and its folder",
    ),
    (
        "SQLITE_BUSY",
        "the audit database is locked by another program",
        "Close the program that holds it (a backup, a database browser); the station then goes on",
    ),
    (
        "SQLITE_CANTOPEN",
        "the audit database cannot be opened",
        "Check that the folder exists and that this user may read and write it",
    ),
    (
        "SQLITE_NOTADB",
        "the file is not an audit database",
        "Move the file away or name another data directory",
    ),
    (
        "SQLITE_CORRUPT",
        "the audit database is damaged",
        "Stop the line, keep the file, and restore the last backup",
    ),
    (
        "SQLITE_IOERR",
        "the disk that holds the audit database does not answer or is full",
        "Check the disk, its cable and its free space; a station that runs goes on by itself",
    ),
    (
        "SQLITE_INTERRUPT",
        "the question took too long and was stopped",
        "Ask for less: narrow it with --since, --until or --limit",
    ),
    (
        "SQLITE_SCHEMA",
        "the tables of the audit database were changed while it was in use",
        "Start again",
    ),
)

_BY_SQLSTATE: tuple[tuple[str, str, str], ...] = (
    (
        "53100",
        "the disk of the PostgreSQL server is full",
        "Free space on the server; a station that runs goes on by itself",
    ),
    (
        "25006",
        "the PostgreSQL server takes no writes (it is a standby or set read-only)",
        "Point database_url at the primary server",
    ),
    (
        "55P03",
        "the audit tables are locked by another session",
        "Find the session in pg_stat_activity and end it; a station that runs goes on by itself",
    ),
    (
        "57014",
        "the question took too long and was stopped",
        "Ask for less with --since, --until or --limit; if the station asked, look at the server",
    ),
    (
        "57P",
        "the PostgreSQL server ended the connection or is just starting or stopping",
        "Wait until the server runs again; the station then goes on by itself",
    ),
    (
        "53300",
        "the PostgreSQL server takes no more connections",
        "Close other programs or raise max_connections",
    ),
    ("28", "the PostgreSQL server refuses the sign-in", "Check user and password of database_url"),
    ("3D000", "the PostgreSQL database does not exist", "Create it, or correct database_url"),
    (
        "42501",
        "the user of database_url lacks rights on the audit tables",
        "Let the owner of the tables run `orchestrator db grant`",
    ),
)


def explain(error: BaseException, place: str) -> AuditUnavailable:
    """Return the sentence for a driver's error at `place` (a file or a server)."""
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, AuditUnavailable):
        return cause
    if isinstance(cause, sqlite3.Error):
        code = str(getattr(cause, "sqlite_errorname", ""))
        known = _BY_SQLITE_NAME
    else:
        code = str(getattr(cause, "sqlstate", None) or "")
        known = _BY_SQLSTATE
    for prefix, what, remedy in known:
        if code.startswith(prefix):
            return AuditUnavailable(what, where={"database": place}, remedy=remedy, code=code)
    if isinstance(cause, sqlite3.Error):
        what = f"the audit database refuses to work: {cause}"
        remedy = "Run `orchestrator db check`; keep the file and report it if that is clean"
    else:
        first = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        what = f"the audit database server cannot be reached or refuses to work: {first}"
        remedy = "Check that the server runs and that database_url names it"
    return AuditUnavailable(what, where={"database": place}, remedy=remedy, code=code)


def vanished(place: str) -> AuditUnavailable:
    """Return the error of a database file that was deleted, moved or replaced while in use."""
    return AuditUnavailable(
        "the audit database file was moved, deleted or replaced while the station ran",
        where={"database": place},
        remedy="Put the same file back where it was; the station goes on by itself",
        code="vanished",
    )


def second_writer(place: str, holder: str = "another program") -> AuditUnavailable:
    """Return the error of a database that another station writes to; `holder` says which."""
    return AuditUnavailable(
        f"{holder} writes to this audit database: one database takes one station",
        where={"database": place},
        remedy="Stop the other station, or give each a database or a schema of its own",
        code="busy",
    )


def between(place: str) -> AuditUnavailable:
    """Return the error of a connection that does not lead to one session of the server."""
    return AuditUnavailable(
        "a connection pooler stands between the station and the PostgreSQL server, which could "
        "change what makes a commit durable",
        where={"database": place},
        remedy="Name the server itself in database_url",
        code="pooler",
    )


def refused_setting(place: str, name: str, wanted: str, found: str) -> AuditUnavailable:
    """Return the error of a durability setting that the database did not take."""
    return AuditUnavailable(
        f"the audit database would not be safe against a power cut: "
        f"{name} is {found} instead of {wanted}",
        where={"database": place},
        remedy="Put the database on a local disk of this machine, with a standard SQLite or server",
        code=name,
    )
