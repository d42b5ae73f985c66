"""How the pages for engineers and quality write times, lengths of time and limits."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_LONGEST = 200


def local(moment: str) -> str:
    """Write an RFC 3339 moment in the station's local time with its offset."""
    return _read(moment).strftime("%Y-%m-%d %H:%M:%S %z") if moment else ""


def short(moment: str) -> str:
    """Write an RFC 3339 moment for a list: local, without its year's century and offset."""
    return _read(moment).strftime("%m-%d %H:%M:%S") if moment else ""


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone()


def seconds_between(begin: str, end: str) -> float:
    """Return the seconds from one RFC 3339 moment to another."""
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def duration(seconds: float | None) -> str:
    """Write a length of time for people: `0.42 s`, `21.7 s`, `2:05`, `1:02:05`."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def limits(row: Mapping[str, Any]) -> str:
    """Write the limits of a measurement: `[0.4 … 0.6]`, `≥ 2`, `one of a, b`."""
    low, high = row["limit_min"], row["limit_max"]
    if low is not None or high is not None:
        return _range(low, high)
    if row["limit_one_of"] is not None:
        return f"one of {', '.join(map(str, json.loads(row['limit_one_of'])))}"[:_LONGEST]
    for sign, key in (("=", "limit_equal"), ("matches", "limit_pattern")):
        if row[key] is not None:
            return f"{sign} {row[key]}"[:_LONGEST]
    return ""


def _range(low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return f"[{low} … {high}]"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def within(row: Mapping[str, Any]) -> float | None:
    """Return where a number lies between its limits: 0 at the lower, 1 at the upper one.

    None without two limits; outside it is less than 0 or more than 1.
    """
    if row["kind"] != "number" or row["limit_min"] is None or row["limit_max"] is None:
        return None
    try:
        low, high, value = (Decimal(row[key]) for key in ("limit_min", "limit_max", "value"))
        return float((value - low) / (high - low)) if high > low else None
    except (InvalidOperation, OverflowError):
        return None


def pretty(text: str) -> str:
    """Write canonical JSON for people: `name value, name value`; other text as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict):
        return text
    return ", ".join(f"{name} {_plain(value)}" for name, value in found.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
