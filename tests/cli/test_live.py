"""What a person sees of a working station, on a terminal and without one."""

import io

import anyio
import pytest
from rich.console import Console

from orchestrator.cli import live
from orchestrator.cli.live import AboveTable, draw, on_terminal, show_lines, show_table
from orchestrator.domain.events import (
    Event,
    RunStarted,
    SlotChanged,
    SlotState,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.station.hub import Hub
from orchestrator.station.view import StationView
from tests.patience import PATIENCE_SECONDS

STORY: list[Event] = [
    SlotChanged("A", SlotState.EMPTY, "Put a board in."),
    SlotChanged("A", SlotState.CHECK, "Checking the board."),
    SlotChanged("A", SlotState.RUN, "line", serial_number="SN-1"),
    RunStarted("A", "R", "line", 4),
    StepStarted("A", "R", "os", "Check the OS", 1, 1),
    StepFinished("A", "R", "os", 1, Outcome.PASS),
    StepStarted("A", "R", "load", "Load the applications", 1, 2),
    StepProgress("A", "R", "load", 50, 100),
]


def drawn(view: StationView, width: int = 100) -> str:
    """Return the table as text."""
    console = Console(file=io.StringIO(), width=width, no_color=True)
    console.print(draw(view))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_long_sentence_pushes_nothing_out() -> None:
    """Slot, unit and state stay whole however much there is to say."""
    view = StationView()
    view.take(SlotChanged("1111", SlotState.FAIL, "word " * 60, serial_number="99706ab19733"))
    for word in ("slot", "1111", "99706ab19733", "FAIL"):
        assert word in drawn(view, width=80)


def test_a_row_follows_its_slot() -> None:
    """State, unit, step and how far the run is: one and a half of four steps."""
    view = StationView()
    for event in STORY:
        view.take(event)
    assert view.slots["A"].done == pytest.approx(1.5 / 4)
    text = drawn(view)
    for word in ("A", "SN-1", "RUN", "Load the applications"):
        assert word in text
    view.take(SlotChanged("A", SlotState.FAIL, "OS is 22.07", device_id="ab" * 64))
    assert view.slots["A"].done == pytest.approx(1.5 / 4)
    assert "OS is 22.07" in drawn(view)
    assert view.line() == "1 FAIL"
    view.take(SlotChanged("A", SlotState.PASS, "Take it out."))
    assert view.slots["A"].done == 1.0
    view.take(SlotChanged("A", SlotState.CHECK))
    assert view.slots["A"].done == 0.0
    view.take(SlotChanged("A", SlotState.EMPTY))
    assert view.line() == "no board yet"


def test_what_boards_say_cannot_move_the_cursor() -> None:
    """Control characters are shown escaped, markup is plain text."""
    view = StationView()
    view.take(SlotChanged("A", SlotState.ERROR, "[red]odd[/] \x1b[2J"))
    view.take(StationNotice("a\nb"))
    text = drawn(view)
    assert "\x1b[2J" not in text
    assert "[red]odd[/] \\x1b[2J" in text
    assert "a\\nb" in text


def test_only_the_last_notices_are_kept() -> None:
    """Three of them, the newest last."""
    view = StationView()
    for number in range(5):
        view.take(StationNotice(f"notice {number}"))
    assert view.notices == ["notice 2", "notice 3", "notice 4"]


async def test_the_table_is_redrawn_until_the_station_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It ends by itself with the last picture."""
    monkeypatch.setattr(live, "REDRAW_SECONDS", 0.001)
    hub = Hub()
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with hub.listen() as listener, anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(show_table, listener, console)
            for event in STORY:
                hub.publish(event)
                await anyio.lowlevel.checkpoint()
            hub.close()
    file = console.file
    assert isinstance(file, io.StringIO)
    assert "Load the applications" in file.getvalue()


async def test_without_a_terminal_a_line_comes_when_something_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lines go to stderr, notices at once, the whole picture at the end; stdout stays clean."""
    monkeypatch.setattr(live, "LINE_SECONDS", 0.001)
    hub = Hub()
    with hub.listen() as listener, anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(show_lines, listener)
            for event in STORY:
                hub.publish(event)
            said = ""
            while "1 RUN" not in said:
                await anyio.lowlevel.checkpoint()
                said += capsys.readouterr().err
            hub.publish(StationNotice("The local service does not answer"))
            hub.publish(SlotChanged("A", SlotState.PASS, "Take it out."))
            hub.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["The local service does not answer", "1 PASS"]


def test_a_dumb_terminal_gets_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is redrawn where the cursor cannot move."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert not on_terminal()
    monkeypatch.setenv("TERM", "xterm")
    assert on_terminal()


def test_log_lines_stand_whole_above_the_table() -> None:
    """Half a line waits for its end, and what looks like markup is plain text."""
    console = Console(file=io.StringIO(), width=20, no_color=True)
    above = AboveTable(console)
    assert above.isatty()
    above.write("half of [red]a")
    above.flush()
    file = console.file
    assert isinstance(file, io.StringIO)
    assert file.getvalue() == ""
    above.write(" line that is long\n")
    assert file.getvalue() == "half of [red]a line that is long\n"
