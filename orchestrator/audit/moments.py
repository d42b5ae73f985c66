"""Points in time as people type them, turned into the text that the audit stores.

Stored times are RFC 3339 in UTC with microseconds, so comparing them as text compares the times.
"""

import re
from datetime import UTC, date, datetime, time

from orchestrator.domain.clock import timestamp
from orchestrator.domain.errors import InputMistakes

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def since_text(typed: str) -> str:
    """Return the first moment that `typed` means. Raises InputMistakes.

    A date is a day in UTC; a time needs its zone: `2026-11-21T14:30:00Z` or `...+01:00`.
    """
    return timestamp(_moment(typed, time.min))


def until_text(typed: str) -> str:
    """Return the last moment that `typed` means: the end of a day. Raises InputMistakes."""
    return timestamp(_moment(typed, time.max))


def _moment(typed: str, of_day: time) -> datetime:
    try:
        if _DATE.fullmatch(typed):
            return datetime.combine(date.fromisoformat(typed), of_day, UTC)
        moment = datetime.fromisoformat(typed)
        if moment.tzinfo is None:
            raise _not_understood(typed, "the zone is missing")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _not_understood(typed, str(error)) from None


def _not_understood(typed: str, why: str) -> InputMistakes:
    return InputMistakes(
        f"{typed!r} is no point in time ({why})",
        remedy="Write a date like 2026-11-21, or a time with its zone like 2026-11-21T14:30:00Z",
    )
