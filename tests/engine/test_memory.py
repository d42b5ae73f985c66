"""The collector of cyclic garbage: its settings of a station, and what runs leave to it."""

import gc
from dataclasses import replace

from orchestrator.domain.events import publish_nothing
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record
from orchestrator.engine.memory import settle_collector
from orchestrator.engine.run import RunControl, execute
from tests.engine.support import Bench, definition, measuring, plan, planned


def test_what_is_loaded_is_left_alone() -> None:
    """After start-up the collector works on new objects alone, and less often."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        settle_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > 700
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


class _Nowhere:
    """Keeps nothing."""

    async def record(self, *records: Record) -> None:
        """Forget `records`."""


async def test_a_run_leaves_no_garbage_behind() -> None:
    """What a run made is freed when it ends; the collector stops all slots while it works."""
    bench = Bench(definition("measures", measuring("5")))
    services = replace(bench.services, recorder=_Nowhere(), publish=publish_nothing)
    steps = plan(planned("measures"))

    async def run() -> None:
        result = await execute(steps, bench.request, services, RunControl())
        assert result.outcome is Outcome.PASS

    await run()
    gc.collect()
    before = len(gc.get_objects())
    gc.disable()
    try:
        for _ in range(20):
            await run()
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()
    assert left < 20
