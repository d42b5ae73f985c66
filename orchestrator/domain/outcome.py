"""What a step or a run came to, and which of several outcomes is the worse one.

FAIL is about the product, ERROR and TIMEOUT are about the station; skipped is never passed.
The words are those of `docs/reference` (field vocabulary), in upper case wherever they are stored.
"""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """How a step attempt or a run ended. Stored and printed as its upper-case name."""

    PASS = "PASS"
    SKIPPED = "SKIPPED"
    FAIL = "FAIL"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    INTERRUPTED = "INTERRUPTED"

    @property
    def is_pass(self) -> bool:
        """True for PASS alone: a skipped step has not passed."""
        return self is Outcome.PASS


# From harmless to grave. A FAIL outranks what the station could not judge afterwards, so that
# a teardown error never hides it; a stop from outside outranks all, since nothing ended by itself.
_SEVERITY = (
    Outcome.PASS,
    Outcome.SKIPPED,
    Outcome.TIMEOUT,
    Outcome.ERROR,
    Outcome.FAIL,
    Outcome.ABORTED,
    Outcome.INTERRUPTED,
)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the gravest of `outcomes`; PASS when there are none.

    SKIPPED steps do not lower a run by themselves (the gate of irreversible steps refuses them),
    so they are left out here.
    """
    counted = (outcome for outcome in outcomes if outcome is not Outcome.SKIPPED)
    return max(counted, key=_SEVERITY.index, default=Outcome.PASS)


def run_outcome(main: Outcome, teardown: Outcome) -> Outcome:
    """Join the outcome of setup and main with that of teardown into the outcome of the run.

    A teardown that did not pass turns PASS into ERROR and never hides anything else. A step's
    TIMEOUT is the station's ERROR at the level of the run.
    """
    if main is Outcome.TIMEOUT:
        return Outcome.ERROR
    if main is Outcome.PASS and not teardown.is_pass:
        return Outcome.ERROR
    return main
