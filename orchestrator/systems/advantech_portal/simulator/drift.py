"""How values drift: the same at the same moment for the same seed, however often they are read."""

import math
from zlib import crc32

_WHOLE = 1 << 32


def share(key: str) -> float:
    """Return a fraction from 0 up to 1 that belongs to `key`."""
    return crc32(key.encode()) / _WHOLE


def wander(key: str, at: float) -> float:
    """Return a value between -1 and 1 that changes slowly and trembles, at `at` seconds."""
    phase = share(key)
    period = 600.0 * (1.0 + 2.0 * phase)
    slow = math.sin(2 * math.pi * (at / period + phase))
    tremble = 2.0 * share(f"{key}/{int(at)}") - 1.0
    return 0.7 * slow + 0.3 * tremble
