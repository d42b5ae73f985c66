"""The power fails: of the data folder only what was synced survives.

    python -m tests.campaigns.power [--count N] [--seed S] [--result FILE]

Three quarters of the cuts strike raw writers (many, quick), the rest the real daemon with boards in
work. The ack log and the rack are outside: they remember what was promised and what was done.
"""

import random
import sys
import time
from pathlib import Path

from tests.campaigns.arguments import arguments
from tests.campaigns.raw import Trial, power_cut
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, Place, station_place
from tests.campaigns.shifts import Shift
from tests.campaigns.shim import Disk

BOARDS = 8
CUTS_PER_DATABASE = 5
EPISODE = 5


def raw_cuts(result: Result, count: int, seed: int) -> None:
    """Cut the power under raw writers, several times on the same database."""
    done = 0
    while done < count:
        cuts = min(CUTS_PER_DATABASE, count - done)
        for trial in power_cut(seed * 1000 + done, cuts=cuts):
            take(result, trial)
        result.faults["power cuts under a raw writer"] += cuts
        done += cuts


def take(result: Result, trial: Trial) -> None:
    """Add what one life of a raw writer came to."""
    result.tried += 1
    result.survived += trial.survived
    result.acknowledged += len(trial.acknowledged)
    result.acknowledged_lost += len(trial.lost)
    if trial.lost:
        result.blame(f"{len(trial.lost)} of {len(trial.acknowledged)} acknowledged rows lost")
    if trial.damage:
        result.blame(f"damaged: {trial.damage}")


def station_cuts(place: Place, disk: Disk, result: Result, count: int, seed: int) -> None:
    """Cut the power under a station with boards in work; judge every few cuts."""
    chance = random.Random(seed)
    place.environment = disk.environment()
    shift = Shift(place, result)
    waiting = 0
    for number in range(1, count + 1):
        daemon = Daemon(place)
        shift.attend(daemon, chance.uniform(0.6, chance.choice([1.5, 5.0])))
        if daemon.ended is not None:
            said = " ".join(daemon.said)[-300:]
            result.blame(f"life {place.lives} ended with {daemon.ended}: {said}")
        daemon.kill()
        disk.cut_power()
        result.tried += 1
        result.faults["power cuts under a station"] += 1
        waiting += 1
        if waiting == EPISODE or number == count:
            shift.drain()
            shift.judge(waiting)
            waiting = 0
    shift.count_faults()


def main() -> None:
    """Run the campaign as the command line says."""
    given = arguments("power", count=80)
    began = time.monotonic()
    result = Result("power cuts", given.command)
    stations = given.count // 4
    with station_place(BOARDS, seed=given.seed) as place:
        disk = Disk(place.data, place.folder, keep=True)
        station_cuts(place, disk, result, stations, given.seed)
    raw = Result("raw", "")
    raw_cuts(raw, given.count - stations, given.seed)
    result.add(raw)
    result.seconds = time.monotonic() - began
    result.write(Path(given.result) if given.result else None)
    sys.stdout.write(result.line() + "\n" + "\n".join(result.sentences) + "\n")
    sys.exit(1 if result.violations else 0)


if __name__ == "__main__":
    main()
