"""The picture that events draw, and the numbers by which a reader finds its way back."""

import anyio
import pytest

from orchestrator.domain.events import (
    Event,
    PromptClosed,
    PromptOpened,
    RunFinished,
    RunStarted,
    SlotChanged,
    SlotState,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Prompt, PromptKind, Question
from orchestrator.station.hub import Hub
from orchestrator.station.snapshot import SlotSnapshot
from orchestrator.station.view import StationView
from tests.patience import PATIENCE_SECONDS
from tests.steps.conftest import SteppingClock

PROMPT = Prompt("P1", "1", "R1", "cover", Question(PromptKind.CONFIRM, "Close it."), "")


def notice(number: int) -> StationNotice:
    """Return an event that is told from others."""
    return StationNotice(str(number))


def drawn(view: StationView, slot: str = "1") -> SlotSnapshot:
    """Return what is shown of a slot."""
    return view.snapshot(slot, "p", closed="", may_start=False, may_stop=True)


def take(view: StationView, *events: Event) -> None:
    """Let the view see these events."""
    for event in events:
        view.take(event)


def test_a_run_is_drawn_from_its_begin_to_the_next_board() -> None:
    """Step, position, progress, times and prompts; a verdict keeps its run until the board goes."""
    clock = SteppingClock(step=0.0)
    view = StationView(clock)
    take(
        view,
        SlotChanged("1", SlotState.CHECK, "Checking the board."),
        SlotChanged("1", SlotState.RUN, "line", "SN", "ab", run_id="R1"),
        RunStarted("1", "R1", "line", 4),
        StepStarted("1", "R1", "cover", "Close the cover", 1, 2),
        StepProgress("1", "R1", "cover", 1, 2),
        PromptOpened("1", PROMPT),
        SlotChanged("1", SlotState.DO, "Close it.", "SN", "ab", run_id="R1"),
    )
    clock.seconds += 5
    now = drawn(view)
    assert (now.state, now.sentence, now.step) == (SlotState.DO, "Close it.", "Close the cover")
    assert (now.position, now.steps, now.progress) == (2, 4, 1.5 / 4)
    assert (now.recipe, now.run_id, now.elapsed_seconds) == ("line", "R1", 5.0)
    assert now.prompts == (PROMPT,)
    assert view.waiting() == ["1"]
    take(
        view,
        PromptClosed("1", "P1", "p-ana"),
        StepFinished("1", "R1", "cover", 1, Outcome.FAIL, "no"),
        RunFinished("1", "R1", Outcome.FAIL, "no"),
        SlotChanged("1", SlotState.FAIL, "Red bin.", "SN", "ab", "no", "R1"),
    )
    clock.seconds += 60
    now = drawn(view)
    assert (now.state, now.sentence, now.detail) == (SlotState.FAIL, "Red bin.", "no")
    assert (now.elapsed_seconds, now.prompts, now.run_id) == (5.0, (), "R1")
    assert view.waiting() == []
    view.take(SlotChanged("1", SlotState.EMPTY, "Put a board in."))
    now = drawn(view)
    assert (now.run_id, now.steps, now.began_at, now.elapsed_seconds) == ("", 0, None, None)


def test_who_waits_longest_comes_first() -> None:
    """By the moment at which the slot took its state; a new sentence changes nothing."""
    view = StationView(SteppingClock(step=1.0))
    take(
        view,
        SlotChanged("2", SlotState.SCAN, "Scan."),
        SlotChanged("1", SlotState.DO, "Press start."),
        SlotChanged("2", SlotState.SCAN, "Scan the label."),
        SlotChanged("3", SlotState.RUN, "line"),
    )
    assert view.waiting() == ["2", "1"]


def test_a_slot_that_nobody_has_heard_of_is_empty() -> None:
    """A picture of it can be taken all the same."""
    assert drawn(StationView(), "9").state is SlotState.EMPTY


def test_the_end_of_another_run_stops_no_watch() -> None:
    """One whose end came late, after the next one had begun."""
    clock = SteppingClock(step=0.0)
    view = StationView(clock)
    take(view, RunStarted("1", "R2", "line", 1), RunFinished("1", "R1", Outcome.PASS))
    clock.seconds += 3
    assert drawn(view).elapsed_seconds == 3.0


@pytest.mark.parametrize(
    ("since", "missing"), [(0, None), (1, None), (2, [3, 4, 5]), (4, [5]), (5, []), (6, None)]
)
def test_a_reader_goes_on_where_it_was(since: int, missing: list[int] | None) -> None:
    """As long as all that it missed is kept; a number from the future is none."""
    hub = Hub(kept=3)
    for number in range(1, 6):
        hub.publish(notice(number))
    found = hub.since(since)
    assert (found and [each.sequence for each in found]) == (missing or found)
    assert (found is None) == (missing is None)
    assert [each.event for each in found or []] == [notice(n) for n in missing or []]


async def test_numbers_rise_and_show_what_was_lost() -> None:
    """A listener that is too slow sees the gap; nobody waited for it."""
    hub = Hub()
    seen: list[Event] = []
    hub.watch(seen.append)
    with hub.listen(limit=2) as slow, hub.listen() as quick, anyio.fail_after(PATIENCE_SECONDS):
        for number in range(1, 5):
            hub.publish(notice(number))
        hub.close()
        assert [each.sequence async for each in slow.numbered()] == [3, 4]
        assert [each async for each in quick] == [notice(n) for n in range(1, 5)]
    assert slow.dropped == 2
    assert hub.sequence == len(seen) == 4
