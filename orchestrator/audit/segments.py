"""Archived segments of the chain: what stayed behind of them still fits.

A segment's rows lie in a file; its row says where it began and ended, and what the rows are that
stayed because others refer to them. So the chain goes on behind it, and no row that stayed can be
changed unnoticed.
"""

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.chain import Head, UnchainableRow
from orchestrator.audit.entries import Piece, Placed
from orchestrator.audit.findings import FindingKind, FindingList
from orchestrator.audit.proof_tables import segment
from orchestrator.domain.records import SegmentRow


def carried_bytes(canonical: bytes, entry_hash: object) -> bytes:
    """Return what `carried_sha256` covers of a row: its canonical bytes, NUL and its hash."""
    # A hash that is no bytes was put there by no station: nothing stands for it.
    return b"%b\0%b" % (canonical, entry_hash if isinstance(entry_hash, bytes) else b"")


class ArchivedSegment:
    """What is known of one segment, and what was met of it."""

    def __init__(self, entry: int, row: SegmentRow, findings: FindingList) -> None:
        self.row = row
        """The row that says what was archived."""
        self._entry = entry
        self._findings = findings
        self._digest = sha256()
        self.carried: list[Placed] = []
        """The rows of the piece that was gone through last."""
        self.rows = 0
        """How many rows stayed."""

    def through(self, piece: Piece) -> Iterator[tuple[int, Placed]]:
        """Yield the rows of a piece, and count them in."""
        for entry, found in piece.found():
            for placed in found if isinstance(found, list) else [found]:
                if placed is None:
                    continue
                self.rows += 1
                try:
                    canonical = placed.form.canonical(entry, placed.row[:-2])
                    self._digest.update(carried_bytes(canonical, placed.row[-1]))
                except UnchainableRow as reason:
                    self._say(placed.form.name, entry, str(reason))
                else:
                    yield entry, placed

    def ended(self, before: bytes | None) -> Head:
        """Compare what was met with what was archived; return the head behind the segment."""
        row = self.row
        if before is not None and before.hex() != row.first_previous:
            what = f"the segment {row.segment_id} does not continue the entry before it"
            self._say("segment", self._entry, what)
        if self.rows != row.carried_rows or self._digest.hexdigest() != row.carried_sha256:
            what = (
                f"of entries {row.first_entry} to {row.last_entry} {row.carried_rows} rows stayed "
                f"when they were archived; the {self.rows} rows that are there are not those"
            )
            self._say("segment", self._entry, what)
        return Head(row.last_entry, _bytes(row.last_hash))

    def _say(self, table: str, entry: int, what: str) -> None:
        self._findings.add(FindingKind.SEGMENT, table, entry, what)


def spans(
    connection: Connection, first: int, last: int, findings: FindingList
) -> Iterator[tuple[int, int, ArchivedSegment | None]]:
    """Yield the first and last entry of each part of the chain, with its segment if archived."""
    for entry, row in _segments(connection, first, last):
        if row.first_entry < first or row.last_entry >= entry:
            what = f"the segment {row.segment_id} overlaps another one or itself"
            findings.add(FindingKind.SEGMENT, "segment", entry, what)
            continue
        if first < row.first_entry:
            yield first, row.first_entry - 1, None
        yield row.first_entry, row.last_entry, ArchivedSegment(entry, row, findings)
        first = row.last_entry + 1
    if first <= last:
        yield first, last, None


def _segments(connection: Connection, first: int, last: int) -> list[tuple[int, SegmentRow]]:
    query = select(segment).where(segment.c.last_entry >= first, segment.c.entry <= last)
    try:
        found = connection.execute(query.order_by(segment.c.first_entry)).all()
    except (DBAPIError, UnicodeDecodeError):
        if connection.dialect.name != "sqlite":
            raise
        # The table cannot be read; the walk tells so when it comes there.
        return []
    return [(row.entry, SegmentRow._make(row[:-2])) for row in found]


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
