"""A campaign that cannot fail proves nothing: each planted mistake turns its campaign red."""

import time

from tests.campaigns.kills import Death, live_until, places
from tests.campaigns.raw import disk_fault, power_cut
from tests.campaigns.results import Result
from tests.campaigns.rig import FAULTS, Daemon, Place, station_place
from tests.campaigns.shifts import Shift
from tests.patience import PATIENCE_SECONDS

LATE = """\
[rack]
boot_seconds = 0.05
state_change_locked = false
faults = [{ kind = "late", calls = "set_manufacturing_state", nth = 2, seconds = 1 }]
"""


def test_synchronous_normal_loses_rows_in_a_power_cut() -> None:
    """Rows since the last checkpoint are gone; killing alone would never show it."""
    [trial] = power_cut(1, sabotage="synchronous=NORMAL")
    assert trial.lost


def test_an_early_acknowledgement_loses_rows_on_a_failing_disk() -> None:
    """What was told before the commit is not there when the disk is full."""
    assert disk_fault(write_error_at=3, sabotage="acknowledged before the commit").lost


def test_a_swallowed_commit_error_loses_rows_on_a_failing_disk() -> None:
    """Callers were told that all is well."""
    trial = disk_fault(sync_error_at=3, sync_error_for=2, sabotage="commit errors swallowed")
    assert trial.lost
    assert not trial.refused


def test_without_the_lock_a_second_daemon_comes_up() -> None:
    """It is not refused with 75 any more, so the test of the second daemon fails."""
    with station_place(1, sabotage="lock file removed") as place:
        first = Daemon(place)
        assert first.until(lambda: bool(first.states), PATIENCE_SECONDS)
        second = Daemon(place)
        second.until(lambda: bool(second.states), PATIENCE_SECONDS)
        ended = second.ended
        first.kill()
        second.kill()
    assert ended != 75


def test_open_runs_are_seen() -> None:
    """A station that does not close them is red after one kill."""
    result = Result("kills", "test")
    with places("sqlite", seed=2, sabotage="open runs left open", boards=2) as place:
        shift = Shift(place, result)
        live_until(shift, Death("intent.committed"))
        Daemon(place).terminate()
        shift.judge(1, auditor=False)
    assert any(sentence.startswith("left open") for sentence in result.sentences)
    assert result.survived == 0


def _asked_again(place: Place) -> bool:
    return any(line["what"].endswith("_again") for line in place.rack.happened())


def test_a_board_that_is_asked_too_early_is_locked_twice() -> None:
    """Without settling the answer is "not yet", and the repeated request is one too many."""
    result = Result("kills", "test")
    with station_place(2, seed=3, text=LATE, sabotage="asked without settling") as place:
        shift = Shift(place, result)
        daemon = Daemon(place)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _asked_again(place) and time.monotonic() < deadline:
            shift.attend(daemon, 0.2, swap=False)
        daemon.kill()
        place.sabotage = ""
        shift.drain()
        shift.judge(1)
    assert result.doubled > 0


def test_the_rack_of_the_campaigns_does_what_it_says() -> None:
    """The three faults that matter are in its file."""
    for kind in ("drop", "lost_answer", "late"):
        assert f'kind = "{kind}"' in FAULTS
