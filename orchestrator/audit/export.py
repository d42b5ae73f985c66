"""The audit as files for other programs: a folder per table, a file per day (UTC).

A row belongs to the day of its own time; rows without one belong to that of the row they describe
(a measurement to its step, an artifact to its recipe). Days that are exported again replace their
files, so that a timer may export the last days every night. How a file is written is the affair of
`export_csv.py` and `export_parquet.py`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Table,
    func,
    select,
)

from orchestrator.audit.export_csv import write_csv
from orchestrator.audit.moments import since_text, until_text
from orchestrator.audit.snapshot import snapshot
from orchestrator.audit.tables import TABLES
from orchestrator.domain.errors import InputMistakes

_ROWS_AT_ONCE = 5_000
_ATTACHMENTS = "attachment_content"


class ExportFormat(StrEnum):
    """What kind of files."""

    PARQUET = "parquet"
    CSV = "csv"


class Exported(NamedTuple):
    """What an export wrote."""

    rows: int
    files: int
    attachments: int


_Blocks = Iterable[Sequence[Sequence[Any]]]
_Write = Callable[[Path, Sequence[Column[Any]], _Blocks], int]
"""Writes the blocks of rows into a file and returns how many rows they were."""


def export(
    database_url: str,
    folder: Path,
    form: ExportFormat,
    *,
    since: str | None = None,
    until: str | None = None,
    attachments: bool = False,
) -> Exported:
    """Write every table into `folder`; `attachments` also writes their contents, named by hash.

    `since` and `until` are dates (UTC) or RFC 3339 times with zone, both inclusive. Raises
    InputMistakes for a time that is none or a folder that cannot be written, and what
    `snapshot` raises.
    """
    write = _writer(form)
    begin = None if since is None else since_text(since)
    end = None if until is None else until_text(until)
    rows = files = contents = 0
    try:
        with snapshot(database_url) as connection:
            for table in TABLES.values():
                for day, blocks in _days(connection, table, begin, end):
                    target = folder / table.name / f"{day}.{form.value}"
                    rows += _replaced(target, write, _exported_columns(table), blocks)
                    files += 1
            if attachments:
                contents = _write_contents(connection, folder / _ATTACHMENTS, begin, end)
    except OSError as error:
        raise InputMistakes(
            f"the export cannot be written: {error.strerror}",
            where={"folder": str(folder)},
            remedy="Check the folder, the right to write there and the free space",
        ) from error
    return Exported(rows, files, contents)


def moment_of(table: Table) -> tuple[FromClause, ColumnElement[str]]:
    """Return where to read the rows of `table` from, and the column that says when they happened.

    It is the table's own first time; a table without one is joined to the one it refers to.
    """
    own = _first_time(table)
    if own is not None:
        return table, own
    for parent in (key.column.table for key in table.foreign_keys):
        found = _first_time(parent)
        if found is not None:
            return table.join(parent), found
    raise AssertionError(f"table {table.name} has no time")


def _first_time(table: FromClause) -> ColumnElement[str] | None:
    return next((column for column in table.columns if column.name.endswith("_at")), None)


def _writer(form: ExportFormat) -> _Write:
    if form is ExportFormat.CSV:
        return write_csv
    from orchestrator.audit.export_parquet import parquet_writer

    return parquet_writer()


def _exported_columns(table: Table) -> list[Column[Any]]:
    # Contents are files of their own, written when they are asked for.
    return [column for column in table.columns if column.name != "content"]


def _days(
    connection: Connection, table: Table, begin: str | None, end: str | None
) -> Iterator[tuple[str, Iterator[Sequence[Sequence[Any]]]]]:
    """Yield the days of a table with their rows in the order of the chain, block by block."""
    source, moment = moment_of(table)
    day = func.substr(moment, 1, 10)
    order = [table.c.entry] if "entry" in table.c else list(table.primary_key.columns)
    query = select(day, *_exported_columns(table)).select_from(source)
    query = query.where(*_between(moment, begin, end)).order_by(day, *order)
    found = connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE))
    for name, rows in groupby(found, key=itemgetter(0)):
        yield name, _blocks(rows)


def _between(
    moment: ColumnElement[str], begin: str | None, end: str | None
) -> list[ColumnElement[bool]]:
    conditions = []
    if begin is not None:
        conditions.append(moment >= begin)
    if end is not None:
        conditions.append(moment <= end)
    return conditions


def _blocks(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    block: list[Sequence[Any]] = []
    for row in rows:
        block.append(row[1:])
        if len(block) == _ROWS_AT_ONCE:
            yield block
            block = []
    if block:
        yield block


def _replaced(
    target: Path,
    write: _Write,
    columns: Sequence[Column[Any]],
    blocks: _Blocks,
) -> int:
    """Write a file beside its place and move it there whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    rows = write(part, columns, blocks)
    part.replace(target)
    return rows


def _write_contents(
    connection: Connection, folder: Path, begin: str | None, end: str | None
) -> int:
    """Write each content once, named by the hash of what it is: no name comes from a device."""
    written = 0
    for table in TABLES.values():
        for column in table.columns:
            if not isinstance(column.type, LargeBinary) or column.name != "content":
                continue
            source, moment = moment_of(table)
            query = select(column).select_from(source).where(*_between(moment, begin, end))
            for (content,) in connection.execute(query.execution_options(yield_per=16)):
                folder.mkdir(parents=True, exist_ok=True)
                target = folder / hashlib.sha256(content).hexdigest()
                if not target.exists():
                    part = target.with_name(target.name + ".part")
                    part.write_bytes(content)
                    part.replace(target)
                    written += 1
    return written
