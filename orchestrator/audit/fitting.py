"""Whether a whole piece of the chain is what was written, recomputed at once.

Of nearly every piece nothing more has to be known. Its rows become bytes column by column, some
hundred at a time, which costs a third of going row by row. Where anything is unusual it is not
said what: `walk.py` then looks at the rows one after the other.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import repeat
from types import NoneType
from typing import Any

from sqlalchemy import Column

from orchestrator.audit.chain import FIELD_END, CanonicalForm, Head, UnchainableRow, mark
from orchestrator.audit.entries import Piece

_ROWS_AT_ONCE = 256  # with more, values are no longer in the processor's cache at second sight

_TEXTS = frozenset({str})


def fitting_hashes(piece: Piece, before: Head) -> dict[int, bytes] | None:
    """Return the hash of each entry, that of `before` among them, when the piece goes on from it.

    None when any entry is missing or there twice, or any row or hash does not fit.
    """
    canonical: dict[int, bytes] = {}
    stored = {before.entry: before.hash}
    rows = 1
    try:
        for form, of_table in piece.tables:
            rows += len(of_table)
            for start in range(0, len(of_table), _ROWS_AT_ONCE):
                some = of_table[start : start + _ROWS_AT_ONCE]
                *columns, entries, hashes = zip(*some, strict=True)
                canonical.update(zip(entries, canonical_rows(form, entries, columns), strict=True))
                stored.update(zip(entries, hashes, strict=True))
    except UnchainableRow:
        return None
    if not rows == len(stored) == piece.numbers.stop - before.entry:
        return None
    head = before.hash
    for number in piece.numbers:
        head = sha256(head + canonical[number]).digest()
        if head != stored[number]:
            return None
    return stored


def canonical_rows(
    form: CanonicalForm, entries: Sequence[int], columns: Sequence[Sequence[Any]]
) -> list[bytes]:
    """Return the canonical bytes of rows of one table, whose values are given column by column.

    Raises UnchainableRow when any of them has none, without saying which.
    """
    try:
        fields = zip(map(int.__repr__, entries), *_fields(form, columns), strict=False)
        texts = list(map(FIELD_END.join, fields))
        made = list(map(str.encode, texts))
    except (TypeError, UnicodeEncodeError):
        raise UnchainableRow(f"a value of table {form.name} is none of a station") from None
    # An entry, the table, the missing values, the columns: one less stands between them.
    if "".join(texts).count(FIELD_END) != len(texts) * (len(columns) + 2):
        raise UnchainableRow(f"a text of table {form.name} holds NUL")
    return made


def _fields(form: CanonicalForm, columns: Sequence[Sequence[Any]]) -> list[Iterable[str]]:
    """Return what stands behind the entries, field by field: table, missing values, columns."""
    absent: list[str] = []
    texts: list[Iterable[str]] = []
    for column, values in zip(form.columns, columns, strict=True):
        kinds = _kinds(column, values)
        absent.append(_absent(values, kinds))
        texts.append(_texts(values, kinds))
    if max(map(len, absent)) == 1:
        return [repeat(form.head_of("".join(absent))), *texts]
    marks = (each if len(each) > 1 else repeat(each) for each in absent)
    return [map(form.head_of, map("".join, zip(*marks, strict=False))), *texts]


def _kinds(column: Column[Any], values: Sequence[Any]) -> frozenset[type]:
    """Return the types of values. Raises UnchainableRow for one that the column does not take."""
    if column.type.python_type is str and not column.nullable:
        return _TEXTS  # what is no text cannot be joined
    kinds = frozenset(map(type, values))
    for kind in kinds:
        mark(column, kind)
    return kinds


def _absent(values: Sequence[Any], kinds: frozenset[type]) -> str:
    """Return `0` when all values are there, `1` when none is, or one of the two for each value."""
    if NoneType not in kinds:
        return "0"
    return "1" if len(kinds) == 1 else "".join("01"[value is None] for value in values)


def _texts(values: Sequence[Any], kinds: frozenset[type]) -> Iterable[str]:
    as_text = str if str in kinds else int.__repr__  # that of a truth is 1 or 0
    if NoneType in kinds:
        return ["" if value is None else as_text(value) for value in values]
    return values if as_text is str else map(as_text, values)
