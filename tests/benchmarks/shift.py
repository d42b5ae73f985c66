"""Is it parallel for real? 32 boards, each with a time of its own, must take little more than one.

    python -m tests.benchmarks.shift [--boards 32] [--json]

Runs one board alone first: its run takes T. Then all boards at once: the shift is the time from
the first board's begin to the last one's end, start-up the time before the first. Boards are slow
on purpose (they install and restart slowly), as real ones are.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import anyio

from orchestrator.app import prepare
from orchestrator.cli.live import Show, run_shown
from orchestrator.station.settings_file import load_settings
from tests.benchmarks.floor_of_boards import ask, rack

ALLOWED = 1.15
BOARD = """\
[rack]
boards = {boards}
link_bytes_per_second = 80000
answer_seconds = 0.02
install_seconds = {install}
boot_seconds = {boot}
"""
SPAN = """
SELECT min(julianday(r.began_at)), max(julianday(e.ended_at)),
       max((julianday(e.ended_at) - julianday(r.began_at)) * 86400.0),
       sum(e.outcome = 'PASS')
FROM run r JOIN run_end e USING (run_id)
"""


async def measure(folder: Path, boards: int, text: str) -> dict[str, float]:
    """Run so many boards; return seconds of start-up, shift and longest run."""
    async with rack(folder, text) as settings_file:
        began = time.time()
        prepared = prepare(load_settings(settings_file))
        await run_shown(prepared, Show.LINES, boards)
    [(first, last, longest, passed)] = ask(folder, SPAN)
    unix_epoch = 2440587.5
    return {
        "boards": boards,
        "passed": passed,
        "start_up_seconds": round((first - unix_epoch) * 86400 - began, 2),
        "shift_seconds": round((last - first) * 86400, 2),
        "longest_run_seconds": round(longest, 2),
    }


def main() -> None:
    """Measure one board, then all, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=32)
    parser.add_argument("--install-seconds", type=float, default=12)
    parser.add_argument("--boot-seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = []
        for boards in (1, args.boards):
            text = BOARD.format(boards=boards, install=args.install_seconds, boot=args.boot_seconds)
            figures.append(anyio.run(measure, Path(scratch) / str(boards), boards, text))
    alone, together = figures
    ratio = together["shift_seconds"] / alone["shift_seconds"]
    good = together["passed"] == args.boards and ratio <= ALLOWED
    answer = {
        "alone": alone,
        "together": together,
        "ratio": round(ratio, 3),
        "allowed": ALLOWED,
        "met": good,
    }
    if args.json:
        sys.stdout.write(json.dumps(answer) + "\n")
    else:
        sys.stdout.write(
            f"one board alone: T = {alone['shift_seconds']} s\n"
            f"{args.boards} boards: shift {together['shift_seconds']} s = {ratio:.3f} T"
            f" (allowed {ALLOWED} T), start-up {together['start_up_seconds']} s,"
            f" {together['passed']:.0f} PASS\n"
        )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
