"""A backup made a database again, of either kind; all of it or nothing.

Into an empty place only: what is there stays. A restored database is older than the newest
checkpoint that left the station, and its next start notices: writing goes on in a new epoch that a
person opens. What restoring means for evidence is said in docs/how-to/look-after-the-database.md.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from orchestrator.audit.copying import copy_rows, last_entry, row_counts
from orchestrator.audit.database import reading
from orchestrator.audit.faults import explain
from orchestrator.audit.files import sync_folder
from orchestrator.audit.location import FILE_NAME, sqlite_path
from orchestrator.audit.maintenance import maintaining
from orchestrator.audit.migrate import make_tables, upgrade
from orchestrator.audit.schema import read_revision
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.domain.errors import InputMistakes


class Restored(NamedTuple):
    """What a restored database holds."""

    rows: int
    last_entry: int


def restore(file: Path, database_url: str) -> Restored:
    """Make the database of `database_url` from the backup `file`.

    A backup of an older program is brought to this program's schema on the way. Raises
    InputMistakes when the database is not empty or the folder cannot be written, Unreachable when
    there is no such backup, AuditUnavailable when it is none or is damaged, StationBusy when a
    station holds the database.
    """
    target = sqlite_path(database_url)
    try:
        with tempfile.TemporaryDirectory(prefix="orchestrator-restore-") as scratch:
            source = _at_hand(file, Path(scratch))
            if target is None:
                _into_server(source, database_url)
            else:
                place_file(source, target)
    except OSError as error:
        raise InputMistakes(
            f"the backup cannot be restored: {error.strerror}",
            where={"file": str(file)},
            remedy="Check the folders, the rights there and the free space",
        ) from error
    with reading(database_url) as connection:
        newest = last_entry(connection)
        return Restored(sum(row_counts(connection, newest).values()), newest)


def _at_hand(file: Path, scratch: Path) -> Path:
    """Return a file with this program's schema: the backup, or a copy of it brought up."""
    url = _url(file)
    with reading(url, check_schema=False) as connection:
        if read_revision(connection, str(file)) == SCHEMA_REVISION:
            return file
    newer = scratch / FILE_NAME
    shutil.copyfile(file, newer)
    upgrade(_url(newer))
    return newer


def place_file(source: Path, target: Path) -> None:
    """Copy a database file to where there is none, whole or not at all.

    Raises InputMistakes when something is there, AuditUnavailable when the copy cannot be read,
    OSError when it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for name in (target.name, target.name + "-wal", target.name + "-journal"):
        if target.with_name(name).exists():
            # A log beside another file would be played into it.
            raise _not_empty(str(target.with_name(name)))
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        copy_pages(source, part)
        sync_file(part)
        part.rename(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def sync_file(file: Path) -> None:
    """Return when the disk has what was written into a file. Raises OSError."""
    with file.open("r+b") as handle:
        os.fsync(handle.fileno())


def copy_pages(source: Path, target: Path) -> None:
    """Copy a database, in use or not, through SQLite's own way: all pages of one moment.

    The copy is one file that needs no log beside it. Raises AuditUnavailable.
    """
    uri = f"{source.absolute().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(uri, uri=True, timeout=60)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        raise explain(error, str(source)) from error


def _into_server(source: Path, database_url: str) -> None:
    with maintaining(database_url) as target, reading(_url(source), seconds=86_400) as rows:
        if read_revision(target, _name(target)) is not None:
            raise _not_empty(_name(target))
        target.rollback()
        make_tables(target)
        copy_rows(rows, target)
        target.commit()


def _name(connection: Connection) -> str:
    return str(connection.engine.url)


def _url(file: Path) -> str:
    return "sqlite:///" + str(file.absolute())


def _not_empty(place: str) -> InputMistakes:
    return InputMistakes(
        "the database to restore into is not empty",
        where={"database": place},
        remedy="Move what is there away, or name another place; nothing is ever overwritten",
    )
