"""The limits that the vendor documents, checked before anything is sent.

Each function returns what it was given in the form that the wire wants, or raises StationMisuse
with a sentence.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from orchestrator.domain.errors import StationMisuse
from orchestrator.transport.text import printable

BULK_LIMIT = 1000
"""Devices in one claim."""

LARGEST_IMAGE_BYTES = 64 << 20
LONGEST_TOKEN = 8192
CAPABILITIES = {11: "application development", 13: "field servicing"}

_DEVICE = re.compile(r"[0-9A-Fa-f]{128}")
_NAME = re.compile(r"[A-Za-z0-9 ]{1,50}")
_CORRECT = "Correct the value in the recipe"


def misuse(what: str, remedy: str = _CORRECT) -> StationMisuse:
    """Return the error for a value that the cloud does not take."""
    return StationMisuse(what, remedy=remedy, code="value")


def guid(value: str, what: str) -> str:
    """Return an id in its one spelling."""
    try:
        return str(UUID(value))
    except ValueError:
        raise misuse(
            f'"{printable(value, 60)}" is no id of a {what}',
            "Give 8-4-4-4-12 hexadecimal digits",
        ) from None


def device(device_id: str) -> str:
    """Return a device id in its one spelling: 128 lower-case hexadecimal digits."""
    if not _DEVICE.fullmatch(device_id):
        raise misuse(
            f'"{printable(device_id, 40)}" is no device id ({len(device_id)} characters)',
            "Give the 128 hexadecimal digits that the board reports",
        )
    return device_id.lower()


def devices(device_ids: Sequence[str]) -> list[str]:
    """Return the ids of a claim, each once, in the order given."""
    ids = list(dict.fromkeys(device(each) for each in device_ids))
    if not 1 <= len(ids) <= BULK_LIMIT:
        raise misuse(
            f"A claim takes 1 to {BULK_LIMIT} devices, given {len(ids)}",
            "Split the list",
        )
    return ids


def name(value: str, what: str) -> str:
    """Return the name of a product or group: up to 50 letters, digits and spaces."""
    if not _NAME.fullmatch(value) or value != value.strip():
        raise misuse(
            f'"{printable(value, 60)}" is no name of a {what}',
            "Give 1 to 50 letters, digits and spaces",
        )
    return value


def capabilities(numbers: Sequence[int]) -> list[int]:
    """Return the numbers of a capability file; none at all makes a file that takes them away."""
    for number in numbers:
        if isinstance(number, bool) or number not in CAPABILITIES:
            raise misuse(
                f"{number} is no capability that the cloud gives",
                "Give 11 (application development) or 13 (field servicing)",
            )
    return sorted(set(numbers))


def image(content: bytes) -> bytes:
    """Return an image package that may be uploaded."""
    if not 0 < len(content) <= LARGEST_IMAGE_BYTES:
        raise misuse(
            f"An image of {len(content)} bytes cannot be uploaded",
            "Give an image package of this board's applications",
        )
    return content


def page_size(size: int | None) -> int | None:
    """Return the most results of one page, None for the cloud's own choice."""
    if size is not None and (isinstance(size, bool) or not 1 <= size < 2**31):
        raise misuse(f"A page cannot have {size} results", "Give a number from 1")
    return size
