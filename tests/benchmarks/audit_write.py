"""Durable steps per second of the audit's writer, beside a bare skeleton of the same design.

`python -m tests.benchmarks.audit_write` prints, for 1, 8 and 64 tasks of 20 steps each, the
steps/s of both and their ratio. A step of the skeleton is one row through SQLAlchemy Core; a step
of the audit is what the engine writes at a step boundary: the end, a measurement, the next begin.
Both wait for SQLite in WAL mode with full sync. Their turns alternate, and the better one counts.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from orchestrator.audit.database import open_audit
from orchestrator.audit.location import sqlite_url
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import (
    MeasurementRow,
    RecipeRow,
    RunRow,
    StationRow,
    StepEndRow,
    StepRow,
)
from tests.benchmarks.skeleton import STEPS, drive, open_table

AT = "2026-11-21T02:00:00.000000Z"


async def skeleton(folder: Path, tasks: int, runs: int) -> float:
    """Return the steps/s of the bare skeleton."""
    connection, write = open_table(folder)
    seconds = await drive(tasks, runs, write)
    connection.close()
    return tasks * runs * STEPS / seconds


async def audit(folder: Path, tasks: int, runs: int) -> float:
    """Return the steps/s of the audit, three rows each."""
    async with open_audit(sqlite_url(folder)) as recorder:
        await recorder.record(
            StationRow("S", "bench", "host", "1", "3", "x", AT),
            RecipeRow("H", "bench", "1", "P", "A", "ICT", "", "{}", AT),
        )
        ids = TimeOrderedIds(SystemClock())

        async def board() -> None:
            for _ in range(runs):
                run_id = ids.new()
                run = RunRow(run_id, "bench", "S", "1", "1", "H", "ICT", None, "{}", AT)
                await recorder.record(run, _begin_row(run_id, 1))
                for step in range(1, STEPS + 1):
                    await recorder.record(*_boundary(run_id, step))

        began = time.perf_counter()
        await asyncio.gather(*[board() for _ in range(tasks)])
        return tasks * runs * STEPS / (time.perf_counter() - began)


def _begin_row(run_id: str, step: int) -> StepRow:
    return StepRow(
        run_id, step, "main", f"step_{step}", f"Step {step}", "bench.nothing", 1, False, "{}", AT
    )


def _boundary(run_id: str, step: int) -> tuple[StepEndRow, MeasurementRow, StepRow]:
    end = StepEndRow(run_id, step, "PASS", AT, 12, "", "", "", "")
    value = MeasurementRow(
        run_id, step, "volts", "number", "0.5", "V", "0.42", "0.58", None, None, None, "PASS"
    )
    return end, value, _begin_row(run_id, step + 1)


def compare(tasks: int, runs: int, turns: int) -> dict[str, float]:
    """Return steps/s of both, the best of `turns` alternating turns, and their ratio."""
    best = {"skeleton": 0.0, "audit": 0.0}
    for _ in range(turns):
        for measure in (skeleton, audit):
            with tempfile.TemporaryDirectory() as folder:
                speed = asyncio.run(measure(Path(folder), tasks, runs))
            best[measure.__name__] = max(best[measure.__name__], speed)
    return {**best, "ratio": best["audit"] / best["skeleton"]}


def main(arguments: Sequence[str]) -> None:
    """Print one JSON line per number of tasks."""
    turns = 1 if "--smoke" in arguments else 3
    for tasks, runs in ((1, 40), (8, 40), (64, 20)):
        found = compare(tasks, 1 if "--smoke" in arguments else runs, turns)
        figures = {
            "skeleton_steps_s": round(found["skeleton"]),
            "audit_steps_s": round(found["audit"]),
            "audit_us_per_step": round(1e6 / found["audit"], 1),
            "ratio": round(found["ratio"], 2),
        }
        sys.stdout.write(json.dumps({"tasks": tasks, **figures}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
