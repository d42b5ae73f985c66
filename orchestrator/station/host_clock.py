"""Asks the operating system whether its clock is kept by a time server, where it can say so.

The kernel of Linux knows, whatever program keeps its clock, and needs no right to tell. Windows
tells it only in words of its own language: there the state of the time service has to do.
"""

import ctypes
import sys

_READ_ONLY = bytes(512)
"""More than the `timex` of any kernel, all zero: nothing is to be changed."""
_NOT_KEPT = 5


def clock_is_kept() -> bool | None:
    """Say whether a time server keeps this computer's clock, None where nobody knows."""
    if sys.platform != "linux":
        return None
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_READ_ONLY, len(_READ_ONLY)))
    return None if state < 0 else state != _NOT_KEPT
