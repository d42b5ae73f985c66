"""The counters: what they count, and that nobody's board is in them."""

from orchestrator.domain.events import (
    RunFinished,
    RunStarted,
    SlotState,
    StepFinished,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.station.snapshot import AuditHealth, LineReason
from tests.web.bench import Bench, changed


async def read(bench: Bench) -> dict[str, float]:
    """Return every sample by its name and labels."""
    async with bench.browser() as browser:
        answer = await browser.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_runs_and_steps_are_counted(bench: Bench) -> None:
    """Runs count by outcome, steps by name with their seconds."""
    hub = bench.surface.hub
    for number in range(3):
        run = f"R{number}"
        hub.publish(RunStarted("1", run, "guardian", 1))
        hub.publish(StepStarted("1", run, "install", "Install", 1, 1))
        bench.clock.seconds += 20
        hub.publish(StepFinished("1", run, "install", 1, Outcome.PASS))
        hub.publish(RunFinished("1", run, Outcome.FAIL if number else Outcome.PASS))
    found = await read(bench)
    labels = 'operation="PROGRAM",outcome="{}",part="",station="st1"'
    assert found[f"orchestrator_runs_total{{{labels.format('PASS')}}}"] == 1
    assert found[f"orchestrator_runs_total{{{labels.format('FAIL')}}}"] == 2
    step = 'outcome="PASS",step="install"'
    assert found[f"orchestrator_step_seconds_sum{{{step}}}"] == 60
    assert found[f'orchestrator_step_seconds_bucket{{le="30.0",{step}}}'] == 3
    assert found[f'orchestrator_step_seconds_bucket{{le="10.0",{step}}}'] == 0


async def test_the_station_is_measured_as_it_is(bench: Bench) -> None:
    """Slots by state, reasons of the line, open prompts and the audit are those of now."""
    bench.control.reasons = [LineReason("disk", "full")]
    bench.control.audit = AuditHealth(writable=False, waiting=7, commits=9, free_mib=2)
    found = await read(bench)
    assert found['orchestrator_slots{state="RUN"}'] == 2
    assert found['orchestrator_slots{state="FAIL"}'] == 0
    assert found['orchestrator_line_holds{kind="disk"}'] == 1
    assert found["orchestrator_prompts"] == 2
    assert found["orchestrator_audit_writable"] == 0
    assert found["orchestrator_outbox_rows"] == 7
    assert found["orchestrator_audit_free_bytes"] == 2 << 20
    bench.control.reasons = []
    assert 'orchestrator_line_holds{kind="disk"}' not in await read(bench)


async def test_no_board_is_in_a_label(bench: Bench) -> None:
    """Serial numbers, ids of boards and of runs are in no label, whatever happens."""
    hub = bench.surface.hub
    hub.publish(changed("1", SlotState.FAIL))
    hub.publish(StepStarted("1", "R-CANARY", "install", "CANARY", 1, 1))
    hub.publish(StepFinished("9", "R-CANARY", "install", 1, Outcome.FAIL, "CANARY"))
    hub.publish(StepFinished("9", "R-CANARY", "never begun CANARY", 1, Outcome.FAIL))
    hub.publish(RunFinished("1", "R-CANARY", Outcome.FAIL, "CANARY"))
    found = await read(bench)
    assert not [name for name in found if "CANARY" in name or "SN1" in name or "R1" in name]
