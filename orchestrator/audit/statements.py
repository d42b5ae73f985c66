"""The statements of the audit's writer, compiled once per database from the tables.

Each record type has an INSERT for one row and some for blocks of rows: a block costs a third less
than its rows one by one, since the driver hands over to the database once per statement.
Rows that are written once are looked for before, so that one that is there gets no entry.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Dialect,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    union_all,
)

from orchestrator.audit.chain import GENESIS, Head
from orchestrator.audit.columns import ENTRY_COLUMNS, key_columns
from orchestrator.audit.tables import TABLES
from orchestrator.domain.records import Record

BLOCKS = (64, 16)
"""Rows of the statements that insert many, the most first."""

KEYS_ASKED_FOR = 16
"""Keys of a question for many."""

Key = Any
"""The value of a key of one column, or the tuple of the values of several."""


class Statements:
    """The texts for one dialect, whose parameters are bound by position."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._one: dict[type[Record], str] = {}
        self._block: dict[tuple[type[Record], int], str] = {}
        self._find: dict[tuple[type[Record], int], str] = {}
        self._key: dict[type[Record], itemgetter[Any]] = {}
        for cls, table in TABLES.items():
            self._one[cls] = str(insert(table).compile(dialect=dialect))
            for rows in (1, KEYS_ASKED_FOR):
                self._find[cls, rows] = _find(dialect, table, rows)
            self._key[cls] = itemgetter(*map(cls._fields.index, key_columns(table)))
        self._order = {cls: place for place, cls in enumerate(TABLES)}
        self._width = {cls: width(cls) for cls in TABLES}
        self._head = str(_heads().compile(dialect=dialect))

    def head(self, cursor: Any) -> Head:
        """Return the end of the chain. Raises the driver's errors."""
        cursor.execute(self._head)
        found = max(cursor.fetchall(), default=None)
        return GENESIS if found is None else Head(found[0], bytes(found[1]))

    def key(self, record: Record) -> Key:
        """Return what makes this record the one it is, within its type."""
        return self._key[type(record)](record)

    def insert(self, cursor: Any, groups: Mapping[type[Record], list[Any]]) -> None:
        """Insert rows by their types, in the order of TABLES; each group as `append.Groups` says.

        That is an order in which foreign keys are satisfied. Raises the driver's errors.
        """
        for cls in sorted(groups, key=self._order.__getitem__):
            self._insert_rows(cursor, cls, groups[cls])

    def present(self, cursor: Any, records: Iterable[Record]) -> set[tuple[type[Record], Key]]:
        """Return type and key of those `records` that are in the database.

        Raises the driver's errors.
        """
        wanted: dict[type[Record], dict[Key, None]] = {}
        for record in records:
            cls = type(record)
            wanted.setdefault(cls, {})[self._key[cls](record)] = None
        return {
            (cls, key)
            for cls, keys in wanted.items()
            for key in self._present(cursor, cls, list(keys))
        }

    def _present(self, cursor: Any, cls: type[Record], keys: list[Key]) -> Iterable[Key]:
        for start in range(0, len(keys), KEYS_ASKED_FOR):
            block = keys[start : start + KEYS_ASKED_FOR]
            if len(block) > 1:
                block += block[-1:] * (KEYS_ASKED_FOR - len(block))
            single = not isinstance(block[0], tuple)
            values = block if single else list(chain.from_iterable(block))
            cursor.execute(self._find[cls, len(block)], values)
            for row in cursor.fetchall():
                yield row[0] if single else tuple(row)

    def _insert_rows(self, cursor: Any, cls: type[Record], values: list[Any]) -> None:
        of_row = self._width[cls]
        if len(values) == of_row:
            cursor.execute(self._one[cls], values)
            return
        start = 0
        for rows in BLOCKS:
            of_block = rows * of_row
            while len(values) - start >= of_block:
                cursor.execute(self._of_block(cls, rows), values[start : start + of_block])
                start += of_block
        if start < len(values):
            cursor.executemany(self._one[cls], whole_rows(values[start:], of_row))

    def _of_block(self, cls: type[Record], rows: int) -> str:
        # Made when it is first needed: all of them would cost each start a quarter of a second.
        text = self._block.get((cls, rows))
        if text is None:
            table = TABLES[cls]
            block = insert(table).values([dict.fromkeys(table.columns.keys())] * rows)
            text = self._block[cls, rows] = str(block.compile(dialect=self._dialect))
        return text


def width(cls: type[Record]) -> int:
    """Return how many values a row has: those of its record, entry and hash."""
    return len(cls._fields) + len(ENTRY_COLUMNS)


def whole_rows(values: Sequence[Any], of_row: int) -> list[tuple[Any, ...]]:
    """Return the rows whose values stand behind one another."""
    return [tuple(values[at : at + of_row]) for at in range(0, len(values), of_row)]


def _find(dialect: Dialect, table: Table, rows: int) -> str:
    """Return the question which of `rows` keys are there."""
    keys = [table.columns[name] for name in key_columns(table)]
    is_one = (
        and_(*(key == bindparam(f"{key.name}_{n}", type_=key.type) for key in keys))
        for n in range(rows)
    )
    return str(select(*keys).where(or_(*is_one)).compile(dialect=dialect))


def _heads() -> CompoundSelect[Any]:
    """Return the question for the last entry of each table."""
    last = (
        select(table.c.entry, table.c.entry_hash).where(
            table.c.entry == select(func.max(table.c.entry)).scalar_subquery()
        )
        for table in TABLES.values()
    )
    return union_all(*last)
