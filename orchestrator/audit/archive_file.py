"""The file of an archive: a stretch of the chain that proves itself, and takes no row any more.

It is a SQLite database with the tables of the audit, so that every question can be asked there as
well, and one table more, `archive`, which says which stretch it is. Rows from before the stretch
are there only because rows of it refer to them; they prove nothing.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, or_, select

from orchestrator.audit.archive_choice import Stretch
from orchestrator.audit.chain import CanonicalForm, UnchainableRow, chained_columns, link
from orchestrator.audit.database import reading
from orchestrator.audit.maintenance import maintaining
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.segments import carried_bytes
from orchestrator.audit.tables import TABLES
from orchestrator.domain.errors import AuditUnavailable

_ROWS_AT_ONCE = 1_000
_CONTENTS_AT_ONCE = 16

ARCHIVE = Table(
    "archive",
    MetaData(),
    Column("segment_id", Text, nullable=False),
    Column("first_entry", Integer, nullable=False),
    Column("last_entry", Integer, nullable=False),
    Column("first_previous", Text, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("archived_at", Text, nullable=False),
)
"""One row: which stretch of the chain the file holds."""


class ArchiveFile(NamedTuple):
    """What a file says that it holds."""

    segment_id: str
    stretch: Stretch
    last_hash: bytes
    archived_at: str


def write_archive(
    source: Connection, stretch: Stretch, segment_id: str, archived_at: str, file: Path
) -> bytes:
    """Copy `stretch` out of `source` into a new file; return the hash of its last entry.

    Raises AuditUnavailable when it cannot be written.
    """
    url = "sqlite:///" + str(file)
    upgrade(url)
    with maintaining(url) as target:
        for table in TABLES.values():
            _copy(source, target, table, stretch)
        last_hash = _hash_of(target, stretch.last)
        ARCHIVE.create(target)
        said = (
            segment_id, stretch.first, stretch.last, stretch.previous.hex(), last_hash.hex(),
            archived_at,
        )  # fmt: skip
        target.execute(insert(ARCHIVE).values(said))
        target.commit()
    with closing(sqlite3.connect(file)) as made:
        for table in (*TABLES.values(), ARCHIVE):
            made.execute(
                f"CREATE TRIGGER {table.name}_is_archived BEFORE INSERT ON {table.name} "
                "BEGIN SELECT RAISE(ABORT, 'an archive takes no rows'); END"
            )
        made.commit()
        # One file that needs no log beside it, whoever opens it.
        made.execute("PRAGMA journal_mode = DELETE").fetchall()
    return last_hash


def _copy(source: Connection, target: Connection, table: Table, stretch: Stretch) -> None:
    """Copy the rows of the stretch, and rows before it that rows of the stretch refer to."""
    wanted = stretch.holds(table.c.entry)
    if table.name in _referred():
        # All of them that are left: they are few, since the last archive took the others.
        wanted = or_(wanted, table.c.entry < stretch.first)
    at_once = _CONTENTS_AT_ONCE if "content" in table.c else _ROWS_AT_ONCE
    query = select(table).where(wanted).order_by(table.c.entry)
    found = source.execute(query.execution_options(yield_per=at_once))
    for block in found.mappings().partitions():
        target.execute(table.insert(), [dict(row) for row in block])


def _referred() -> set[str]:
    keys = (key for table in TABLES.values() for key in table.foreign_key_constraints)
    return {key.referred_table.name for key in keys}


def _hash_of(connection: Connection, entry: int) -> bytes:
    for table in TABLES.values():
        found = connection.execute(select(table.c.entry_hash).where(table.c.entry == entry))
        row = found.first()
        if row is not None:
            return bytes(row[0])
    raise AuditUnavailable(
        f"entry {entry} is missing",
        remedy="Run `orchestrator db check`; nothing was archived",
        code="chain",
    )


def read_archive(file: Path) -> ArchiveFile:
    """Prove a file by itself and return what it holds.

    Every row is hashed again: the entries of its stretch are there without a gap, each with the
    hash that follows from the one before, up to the last hash that it states; attachments have the
    contents that their rows say. Raises Unreachable when there is no file, AuditUnavailable when it
    is no archive or not what it says.
    """
    with reading("sqlite:///" + str(file.absolute()), seconds=86_400) as connection:
        if not connection.dialect.has_table(connection, ARCHIVE.name):
            raise _not_sound(file, "it is an audit database and no archive")
        rows = connection.execute(select(ARCHIVE)).all()
        if len(rows) != 1:
            raise _not_sound(file, f"it describes itself {len(rows)} times")
        said = rows[0]
        try:
            stretch = Stretch(said.first_entry, said.last_entry, bytes.fromhex(said.first_previous))
            last_hash = bytes.fromhex(said.last_hash)
            head = _walk(connection, stretch)
        except UnchainableRow as error:
            raise _not_sound(file, str(error)) from error
        except (TypeError, ValueError) as error:
            raise _not_sound(file, "it holds values that no station writes") from error
        found = ArchiveFile(said.segment_id, stretch, last_hash, said.archived_at)
        if isinstance(head, str):
            raise _not_sound(file, head)
        if head != found.last_hash:
            raise _not_sound(file, "its last entry has another hash than it states")
    return found


def _walk(connection: Connection, stretch: Stretch) -> bytes | str:
    """Return the hash of the last entry, computed anew, or the first thing that is wrong."""
    head, expected = stretch.previous, stretch.first
    ordered = merge(*(_rows(connection, table, stretch) for table in TABLES.values()))
    for entry, name, stored, canonical, damage in ordered:
        if entry != expected:
            return f"entry {expected} is missing"
        head = link(head, canonical)
        if head != stored:
            return f"entry {entry} (table {name}) was changed"
        if damage:
            return f"entry {entry} (table {name}): {damage}"
        expected += 1
    if expected != stretch.last + 1:
        return f"entry {expected} is missing"
    return head


def _rows(
    connection: Connection, table: Table, stretch: Stretch
) -> Iterator[tuple[int, str, bytes, bytes, str]]:
    form = CanonicalForm(table)
    columns = chained_columns(table)
    width = len(columns)
    at_once = _CONTENTS_AT_ONCE if "content" in table.c else _ROWS_AT_ONCE
    contents = [table.c.content, table.c.sha256] if "content" in table.c else []
    query = (
        select(*columns, table.c.entry, table.c.entry_hash, *contents)
        .where(stretch.holds(table.c.entry))
        .order_by(table.c.entry)
    )
    for row in connection.execute(query.execution_options(yield_per=at_once)):
        entry = row[width]
        canonical = form.canonical(entry, row[:width])
        yield entry, table.name, bytes(row[width + 1]), canonical, _damage(row[width + 2 :])


def _damage(content: Sequence[Any]) -> str:
    if content and hashlib.sha256(content[0]).hexdigest() != content[1]:
        return "the content is not the one that the row names"
    return ""


def carried_hash(connection: Connection, stretch: Stretch) -> tuple[int, str]:
    """Return how many rows of a stretch are left in a database, and the hash over them.

    The hash is SHA-256 over these rows in the order of their entries, each as `carried_bytes`.
    """
    digest, rows = hashlib.sha256(), 0
    ordered = merge(*(_rows(connection, table, stretch) for table in TABLES.values()))
    for _, _, stored, canonical, _ in ordered:
        digest.update(carried_bytes(canonical, stored))
        rows += 1
    return rows, digest.hexdigest()


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal. Raises OSError."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _not_sound(file: Path, why: str) -> AuditUnavailable:
    return AuditUnavailable(
        f"the archive is not what it should be: {why}",
        where={"file": str(file)},
        remedy="Keep the file and take another copy of the archive",
        code="archive",
    )
