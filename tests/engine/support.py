"""Small builders for the engine's tests: a recorder in memory, plans, steps, one way to run."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.events import Event
from orchestrator.domain.records import (
    MeasurementRow,
    Record,
    RunEndRow,
    RunRow,
    StepEndRow,
    StepRow,
)
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.parameters import Secret
from orchestrator.engine.run import (
    Bounds,
    EngineServices,
    RunControl,
    RunRequest,
    RunResult,
    execute,
)
from orchestrator.engine.step import Measures, StepContext, StepDefinition, step
from orchestrator.recipe.plan import (
    AppliesTo,
    Artifact,
    ParallelSteps,
    Plan,
    PlannedStep,
)

BOARD = DeviceIdentity("test", "ab" * 8)
OTHER = DeviceIdentity("test", "cd" * 8)
OPENING = RunRow("R", "S", "SS", "1", "1", "hash", "op", None, "{}", "2026-11-21T00:00:00.000000Z")
QUICK = Bounds(
    teardown_seconds=2.0,
    probe_seconds=0.5,
    probe_wait_seconds=0.0,
    closing_seconds=0.5,
    progress_seconds=0.0,
)


class MemoryRecorder:
    """Keeps what it was given, call by call; can fail at a call or refuse a row."""

    def __init__(
        self, *, fails_at: int | None = None, refuses: Callable[[Record], bool] | None = None
    ) -> None:
        self.calls: list[tuple[Record, ...]] = []
        self._fails_at = fails_at
        self._refuses = refuses or (lambda _: False)

    async def record(self, *records: Record) -> None:
        """Keep `records`, or fail as told."""
        if self._fails_at is not None and len(self.calls) >= self._fails_at:
            raise AuditUnavailable("the disk is full")
        if any(self._refuses(record) for record in records):
            raise StationMisuse("a row cannot be stored")
        self.calls.append(records)

    @property
    def rows(self) -> list[Record]:
        """All rows in the order in which they became durable."""
        return [record for call in self.calls for record in call]

    def all(self, kind: type[Any]) -> list[Any]:
        """Return the rows of one kind."""
        return [row for row in self.rows if isinstance(row, kind)]

    @property
    def begins(self) -> list[StepRow]:
        """The begins of step attempts."""
        return self.all(StepRow)

    @property
    def ends(self) -> list[StepEndRow]:
        """The ends of step attempts."""
        return self.all(StepEndRow)

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Step id and outcome of every attempt, in the order of their numbers."""
        ids = {row.sequence: row.step_id for row in self.begins}
        ends = sorted(self.ends, key=lambda row: row.sequence)
        return [(ids[row.sequence], row.outcome) for row in ends]

    @property
    def run_end(self) -> RunEndRow:
        """The one end of the run."""
        (row,) = self.all(RunEndRow)
        return row

    def has_begun(self, step_id: str) -> bool:
        """Say whether a begin of `step_id` is durable."""
        return any(row.step_id == step_id for row in self.begins)


def plan(
    *main: PlannedStep | ParallelSteps,
    setup: Sequence[PlannedStep | ParallelSteps] = (),
    teardown: Sequence[PlannedStep | ParallelSteps] = (),
    artifacts: Mapping[str, Artifact] | None = None,
) -> Plan:
    """Make a plan of these steps."""
    return Plan(
        name="test",
        version="1",
        description="",
        applies_to=AppliesTo(),
        inputs={},
        secrets=(),
        artifacts=artifacts or {},
        setup=tuple(setup),
        main=tuple(main),
        teardown=tuple(teardown),
        content_hash="",
        text="",
        resolved="",
    )


def planned(uses: str, step_id: str | None = None, **members: Any) -> PlannedStep:
    """Plan one step; its id and name default to what it uses."""
    name = step_id or uses
    return PlannedStep(id=name, name=name, uses=uses, **members)


def definition(
    name: str, function: Callable[[StepContext], Awaitable[None]], **members: Any
) -> StepDefinition:
    """Define a step without parameters."""
    members.setdefault("measures", (Measures("volts", "Voltage", uom="V"),))

    async def body(ctx: StepContext) -> None:
        """Do what the test says."""
        await function(ctx)

    return step(name, summary=name, **members)(body)


async def passes(ctx: StepContext) -> None:
    """Do nothing."""


def raises(*errors: Exception | None) -> Callable[[StepContext], Awaitable[None]]:
    """Return a step that raises these one call after the other, then always the last."""
    left = list(errors)

    async def body(ctx: StepContext) -> None:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error is not None:
            raise error

    return body


def measuring(*values: Any) -> Callable[[StepContext], Awaitable[None]]:
    """Return a step that measures these volts one call after the other."""
    left = list(values)

    async def body(ctx: StepContext) -> None:
        ctx.measure("volts", left.pop(0) if len(left) > 1 else left[0])

    return body


def retry(times: int, *on: Any, wait: str = "0") -> Any:
    """Make a retry rule."""
    from orchestrator.recipe.plan import Retry

    return Retry(times, Decimal(wait), frozenset(on))


class Bench:
    """Runs plans with a recorder in memory and keeps the events."""

    def __init__(
        self, *definitions: StepDefinition, recorder: MemoryRecorder | None = None
    ) -> None:
        self.recorder = recorder or MemoryRecorder()
        self.events: list[Event] = []
        self.control = RunControl()
        self.definitions = {one.signature.name: one for one in definitions}
        self.identity: DeviceIdentity | None = BOARD
        self.reads: list[DeviceIdentity | Exception] = [BOARD]
        self.request = RunRequest(
            run_id="R",
            slot="1",
            unit=Unit("SN1", "P"),
            identity=None,
            inputs={},
            secrets={},
            resources={},
            read_identity=self.read_identity,
            opening=(OPENING,),
        )
        self.bounds = QUICK

    async def read_identity(self) -> DeviceIdentity:
        """Return or raise what the test prepared; the last stays."""
        read = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        if isinstance(read, Exception):
            raise read
        return read

    def secrets(self, **values: str) -> None:
        """Give the run these secrets."""
        made = {name: Secret(name, value) for name, value in values.items()}
        self.request = replace(self.request, secrets=made)

    @property
    def services(self) -> EngineServices:
        """What the runs share."""
        return EngineServices(
            self.recorder, SystemClock(), self.definitions, self.events.append, self.bounds
        )

    async def run(self, of: Plan, **changes: Any) -> RunResult:
        """Run `of` and return the result."""
        changes.setdefault("identity", self.identity)
        request = replace(self.request, **changes)
        return await execute(of, request, self.services, self.control)


def measurements(recorder: MemoryRecorder) -> Iterable[MeasurementRow]:
    """Return the measurements."""
    return recorder.all(MeasurementRow)
