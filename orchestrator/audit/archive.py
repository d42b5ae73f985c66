"""Moving the oldest part of the chain out of the database, so that both parts stay provable.

A stretch of whole runs goes into a file that proves itself (`archive_file.py`); then, in one
transaction, its rows are removed except those that must stay (`archive_choice.py`), and a row of
`segment` says what was taken: chained like every row, so that nobody can take rows out unseen. A
crash leaves the database as it was or as it should be; a file that no row names is made anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, text

from orchestrator.audit.archive_choice import CARRIED, Obstacle, Stretch, choose, mark_carried
from orchestrator.audit.archive_file import (
    ArchiveFile,
    carried_hash,
    file_hash,
    read_archive,
    write_archive,
)
from orchestrator.audit.chain import CanonicalForm, link
from orchestrator.audit.copying import last_entry
from orchestrator.audit.database import reading
from orchestrator.audit.files import sync_folder
from orchestrator.audit.maintenance import maintaining
from orchestrator.audit.proof_tables import segment
from orchestrator.audit.restore import sync_file
from orchestrator.audit.tables import TABLES
from orchestrator.audit.verify import verify
from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import AuditUnavailable, InputMistakes
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import SegmentRow

# What removing rows asks for and writing never does; without them it would take hours.
_HELP = (
    "CREATE INDEX archive_run_continues ON run (continues)",
    "CREATE INDEX archive_run_session ON run (session_id)",
    "CREATE INDEX archive_intent_unit ON intent (unit_id)",
)
_NO_MORE_HELP = tuple(f"DROP INDEX {line.split()[2]}" for line in _HELP)


class Archived(NamedTuple):
    """What was taken out, and what of it stayed."""

    file: Path
    first_entry: int
    last_entry: int
    removed: int
    carried: int


def archive(database_url: str, folder: Path, before: str, clock: Clock) -> Archived | Obstacle:
    """Move whole runs that are older than `before` (RFC 3339) into a file in `folder`.

    No station may run on the database. Returns what was done, or why there was nothing to do.
    Raises StationBusy when a station holds the database, AuditUnavailable when the database does
    not verify or cannot be changed (then it is as before), InputMistakes when the folder cannot
    be written.
    """
    try:
        with maintaining(database_url) as connection:
            stretch = choose(connection, before)
            if isinstance(stretch, Obstacle):
                return stretch
            demand_whole(connection)
            done = _move(connection, stretch, folder, clock)
            demand_whole(connection)
            connection.commit()
            return done
    except OSError as error:
        raise InputMistakes(
            f"the archive cannot be written: {error.strerror}",
            where={"folder": str(folder)},
            remedy="Check the folder, the right to write there and the free space",
        ) from error


def demand_taken_from(database_url: str, file: Path, found: ArchiveFile) -> None:
    """Return when a database says of a segment exactly what `file` holds.

    Raises AuditUnavailable when it does not, or knows no such segment.
    """
    with reading(database_url) as connection:
        query = select(segment).where(segment.c.segment_id == found.segment_id)
        row = connection.execute(query).first()
    stretch = found.stretch
    said = (
        stretch.first, stretch.last, stretch.previous.hex(), found.last_hash.hex(), file_hash(file),
    )  # fmt: skip
    if row is None:
        why = "the database knows no such segment"
    elif (
        row.first_entry, row.last_entry, row.first_previous, row.last_hash, row.file_sha256,
    ) != said:  # fmt: skip
        why = "the database says something else of this segment"
    else:
        return
    raise AuditUnavailable(
        f"the archive does not belong to the database: {why}",
        where={"file": str(file)},
        remedy="Name the database that it was taken from, or take another copy of the archive",
        code="archive",
    )


def demand_whole(connection: Connection) -> None:
    """Return when the chain of the database verifies. Raises AuditUnavailable."""
    report = verify(connection)
    for finding in report.findings:
        raise AuditUnavailable(
            f"the chain does not verify, so nothing is archived: {finding}",
            where={"database": str(connection.engine.url)},
            remedy="See everything that is wrong with `orchestrator audit verify`",
            code="chain",
        )


def _move(connection: Connection, stretch: Stretch, folder: Path, clock: Clock) -> Archived:
    segment_id, now = TimeOrderedIds(clock).new(), timestamp(clock.now())
    file = folder / f"audit-{stretch.first:012}-{stretch.last:012}.db"
    last_hash = _made(connection, stretch, segment_id, now, file)
    mark_carried(connection, stretch)
    _remove(connection, stretch)
    carried, carried_sha256 = carried_hash(connection, stretch)
    rows = stretch.last - stretch.first + 1
    row = SegmentRow(
        segment_id=segment_id,
        first_entry=stretch.first,
        last_entry=stretch.last,
        first_previous=stretch.previous.hex(),
        last_hash=last_hash.hex(),
        row_count=rows,
        carried_rows=carried,
        carried_sha256=carried_sha256,
        file=file.name,
        file_sha256=file_hash(file),
        archived_at=now,
    )
    _append(connection, row)
    return Archived(file, stretch.first, stretch.last, rows - carried, carried)


def _made(connection: Connection, stretch: Stretch, segment_id: str, now: str, file: Path) -> bytes:
    """Write the file and prove it before it gets its name; return the hash of its last entry."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        write_archive(connection, stretch, segment_id, now, part)
        last_hash = read_archive(part).last_hash
        sync_file(part)
        # One that is there belongs to a try that did not come to its end: no row names it.
        part.replace(file)
        sync_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return last_hash


def _remove(connection: Connection, stretch: Stretch) -> None:
    for statement in _HELP:
        connection.execute(text(statement))
    with _unguarded(connection):
        for table in reversed(list(TABLES.values())):
            stays = table.c.entry.in_(select(CARRIED.c.entry))
            connection.execute(delete(table).where(stretch.holds(table.c.entry), ~stays))
    for statement in _NO_MORE_HELP:
        connection.execute(text(statement))
    CARRIED.drop(connection)


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """Take the triggers that keep rows away, and put them back in the same transaction."""
    names = [table.name for table in TABLES.values()]
    if connection.dialect.name != "sqlite":
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER {name}_refuses_change"))
        yield
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER {name}_refuses_change"))
        return
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers: Sequence[tuple[str, str]] = [(row[0], row[1]) for row in connection.execute(query)]
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _append(connection: Connection, row: SegmentRow) -> None:
    """Chain the row of the segment behind the last entry."""
    newest = last_entry(connection)
    heads = (
        connection.execute(select(table.c.entry_hash).where(table.c.entry == newest)).scalar()
        for table in TABLES.values()
    )
    head = next(bytes(found) for found in heads if found is not None)
    entry = newest + 1
    canonical = CanonicalForm(segment).canonical(entry, row)
    values = {**row._asdict(), "entry": entry, "entry_hash": link(head, canonical)}
    connection.execute(segment.insert().values(values))
