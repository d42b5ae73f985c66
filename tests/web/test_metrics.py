"""The counters: what they count, and that nobody's board is in them."""

import re
from pathlib import Path

from orchestrator.domain.events import (
    RunFinished,
    RunStarted,
    SlotState,
    StepFinished,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.station.snapshot import AuditHealth, LineReason
from orchestrator.transport.exchange import Exchange
from tests.web.bench import Bench, changed

_REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
DESCRIBED = (_REFERENCE / "metrics.md").read_text(encoding="utf-8")


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


async def test_every_metric_is_described(bench: Bench) -> None:
    """The reference has each metric with its kind and no other, in whichever order."""
    bench.surface.hub.publish(RunFinished("1", "R1", Outcome.PASS))
    async with bench.browser() as browser:
        text = (await browser.get("/metrics")).text
    told = dict(re.findall(r"^# TYPE (orchestrator_\w+) (\w+)$", text, re.MULTILINE))
    # When a count began: the library adds it to each counter of its own.
    kinds = {name: kind for name, kind in told.items() if not name.endswith("_created")}
    rows = re.findall(r"^\| `(orchestrator_\w+)` \| (\w+) \|", DESCRIBED, re.MULTILINE)
    assert kinds == dict(rows)


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


async def test_how_long_commits_take_is_told_by_their_buckets(bench: Bench) -> None:
    """Each commit counts at its bound and above it; before the first there are zeros."""
    name = "orchestrator_audit_commit_seconds"
    assert (await read(bench))[f"{name}_count"] == 0
    for seconds in (0.001, 0.02, 9.0):
        bench.surface.figures.commits.add(seconds)
    found = await read(bench)
    assert found[f'{name}_bucket{{le="0.001"}}'] == 1
    assert found[f'{name}_bucket{{le="0.025"}}'] == 2
    assert found[f'{name}_bucket{{le="+Inf"}}'] == found[f"{name}_count"] == 3
    assert found[f"{name}_sum"] == 9.021


async def test_exchanges_are_told_by_system_endpoint_and_code(bench: Bench) -> None:
    """Seconds have the name of the row, errors their code; what went well is in no error."""
    cloud = bench.surface.figures.outside.of("azure_sphere_cloud")
    cloud(Exchange("claim_device", 0.2, "", works=True))
    cloud(Exchange("claim_device", 6.0, "link", works=False))
    found = await read(bench)
    row = 'endpoint="claim_device",system="azure_sphere_cloud"'
    assert found[f"orchestrator_external_seconds_count{{{row}}}"] == 2
    assert found[f"orchestrator_external_seconds_sum{{{row}}}"] == 6.2
    bucket = 'endpoint="claim_device",le="0.25",system="azure_sphere_cloud"'
    assert found[f"orchestrator_external_seconds_bucket{{{bucket}}}"] == 1
    errors = {key: value for key, value in found.items() if "external_errors" in key}
    code = 'code="link",system="azure_sphere_cloud"'
    assert errors == {f"orchestrator_external_errors_total{{{code}}}": 1}


async def test_the_oldest_event_that_waits_has_an_age(bench: Bench) -> None:
    """It is 0 while nothing waits, and never less, wherever the clock was set to."""
    name = "orchestrator_outbox_oldest_seconds"
    assert (await read(bench))[name] == 0
    for moment, age in (("2026-11-21T05:58:30.000000Z", 90), ("2026-11-21T07:00:00.000000Z", 0)):
        bench.control.audit = AuditHealth(writable=False, waiting=1, waiting_since=moment)
        assert (await read(bench))[name] == age
