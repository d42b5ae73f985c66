"""Runs single steps of web services by the engine, on virtual seconds, beside pretend services."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import Any

import anyio

from orchestrator.domain.events import publish_nothing
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.records import AttachmentRow, FindingRow, MeasurementRow, StepEndRow
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.parameters import Secret
from orchestrator.engine.run import EngineServices, RunControl, RunRequest, execute
from orchestrator.recipe.plan import Plan, PlannedStep
from orchestrator.steps.table import definitions
from tests.engine.support import MemoryRecorder, plan
from tests.engine.virtual import VirtualLoop

BOARD = DeviceIdentity("azure_sphere_device", "0123456789abcdef" * 8)


class LoopClock:
    """The clock of a virtual loop."""

    def now(self) -> datetime:
        """Return wall time that follows the loop."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=anyio.current_time())

    def monotonic(self) -> float:
        """Return the loop's seconds."""
        return anyio.current_time()


@dataclass
class Seen:
    """What a run of one step left behind."""

    outcome: str
    message: str
    recorder: MemoryRecorder
    seconds: float

    @property
    def measured(self) -> dict[str, str]:
        """Measurements by name."""
        return {row.name: row.value for row in self.recorder.all(MeasurementRow)}

    @property
    def findings(self) -> list[str]:
        """What was found of the irreversible requests."""
        return [row.state for row in self.recorder.all(FindingRow)]

    @property
    def attached(self) -> dict[str, bytes]:
        """Files by name."""
        return {row.name: row.content for row in self.recorder.all(AttachmentRow)}

    @property
    def error_class(self) -> str | None:
        """The class of the step's error."""
        (end,) = self.recorder.all(StepEndRow)
        return end.error_class

    @property
    def written(self) -> str:
        """Everything that went to the audit, as text."""
        return "\n".join(map(repr, self.recorder.rows))


def one_step(uses: str, arguments: Mapping[str, Any]) -> Plan:
    """Plan one step."""
    signature = definitions()[uses].signature
    step = PlannedStep(
        id="step", name="Step", uses=uses, arguments=dict(arguments),
        irreversible=signature.irreversible, timeout_seconds=signature.timeout_seconds,
    )  # fmt: skip
    return plan(step)


async def run_step(
    uses: str,
    resources: Mapping[type[Any], object],
    *,
    secrets: Mapping[str, str] | None = None,
    unit: Unit | None = None,
    earlier: tuple[EarlierIntent, ...] = (),
    identity: DeviceIdentity = BOARD,
    **arguments: Any,
) -> Seen:
    """Run one step by the engine and return what it came to."""
    recorder = MemoryRecorder()

    async def read_identity() -> DeviceIdentity:
        return identity

    request = RunRequest(
        run_id="R",
        slot="1",
        unit=unit or Unit("SN1", "P"),
        identity=identity,
        inputs={},
        secrets={name: Secret(name, value) for name, value in (secrets or {}).items()},
        resources=resources,
        read_identity=read_identity,
        opening=(),
        earlier=earlier,
    )
    services = EngineServices(recorder, LoopClock(), definitions(), publish_nothing)
    began = anyio.current_time()
    result = await execute(one_step(uses, arguments), request, services, RunControl())
    return Seen(result.outcome.value, result.message, recorder, anyio.current_time() - began)


def virtual(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on a loop whose clock jumps to the next timer."""

    @wraps(test)
    def run(**arguments: Any) -> None:
        anyio.run(partial(test, **arguments), backend_options={"loop_factory": VirtualLoop})

    return run
