"""The real daemon is killed at every named place and at random moments: nothing is lost."""

import random

from orchestrator.domain.crash_points import CRASH_POINTS
from tests.campaigns.kills import Death, deaths, live_until, places, run
from tests.campaigns.results import Result
from tests.campaigns.rig import Daemon
from tests.campaigns.shifts import BY_SIGTERM, Shift
from tests.patience import PATIENCE_SECONDS


def at_every_place(seed: int) -> list[Death]:
    """Return one death for every place, each of those during recovery behind another one."""
    chance = random.Random(seed)
    plan: list[Death] = []
    for point in CRASH_POINTS:
        if point.startswith("recovery"):
            plan.append(Death("act.returned" if point == "recovery.closed" else "intent.committed"))
        plan.append(Death(point, 1 if point.startswith("recovery") else chance.randint(1, 2)))
    return plan


def test_the_daemon_dies_at_every_named_place() -> None:
    """Every place of the table is visited, and behind all these deaths the evidence is whole."""
    result = Result("kills", "test")
    plan = at_every_place(1)
    with places("sqlite", seed=1, boards=4) as place:
        visited = run(place, result, iter(plan), episode=len(plan))
    assert result.sentences == []
    assert visited == set(CRASH_POINTS)
    assert result.survived == len(plan)
    assert result.irreversible > 0


def test_the_daemon_dies_at_random_moments() -> None:
    """Ten more deaths, most of them while it still recovers from the one before."""
    result = Result("kills", "test")
    plan = [death for death in deaths(7, 20) if not death.point]
    with places("sqlite", seed=7, boards=4) as place:
        run(place, result, iter(plan), episode=len(plan))
    assert result.sentences == []
    assert result.survived == len(plan) == 10


def test_the_daemon_dies_on_postgresql() -> None:
    """The same on the other database: places around the commit and around the request."""
    result = Result("kills", "test")
    points = ("commit.before", "commit.after", "act.returned", "recovery.closed")
    plan = [Death(point, 2 if "commit" in point else 1) for point in points]
    with places("postgresql", seed=3, boards=4) as place:
        visited = run(place, result, iter(plan), episode=len(plan))
    assert result.sentences == []
    assert visited == set(points)


def test_sigterm_with_boards_in_work_leaves_nothing_open() -> None:
    """It ends within its grace; the next start knows what became of every board."""
    result = Result("stop", "test")
    with places("sqlite", seed=5, boards=4) as place:
        shift = Shift(place, result)
        for _ in range(2):
            daemon = Daemon(place)
            shift.begin(daemon)
            assert daemon.terminate() == BY_SIGTERM, daemon.said
        assert shift.judge(0, auditor=False) or all("no finding" in s for s in result.sentences)
        result.sentences.clear()
        shift.drain()
        shift.judge(1)
    assert result.sentences == []


def test_a_second_daemon_is_refused_and_the_first_goes_on() -> None:
    """It ends with 75 and a sentence; boards pass on the first one afterwards."""
    result = Result("second", "test")
    with places("sqlite", seed=6, boards=2) as place:
        shift = Shift(place, result)
        first = Daemon(place)
        shift.begin(first)
        second = Daemon(place)
        assert second.wait(PATIENCE_SECONDS) == 75, second.said
        assert f"in use by process {first.pid}" in " ".join(second.said)
        shift.begin(first)
        assert first.terminate() == BY_SIGTERM


def test_a_death_that_never_comes_is_a_death_all_the_same() -> None:
    """A life that does not reach its place is killed after some seconds and not counted there."""
    result = Result("kills", "test")
    with places("sqlite", seed=8, boards=1) as place:
        assert not live_until(Shift(place, result), Death("step.begun", 10_000, seconds=0.5))
    assert result.faults == {"killed: any moment": 1}
