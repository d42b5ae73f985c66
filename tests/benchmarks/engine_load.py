"""The work that the engine's benchmark runs: 20 trivial steps, one judged measurement each."""

from decimal import Decimal
from typing import NamedTuple

from orchestrator.domain.ids import unit_id
from orchestrator.domain.measurement import Limit
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    IdentityRow,
    RecipeRow,
    Record,
    RunRow,
    StationRow,
    UnitRow,
)
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import RunRequest, RunResult
from orchestrator.engine.step import Measures, StepContext, StepDefinition, step
from orchestrator.recipe.plan import AppliesTo, Plan, PlannedStep

NOW = "2026-11-21T02:00:00.000000Z"
VOLTS = Decimal("0.5")


@step("bench.trivial", summary="Measures a voltage.", measures=(Measures("volts", "V", uom="V"),))
async def trivial(ctx: StepContext) -> None:
    """Take one measurement."""
    ctx.measure("volts", VOLTS)


def definitions() -> dict[str, StepDefinition]:
    """Return the steps of the benchmark."""
    return {"bench.trivial": trivial}


def recipe(steps: int) -> Plan:
    """Return a plan of `steps` trivial steps."""
    limits = {"volts": Limit(min=Decimal("0.42"), max=Decimal("0.58"))}
    return Plan(
        name="Trivial steps",
        version="1",
        description="",
        applies_to=AppliesTo(),
        inputs={},
        secrets=(),
        artifacts={},
        setup=(),
        main=tuple(
            PlannedStep(id=f"step_{n}", name=f"Step {n}", uses="bench.trivial", limits=limits)
            for n in range(steps)
        ),
        teardown=(),
        content_hash="0" * 64,
        text="",
        resolved="",
    )


class Opened(NamedTuple):
    """A request, and the rows that are written once before all runs."""

    request: RunRequest
    once: tuple[Record, ...]


def request(number: int, run: int) -> Opened:
    """Return the request of one run of unit `number`."""
    unit = Unit(f"SN{number}", "P", "A")
    identity = DeviceIdentity("bench", f"{number:032x}")
    key = unit_id(unit.serial_number, unit.part_number, identity.device_id)
    run_id = f"{run:08d}{number:08d}"
    opening: tuple[Record, ...] = (
        UnitRow(key, unit.serial_number, unit.part_number, unit.revision, NOW),
        RunRow(run_id, "S1", "SESSION", str(number), "1", "0" * 64, "final", key, "{}", NOW),
        IdentityRow(run_id, 0, key, identity.system, identity.device_id, NOW),
    )
    made = RunRequest(
        run_id=run_id,
        slot=str(number),
        unit=unit,
        identity=identity,
        inputs={},
        secrets={},
        resources={},
        read_identity=None,
        opening=opening,
    )
    station = StationRow("SESSION", "S1", "host", "0", "3.11", "SQLite", NOW)
    known = RecipeRow("0" * 64, "Trivial steps", "1", "P", "A", "final", "", "{}", NOW)
    return Opened(made, (station, known))


def check(result: RunResult) -> None:
    """Stop the benchmark when a run did not pass."""
    if result.outcome is not Outcome.PASS:
        raise SystemExit(f"a run ended {result.outcome}: {result.message}")
