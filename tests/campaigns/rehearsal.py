"""The gate: many shifts of the real program on a virtual clock, and every kind of trouble.

    python -m tests.campaigns.rehearsal --seeds 500 --boards 50 --jobs 2

Ends with 1 when a promise was broken in one of them, or when a kind of trouble never struck, since
then nothing was proved about it.
"""

import argparse
import json
import sys
from pathlib import Path

from orchestrator.simulation.rehearsal.campaign import (
    Judged,
    Order,
    Tally,
    rehearse,
    write_result,
)

ENOUGH_SEEDS = 400
"""From so many shifts on every kind of trouble must have struck."""


WRITTEN_EVERY = 100
"""A long campaign that is stopped leaves the figures of what it has worked."""


def main(arguments: list[str] | None = None) -> int:
    """Rehearse, write the figures, and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many shifts, from seed 1 on")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--boards", type=int, default=50, help="boards of each shift")
    parser.add_argument("--jobs", type=int, default=2, help="shifts side by side")
    parser.add_argument("--result", type=Path, help="where the figures go, as JSON and as a page")
    given = parser.parse_args(arguments)
    order = Order(boards=given.boards)

    command = (
        f"python -m tests.campaigns.rehearsal --first {given.first} --seeds {given.seeds} "
        f"--boards {given.boards} --jobs {given.jobs}"
    )

    def told(judged: Judged, tally: Tally) -> None:
        for line in judged.violations:
            sys.stdout.write(f"seed {judged.seed}: {line}\n  {order.command(judged.seed)}\n")
            sys.stdout.flush()
        if given.result is not None and tally.shifts % WRITTEN_EVERY == 0:
            write_result(given.result, tally, order, command)

    seeds = range(given.first, given.first + given.seeds)
    tally = rehearse(seeds, order, jobs=given.jobs, told=told)
    if given.result is not None:
        write_result(given.result, tally, order, command)
    figures = tally.as_json(order)
    missed = figures["faults_that_never_struck"] if given.seeds >= ENOUGH_SEEDS else []
    sys.stdout.write(json.dumps(figures) + "\n")
    for kind in missed:
        sys.stdout.write(f"{kind} never struck: nothing was proved about it\n")
    sys.stdout.write(
        f"{tally.shifts - len(tally.failed)} passed, {len(tally.failed)} failed: "
        f"{tally.boards} boards in {tally.seconds:.0f} s\n"
    )
    return 1 if tally.failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
