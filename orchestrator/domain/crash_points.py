"""Named places in the program where the lights may go out, for the proof that nothing is lost.

`crash_point(name)` does nothing in a running station. A harness arms it (`arm`) with a function
that ends the process at a chosen visit of a chosen place. The names are one table, so that a test
can see that every place was visited.
"""

from collections.abc import Callable

CRASH_POINTS: dict[str, str] = {
    "run.opened": "the run's first rows are durable, no step was called",
    "intent.before": "the gate is open, the intent is not yet written",
    "intent.committed": "the intent is durable, the request is not sent",
    "act.returned": "the request was answered, its finding is not yet written",
    "finding.committed": "the finding is durable, the step goes on",
    "step.begun": "a step's begin is durable, its function is not yet called",
    "step.returned": "a step's function has returned, its end is not yet durable",
    "commit.before": "rows are inserted, the transaction is not committed",
    "commit.after": "the transaction is committed, nobody was told",
    "run.closed": "the end of the run is durable, nobody was told",
    "teardown.begun": "the teardown begins",
    "recovery.begun": "open runs were read, none is closed",
    "recovery.asked": "the unit was asked what is true, the finding is not yet written",
    "recovery.closed": "one open run was closed",
    "stop.begun": "the station was asked to stop",
}
"""Every place by its name, with what is true there."""

_armed: Callable[[str], None] | None = None


def arm(visit: Callable[[str], None] | None) -> None:
    """Have `visit` called with the name of every place from now on; None disarms."""
    global _armed  # noqa: PLW0603  # one process has one power supply
    _armed = visit


def crash_point(name: str) -> None:
    """Be at the place `name` of `CRASH_POINTS`."""
    if _armed is not None:
        _armed(name)
