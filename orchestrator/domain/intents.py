"""What is known of requests that cannot be undone: the words of findings, and earlier intents.

An intent is written before such a request is sent; findings say later what became of it. A unit
with an intent that nobody can settle is held for a person. Rows are in `records.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity


class FindingState(StrEnum):
    """What became of an intent. The last finding of an intent counts."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"  # the unit is held until a person decides
    REOPENED = "reopened"  # a person said: ask the unit again


class FindingSource(StrEnum):
    """How it was found out."""

    ANSWER = "answer"  # the request was answered
    PROBE = "probe"  # the other side was asked in the same run
    RECOVERY = "recovery"  # the other side was asked after an interruption
    DECISION = "decision"  # a person said so


@dataclass(frozen=True, slots=True)
class EarlierIntent:
    """An intent of an earlier run on the same device, with its last finding.

    `state` is None when nothing was found out yet: the station went down with it. `parameters`
    are the step's arguments as canonical JSON, `began_at` is RFC 3339.
    """

    intent_id: str
    run_id: str
    sequence: int
    step_id: str
    recipe_hash: str
    identity: DeviceIdentity
    kind: str
    parameters: str
    settle_seconds: float
    began_at: str
    state: FindingState | None
    findings: int
    """How many findings there are; the next one has this number plus one."""

    @property
    def is_held(self) -> bool:
        """True while only a person can say what became of it."""
        return self.state is FindingState.UNKNOWN

    @property
    def is_open(self) -> bool:
        """True while the unit itself must be asked."""
        return self.state is None or self.state is FindingState.REOPENED


@dataclass(frozen=True, slots=True)
class Continuation:
    """The interrupted run that a new run goes on with, behind the lock that it had applied.

    `through` is the step (its id) whose effect is established, by `intent_id`; it and all steps
    before it count as passed in run `run_id` and are not carried out again. `outcomes` are those of
    its steps by their ids, where they were something else (an optional step that failed): they
    count for the new run as if they were its own.
    """

    run_id: str
    through: str
    intent_id: str
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))


def decide_command(intent_id: str) -> str:
    """Return the command by which a person says what became of an intent."""
    return (
        f"orchestrator unit decide {intent_id} applied|not-applied|ask-again"
        " --by NAME --reason TEXT"
    )
