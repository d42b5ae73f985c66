"""Reading the rows of all tables in the order of their entries, in pieces of bounded size.

The tables are merged by the number of the entry. Nothing is concluded here: a number may be
missing, or be there twice, and a piece that the database cannot read is told and left out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.chain import CanonicalForm, chained_columns
from orchestrator.audit.faults import explain
from orchestrator.audit.findings import FindingKind, FindingList
from orchestrator.audit.tables import TABLES

ENTRIES_AT_ONCE = 4096
"""So many entries are in memory at the same time."""


_CONTENTS_AT_ONCE = 16


class Placed(NamedTuple):
    """A row at its entry: the form of its table, and its chained values, entry and hash."""

    form: CanonicalForm
    row: tuple[Any, ...]


Found = Placed | list[Placed] | None
"""What is at an entry: a row, several rows by mistake, nothing."""


class Piece(NamedTuple):
    """Rows with the entries of a stretch: those of each table, without an order among them."""

    numbers: range
    tables: list[tuple[CanonicalForm, list[tuple[Any, ...]]]]

    def found(self) -> Iterator[tuple[int, Found]]:
        """Yield each number of the stretch and what is there."""
        first = self.numbers.start
        places: list[Found] = [None] * len(self.numbers)
        for form, rows in self.tables:
            for row in rows:
                place = row[-2] - first
                if places[place] is None:
                    places[place] = Placed(form, row)
                else:
                    _add(places, place, Placed(form, row))
        return zip(self.numbers, places, strict=True)


class EntryReader:
    """Reads entries through the driver itself: a row costs a third of what it costs above it."""

    def __init__(self, connection: Connection, findings: FindingList) -> None:
        self._driver: Any = connection.connection.driver_connection
        driver = connection.dialect.loaded_dbapi
        self._errors: tuple[type[Exception], ...] = (driver.Error, DBAPIError, UnicodeDecodeError)
        self._findings = findings
        self._queries = [
            (CanonicalForm(table), _select(table.name, [c.name for c in chained_columns(table)]))
            for table in TABLES.values()
        ]

    def last(self) -> int:
        """Return the highest entry of all tables, 0 when there is none."""
        return max((self._bound(form.name, "max", "") for form, _ in self._queries), default=0)

    def pieces(self, first: int, last: int) -> Iterator[Piece]:
        """Yield the rows from one entry to another, piece by piece.

        A wide gap is left out: the next piece begins behind it.
        """
        while first <= last:
            end = min(first + ENTRIES_AT_ONCE - 1, last)
            piece = self._piece(first, end)
            if end == last or any(rows for _, rows in piece.tables):
                yield piece
                first = end + 1
            else:
                first = self._next(end, last)

    def before_the_first(self) -> Iterator[tuple[str, int]]:
        """Yield table and entry of rows in front of the chain, where no station writes any."""
        for form, _ in self._queries:
            query = f"SELECT entry FROM {form.name} WHERE entry < 1"  # noqa: S608  # our own names
            some = f"{query} ORDER BY entry DESC LIMIT {ENTRIES_AT_ONCE}"
            for (entry,) in self._rows_with_any_text(form.name, some, 0):
                yield form.name, entry

    def contents(self, after: int, last: int) -> Iterator[tuple[Any, ...]]:
        """Yield entry, stated SHA-256, stated size and content of attachments, in their order.

        A content that is no bytes any more comes as what it is.
        """
        query = "SELECT entry, sha256, size_bytes, content FROM attachment WHERE entry > "
        while True:
            where = f"{after} AND entry <= {last} ORDER BY entry LIMIT {_CONTENTS_AT_ONCE}"
            found = self._rows_with_any_text("attachment", query + where, after)
            yield from found
            if len(found) < _CONTENTS_AT_ONCE:
                return
            after = found[-1][0]

    def _next(self, after: int, last: int) -> int:
        bounds = (
            self._bound(form.name, "min", f" WHERE entry > {after} AND entry <= {last}")
            for form, _ in self._queries
        )
        return min((bound for bound in bounds if bound), default=last)

    def _bound(self, table: str, which: str, where: str) -> int:
        try:
            query = f"SELECT {which}(entry) FROM {table}{where}"  # noqa: S608  # our own names
            found = self._fetch(query)[0][0]
        except self._errors as error:
            self._unreadable(table, 0, error)
            return 0
        return found if isinstance(found, int) else 0

    def _piece(self, first: int, end: int) -> Piece:
        tables = [(form, self._rows(form.name, query, first, end)) for form, query in self._queries]
        return Piece(range(first, end + 1), tables)

    def _rows(self, table: str, query: str, first: int, end: int) -> list[tuple[Any, ...]]:
        where = f" WHERE entry >= {first} AND entry <= {end}"
        try:
            return self._fetch(query + where)
        except self._errors:
            return self._rows_with_any_text(table, query + where, first)

    def _rows_with_any_text(self, table: str, query: str, first: int) -> list[tuple[Any, ...]]:
        # A text that is no UTF-8 fails the whole answer; here it becomes one that no row has.
        try:
            with _any_text(self._driver):
                return self._fetch(query)
        except self._errors as error:
            self._unreadable(table, first, error)
            return []

    def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        cursor = self._driver.cursor()
        try:
            found: list[tuple[Any, ...]] = cursor.execute(query).fetchall()
        finally:
            cursor.close()
        return found

    def _unreadable(self, table: str, first: int, error: Exception) -> None:
        if not isinstance(self._driver, sqlite3.Connection):
            # A server's transaction is over after an error: nothing more could be read.
            raise error
        damaged = isinstance(error, UnicodeDecodeError)
        what = "its text is none" if damaged else explain(error, table).what
        self._findings.add(FindingKind.UNREADABLE, table, first, f"cannot be read: {what}")


def _select(table: str, columns: list[str]) -> str:
    return f"SELECT {', '.join(columns)}, entry, entry_hash FROM {table}"  # noqa: S608  # our own names


def _add(places: list[Found], place: int, more: Placed) -> None:
    there = places[place]
    if isinstance(there, list):
        there.append(more)
    elif there is not None:
        places[place] = [there, more]


@contextmanager
def _any_text(driver: Any) -> Iterator[None]:
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    before = driver.text_factory
    driver.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before
