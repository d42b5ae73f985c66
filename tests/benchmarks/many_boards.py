"""250 boards on one station: all finish, memory stays bounded, no slot starves.

    python -m tests.benchmarks.many_boards [--boards 250] [--json]

Rack and station are processes of their own; memory is the station's resident set, sampled. All
boards are alike, so a slot that starves shows as a run that takes much longer than the median.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import psutil

from tests.benchmarks.floor_of_boards import ask, rack

ALLOWED_MIB = 400
ALLOWED_SPREAD = 2.0
RACK = """\
[rack]
boards = {boards}
link_bytes_per_second = 80000
answer_seconds = 0.02
install_seconds = 2
boot_seconds = 5
"""
RUNS = """
SELECT (julianday(e.ended_at) - julianday(r.began_at)) * 86400.0, e.outcome
FROM run r JOIN run_end e USING (run_id)
"""


async def _sample(process: psutil.Process, peak: list[int]) -> None:
    while True:
        peak[0] = max(peak[0], process.memory_info().rss)
        await anyio.sleep(0.2)


async def measure(folder: Path, boards: int) -> dict[str, Any]:
    """Run so many boards on a station of its own; return what it took."""
    peak = [0]
    async with rack(folder, RACK.format(boards=boards)) as settings:
        command = [
            *(sys.executable, "-m", "orchestrator", "station", "run"),
            *("--config", str(settings), "--exit-when-done", str(boards)),
        ]
        began = time.monotonic()
        with (folder / "station.log").open("wb") as log:
            station = await anyio.open_process(command, stdin=None, stdout=log, stderr=log)
        async with station, anyio.create_task_group() as tasks:
            tasks.start_soon(_sample, psutil.Process(station.pid), peak)
            code = await station.wait()
            tasks.cancel_scope.cancel()
        seconds = time.monotonic() - began
    runs = ask(folder, RUNS)
    times = [row[0] for row in runs]
    return {
        "boards": boards,
        "passed": sum(row[1] == "PASS" for row in runs),
        "exit_code": code,
        "seconds": round(seconds, 1),
        "peak_mib": round(peak[0] / (1 << 20), 1),
        "shortest_run_seconds": round(min(times), 1),
        "median_run_seconds": round(statistics.median(times), 1),
        "longest_run_seconds": round(max(times), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=250)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = anyio.run(measure, Path(scratch) / "many", args.boards)
    spread = figures["longest_run_seconds"] / figures["median_run_seconds"]
    good = (
        figures["passed"] == args.boards
        and figures["peak_mib"] < ALLOWED_MIB
        and spread < ALLOWED_SPREAD
    )
    figures |= {"spread": round(spread, 2), "allowed_mib": ALLOWED_MIB, "met": good}
    if args.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.stdout.write("\n".join(f"{name}: {value}" for name, value in figures.items()) + "\n")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
