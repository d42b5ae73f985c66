"""The kinds of value that a rack file may hold: what is allowed, in words and as a check.

A key says what it takes, what it means, and how its value becomes a member of the spec.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def _same(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Key:
    """One plain key: `known` are the names among which a slip of the pen is looked up.

    `shown` replaces the default on the reference page where the spec's own says too little. What a
    `secret` key holds is quoted by no message.
    """

    allowed: str
    accepts: Callable[[Any], bool]
    meaning: str = ""
    known: tuple[str, ...] = ()
    convert: Callable[[Any], Any] = _same
    shown: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class TableKey:
    """A key that holds tables: their keys, those that may not be missing, and what they become.

    `many` tells a list of tables from a single one. `from_text` makes the value from a bare text
    where that is allowed.
    """

    meaning: str
    keys: Mapping[str, Key]
    make: Callable[..., Any]
    required: tuple[str, ...] = ()
    many: bool = True
    from_text: Key | None = None


@dataclass(frozen=True, slots=True)
class MapKey:
    """A key that holds a table whose keys are names of a kind, not known one by one."""

    meaning: str
    name: Key
    value: Key
    make: Callable[[Mapping[str, Any]], Any]
    keys: Mapping[str, Key] = field(default_factory=dict)


AnyKey = Key | TableKey | MapKey


def is_number(value: Any) -> bool:
    """Tell a number from everything else, booleans included."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any, low: int, high: int | None) -> bool:
    """Tell a whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return low <= value and (high is None or value <= high)


def whole(meaning: str, low: int = 0, high: int | None = None, *, shown: str = "") -> Key:
    """Take a whole number within bounds."""
    words = f"a whole number from {low}" + (f" to {high}" if high is not None else " upward")
    return Key(words, lambda value: is_whole(value, low, high), meaning, shown=shown)


def text(meaning: str, pattern: str, words: str, *, shown: str = "", secret: bool = False) -> Key:
    """Take a text of a form."""
    form = re.compile(pattern, re.DOTALL)
    return Key(
        words,
        lambda value: isinstance(value, str) and form.fullmatch(value) is not None,
        meaning,
        shown=shown,
        secret=secret,
    )


def one_of(meaning: str, *values: str) -> Key:
    """Take one of a few names."""
    return Key("one of " + ", ".join(values), lambda value: value in values, meaning, values)


def list_of(meaning: str, one: Key, words: str) -> Key:
    """Take a list whose members are all of a kind."""
    return Key(
        words,
        lambda value: isinstance(value, list) and all(one.accepts(item) for item in value),
        meaning,
        one.known,
    )


def flag(meaning: str) -> Key:
    """Take true or false."""
    return Key("true or false", lambda value: isinstance(value, bool), meaning)


def seconds(meaning: str) -> Key:
    """Take a time."""
    return Key("seconds, 0 or more", lambda value: is_number(value) and 0 <= value < 1e9, meaning)


_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


def _as_fraction(value: Any) -> Any:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else value


def fraction(meaning: str) -> Key:
    """Take a part of the whole: 0.4 or "40 %"."""

    def accepts(value: Any) -> bool:
        number = _as_fraction(value)
        return is_number(number) and 0 <= number <= 1

    return Key('a number from 0 to 1, or "40 %"', accepts, meaning, convert=_as_fraction)


_DOTTED = re.compile(r"(\d{1,4})\.(\d{1,6})")


def error_number(value: Any) -> int | None:
    """Return an error number written as such or as `"10.18"`, None for anything else."""
    found = _DOTTED.fullmatch(value) if isinstance(value, str) else None
    number = int(found[1]) << 20 | int(found[2]) if found else value
    return number if is_whole(number, 0, 2**31 - 1) else None


def error(meaning: str) -> Key:
    """Take an error number of the device."""
    return Key(
        'an error number such as 10485778 or "10.18"',
        lambda value: error_number(value) is not None,
        meaning,
        convert=error_number,
    )
