"""From the text of a scalar to the value that a signature asks for.

One spelling per kind, quoted or not: `true` and never `yes`, `90s` and never `90`, plain decimals.
A text that does not fit comes back as a `Misfit` that says what would.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from orchestrator.recipe.signature import ParameterKind

_INTEGER = r"[+-]?(0|[1-9][0-9]{0,18})"
_NUMBER = r"[+-]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?"
_DURATION = r"((?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?)(ms|s|min|h)"
_SIZE = r"(0|[1-9][0-9]{0,12})(B|kB|KiB|MB|MiB|GB|GiB)"
_LOOSE = r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([A-Za-zµ]*)\s*"

SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600)}
BYTES = {
    "B": 1,
    "kB": 1000,
    "KiB": 1 << 10,
    "MB": 1000**2,
    "MiB": 1 << 20,
    "GB": 1000**3,
    "GiB": 1 << 30,
}
_OTHER_WORDS = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "m": "min",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
    "msec": "ms",
    "k": "KiB",
    "kb": "kB",
    "kib": "KiB",
    "mb": "MB",
    "mib": "MiB",
    "gb": "GB",
    "gib": "GiB",
    "b": "B",
    "bytes": "B",
    "byte": "B",
}
_TRUE = {"yes", "on", "y", "1", "true"}
_FALSE = {"no", "off", "n", "0", "false"}

WORDS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "duration": "a duration",
    "size": "a size",
    "choice": "one of the words allowed",
    "list": "a list",
    "artifact": "the name of an artifact",
    "secret": "the name of a secret",
}
"""How messages call each kind of value."""


class Misfit(NamedTuple):
    """Why a text is not of the kind wanted; `replacement` is a spelling that would be."""

    reason: str
    replacement: str | None = None
    unit_missing: bool = False


def typed(text: str, kind: ParameterKind) -> str | int | Decimal | bool | Misfit:
    """Return `text` as a value of `kind` (of the scalar kinds), or why it is none.

    Durations come back in seconds, sizes in bytes.
    """
    if kind == "integer":
        return integer(text)
    if kind == "number":
        return number(text)
    if kind == "boolean":
        return boolean(text)
    if kind == "duration":
        return duration(text)
    if kind == "size":
        return size(text)
    return text


def integer(text: str) -> int | Misfit:
    """Return a whole number within 64 bits, or why `text` is none."""
    if not re.fullmatch(_INTEGER, text):
        return Misfit("not a whole number", _number_hint(text, whole=True))
    value = int(text)
    return value if abs(value) < 1 << 63 else Misfit("more than 64 bits can hold")


def number(text: str) -> Decimal | Misfit:
    """Return a finite decimal, or why `text` is none."""
    if re.fullmatch(_NUMBER, text):
        return Decimal(text)
    return Misfit("not a plain decimal number", _number_hint(text, whole=False))


def boolean(text: str) -> bool | Misfit:
    """Return a truth value, or why `text` is none."""
    if text in ("true", "false"):
        return text == "true"
    word = text.lower()
    guess = "true" if word in _TRUE else "false" if word in _FALSE else None
    return Misfit("neither `true` nor `false`", guess)


def duration(text: str) -> Decimal | Misfit:
    """Return seconds, or why `text` is no duration."""
    match = re.fullmatch(_DURATION, text)
    if match:
        return Decimal(match[1]) * SECONDS[match[2]]
    return _unit_misfit(text, "duration", tuple(SECONDS), "s")


def size(text: str) -> int | Misfit:
    """Return bytes, or why `text` is no size."""
    match = re.fullmatch(_SIZE, text)
    if match:
        return int(match[1]) * BYTES[match[2]]
    return _unit_misfit(text, "size", tuple(BYTES), "KiB")


def plain_decimal(value: Decimal) -> str:
    """Write a decimal without exponent and without zeros that mean nothing: `1.50` is `1.5`."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def spelled_duration(seconds: Decimal) -> str:
    """Write seconds as a recipe does: `90s`, `500ms`."""
    if seconds and seconds < 1:
        return f"{plain_decimal(seconds * 1000)}ms"
    return f"{plain_decimal(seconds)}s"


def _unit_misfit(text: str, what: str, units: tuple[str, ...], usual: str) -> Misfit:
    match = re.fullmatch(_LOOSE, text)
    if not match:
        return Misfit(f"not a {what}; write a number and {', '.join(units)}")
    amount, word = match[1].replace("_", "").lstrip("0") or "0", match[2]
    amount = f"0{amount}" if amount.startswith(".") else amount
    if not word:
        spelled = [f"`{amount}{unit}`" for unit in _likely(usual)]
        return Misfit(
            f"a {what} needs a unit: {' or '.join(spelled)}", f"{amount}{usual}", unit_missing=True
        )
    small = word.lower()
    unit = next((each for each in units if small == each), None) or _OTHER_WORDS.get(small)
    if unit in units:
        return Misfit(f"not the spelling of a {what}", f"{amount}{unit}")
    return Misfit(f"unknown unit `{word}`; allowed: {', '.join(units)}")


def _likely(usual: str) -> tuple[str, ...]:
    return ("s", "min") if usual == "s" else ("B", "KiB", "MiB")


def _number_hint(text: str, *, whole: bool) -> str | None:
    """Return how a number in a computer's spelling is written here, None without a guess."""
    loose = text.strip().replace("_", "")
    if re.fullmatch(r"[+-]?[0-9]{1,18}", loose):
        return str(int(loose))
    if not whole and re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+(e[+-]?[0-9]{1,2})?", loose.lower()):
        return plain_decimal(Decimal(loose))
    return None
