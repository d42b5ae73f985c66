"""The two seams for proofs: what was acknowledged, line by line, and deaths at planned places."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.audit.append import Entry
from orchestrator.audit.database import open_audit
from orchestrator.audit.location import sqlite_url
from orchestrator.domain.crash_points import arm, crash_point
from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.station import proving
from orchestrator.station.proving import acknowledged_entries, arm_crash_points, planned_deaths
from tests.audit.rows import BASE, run


@pytest.fixture
def _disarmed() -> Iterator[None]:
    yield
    arm(None)


async def test_every_committed_entry_is_a_line(tmp_path: Path) -> None:
    """Number, hash and table, in the order of the chain; a later start goes on behind."""
    log = tmp_path / "acks"
    environment = {"ORCHESTRATOR_ACK_LOG": str(log)}
    with acknowledged_entries(environment) as told:
        async with open_audit(sqlite_url(tmp_path), on_entries=told) as audit:
            await audit.record(*BASE)
            await audit.record(run("R1"))
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [(number, table) for number, _, table in lines] == [
        ("1", "session"), ("2", "recipe"), ("3", "run"),
    ]  # fmt: skip
    assert all(len(digest) == 64 for _, digest, _ in lines)
    with acknowledged_entries(environment) as told:
        assert told is not None
        told([Entry(4, b"\1" * 32, "run")])
    assert log.read_text().splitlines()[-1] == f"4 {'01' * 32} run"


def test_nobody_wants_to_know() -> None:
    """Without the variable nothing is told."""
    with acknowledged_entries({}) as told:
        assert told is None


@pytest.mark.usefixtures("_disarmed")
def test_the_process_dies_at_the_planned_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the k-th visit of the place that is named, and at no other."""
    died: list[str] = []
    monkeypatch.setattr(proving, "die", lambda: died.append("here"))
    arm_crash_points({"ORCHESTRATOR_CRASH_AT": "run.opened:2, stop.begun:1"})
    crash_point("run.opened")
    crash_point("step.begun")
    assert died == []
    crash_point("run.opened")
    assert died == ["here"]
    crash_point("run.opened")
    crash_point("stop.begun")
    assert died == ["here", "here"]


@pytest.mark.usefixtures("_disarmed")
def test_death_is_as_sudden_as_a_power_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is killed from outside, so that it can do nothing more."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(proving.os, "kill", lambda pid, number: sent.append((pid, number)))
    proving.die()
    assert [number for _, number in sent] == [9]


@pytest.mark.parametrize("text", ["nowhere:1", "run.opened", "run.opened:0", "run.opened:x", ":1"])
def test_a_plan_that_names_no_place_is_refused(text: str) -> None:
    """A harness with a spelling mistake must not pass for want of deaths."""
    with pytest.raises(ConfigurationMistakes, match="no crash point"):
        planned_deaths(text)


def test_no_plan() -> None:
    """Nothing is armed on a station that works."""
    arm_crash_points({})
    crash_point("run.opened")
