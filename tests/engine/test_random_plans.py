"""Random plans with random faults: what must hold for every run, whatever happens in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import (
    AuditUnavailable,
    ConnectionLost,
    ErrorClass,
    Mismatch,
    StationFault,
)
from orchestrator.domain.outcome import Outcome, run_outcome, worst
from orchestrator.domain.records import RunEndRow, StepEndRow, StepRow
from orchestrator.engine.request import Bounds
from orchestrator.engine.run import RunResult
from orchestrator.engine.step import StepContext
from orchestrator.recipe.plan import Condition, ParallelSteps, Plan, PlannedStep
from tests.engine.support import Bench, MemoryRecorder, definition, plan, planned, retry

FAULTS = {
    "fails": Mismatch("wrong"),
    "breaks": StationFault("broken"),
    "loses": ConnectionLost("gone"),
    "crashes": KeyError("bug"),
}
BEHAVIOURS = ("passes", "hangs", "stops", *FAULTS)
NEVER = Condition("unit.revision == 'nothing'")
UNDO_NEVER = "act"


@dataclass
class Log:
    """What the step functions saw."""

    recorder: MemoryRecorder
    called: list[str] = field(default_factory=list)


def behaviour(
    step: PlannedStep, log: Log, bench: Bench
) -> Callable[[StepContext], Awaitable[None]]:
    """Return a step function that notes its call, then behaves as its name says."""
    name = step.uses.split(".")[0]

    async def body(ctx: StepContext) -> None:
        log.called.append(step.id)
        assert log.recorder.has_begun(step.id) or step.id.startswith("t")
        await anyio.lowlevel.checkpoint()
        if name == "stops":
            bench.control.stop(Outcome.ABORTED, "asked to stop")
        if name in {"hangs", "stops"}:
            await anyio.sleep_forever()
        if name in FAULTS:
            raise FAULTS[name]

    return body


@st.composite
def steps(draw: st.DrawFn, name: str) -> PlannedStep:
    """Draw one step."""
    uses = draw(st.sampled_from((*BEHAVIOURS, "passes", "passes", "passes", UNDO_NEVER)))
    return planned(
        f"{uses}.{name}",
        name,
        timeout_seconds=Decimal("0.002" if uses in {"hangs", "stops"} else "30"),
        retry=draw(st.sampled_from([None, retry(1, ErrorClass.LINK, ErrorClass.TIMEOUT)])),
        on_fail=draw(st.sampled_from(["stop", "continue"])),
        required=draw(st.booleans()),
        condition=draw(st.sampled_from([None, None, None, NEVER])),
    )


@st.composite
def sections(draw: st.DrawFn, name: str, most: int) -> tuple[PlannedStep | ParallelSteps, ...]:
    """Draw a section of steps and groups."""
    made: list[PlannedStep | ParallelSteps] = []
    for number in range(draw(st.integers(0, most))):
        here = f"{name}{number}"
        if draw(st.integers(0, 4)) == 0:
            group = tuple(draw(steps(f"{here}_{k}")) for k in range(draw(st.integers(1, 3))))
            made.append(ParallelSteps(here, group))
        else:
            made.append(draw(steps(here)))
    return tuple(made)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a whole plan."""
    return plan(
        *draw(sections("m", 5)),
        setup=draw(sections("s", 2)),
        teardown=draw(sections("t", 2)),
    )


async def run(of: Plan, fails_at: int | None) -> tuple[RunResult | None, Log]:
    """Run the plan; None when the audit was lost."""
    recorder = MemoryRecorder(fails_at=fails_at)
    log = Log(recorder)
    bench = Bench(recorder=recorder)
    bench.bounds = Bounds(teardown_seconds=5.0, probe_seconds=0.0)
    bench.definitions = {
        step.uses: definition(
            step.uses, behaviour(step, log, bench), irreversible=is_irreversible(step)
        )
        for step in of.steps()
    }
    try:
        return await bench.run(of), log
    except AuditUnavailable:
        return None, log


def is_irreversible(step: PlannedStep) -> bool:
    """Say whether a drawn step cannot be undone."""
    return step.uses.startswith(UNDO_NEVER)


def final(recorder: MemoryRecorder) -> dict[str, StepEndRow]:
    """Return the end of the last attempt of every step."""
    ends = {row.sequence: row for row in recorder.ends}
    return {
        row.step_id: ends[row.sequence]
        for row in sorted(recorder.begins, key=lambda row: row.sequence)
        if row.sequence in ends
    }


def check_order(recorder: MemoryRecorder) -> None:
    """Numbers rise without gap, and every begun step ends once, after its begin."""
    sequences = sorted(row.sequence for row in recorder.begins)
    assert sequences == list(range(1, len(sequences) + 1))
    assert sorted(row.sequence for row in recorder.ends) == sequences
    position = {
        (type(row), row.sequence): place
        for place, row in enumerate(recorder.rows)
        if isinstance(row, StepRow | StepEndRow)
    }
    assert all(position[StepRow, number] < position[StepEndRow, number] for number in sequences)


def check_gate(of: Plan, log: Log) -> None:
    """No irreversible step ran unless every required step before it in the plan had passed."""
    ends = final(log.recorder)
    order = list(of.steps())
    for place, step in enumerate(order):
        if is_irreversible(step) and step.id in log.called:
            required = [before.id for before in order[:place] if before.required]
            assert all(before in ends and ends[before].outcome == "PASS" for before in required)
            assert log.called.count(step.id) == 1


def check_outcome(of: Plan, result: RunResult, log: Log) -> None:
    """The run's outcome follows from its steps; the first failure is the one reported."""
    ends = final(log.recorder)
    teardown = {step.id for step in of.steps() if step.id.startswith("t")}
    before = worst(Outcome(end.outcome) for name, end in ends.items() if name not in teardown)
    after = worst(Outcome(end.outcome) for name, end in ends.items() if name in teardown)
    assert result.outcome is run_outcome(before, after)
    assert log.recorder.run_end.outcome == result.outcome
    failed = [end.sequence for end in ends.values() if end.outcome not in {"PASS", "SKIPPED"}]
    if result.first_failure is None:
        assert failed == []
    else:
        assert result.first_failure in failed
        assert result.message
    assert teardown <= ends.keys(), "teardown did not run to its end"
    assert result.outcome is not Outcome.PASS or not failed


@settings(deadline=None, max_examples=150)
@given(plans())
async def test_every_run_is_in_order(of: Plan) -> None:
    """Sequence, ends, gate, teardown, first failure and outcome, for random plans."""
    result, log = await run(of, None)
    assert result is not None
    check_order(log.recorder)
    check_gate(of, log)
    check_outcome(of, result, log)
    skipped = {name for name, end in final(log.recorder).items() if end.outcome == "SKIPPED"}
    assert not skipped & set(log.called)
    assert isinstance(log.recorder.rows[-1], RunEndRow)


@settings(deadline=None, max_examples=100)
@given(plans(), st.integers(0, 8))
async def test_without_audit_nothing_new_begins(of: Plan, fails_at: int) -> None:
    """After the commit that failed, only teardown steps are called, and nothing irreversible."""
    result, log = await run(of, fails_at)
    durable = {row.step_id for row in log.recorder.begins}
    teardown = {step.id for step in of.steps() if step.id.startswith("t")}
    assert set(log.called) - teardown <= durable
    if result is None:
        assert log.recorder.all(RunEndRow) == []
        acts = {step.id for step in of.steps() if is_irreversible(step)}
        assert acts & set(log.called) <= durable
        check_gate(of, log)
    else:
        check_outcome(of, result, log)
