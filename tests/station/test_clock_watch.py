"""Wall time that steps is told and recorded; nothing else minds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from orchestrator.audit.database import reading
from orchestrator.audit.queries import runs
from orchestrator.audit.verify import verify
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.events import SlotState
from orchestrator.station import clock_watch
from orchestrator.station.clock_watch import ClockWatch
from tests.station.bench import Bench
from tests.station.fakes import FakeBoard
from tests.station.test_real_audit import RealBench

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


class Clocks:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 100.0

    def now(self) -> datetime:
        """Return wall time."""
        return self.wall

    def monotonic(self) -> float:
        """Return steady seconds."""
        return self.steady

    def go(self, wall: float, steady: float) -> None:
        """Let both clocks go on."""
        self.wall += timedelta(seconds=wall)
        self.steady += steady


@pytest.mark.parametrize(
    ("wall", "steady", "seconds", "direction"),
    [
        (3601.0, 1.0, "3600.000", "forward"),
        (-3599.0, 1.0, "3600.000", "back"),
        (3.1, 1.0, "2.100", "forward"),
        (-1.1, 1.0, "2.100", "back"),
        (0.0, 3600.0, "3600.000", "back"),
    ],
)
def test_a_step_is_an_event(wall: float, steady: float, seconds: str, direction: str) -> None:
    """By how much and in which direction, from when to when, once."""
    clocks, noted, told = Clocks(), [], []
    watch = ClockWatch(clocks, lambda kind, detail: noted.append((kind, detail)), told.append)
    clocks.go(wall, steady)
    watch.look()
    clocks.go(1.0, 1.0)
    watch.look()
    [(kind, detail)] = noted
    assert kind == "clock_step"
    assert (detail["seconds"], detail["direction"]) == (seconds, direction)
    assert detail["before"] == "2026-11-21T12:00:00.000000Z"
    assert f"stepped {direction}" in told[0]


@pytest.mark.parametrize("wall", [1.0, 1.0005, 2.9, -0.9])
def test_drift_is_no_step(wall: float) -> None:
    """A clock that is being put right slowly, or an answer that came late, is no event."""
    clocks, noted = Clocks(), []
    watch = ClockWatch(clocks, lambda kind, detail: noted.append(kind), noted.append)
    for _ in range(1000):
        clocks.go(wall, 1.0)
        watch.look()
    assert noted == []


async def test_the_station_watches_its_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step during the shift is in the audit and on the screen."""
    monkeypatch.setattr(clock_watch, "LOOK_SECONDS", 0.01)
    bench = Bench(tmp_path)
    clocks = Clocks()
    bench.clock = clocks
    async with bench.running() as watch:
        while bench.fixture.polls < 2:
            await anyio.lowlevel.checkpoint()
        clocks.go(-86400.0, 0.0)
        await watch.notice("stepped back by 86400.0 s")
    [step] = bench.paper.events("clock_step")
    assert json.loads(step.detail)["direction"] == "back"


class Movable(SystemClock):
    """The machine's clocks, the wall set as a test likes."""

    offset = timedelta()

    def now(self) -> datetime:
        """Return wall time."""
        return super().now() + self.offset


async def test_a_clock_set_back_in_a_run_changes_neither_order_nor_durations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends an hour before it began by the wall; it is told, and nothing else minds."""
    monkeypatch.setattr(clock_watch, "LOOK_SECONDS", 0.01)
    bench = RealBench(tmp_path)
    clock = Movable()
    bench.clock = clock

    async def set_back(board: FakeBoard) -> None:
        clock.offset -= timedelta(hours=1)
        await noticed.wait()

    noticed = anyio.Event()
    bench.fixture.put("1", FakeBoard(1, act=set_back))
    async with bench.working() as watch:
        await watch.notice("stepped back by 3600.")
        noticed.set()
        await watch.state("1", SlotState.PASS)
        bench.fixture.put("2", FakeBoard(2))
        await watch.state("2", SlotState.PASS)
    with reading(bench.url) as connection:
        second, first = runs(connection)
        steps = "SELECT count(*) FROM event WHERE kind = 'clock_step'"
        assert connection.exec_driver_sql(steps).scalar() == 1
        assert verify(connection).findings == ()
    assert (first["slot"], second["slot"]) == ("1", "2")
    assert first["ended_at"] < first["began_at"]
    assert second["began_at"] < first["began_at"]
    assert 0 < first["duration_us"] < 60_000_000
