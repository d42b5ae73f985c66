"""Going through the entries in their order, recomputing each hash from the one before.

A piece that is what was written is gone through at once (`fitting.py`), any other row by row: what
does not fit is located, be it a row that was changed or exchanged with another, entries that are
missing, rows that do not belong. `verify.py` joins this with who signed and what is archived.
"""

from collections.abc import Callable
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple

from orchestrator.audit.chain import CanonicalForm, Head, UnchainableRow, link
from orchestrator.audit.entries import Piece, Placed
from orchestrator.audit.findings import Finding, FindingKind, FindingList
from orchestrator.audit.fitting import fitting_hashes
from orchestrator.audit.trust import Trust
from orchestrator.audit.witness import Witnesses
from orchestrator.domain.records import CheckpointRow, EpochRow, KeyRow

_MOST_SUSPECTS = 64

_Special = Callable[[int, tuple[Any, ...], bytes | None], None]


class Walk:
    """Holds the hash that was reached, and looks for the reason when the next one does not fit."""

    def __init__(
        self, start: Head, trust: Trust, witnesses: Witnesses, findings: FindingList
    ) -> None:
        self.entry = start.entry
        """The last entry that was gone through."""
        self.hash: bytes | None = start.hash
        """Its hash as it is stored; None when it is not there."""
        self.rows = 0
        """How many rows were read."""
        self._trust = trust
        self._witnesses = witnesses
        self._findings = findings
        self._suspects = _Suspects(findings)
        self._gap = 0  # the first entry of a gap that is being gone through
        self._instead = Head(0, b"")  # the hash that a changed row should have had
        self._unsigned_end = 0  # the first end of a run that no checkpoint follows
        self._special: dict[str, _Special] = {
            "signing_key": lambda entry, row, _: trust.key(entry, KeyRow._make(row)),
            "epoch": lambda entry, row, _: trust.epoch(entry, EpochRow._make(row)),
            "checkpoint": self._checkpoint,
            "run_end": self._run_end,
        }

    def through(self, piece: Piece) -> None:
        """Go on through a piece."""
        hashes = None
        if self.hash is not None:
            hashes = fitting_hashes(piece, Head(self.entry, self.hash))
        if hashes is None:
            self._one_by_one(piece)
        else:
            self._at_once(piece, hashes)

    def _at_once(self, piece: Piece, hashes: dict[int, bytes]) -> None:
        """Go on through a piece of which every row is what was written."""
        special = [
            (row[-2], row[:-2], self._special[form.name])
            for form, rows in piece.tables
            if form.name in self._special
            for row in rows
        ]
        for entry, values, take_note in sorted(special, key=itemgetter(0)):
            take_note(entry, values, hashes[entry - 1])
        for entry in self._witnesses.wanted:
            if entry in piece.numbers:
                self._witnesses.met(entry, hashes[entry])
        self.rows += len(piece.numbers)
        self.entry = piece.numbers[-1]
        self.hash = hashes[self.entry]

    def _one_by_one(self, piece: Piece) -> None:
        """Go on through a piece, and say what does not fit in it."""
        if piece.numbers.start != self.entry + 1:
            self._missing(self.entry + 1)
        before = self.hash
        for entry, placed in piece.found():
            if placed is None:
                self._missing(entry)
                before = None
                continue
            if self._gap or not isinstance(placed, Placed):
                placed = self._odd(entry, placed, before)  # noqa: PLW2901  # one of them
            before = self._row(entry, placed, before)
            if entry in self._witnesses.wanted:
                self._witnesses.met(entry, before)
            self.rows += 1
        self.entry, self.hash = piece.numbers[-1], before

    def _row(self, entry: int, placed: Placed, before: bytes | None) -> bytes | None:
        """Say what of a row does not fit; return its hash as it is stored, None if it has none."""
        form, row = placed
        values, stored = row[:-2], row[-1]
        try:
            canonical = form.canonical(entry, values)
        except UnchainableRow as reason:
            self._findings.add(FindingKind.CHANGED, form.name, entry, str(reason))
        else:
            if before is not None and sha256(before + canonical).digest() != stored:
                self._mismatch(entry, placed, before, canonical)
            if form.name in self._special:
                self._special[form.name](entry, values, before)
        if isinstance(stored, bytes):
            return stored
        self._findings.add(FindingKind.CHANGED, form.name, entry, "its hash is none")
        return None

    def over(self, segment_end: Head, rows: int) -> None:
        """Go on behind an archived segment of which `rows` stayed."""
        self._gap = 0
        self.rows += rows
        self.entry, self.hash = segment_end
        if segment_end.entry in self._witnesses.wanted:
            self._witnesses.met(*segment_end)

    def carried(self, entry: int, placed: Placed) -> None:
        """Take note of a row that stayed when its segment was archived."""
        if placed.form.name in ("signing_key", "epoch"):
            self._special[placed.form.name](entry, placed.row[:-2], None)

    def ended(self) -> None:
        """Say what can be said only at the end."""
        if self._unsigned_end:
            what = "no checkpoint follows this end of a run: the rows behind it were cut off"
            self._findings.add(FindingKind.CUT_OFF, "run_end", self._unsigned_end, what)
        self._suspects.judge()

    def _odd(self, entry: int, found: Placed | list[Placed], before: bytes | None) -> Placed:
        """Return the row to go on with, behind a gap or among several."""
        if self._gap:
            self._gap_ended(entry, found)
        return found if isinstance(found, Placed) else self._belonging(entry, found, before)

    def _missing(self, entry: int) -> None:
        self._gap = self._gap or entry
        self.hash = None

    def _gap_ended(self, entry: int, placed: Placed | list[Placed]) -> None:
        first, last = self._gap, entry - 1
        self._gap = 0
        behind = placed if isinstance(placed, Placed) else placed[0]
        what = (
            f"the entry before {behind.form.name} {entry} is missing"
            if first == last
            else f"entries {first} to {last} before {behind.form.name} {entry} are missing"
        )
        self._findings.add(FindingKind.MISSING, "", first, what)

    def _belonging(self, entry: int, candidates: list[Placed], before: bytes | None) -> Placed:
        """Return the row that belongs to an entry which several rows claim."""
        fits = [
            placed
            for placed in candidates
            if before is not None and _hash(before, entry, placed) == placed.row[-1]
        ]
        chosen = fits[0] if fits else candidates[0]
        for placed in candidates:
            if placed is not chosen:
                what = f"the entry belongs to a row of {chosen.form.name}"
                self._findings.add(FindingKind.INSERTED, placed.form.name, entry, what)
        return chosen

    def _mismatch(self, entry: int, placed: Placed, before: bytes, canonical: bytes) -> None:
        stored = placed.row[-1]
        instead = self._instead
        if instead.entry == entry - 1 and link(instead.hash, canonical) == stored:
            # Only the hash of the row before was changed, and that was told.
            return
        self._instead = Head(entry, link(before, canonical))
        what = "the row, or its hash, is not what was written"
        self._findings.add(FindingKind.CHANGED, placed.form.name, entry, what)
        self._suspects.add(_Suspect(entry, placed.form, placed.row, before))

    def _checkpoint(self, entry: int, row: tuple[Any, ...], before: bytes | None) -> None:
        record = CheckpointRow._make(row)
        self._unsigned_end = 0
        self._trust.checkpoint(entry, record, before)
        if record.up_to in self._witnesses.wanted:
            self._witnesses.signed(record.up_to, record.note)

    def _run_end(self, entry: int, row: tuple[Any, ...], before: bytes | None) -> None:
        del row, before
        # A station writes a checkpoint together with the end of a run.
        if self._trust.epochs and not self._unsigned_end:
            self._unsigned_end = entry


class _Suspect(NamedTuple):
    entry: int
    form: CanonicalForm
    row: tuple[Any, ...]
    before: bytes


class _Suspects:
    """Rows that do not fit, kept to find out whether two of them have exchanged their places."""

    def __init__(self, findings: FindingList) -> None:
        self._findings = findings
        self._rows: list[_Suspect] = []

    def add(self, suspect: _Suspect) -> None:
        """Keep a row, as long as there are few."""
        if len(self._rows) < _MOST_SUSPECTS:
            self._rows.append(suspect)

    def judge(self) -> None:
        """Reword the findings about pairs that were exchanged."""
        partners: dict[int, int] = {}
        for one in self._rows:
            for other in self._rows:
                if one.entry < other.entry and _exchanged(one, other):
                    partners[one.entry], partners[other.entry] = other.entry, one.entry
        self._findings.kept = [
            Finding(
                FindingKind.REORDERED,
                finding.table,
                finding.entry,
                f"the row has exchanged its place with entry {partners[finding.entry]}",
            )
            if finding.kind is FindingKind.CHANGED and finding.entry in partners
            else finding
            for finding in self._findings.kept
        ]


def _exchanged(one: _Suspect, other: _Suspect) -> bool:
    """Say whether the row of one entry, put at the other, has a hash that was stored there."""
    stored = {one.row[-1], other.row[-1]}
    return _put(other, one) in stored or _put(one, other) in stored


def _put(row: _Suspect, place: _Suspect) -> bytes:
    return link(place.before, row.form.canonical(place.entry, row.row[:-2]))


def _hash(before: bytes, entry: int, placed: Placed) -> bytes:
    try:
        return link(before, placed.form.canonical(entry, placed.row[:-2]))
    except UnchainableRow:
        return b""
