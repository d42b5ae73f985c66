"""Whether a record can be bound at all, asked in its caller's task before the queue.

One value that a driver refuses would fail the whole batch it rides in. So each record is checked
here first: exactly the declared types (no float, no naive stand-in), text without NUL and without
lone surrogates, whole numbers of 64 bits. Constraints are the database's own to judge.

The text that is looked at is the one that the chain covers (`chain.py`): it is made once.
"""

import asyncio  # only the type of a caller's future
import types
from collections.abc import Sequence
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from orchestrator.audit.chain import FIELD_END, canonical_forms
from orchestrator.audit.tables import TABLES
from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.records import AttachmentRow, Record

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_CALL_SHAPES_KEPT = 256
_ROW_END = "\1"  # seldom in a text; where it is, the records are looked at one by one
_BETWEEN_ROWS = (FIELD_END + _ROW_END).encode()

# The number as text; a truth as 1 or 0.
_digits = int.__repr__

# Past the constructor: every step pays for it.
_new = tuple.__new__


class Call(NamedTuple):
    """The records of one call as they will be bound, what the chain covers of each, whom to tell.

    `bodies` are their canonical bytes behind the number of the entry, which is not known yet.
    """

    records: Sequence[Record]
    bodies: Sequence[bytes]
    future: "asyncio.Future[None] | None" = None


class _CallShape(NamedTuple):
    """How the values of a call's records, each behind a place for its head, become one text.

    `known` are the places of heads and missing values with their texts, `numbers` those of whole
    numbers and truths.
    """

    known: Sequence[tuple[int, str]]
    numbers: Sequence[int]
    field_ends: int


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
        self._forms = canonical_forms()
        self._known: set[tuple[type, ...]] = set()
        self._call_shapes: dict[tuple[type, ...], _CallShape] = {}

    def __call__(
        self, records: Sequence[Record], future: "asyncio.Future[None] | None" = None
    ) -> Call:
        """Return the records of one call as they will be bound, with their bodies.

        A subclass of str (an outcome) becomes plain text; everything else stays as it is. Raises
        StationMisuse when one of them cannot be stored.
        """
        # A list that grows by whole records is quicker than a chain that asks for each value,
        # and joined texts are quicker than a template.
        fields: list[Any] = []
        for record in records:
            fields.append(None)
            fields += record
        key = (*map(type, records), *map(type, fields))
        shape = self._call_shapes.get(key)
        if shape is None:
            return self._learn_call(records, key, future)
        for place, text in shape.known:
            fields[place] = text
        for place in shape.numbers:
            number = fields[place]
            if not _SMALLEST <= number <= _LARGEST:
                return self._each(records, future)
            fields[place] = _digits(number)
        joined = FIELD_END.join(fields)
        if joined.isascii() and joined.count(FIELD_END) == shape.field_ends:
            bodies = joined.encode().split(_BETWEEN_ROWS)
            if len(bodies) == len(records):
                return _new(Call, (records, bodies, future))
        return self._each(records, future)

    def _each(self, records: Sequence[Record], future: "asyncio.Future[None] | None") -> Call:
        checked = [self._one(record) for record in records]
        return Call(checked, [self._body(record) for record in checked], future)

    def _learn_call(
        self,
        records: Sequence[Record],
        key: tuple[type, ...],
        future: "asyncio.Future[None] | None",
    ) -> Call:
        """Check the records one by one; keep the shape of the call when it is right as it is."""
        made = self._each(records, future)
        changed = any(new is not old for new, old in zip(made.records, records, strict=True))
        # Content is not in the body: its call has no template that takes all values.
        if AttachmentRow in key or changed or not records:
            return made
        if len(self._call_shapes) < _CALL_SHAPES_KEPT:
            self._call_shapes[key] = self._shape(records)
        return made

    def _shape(self, records: Sequence[Record]) -> _CallShape:
        known, numbers, head_place, start = [], [], 0, ""
        for record in records:
            head = self._forms[type(record)].head(tuple(map(type, record)))
            known.append((head_place, start + FIELD_END + head))
            for place, value in enumerate(record, head_place + 1):
                if value is None:
                    known.append((place, ""))
                elif isinstance(value, int):
                    numbers.append(place)
            head_place, start = head_place + 1 + len(record), _ROW_END
        # A head is three fields: nothing, the table, and which columns are NULL.
        return _CallShape(known, numbers, head_place - 1 + 2 * len(records))

    def _body(self, record: Record) -> bytes:
        return (FIELD_END + self._forms[type(record)].body_of(record)).encode()

    def _one(self, record: Record) -> Record:
        if type(record) not in TABLES:
            raise StationMisuse(
                f"a {type(record).__name__} is no record of the audit",
                remedy="Hand over one of the rows of orchestrator.domain.records",
            )
        if (type(record), *map(type, record)) not in self._known:
            record = self._learn(record)
        for name, value in zip(record._fields, record, strict=True):
            if isinstance(value, str):
                if not value.isascii() or FIELD_END in value:
                    _check_text(record, name, value)
            elif type(value) is int and not _SMALLEST <= value <= _LARGEST:
                _refuse_number(record, name)
        return record

    def _learn(self, record: Record) -> Record:
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
        self._known.add((cls, *map(type, made)))
        return made


def _check_text(record: Record, name: str, value: str) -> None:
    if FIELD_END in value:
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


def _refuse_number(record: Record, name: str) -> None:
    raise StationMisuse(
        "a whole number needs more than 64 bits and cannot be stored",
        where=_place(record, name),
        remedy="Check where the number came from",
    )
