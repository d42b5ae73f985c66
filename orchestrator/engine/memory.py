"""Tells Python's collector of cyclic garbage what a station is like: loaded once, then busy.

Runs leave hardly any cycles behind, yet with the default settings the collector looks for them
after every few steps, and now and then through the whole loaded program. That costs a tenth of
the engine's time and stops all slots while it lasts. For the program that runs the station, at
the end of its start-up; a library must not decide this.
"""

import gc

_NEW_OBJECTS = 20_000


def settle_collector() -> None:
    """Leave what is loaded by now alone for good, and look for garbage less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 50)
