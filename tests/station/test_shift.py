"""The counters of a shift: what counts, when they begin anew, and what a restart changes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from orchestrator.domain.outcome import Outcome
from orchestrator.station.past import Ended
from orchestrator.station.shift import Shift


class Wall:
    """A clock on the wall that a test moves. Local time, so that no zone matters."""

    def __init__(self, hour: int, minute: int = 0) -> None:
        self.moment = datetime(2026, 3, 4, hour, minute).astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment."""
        return self.moment

    def monotonic(self) -> float:
        """Return it as seconds."""
        return self.moment.timestamp()

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**span)


def local(hour: int, day: int = 4) -> datetime:
    """Return a moment of that day in UTC."""
    return datetime(2026, 3, day, hour).astimezone(UTC)


THREE = ["06:00", "14:00", "22:00"]


@pytest.mark.parametrize(
    ("hour", "begins", "ends"),
    [
        (5, local(22, day=3), local(6)),
        (6, local(6), local(14)),
        (13, local(6), local(14)),
        (23, local(22), local(6, day=5)),
    ],
)
def test_a_shift_lasts_from_one_start_to_the_next(
    hour: int, begins: datetime, ends: datetime
) -> None:
    """Over midnight, too."""
    clock = Wall(hour)
    shift = Shift(THREE, clock)
    assert (shift.began_at, shift.ends_at) == (begins, ends)
    assert shift.seconds_left() == (ends - clock.now()).total_seconds()


def test_one_start_makes_a_shift_of_a_day() -> None:
    """From that hour to the same hour."""
    shift = Shift(["07:30"], Wall(8))
    assert shift.ends_at - shift.began_at == timedelta(days=1)


def test_what_counts() -> None:
    """ERROR and TIMEOUT are the station's; what was stopped or interrupted counts nowhere."""
    clock = Wall(8)
    shift = Shift(THREE, clock)
    for outcome in Outcome:
        shift.count(Ended(outcome.value, outcome, clock.now()))
    seen = shift.snapshot()
    assert (seen.passed, seen.failed, seen.errors) == (1, 1, 2)
    assert seen.first_pass_yield == Decimal(1) / Decimal(4)


def test_first_pass_yield_is_about_first_runs_of_units() -> None:
    """A unit that passes the second time has not passed the first time; unknown units have none."""
    clock = Wall(8)
    shift = Shift(THREE, clock)
    assert shift.snapshot().first_pass_yield is None
    story = [("a", Outcome.FAIL), ("b", Outcome.PASS), ("a", Outcome.PASS), ("b", Outcome.FAIL),
             ("", Outcome.FAIL), ("c", Outcome.PASS)]  # fmt: skip
    for unit, outcome in story:
        shift.count(Ended(unit, outcome, clock.now()))
    seen = shift.snapshot()
    assert (seen.passed, seen.failed) == (3, 3)
    assert seen.first_pass_yield == Decimal(2) / Decimal(3)


def test_boards_per_hour_look_back_one_hour() -> None:
    """Younger shifts count by their own length, very young ones by six minutes."""
    clock = Wall(6)
    shift = Shift(THREE, clock)
    shift.count(Ended("a", Outcome.PASS, clock.now()))
    assert shift.snapshot().boards_per_hour == Decimal("10.0")
    clock.pass_by(minutes=30)
    shift.count(Ended("b", Outcome.FAIL, clock.now()))
    assert shift.snapshot().boards_per_hour == Decimal("4.0")
    clock.pass_by(minutes=45)
    assert shift.snapshot().boards_per_hour == Decimal("1.0")
    clock.pass_by(hours=2)
    assert shift.snapshot().boards_per_hour == Decimal("0.0")


def test_the_next_shift_begins_with_nothing_but_its_people() -> None:
    """Counters begin anew; who works on what stays until somebody says otherwise."""
    clock = Wall(13, 59)
    shift = Shift(THREE, clock)
    shift.operator, shift.work_order = "p-ana", "WO-1"
    shift.count(Ended("a", Outcome.FAIL, clock.now()))
    clock.pass_by(minutes=2)
    seen = shift.snapshot()
    assert (seen.failed, seen.first_pass_yield, seen.operator) == (0, None, "p-ana")
    assert seen.began_at != seen.ends_at
    shift.count(Ended("a", Outcome.PASS, clock.now()))
    assert shift.snapshot().first_pass_yield == 1


def test_a_restart_in_the_middle_changes_nothing() -> None:
    """Seeding with the runs of the shift gives what counting them gave."""
    clock = Wall(8)
    counted, seeded = Shift(THREE, clock), Shift(THREE, clock)
    runs = [Ended(f"u{n % 7}", list(Outcome)[n % 4], clock.now()) for n in range(40)]
    for run in runs:
        counted.count(run)
    seeded.count(runs[0])
    seeded.seed(runs)
    assert seeded.snapshot() == counted.snapshot()
