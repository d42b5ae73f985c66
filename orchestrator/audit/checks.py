"""Whether a record can be bound at all, asked in its caller's task before the queue.

One value that a driver refuses would fail the whole batch it rides in. So each record is checked
here first: exactly the declared types (no float, no naive stand-in), text without NUL and without
lone surrogates, whole numbers of 64 bits. Constraints are the database's own to judge.
"""

import types
from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

from orchestrator.audit.tables import TABLES
from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.records import Record

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_CALL_SHAPES_KEPT = 256

_Shape = tuple[Callable[[Any], Any], tuple[int, ...]]
"""How to take the texts out of a record, and where its whole numbers are."""


def _allowed(annotation: Any) -> tuple[type, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(get_args(annotation))
    return (annotation,)


def _place(record: Record, name: str) -> dict[str, str]:
    return {"record": type(record).__name__, "column": name}


class BindCheck:
    """Checks records and remembers the shapes (tuples of types) that it has seen to be right.

    The shapes are few: one per record type and pattern of missing values. The records of one call
    are looked at as one, since a station makes the same few kinds of calls all day.
    """

    def __init__(self) -> None:
        self._declared = {
            cls: [_allowed(hint) for hint in get_type_hints(cls).values()] for cls in TABLES
        }
        self._shapes: dict[type, dict[tuple[type, ...], _Shape]] = {cls: {} for cls in TABLES}
        self._call_shapes: dict[tuple[type, ...], _Shape] = {}

    def __call__(self, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records of one call as they will be bound.

        A subclass of str (an outcome) becomes plain text; everything else stays as it is. Raises
        StationMisuse when one of them cannot be stored.
        """
        values: tuple[Any, ...] = tuple(chain.from_iterable(records))
        key = tuple(map(type, chain(records, values)))
        shape = self._call_shapes.get(key)
        if shape is None:
            return self._learn_call(records, key)
        texts, numbers = shape
        joined = "".join(texts(values))
        if joined.isascii() and "\0" not in joined:
            for position in numbers:
                if not _SMALLEST <= values[position] <= _LARGEST:
                    break
            else:
                return records
        return [self._one(record) for record in records]

    def _learn_call(self, records: Sequence[Record], key: tuple[type, ...]) -> Sequence[Record]:
        """Check the records one by one; keep the shape of the call when it is right as it is."""
        checked = [self._one(record) for record in records]
        changed = any(new is not old for new, old in zip(checked, records, strict=True))
        if not changed and records and len(self._call_shapes) < _CALL_SHAPES_KEPT:
            kinds = key[len(records) :]
            texts = [k for k, kind in enumerate(kinds) if kind is str]
            numbers = tuple(k for k, kind in enumerate(kinds) if kind is int)
            self._call_shapes[key] = (_getter(texts), numbers)
        return checked

    def _one(self, record: Record) -> Record:
        shapes = self._shapes.get(type(record))
        if shapes is None:
            raise StationMisuse(
                f"a {type(record).__name__} is no record of the audit",
                remedy="Hand over one of the rows of orchestrator.domain.records",
            )
        shape = shapes.get(tuple(map(type, record)))
        if shape is None:
            record, shape = self._learn(record)
        texts, numbers = shape
        joined = "".join(texts(record))
        if not joined.isascii() or "\0" in joined:
            _check_texts(record)
        for position in numbers:
            if not _SMALLEST <= record[position] <= _LARGEST:  # type: ignore[operator]  # an int
                _refuse_number(record, position)
        return record

    def _learn(self, record: Record) -> tuple[Record, _Shape]:
        """Check the types of a record of an unknown shape, and keep the shape when it is right."""
        cls = type(record)
        values = []
        for name, value, allowed in zip(cls._fields, record, self._declared[cls], strict=True):
            plain = str(value) if isinstance(value, str) else value
            if type(plain) not in allowed:
                raise StationMisuse(
                    f"a value of type {type(value).__name__} cannot be stored",
                    where=_place(record, name),
                    remedy="Report it to the developers; numbers are stored as decimal text",
                )
            values.append(plain)
        made: Record = cls._make(values)
        shape_key = tuple(map(type, made))
        texts = [k for k, kind in enumerate(shape_key) if kind is str]
        numbers = tuple(k for k, kind in enumerate(shape_key) if kind is int)
        shape = (_getter(texts), numbers)
        self._shapes[cls][shape_key] = shape
        return made, shape


def _getter(positions: Sequence[int]) -> Callable[[Any], Any]:
    # With a single position itemgetter returns the text itself, which join takes as well.
    return itemgetter(*positions)


def _check_texts(record: Record) -> None:
    for name, value in zip(record._fields, record, strict=True):
        if not isinstance(value, str):
            continue
        if "\0" in value:
            raise StationMisuse(
                "a text holds a NUL character, which cannot be stored",
                where=_place(record, name),
                remedy="Check where the text came from; a peer may have sent binary data",
            )
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise StationMisuse(
                f"a text holds half a character at position {error.start}, which cannot be stored",
                where=_place(record, name),
                remedy="Check where the text came from; it was cut or wrongly decoded",
            ) from None


def _refuse_number(record: Record, position: int) -> None:
    raise StationMisuse(
        "a whole number needs more than 64 bits and cannot be stored",
        where=_place(record, record._fields[position]),
        remedy="Check where the number came from",
    )
