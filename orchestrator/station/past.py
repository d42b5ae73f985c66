"""What a station must know of what was before: open runs, verdicts, intents, by which questions.

Only the shapes; `audit_past` answers the questions from the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orchestrator.domain.intents import EarlierIntent, FindingSource
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.holds import Holds


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


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended, for the counters. `unit` names its unit, empty when unknown."""

    unit: str
    outcome: Outcome
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is known of a label and of the silicon that it is stuck on.

    `serial_number` is the last other one that this silicon had, `device_id` another silicon that
    has this label, `passed_at` when a run of this operation last passed with it (RFC 3339, UTC);
    each is None for none.
    """

    serial_number: str | None = None
    device_id: str | None = None
    passed_at: str | None = None


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

    async def ended_since(self, moment: datetime) -> Sequence[Ended]:
        """Return the runs of this station that began since and have ended, in their order."""
        ...

    async def holds(self) -> Holds:
        """Return what people had closed when this station was last there."""
        ...

    async def labelled(
        self, serial_number: str, identity: DeviceIdentity | None, operation: str
    ) -> Labelled:
        """Return what is known of that label, scanned for a board with that identity."""
        ...

    async def ended(self, run_id: str) -> Verdict | None:
        """Return how that run ended; None while it has no end."""
        ...

    async def check(self, session_id: str) -> None:
        """Return when the audit is where it was and holds this session's row."""
        ...
