"""A day of a station on a host whose link drops every few minutes, on virtual time."""

import gc
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from orchestrator.simulation.virtual_loop import VirtualLoop, run
from orchestrator.station import clock_watch, host_lights, host_watch
from orchestrator.station.edge import beside
from orchestrator.systems.advantech_portal.simulator import (
    Fault,
    HostSpec,
    streams,
)
from orchestrator.transport import feed
from tests.end_to_end.host_day import (
    EVENTS_PER_SECOND,
    HANGING_LAMP,
    HOUR,
    PERIODS,
    RUN_SECONDS,
    DayBench,
    disturb,
    ignore,
    let_pass,
)


@pytest.fixture(autouse=True)
def calm_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look every half a minute at what is looked at every second, to save time."""
    monkeypatch.setattr(feed, "_REMEMBERED", 256)  # full long before the memory is measured
    monkeypatch.setattr(streams, "BEAT_SECONDS", 30.0)
    monkeypatch.setattr(host_lights, "LAST_BACK_OFF_SECONDS", 600.0)
    monkeypatch.setattr(host_watch, "LOOK_SECONDS", 30.0)
    monkeypatch.setattr(clock_watch, "LOOK_SECONDS", 30.0)


def test_a_day_of_events_with_drops_every_few_minutes(tmp_path: Path) -> None:
    """No event that the host kept is lost or told twice; memory is flat; no run is delayed."""

    async def day(loop: VirtualLoop) -> Sequence[int]:
        faults = (
            Fault("cut", calls=("stream_events",), every=2, seconds=240.0),
            Fault("cut", calls=("stream_events",), events=23),
            HANGING_LAMP,
        )
        bench = DayBench(tmp_path, loop, HostSpec(event_periods=PERIODS, faults=faults))
        station = bench.station()
        memory: list[int] = []
        with bench.hub.listen(limit=64):  # somebody who never takes an event
            async with bench.client, beside(station.run), anyio.create_task_group() as tasks:
                tasks.start_soon(disturb, bench.host, 23.8 * HOUR)
                tasks.start_soon(bench.work, 47, HOUR / 2)
                tracemalloc.start()
                for hours in (12, 12):
                    await let_pass(hours * HOUR)
                    gc.collect()
                    memory.append(tracemalloc.get_traced_memory()[0])
                tracemalloc.stop()
                told, truth = bench.exactly, bench.host.events
                truth.catch_up(bench.host.now())
                await let_pass(1)
                assert told.wrong == []
                assert (told.boot, told.number) == (truth.boot, truth.newest)
                assert sum(told.events.values()) > 0.99 * 24 * HOUR * EVENTS_PER_SECOND
                assert bench.host.requests["stream_events"] > 24 * 60 / 8
                assert told.losses > 20
                station.stop()
        samples = bench.slow_paper.counted["host_sample"]
        assert 1100 < samples <= 24 * 60 + 1
        assert bench.slow_paper.counted["run PASS"] == 47
        assert bench.durations == [RUN_SECONDS] * 47
        assert bench.log.getvalue() == ""
        return memory

    early, late = run(day)
    assert late - early < 256 * 1024, f"{early} bytes after 12 hours, {late} after 24"


def test_the_check_of_a_day_can_fail(tmp_path: Path) -> None:
    """A host that keeps no events loses those of each drop, which the count shows."""

    async def hours(loop: VirtualLoop) -> list[str]:
        cut = Fault("cut", calls=("stream_events",), seconds=170.0)
        spec = HostSpec(event_periods=PERIODS, faults=(cut,), kept_events=0)
        bench = DayBench(tmp_path, loop, spec)
        assert bench.link is not None
        async with bench.client, beside(lambda: bench.link.watch(ignore)):
            for _ in range(6):
                await let_pass(600)
                bench.host.unplug()
                await let_pass(60)
                bench.host.plug()
        return bench.exactly.wrong

    assert len(run(hours)) == 5


def test_a_slow_consumer_never_delays_a_run(tmp_path: Path) -> None:
    """The portal crawls, lamps hang, the audit is slow with events: runs are as ever."""

    async def shift(loop: VirtualLoop, spec: HostSpec | None, slow: float) -> list[float]:
        bench = DayBench(tmp_path, loop, spec)
        bench.slow_paper.slow = slow
        station = bench.station()
        async with beside(station.run):
            await bench.work(10, 600.0)
            assert bench.slow_paper.counted["run PASS"] == 10
            station.stop()
        return bench.durations

    alone = run(lambda loop: shift(loop, None, 0.0))
    spec = HostSpec(event_periods=PERIODS, faults=(HANGING_LAMP,), answer_seconds=25.0)
    assert run(lambda loop: shift(loop, spec, 45.0)) == alone == [RUN_SECONDS] * 10
