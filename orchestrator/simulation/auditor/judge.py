"""The invariants as a table, and the judgement by all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from orchestrator.simulation.auditor import irreversible, records, runs
from orchestrator.simulation.auditor.evidence import Evidence

SHOWN_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise: its number, and the function that finds where it was broken."""

    number: str
    look: Callable[[Evidence], Iterator[str]]

    @property
    def sentence(self) -> str:
        """What must be true."""
        return (self.look.__doc__ or "").partition(": ")[2]


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a promise was broken."""

    number: str
    what: str

    def __str__(self) -> str:
        return f"{self.number}: {self.what}"


INVARIANTS: tuple[Invariant, ...] = (
    Invariant("I1", irreversible.intent_before_act),
    Invariant("I2", irreversible.at_most_once),
    Invariant("I3", irreversible.evidence_before_act),
    Invariant("I4", irreversible.no_false_done),
    Invariant("I5", irreversible.no_silent_unknown),
    Invariant("I6", runs.every_run_ends),
    Invariant("I7", runs.skipped_is_never_passed),
    Invariant("I8", records.acknowledged_exists),
    Invariant("I9", records.order_and_chain),
    Invariant("I10", runs.one_run_one_board),
    Invariant("I12", runs.fail_is_the_product),
    Invariant("I13", runs.everything_is_bounded),
    Invariant("I14", irreversible.legal_retries),
    Invariant("I15", records.no_secret),
    Invariant("I16", records.every_act_has_an_actor),
    Invariant("I17", records.time_is_honest),
    Invariant("I19", records.numbers_add_up),
    Invariant("I20", records.panel_tells_the_truth),
)
"""All promises about one shift. I11 compares two: `runs.isolation`."""


def judge(evidence: Evidence, calm: Evidence | None = None) -> list[Violation]:
    """Return every broken promise, at most a few of each kind.

    `calm` is the same shift without faults; with it I11 is judged, too.
    """
    found: list[Violation] = []
    for invariant in INVARIANTS:
        broken = islice(invariant.look(evidence), SHOWN_AT_MOST)
        found += [Violation(invariant.number, what) for what in broken]
    if calm is not None:
        broken = islice(runs.isolation(evidence, calm), SHOWN_AT_MOST)
        found += [Violation("I11", what) for what in broken]
    return found
