"""What every part of a simulated host is given: a way to report, and the host's own seconds."""

from collections.abc import Callable

Report = Callable[..., None]
"""Tells the world what was really applied: what, and details by name."""

Now = Callable[[], float]
"""Seconds since the host was first switched on; whatever is late happens at its own moment."""
