"""The end of the chain in the hands of its one writer: rows get their entries as they are inserted.

Entries are given anew in every attempt of a transaction, and the head moves only when the attempt
was committed: what is rolled back leaves no gap.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from orchestrator.audit.chain import GENESIS, Head
from orchestrator.audit.checks import Call
from orchestrator.audit.statements import Key, Statements, whole_rows, width
from orchestrator.audit.tables import TABLES, WRITTEN_ONCE
from orchestrator.domain.records import Record


class Entry(NamedTuple):
    """One entry of the chain, as it is told of after its commit."""

    entry: int
    hash: bytes
    table: str


Groups = dict[type[Record], list[Any]]
"""Rows by their types: each one's values, entry and hash, row behind row in one list."""


class Appender:
    """Numbers, chains and inserts the rows of one transaction after another."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.head: Head = GENESIS
        """The end of what was committed."""
        self.pending: Head = GENESIS
        """The end of what was appended in this transaction."""
        self.appended: list[Groups] = []
        """What was appended in this transaction."""

    def load(self, cursor: Any) -> None:
        """Take the head from the database. Raises the driver's errors."""
        self.head = self.pending = self._statements.head(cursor)
        self.appended = []

    def begin(self) -> None:
        """Go on from what was committed."""
        self.pending = self.head
        self.appended = []

    def committed(self) -> None:
        """Remember that what was appended is there."""
        self.head = self.pending

    def append(self, cursor: Any, calls: Sequence[Call]) -> None:
        """Insert all records of `calls`, each call's in their order. Raises the driver's errors.

        Those that are written once and already there are left out.
        """
        groups: Groups = defaultdict(list)
        present: set[tuple[type[Record], Key]] | None = None
        key = self._statements.key
        entry, head = self.pending
        for records, bodies, _ in calls:
            for record, body in zip(records, bodies, strict=True):
                cls = type(record)
                if cls in WRITTEN_ONCE:
                    if present is None:
                        present = self._statements.present(cursor, _written_once(calls))
                    found = cls, key(record)
                    if found in present:
                        continue
                    present.add(found)
                entry += 1
                head = sha256(b"%b%d%b" % (head, entry, body)).digest()
                values = groups[cls]
                values += record
                # SQLite's driver takes a bytearray as it is; for bytes it looks for an adapter.
                values += entry, bytearray(head)
        self._statements.insert(cursor, groups)
        self.pending = Head(entry, head)
        self.appended.append(groups)

    def has(self, kinds: frozenset[type[Record]]) -> bool:
        """Say whether this transaction has rows of one of these types."""
        return any(not kinds.isdisjoint(groups) for groups in self.appended)

    def rows(self, cls: type[Record]) -> list[tuple[Any, ...]]:
        """Return the rows of a type in this transaction, in their order."""
        return [
            row for groups in self.appended for row in whole_rows(groups.get(cls, ()), width(cls))
        ]

    def entries(self) -> list[Entry]:
        """Return the entries of this transaction, in their order."""
        return sorted(
            Entry(row[-2], bytes(row[-1]), TABLES[cls].name)
            for groups in self.appended
            for cls, values in groups.items()
            for row in whole_rows(values, width(cls))
        )


def _written_once(calls: Sequence[Call]) -> Iterable[Record]:
    return (record for records, *_ in calls for record in records if type(record) in WRITTEN_ONCE)
