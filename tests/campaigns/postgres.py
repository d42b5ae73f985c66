"""PostgreSQL is killed under a daemon that stays up and goes on by itself.

    python -m tests.campaigns.postgres [--count N] [--seed S] [--result FILE]

In turn: an immediate stop, kill -9 of the whole server, kill -9 of one backend.
"""

import random
import sys
import time
from pathlib import Path

from tests.campaigns.arguments import arguments
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, Place, station_place
from tests.campaigns.shifts import Shift
from tests.patience import PATIENCE_SECONDS
from tests.postgres_server import WAYS, Server, running

BOARDS = 8


def run(place: Place, server: Server, result: Result, count: int, seed: int) -> None:
    """Kill the server `count` times under one daemon, then judge."""
    chance = random.Random(seed)
    shift = Shift(place, result)
    daemon = Daemon(place)
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        shift.begin(daemon)
        shift.attend(daemon, chance.uniform(0.5, 2.5))
        server.hurt(way, chance, chance.uniform(0.0, 1.5))
        result.tried += 1
        result.faults[way] += 1
        _wait_for_work(shift, daemon, way)
        if daemon.ended is not None:
            daemon = Daemon(place)
    shift.end(daemon)
    shift.judge(count)
    shift.count_faults()


def _wait_for_work(shift: Shift, daemon: Daemon, way: str) -> None:
    """See that boards pass again without a restart of the daemon."""
    seen, began = len(daemon.lines), time.monotonic()
    while daemon.ended is None and time.monotonic() - began < PATIENCE_SECONDS:
        if any(line.get("state") == "PASS" for line in daemon.lines[seen:]):
            shift.result.recovered(time.monotonic() - began)
            return
        shift.attend(daemon, 0.1)
    said = " ".join(daemon.said)[-300:]
    shift.result.blame(f"{way}: work did not go on; ended: {daemon.ended} {said}")


def main() -> None:
    """Run the campaign as the command line says."""
    given = arguments("postgres", count=30)
    began = time.monotonic()
    result = Result("PostgreSQL killed", given.command)
    with (
        running() as server,
        station_place(BOARDS, seed=given.seed, database_url=server.new_database("audit")) as place,
    ):
        run(place, server, result, given.count, given.seed)
    result.seconds = time.monotonic() - began
    result.write(Path(given.result) if given.result else None)
    sys.stdout.write(result.line() + "\n" + "\n".join(result.sentences) + "\n")
    sys.exit(1 if result.violations else 0)


if __name__ == "__main__":
    main()
