"""What a run is handed and what it gives back: request, services, bounds, control, result.

The station fills these in; `run.execute` consumes them. Nothing here does any work.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import ErrorClass
from orchestrator.domain.events import Publish
from orchestrator.domain.intents import Continuation, EarlierIntent
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record, Recorder
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.parameters import Secret
from orchestrator.engine.prepare import PreparedPlans
from orchestrator.engine.step import StepDefinition
from orchestrator.recipe.plan import Scalar


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run of a plan on the unit in one slot.

    `identity` is what the run is bound to from the start, None until a step reads it. `resources`
    are the clients by type. `read_identity` reads the identity over a fresh connection; without it
    no irreversible step may begin. `opening` (run, unit, identity) is committed together with the
    first step's begin. `earlier` are all intents of earlier runs on this device, oldest first.
    `continues` lets the run go on behind a lock that an interrupted run had applied; the intent
    that it names is among `earlier`.
    """

    run_id: str
    slot: str
    unit: Unit
    identity: DeviceIdentity | None
    inputs: Mapping[str, Scalar]
    secrets: Mapping[str, Secret]
    resources: Mapping[type[Any], object]
    read_identity: Callable[[], Awaitable[DeviceIdentity]] | None
    opening: tuple[Record, ...]
    earlier: tuple[EarlierIntent, ...] = ()
    continues: Continuation | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a run that no recipe sets, in seconds.

    `teardown_seconds` caps the whole teardown, `probe_seconds` the asking after a lost answer,
    with `probe_wait_seconds` between two questions. `closing_seconds` is what a run that was asked
    to stop may take for its last records beyond its teardown and probes.
    `progress_seconds` is the shortest time between two progress events of one step.
    """

    teardown_seconds: float = 120.0
    probe_seconds: float = 60.0
    probe_wait_seconds: float = 1.0
    closing_seconds: float = 30.0
    progress_seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class EngineServices:
    """What all runs of a station share.

    `prepared` keeps the plans that were made ready; hand the same object to every run (with
    `dataclasses.replace`, where only `publish` differs) and each plan is prepared once.
    """

    recorder: Recorder
    clock: Clock
    definitions: Mapping[str, StepDefinition]
    publish: Publish
    bounds: Bounds = Bounds()
    prepared: PreparedPlans = field(default_factory=PreparedPlans)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run is to end before its plan does."""

    outcome: Outcome
    message: str
    error_class: ErrorClass
    remedy: str


class RunControl:
    """The handle by which a run is stopped from outside. One per run; the first stop counts."""

    __slots__ = ("_on_stop", "requested")

    def __init__(self) -> None:
        self.requested: Stop | None = None
        self._on_stop: Callable[[], None] | None = None

    def stop(
        self,
        outcome: Outcome,
        message: str,
        *,
        error_class: ErrorClass | None = None,
        remedy: str = "",
    ) -> None:
        """Cancel the running step and begin no other; teardown still runs.

        `outcome` is ABORTED when somebody asked for it, ERROR when the unit was removed; the
        running step and the run end with it and with `message`. A run that is in its teardown
        already ends by itself, as it would have. `error_class` defaults to unit for ERROR and
        station otherwise.
        """
        if self.requested is not None:
            return
        default = ErrorClass.UNIT if outcome is Outcome.ERROR else ErrorClass.STATION
        self.requested = Stop(outcome, message, error_class or default, remedy)
        if self._on_stop is not None:
            self._on_stop()

    def attach(self, on_stop: Callable[[], None]) -> None:
        """Have `on_stop` called at the first stop. For the engine."""
        self._on_stop = on_stop

    def detach(self) -> None:
        """Call nothing any more. For the engine, when the run has ended."""
        self._on_stop = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `message` is the first failure's sentence, empty for PASS.

    `first_failure` is the sequence of the step attempt that is reported; `duration_us` is in
    microseconds from the monotonic clock. `identity` is what the run was bound to in the end.
    """

    outcome: Outcome
    message: str
    first_failure: int | None
    duration_us: int
    identity: DeviceIdentity | None = None
