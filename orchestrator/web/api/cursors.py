"""Where the next page of a list begins: an opaque text that names the list and its last key.

A cursor of another list, or one that somebody made up, is refused.
"""

import base64
import binascii
import json

from orchestrator.web.problems import Refused

PAGE_ROWS = 100
MOST_ROWS = 500
_LONGEST = 400


def write_cursor(listed: str, key: int | str) -> str:
    """Return the cursor that goes on behind `key` in the list `listed`."""
    text = json.dumps([listed, key], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_number(listed: str, cursor: str | None) -> int | None:
    """Return the number behind which the list goes on; None from the beginning. Raises Refused."""
    key = _read(listed, cursor)
    if key is not None and (not isinstance(key, int) or not 0 <= key < 1 << 63):
        raise _no_cursor(listed)
    return key


def read_name(listed: str, cursor: str | None) -> str | None:
    """Return the name behind which the list goes on; None from the beginning. Raises Refused."""
    key = _read(listed, cursor)
    if key is not None and not isinstance(key, str):
        raise _no_cursor(listed)
    return key


def _read(listed: str, cursor: str | None) -> int | str | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _no_cursor(listed) from None
    match found:
        case [str(name), (int() | str()) as key] if name == listed and not isinstance(key, bool):
            return key
        case _:
            raise _no_cursor(listed)


def _no_cursor(listed: str) -> Refused:
    return Refused(
        422,
        "cursor",
        f"This is no cursor of the list of {listed}.",
        "Begin without `after`, and go on with what `next` says.",
    )
