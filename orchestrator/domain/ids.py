"""Identifiers made by the station itself, so that an unknown commit can be read back by them.

An id is sixteen characters of Crockford's base 32: 48 bits of milliseconds since 1970, then 32
bits, at random but always above those of the id before in the same millisecond. Ids sort by time,
are unique across stations for all practical purposes and are short enough to type.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Protocol

from orchestrator.domain.clock import Clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TAIL_BITS = 32


class Ids(Protocol):
    """Where the house takes new identifiers from."""

    def new(self) -> str:
        """Return an identifier that was never returned before."""
        ...


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[(number >> 5 * k) & 31] for k in reversed(range(length)))


class TimeOrderedIds:
    """Ids that sort by the moment they were made, strictly rising within this object."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock
        self._random_bits = random_bits
        self._last = 0

    def new(self) -> str:
        """Return the next id; rises even if wall time steps back."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        tail = self._random_bits(_TAIL_BITS - 1)
        self._last = max(self._last + 1, (milliseconds << _TAIL_BITS) | tail)
        return _base32(self._last, 16)


def unit_id(serial_number: str | None, part_number: str | None, device_id: str | None) -> str:
    """Return the key of a unit: the same unit always gets the same key, on every station.

    A serial number counts within its part number; a unit without one is known by its silicon.
    Raises ValueError when neither is known.
    """
    if serial_number:
        source = f"serial\0{part_number or ''}\0{serial_number}"
    elif device_id:
        source = f"device\0{device_id}"
    else:
        raise ValueError("a unit needs a serial number or a device id")
    digest = hashlib.sha256(source.encode()).digest()
    return _base32(int.from_bytes(digest[:10], "big"), 16)
