"""Runs whole recipes on the board of a bench, by the engine, and remembers what it recorded."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from orchestrator.domain.events import publish_nothing
from orchestrator.domain.prompts import Operator
from orchestrator.domain.records import MeasurementRow, Record, StepEndRow, StepRow
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
from orchestrator.recipe.plan import ParallelSteps, Plan, PlannedStep
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.fixture import SYSTEM

SHIPPED = sorted(each.name for each in (Path(__file__).parents[2] / "recipes").glob("*.yaml"))
"""Every recipe that is shipped, so that no test forgets one."""


class Notebook:
    """A recorder that keeps everything in memory."""

    def __init__(self) -> None:
        self.rows: list[Record] = []

    async def record(self, *records: Record) -> None:
        """Keep the records."""
        self.rows += records

    def ends(self) -> dict[str, list[str]]:
        """Return the outcomes of each step's attempts, in order."""
        names = {row.sequence: row.step_id for row in self.rows if isinstance(row, StepRow)}
        found: dict[str, list[str]] = {}
        for row in self.rows:
            if isinstance(row, StepEndRow):
                found.setdefault(names[row.sequence], []).append(row.outcome)
        return found

    def measured(self, name: str) -> str:
        """Return the last value of a measurement."""
        rows = [row for row in self.rows if isinstance(row, MeasurementRow) and row.name == name]
        return rows[-1].value


def impatient(plan: Plan) -> Plan:
    """Return the same plan without waits between attempts and questions."""

    def hurried(item: PlannedStep | ParallelSteps) -> PlannedStep | ParallelSteps:
        assert isinstance(item, PlannedStep)
        retry = item.retry and replace(item.retry, wait_seconds=Decimal(0))
        polls = {each.name for each in definitions()[item.uses].signature.parameters} & {"poll"}
        arguments = {**item.arguments, **dict.fromkeys(polls, Decimal(0))}
        return replace(item, retry=retry, arguments=arguments)

    sections = {
        name: tuple(map(hurried, plan.section(name))) for name in ("setup", "main", "teardown")
    }
    return replace(plan, **sections)


async def run(
    plan: Plan,
    it,
    notebook: Notebook,
    secrets: Mapping[str, Secret] | None = None,
    operator: Operator | None = None,
) -> RunResult:
    """Run a plan on the board of a bench, with that person at its slot."""

    async def read_identity() -> DeviceIdentity:
        state = await it.device.get_security_state(fresh=True)
        return DeviceIdentity(SYSTEM, state.deviceIdentifier)

    request = RunRequest(
        run_id="0000000000000001",
        slot="1",
        unit=Unit(part_number="GUARDIAN-100"),
        identity=DeviceIdentity(SYSTEM, it.board.device_id),
        inputs={name: each.default for name, each in plan.inputs.items()},
        secrets=secrets or {},
        resources={SphereDevice: it.device, Operator: operator},
        read_identity=read_identity,
        opening=(),
    )
    services = EngineServices(
        recorder=notebook,
        clock=it.clock,
        definitions={
            name: replace(each, settle_seconds=0.0) for name, each in definitions().items()
        },
        publish=publish_nothing,
        bounds=Bounds(probe_seconds=1.0, probe_wait_seconds=0.0),
    )
    return await execute(plan, request, services, RunControl())
