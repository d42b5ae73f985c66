"""The INSERT statements of the audit, compiled once per database from the tables.

Each record type has a statement for one row and one for a block of rows: a block costs a third
less than its rows one by one, since the driver hands over to the database once per statement.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Table, and_, bindparam, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.audit.tables import TABLES, WRITTEN_ONCE
from orchestrator.domain.records import Record

BLOCK_ROWS = 16
"""Rows of a block statement."""


def _insert(dialect: Dialect, table: Table, *, once: bool) -> Insert:
    if dialect.name == "postgresql":
        into = postgresql.insert(table)
        return into.on_conflict_do_nothing() if once else into
    lite = sqlite.insert(table)
    return lite.on_conflict_do_nothing() if once else lite


class Statements:
    """The texts for one dialect, whose parameters are bound by position."""

    def __init__(self, dialect: Dialect) -> None:
        self._one: dict[type[Record], str] = {}
        self._block: dict[type[Record], str] = {}
        self._find: dict[type[Record], str] = {}
        self._keys: dict[type[Record], list[int]] = {}
        for cls, table in TABLES.items():
            into = _insert(dialect, table, once=cls in WRITTEN_ONCE)
            row = dict.fromkeys(table.columns.keys())
            self._one[cls] = str(into.compile(dialect=dialect))
            self._block[cls] = str(into.values([row] * BLOCK_ROWS).compile(dialect=dialect))
            keys = table.primary_key.columns
            is_row = and_(*(key == bindparam(f"key_{key.name}", type_=key.type) for key in keys))
            query: Select[tuple[Any]] = select(literal_column("1")).select_from(table).where(is_row)
            self._find[cls] = str(query.compile(dialect=dialect))
            self._keys[cls] = [list(cls._fields).index(key.name) for key in keys]

    def insert(self, cursor: Any, batch: Sequence[Sequence[Record]]) -> None:
        """Insert all records of `batch` with a DBAPI cursor; each table's in their order.

        Tables come in an order in which foreign keys are satisfied. Raises the driver's errors.
        """
        groups: dict[type[Record], list[Record]] = {cls: [] for cls in TABLES}
        for records in batch:
            for record in records:
                groups[type(record)].append(record)
        for cls, rows in groups.items():
            if rows:
                self._insert_rows(cursor, cls, rows)

    def present(self, cursor: Any, records: Sequence[Record]) -> list[Record]:
        """Return those of `records` whose key is in the database. Raises the driver's errors."""
        found: list[Record] = []
        for record in records:
            cls = type(record)
            cursor.execute(self._find[cls], [record[k] for k in self._keys[cls]])
            if cursor.fetchone() is not None:
                found.append(record)
        return found

    def _insert_rows(self, cursor: Any, cls: type[Record], rows: list[Record]) -> None:
        whole = len(rows) - len(rows) % BLOCK_ROWS
        for start in range(0, whole, BLOCK_ROWS):
            block = rows[start : start + BLOCK_ROWS]
            cursor.execute(self._block[cls], list(chain.from_iterable(block)))
        if whole < len(rows):
            cursor.executemany(self._one[cls], rows[whole:])
