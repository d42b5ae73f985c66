"""Measured values, the limits a recipe declares for them, and the one judge.

Numbers are finite decimals from the moment they enter: a NaN is the station's fault, never a PASS.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.outcome import Outcome

MOST_MATCHED = 500
"""Characters of the longest text that is held against a pattern: some patterns take the third
power of the length, and all slots wait meanwhile."""

Value = Decimal | int | str | bool
"""What a step may measure. Floats are turned into decimals by `measured`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a measurement must satisfy; every member that is not None counts.

    `min` and `max` are inclusive and in `uom`; `equal` compares by value; `pattern` is a regular
    expression that must match the whole text; `one_of` lists the values allowed.
    """

    min: Decimal | None = None
    max: Decimal | None = None
    equal: Value | None = None
    pattern: str | None = None
    one_of: tuple[Value, ...] | None = None
    uom: str = ""

    def describe(self) -> str:
        """Say the limit in words: `must be between -80 and -20 dBm`."""
        parts = []
        if self.min is not None and self.max is not None:
            parts.append(f"between {as_text(self.min)} and {as_text(self.max)}")
        elif self.min is not None:
            parts.append(f"at least {as_text(self.min)}")
        elif self.max is not None:
            parts.append(f"at most {as_text(self.max)}")
        if self.equal is not None:
            parts.append(f"equal to {as_text(self.equal)}")
        if self.pattern is not None:
            parts.append(f"of the form {self.pattern}")
        if self.one_of is not None:
            parts.append("one of " + ", ".join(as_text(value) for value in self.one_of))
        uom = f" {self.uom}" if self.uom else ""
        return f"must be {' and '.join(parts)}{uom}" if parts else "has no limit"


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def measured(value: Value | float) -> Value:
    """Return `value` as the house keeps it. Raises StationMisuse for NaN and infinities."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise StationMisuse(
                f"a step measured {value}, which is no number",
                remedy="Check the instrument or the step that made it",
            )
        return Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise StationMisuse(
            f"a step measured {value}, which is no number",
            remedy="Check the instrument or the step that made it",
        )
    return value


def judge(value: Value, limit: Limit | None) -> Outcome:
    """Return PASS when `value` satisfies `limit` (or there is none), else FAIL.

    Raises StationMisuse when the limit is for another kind of value (a number asked of a text),
    and for a text too long for its pattern: that is the recipe's fault, not the product's.
    """
    if limit is None:
        return Outcome.PASS
    low, high = limit.min, limit.max
    if (low is not None or high is not None) and not _within(value, low, high):
        return Outcome.FAIL
    if limit.equal is not None and not _is_one_of(value, (limit.equal,)):
        return Outcome.FAIL
    if limit.pattern is not None and not _matches(value, limit.pattern):
        return Outcome.FAIL
    if limit.one_of is not None and not _is_one_of(value, limit.one_of):
        return Outcome.FAIL
    return Outcome.PASS


def _kind(value: Value) -> str:
    # A boolean is an int to Python, and True equals 1.
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _is_one_of(value: Value, allowed: tuple[Value, ...]) -> bool:
    kind = _kind(value)
    for one in allowed:
        if _kind(one) != kind:
            raise StationMisuse(
                f"the value {value!r} is a {kind}, its limit {as_text(one)} is a {_kind(one)}",
                remedy="Correct the limit in the recipe, or report it to whoever wrote the step",
            )
    return value in allowed


def _matches(value: Value, pattern: str) -> bool:
    text = as_text(value)
    if len(text) > MOST_MATCHED:
        raise StationMisuse(
            f"a text of {len(text)} characters is too long for a pattern (at most {MOST_MATCHED})",
            remedy="Use equal or one_of for it in the recipe",
        )
    return _compiled(pattern).fullmatch(text) is not None


def _within(value: Value, low: Decimal | None, high: Decimal | None) -> bool:
    if isinstance(value, (str, bool)):
        raise StationMisuse(
            f"a numeric limit was set for the value {value!r}, which is no number",
            remedy="Use equal, one_of or pattern for it in the recipe",
        )
    return (low is None or value >= low) and (high is None or value <= high)


def as_text(value: Value) -> str:
    """Write a value for the audit: decimals in plain notation, booleans as `true` / `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
