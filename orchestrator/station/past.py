"""What a station must know of what was before: open runs, verdicts, intents, by which questions.

Only the shapes; `audit_past` answers the questions from the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator.domain.intents import EarlierIntent, FindingSource
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one board came to. `run_id` is empty when no run was opened for it."""

    slot: str
    serial_number: str | None
    device_id: str | None
    run_id: str
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step attempt that began and has no end."""

    sequence: int
    step_id: str
    began_at: str
    irreversible: bool


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has no end, with its open steps in their order and its intents without finding.

    `port` is where the fixture lists its board, `identity` what was read from it, if anything was.
    """

    run_id: str
    slot: str
    began_at: str
    steps: tuple[OpenStep, ...] = ()
    port: str = ""
    identity: DeviceIdentity | None = None
    intents: tuple[EarlierIntent, ...] = ()


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a device. `outcome` is None while it has no end.

    `step_outcomes` are those of its steps by their ids, each that of the last attempt, where they
    are not PASS.
    """

    run_id: str
    recipe_hash: str
    outcome: Outcome | None
    continues: str | None
    step_outcomes: Mapping[str, Outcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """One intent with its last finding, for a person who decides."""

    intent: EarlierIntent
    serial_number: str | None
    source: FindingSource | None = None
    actor: str = ""
    message: str = ""


class Past(Protocol):
    """The questions. Each raises AuditUnavailable when it cannot be answered."""

    async def open_runs(self) -> Sequence[OpenRun]:
        """Return the runs of this station that have no end, the oldest first."""
        ...

    async def standing(self, slot: str, identity: DeviceIdentity) -> Verdict | None:
        """Return what a board came to in that slot, if it has sat there since."""
        ...

    async def earlier(self, identity: DeviceIdentity) -> Sequence[EarlierIntent]:
        """Return every intent that was ever written for that device, the oldest first."""
        ...

    async def last_run(self, identity: DeviceIdentity) -> LastRun | None:
        """Return the last run in which that identity was read; None when there is none.

        `step_outcomes` are those of the run that it goes on with, if it goes on with one.
        """
        ...

    async def known(self, intent_id: str) -> Known | None:
        """Return the intent with that id; None when there is none."""
        ...

    async def ended(self, run_id: str) -> Verdict | None:
        """Return how that run ended; None while it has no end."""
        ...

    async def check(self, session_id: str) -> None:
        """Return when the audit is where it was and holds this session's row."""
        ...
