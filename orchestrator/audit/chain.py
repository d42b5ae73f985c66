"""The chain: how a row becomes bytes, and how each row's hash covers all rows before it.

The canonical bytes of a row are texts joined by NUL, in UTF-8: its entry, its table, which of its
columns are NULL (a `1` each, `0` for the others), and its columns in their order. Whole numbers
are decimal, truths `1` and `0`, NULL is an empty text. `attachment.content` is left out, since its
`sha256` is a column. No text holds NUL, so the fields are told apart: different rows have
different bytes. `entry_hash` is SHA-256 of the previous entry's hash and these bytes.

`docs/reference/chain.md` says the same to those who check a database without this program.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Column, Table

from orchestrator.audit.columns import HASH_BYTES, record_columns
from orchestrator.audit.tables import TABLES, attachment
from orchestrator.domain.records import Record

FIELD_END = "\0"
"""What stands between the fields of a row, and in no text."""


class Head(NamedTuple):
    """The end of a chain: the last entry, and its hash."""

    entry: int
    hash: bytes


GENESIS = Head(0, bytes(HASH_BYTES))
"""The head before the first entry."""


def link(previous: bytes, canonical: bytes) -> bytes:
    """Return the hash of an entry: that of the one before, and the row's canonical bytes."""
    return sha256(previous + canonical).digest()


def chained_columns(table: Table) -> list[Column[Any]]:
    """Return the columns whose values are in the canonical bytes, in their order."""
    columns = record_columns(table)
    return [column for column in columns if column is not attachment.c.content]


class UnchainableRow(ValueError):
    """A row holds what no station writes: a value of another type, or a text with NUL."""


class CanonicalForm:
    """The canonical form of the rows of one table.

    A row is given as its `chained_columns`, as records and database drivers have them. Rows of
    the same types share a template, which is kept: there are few.
    """

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self.columns = chained_columns(table)
        self._templates: dict[tuple[type, ...], str] = {}
        self._field_ends = len(self.columns) + 1
        names = [column.name for column in record_columns(table)]
        # The record of an attachment has its content, which is not chained.
        self._taken = [names.index(column.name) for column in self.columns]
        self._all = len(self._taken) == len(names)

    def body(self, values: Sequence[Any]) -> str:
        """Return everything behind the entry. Raises UnchainableRow."""
        kinds = tuple(map(type, values))
        template = self._templates.get(kinds) or self._learn(kinds)
        text = template % tuple(values)
        if text.count(FIELD_END) != self._field_ends:
            raise UnchainableRow(f"a text of table {self.name} holds NUL")
        return text

    def body_of(self, record: Sequence[Any]) -> str:
        """Return the body of a record. Raises UnchainableRow."""
        return self.body(record if self._all else [record[k] for k in self._taken])

    def canonical(self, entry: int, values: Sequence[Any]) -> bytes:
        """Return the canonical bytes. Raises UnchainableRow."""
        try:
            return f"{entry}\0{self.body(values)}".encode()
        except UnicodeEncodeError:
            raise UnchainableRow(f"a text of table {self.name} is no Unicode") from None

    def template(self, kinds: Sequence[type]) -> str:
        """Return what `%` makes the body with, for values of these types.

        Raises UnchainableRow when a column does not take its type.
        """
        pairs = zip(self.columns, kinds, strict=True)
        marks = [mark(column, kind) for column, kind in pairs]
        return FIELD_END.join([self.head(kinds), *marks])

    def head(self, kinds: Sequence[type]) -> str:
        """Return what stands before the columns in a row of these types: table and NULLs."""
        return self.head_of("".join("1" if kind is type(None) else "0" for kind in kinds))

    def head_of(self, absent: str) -> str:
        """Return the same when it is known which columns are NULL: `1` each, `0` the others."""
        return f"{self.name}{FIELD_END}{absent}"

    def _learn(self, kinds: tuple[type, ...]) -> str:
        made = self._templates[kinds] = self.template(kinds)
        return made


def mark(column: Column[Any], kind: type) -> str:
    """Return what `%` writes a value of this type with.

    Raises UnchainableRow when the column does not take its type.
    """
    wanted = column.type.python_type
    if kind is type(None) and column.nullable:
        return "%.0s"  # takes the value and writes nothing
    # SQLite keeps a truth as a number. %d writes True as 1.
    if kind is wanted or (wanted is bool and kind is int):
        return "%s" if kind is str else "%d"
    raise UnchainableRow(f"{column.table.name}.{column.name} holds a value of type {kind.__name__}")


def canonical_forms() -> dict[type[Record], CanonicalForm]:
    """Return the form of each record's table."""
    return {cls: CanonicalForm(table) for cls, table in TABLES.items()}
