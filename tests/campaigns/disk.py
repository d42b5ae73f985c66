"""The disk fails: a sync or a write is refused, every sync is slow, nothing may be changed.

    python -m tests.campaigns.disk [--count N] [--seed S] [--result FILE]

Nine of ten trials are raw writers whose disk fails at the k-th call; the others are the real daemon
with boards in work. The line must stop with a sentence, nothing for good may be requested while the
disk is away, and work must go on without a restart when it is back.
"""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.campaigns.arguments import arguments
from tests.campaigns.power import take
from tests.campaigns.raw import disk_fault
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, Place, station_place
from tests.campaigns.shifts import Shift
from tests.campaigns.shim import Disk
from tests.patience import PATIENCE_SECONDS

BOARDS = 8
SETTLED_SECONDS = 1.0
AWAY_SECONDS = 2.0
SLOW_SECONDS = 6.0
How = dict[str, int | str]


def kinds(seed: int) -> Iterator[How]:
    """Yield one way to fail after the other, at another call each time."""
    chance = random.Random(seed)
    turn = 0
    while True:
        turn += 1
        # A single refusal that strikes the file of a checkpoint is told and stops nothing.
        yield {"sync_error_at": turn, "sync_error_for": 1, "only": ".db"}
        yield {"sync_error_at": turn}
        yield {"write_error_at": 2 * turn}
        yield {"write_error_at": 3 * turn, "only": "-wal"}
        yield {"sync_error_at": chance.randint(1, 40), "only": "-wal", "sync_error_for": 2}
        yield {"read_only": 1}
        yield {"slow_sync_us": 5_000}
        if turn % 5 == 0:
            yield {"slow_sync_us": 500_000}


def name_of(how: How) -> str:
    """Say in words what fails."""
    if "slow_sync_us" in how:
        return f"syncs that take {int(how['slow_sync_us']) // 1000} ms"
    if "read_only" in how:
        return "read-only"
    return "syncs refused" if "sync_error_at" in how else "disk full"


def raw_faults(result: Result, count: int, seed: int) -> None:
    """Let the disk fail under raw writers."""
    ways = kinds(seed)
    for _ in range(count):
        how = next(ways)
        trial = disk_fault(**how)
        take(result, trial)
        result.faults[f"raw writer: {name_of(how)}"] += 1
        if "slow_sync_us" not in how and not (trial.struck and trial.refused and trial.resumed):
            result.blame(
                f"{how}: struck {trial.struck}, {len(trial.refused)} callers told, "
                f"{trial.resumed} times resumed"
            )


def station_fault(shift: Shift, daemon: Daemon, disk: Disk, how: How) -> None:
    """Let the disk fail under a running daemon, look that the line stops, and mend the disk."""
    told = daemon.stops
    disk.fail(**how)
    if "slow_sync_us" in how:
        shift.attend(daemon, SLOW_SECONDS)
    else:
        _look_that_it_stops(shift, daemon, how, told)
    seen = len(daemon.lines)
    disk.heal()
    began = time.monotonic()
    while daemon.ended is None and time.monotonic() - began < PATIENCE_SECONDS:
        if any(line.get("state") == "PASS" for line in daemon.lines[seen:]):
            shift.result.recovered(time.monotonic() - began)
            return
        shift.attend(daemon, 0.1)
    said = " ".join(daemon.said)[-300:]
    shift.result.blame(f"{how}: work did not go on; ended: {daemon.ended} {said}")


def _look_that_it_stops(shift: Shift, daemon: Daemon, how: How, told: int) -> None:
    """See that it says so once more than `told`, and requests nothing for good from then on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while daemon.stops == told and daemon.ended is None and time.monotonic() < deadline:
        shift.attend(daemon, 0.1)
    if daemon.stops == told:
        shift.result.blame(f"{how}: the line did not say that it stops")
    if "sync_error_for" in how:
        return  # over by itself before anybody can look
    shift.attend(daemon, SETTLED_SECONDS)
    asked = requests(shift.place.rack.happened())
    shift.attend(daemon, AWAY_SECONDS)
    if requests(shift.place.rack.happened()) > asked:
        shift.result.blame(f"{how}: requests for good while the audit was away")


def requests(happened: list[dict[str, object]]) -> int:
    """Count the requests for good."""
    return sum(line["what"] == "request" for line in happened)


def station_faults(place: Place, disk: Disk, result: Result, count: int, seed: int) -> None:
    """Let the disk fail again and again under one daemon, then judge."""
    place.environment = disk.environment()
    shift = Shift(place, result)
    daemon = Daemon(place)
    ways = kinds(seed)
    for _ in range(count):
        shift.begin(daemon)
        how = next(ways)
        station_fault(shift, daemon, disk, how)
        result.tried += 1
        result.faults[f"station: {name_of(how)}"] += 1
        if daemon.ended is not None:
            daemon = Daemon(place)
    shift.end(daemon)
    shift.judge(count)
    shift.count_faults()


def main() -> None:
    """Run the campaign as the command line says."""
    given = arguments("disk", count=200)
    began = time.monotonic()
    result = Result("disk errors", given.command)
    stations = given.count // 10
    with station_place(BOARDS, seed=given.seed) as place:
        station_faults(place, Disk(place.data, place.folder), result, stations, given.seed)
    raw = Result("raw", "")
    raw_faults(raw, given.count - stations, given.seed)
    result.add(raw)
    result.seconds = time.monotonic() - began
    result.write(Path(given.result) if given.result else None)
    sys.stdout.write(result.line() + "\n" + "\n".join(result.sentences) + "\n")
    sys.exit(1 if result.violations else 0)


if __name__ == "__main__":
    main()
