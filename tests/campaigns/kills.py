"""The daemon is killed: at every named place, at random moments, and again while it recovers.

    python -m tests.campaigns.kills [--count N] [--database sqlite|postgresql] [--seed S]
                                    [--places NAME,NAME] [--after FILE] [--result FILE]

One rack lives through many lives of the daemon. Each life but the last of an episode is ended with
SIGKILL, so the next one recovers and may be killed in the middle of that. At the end of an episode
a life runs undisturbed until every board is done; then the judges look at everything so far.
`--places` kills at these places alone; `--after` adds the figures of an earlier result, whose
campaign this one completes.
"""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.domain.crash_points import CRASH_POINTS
from tests.campaigns.arguments import arguments
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon, Place, station_place
from tests.campaigns.shifts import KILLED, Shift
from tests.patience import PATIENCE_SECONDS
from tests.postgres_server import running

BOARDS = 8
EPISODE = 10
SOON_SECONDS = 60.0
_ASK_AFTER_SECONDS = 1.5
_UNVISITED = "no life ended at"
_ON_THE_WAY_UP = ("recovery.begun", "recovery.asked", "recovery.closed")


@dataclass(frozen=True)
class Death:
    """How a life ends: at the `visit`-th visit of `point`, or `seconds` after its start."""

    point: str = ""
    visit: int = 1
    seconds: float = SOON_SECONDS

    @property
    def crash_at(self) -> str:
        """What the environment says of it."""
        return f"{self.point}:{self.visit}" if self.point else ""


def deaths_at(points: Sequence[str], seed: int, count: int) -> Iterator[Death]:
    """Yield `count` deaths at these places in turn."""
    chance = random.Random(seed)
    for number in range(count):
        yield Death(points[number % len(points)], chance.randint(1, 2))


def deaths(seed: int, count: int) -> Iterator[Death]:
    """Yield at least `count` deaths: every named place in turn, random moments between them."""
    chance = random.Random(seed)
    names: list[str] = []
    for number in range(count):
        if number % 2:
            # Half of the random ones strike while the daemon is still on its way up.
            longest = chance.choice([1.2, 5.0])
            yield Death(seconds=chance.uniform(0.3, longest))
            continue
        if not names:
            names = list(CRASH_POINTS)
            chance.shuffle(names)
        point = names.pop()
        if point in _ON_THE_WAY_UP:
            # So that there is something to recover.
            yield Death("intent.committed", chance.randint(1, 3))
        visit = 1 if point in _ON_THE_WAY_UP or point == "stop.begun" else chance.randint(1, 4)
        yield Death(point, visit)


@contextmanager
def places(database: str, seed: int, sabotage: str = "", boards: int = BOARDS) -> Iterator[Place]:
    """Give a place for a station on a database of that kind."""
    if database == "sqlite":
        with station_place(boards, seed=seed, sabotage=sabotage) as place:
            yield place
        return
    with (
        running() as server,
        station_place(
            boards, seed=seed, sabotage=sabotage, database_url=server.new_database("audit")
        ) as place,
    ):
        yield place


def live_until(shift: Shift, death: Death) -> bool:
    """Let a daemon live until its death. True when it died by itself where it was to."""
    daemon = Daemon(shift.place, crash_at=death.crash_at)
    if death.point == "stop.begun":
        # Before its first words it does not listen to signals yet.
        daemon.until(lambda: bool(daemon.states), PATIENCE_SECONDS)
        shift.attend(daemon, _ASK_AFTER_SECONDS)
        code = daemon.terminate()
    else:
        shift.attend(daemon, death.seconds)
        code = daemon.ended if daemon.ended is not None else 0
        daemon.kill()
    if code not in {0, KILLED}:
        said = " ".join(daemon.said)[-300:]
        shift.result.blame(f"life {shift.place.lives} ({death}) ended with {code}: {said}")
    visited = code == KILLED and bool(death.point)
    shift.result.faults[f"killed: {death.point}" if visited else "killed: any moment"] += 1
    return visited


def run(place: Place, result: Result, plan: Iterator[Death], *, episode: int = EPISODE) -> set[str]:
    """Live through `plan`; return the places where a life really ended."""
    shift = Shift(place, result)
    visited: set[str] = set()
    waiting = 0
    for death in plan:
        result.tried += 1
        waiting += 1
        if live_until(shift, death):
            visited.add(death.point)
        if waiting == episode:
            shift.drain()
            shift.judge(waiting)
            waiting = 0
    if waiting:
        shift.drain()
        shift.judge(waiting)
    shift.count_faults()
    return visited


def main() -> None:
    """Run the campaign as the command line says."""
    given = arguments("kills", count=100)
    began = time.monotonic()
    result = Result(f"kill -9, {given.database}", given.command)
    names = [name for name in given.places.split(",") if name]
    plan = deaths_at(names, given.seed, given.count) if names else deaths(given.seed, given.count)
    with places(given.database, given.seed) as place:
        run(place, result, plan)
    result.seconds = time.monotonic() - began
    if given.after:
        result.go_on_from(Path(given.after), _UNVISITED)
    visited = {name.removeprefix("killed: ") for name in result.faults}
    unvisited = set(CRASH_POINTS) - visited
    if result.tried >= 2 * len(CRASH_POINTS) and unvisited:
        result.blame(f"{_UNVISITED} {', '.join(sorted(unvisited))}")
    result.write(Path(given.result) if given.result else None)
    sys.stdout.write(result.line() + "\n" + "\n".join(result.sentences) + "\n")
    sys.exit(1 if result.violations else 0)


if __name__ == "__main__":
    main()
