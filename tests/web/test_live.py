"""The live stream: a snapshot first, then changes, drawn once for all; nobody waits for anybody."""

import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.streams.memory import MemoryObjectReceiveStream
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.events import RunFinished, SlotState, StepProgress
from orchestrator.domain.outcome import Outcome
from orchestrator.station.hub import Hub
from orchestrator.station.settings_screen import ScreenSection
from orchestrator.web.live import Live, LiveResponse
from orchestrator.web.pages.evidence import evidence_of
from orchestrator.web.pages.layout import layout, pages, pixels_per_mm, style
from orchestrator.web.pages.render import Renderer
from orchestrator.web.pages.view import key_of, minutes, picture
from orchestrator.web.texts import language
from tests.browser.samples import sample, samples
from tests.browser.stage import PaperControl
from tests.patience import PATIENCE_SECONDS
from tests.web.bench import Bench

ENGLISH, GERMAN = language("en"), language("de")


class Reading:
    """What one reader has got. While `open` is not set it takes nothing."""

    def __init__(self, messages: MemoryObjectReceiveStream[bytes], patient: anyio.Event) -> None:
        self._messages = messages
        self.go_on = patient

    async def until(self, text: str) -> str:
        """Return the next message that holds `text`."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while True:
                message = (await self._messages.receive()).decode()
                if text in message:
                    return message


def stage(count: int = 4) -> tuple[PaperControl, Live]:
    """Return a station on paper and its streams."""
    hub = Hub()
    control = PaperControl(hub)
    control.slots = {slot.name: slot for slot in samples(count)}
    return control, Live(hub, SystemClock(), control.snapshot, Renderer(str), "")


@asynccontextmanager
async def reading(live: Live, *, stalled: bool = False, code: str = "en") -> AsyncIterator[Reading]:
    """Follow the stream beside the block; `stalled` takes one message and then none."""
    give, take = anyio.create_memory_object_stream[bytes](1000)
    patient = anyio.Event()
    if not stalled:
        patient.set()

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        if body:
            await give.send(body)
            await patient.wait()

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        raise AssertionError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(LiveResponse(live, language(code)), {"type": "http"}, receive, send)
        with give, take:
            yield Reading(take, patient)
            tasks.cancel_scope.cancel()


async def test_a_reader_gets_everything_and_then_what_changes() -> None:
    """The first message has every piece, the next one only the tile that changed, with numbers."""
    control, live = stage()
    async with reading(live) as reader:
        first = await reader.until("id: 0")
        for piece in ("#head", "#stands", "#next", "#next-keys", "#tiles"):
            assert f'hx-target="{piece}"' in first
        assert first.count('class="tile ') == 4
        control.put(sample(2, SlotState.ERROR))
        second = await reader.until("id: 1")
        assert 'hx-target="#slot-2"' in second
        assert 'hx-target="#slot-1"' not in second
        assert "#tiles" not in second
        await reader.until("event: beat")
        control.hub.close()
        assert "event: bye" in await reader.until("event: bye")


async def test_a_slow_reader_gets_the_newest_state_and_no_queue() -> None:
    """After a thousand changes that it did not take, a reader gets one message with the last."""
    control, live = stage()
    async with reading(live, stalled=True) as slow, reading(live) as quick:
        await quick.until("id: 0")
        await slow.until("id: 0")
        for number in range(1000):
            control.put(sample(1, SlotState.RUN, step=f"Step {number}."))
        assert "Step 999." in await quick.until("id: 1000")
        slow.go_on.set()
        late = await slow.until("id: 1000")
        assert "Step 999." in late
        assert "Step 998." not in late


async def test_what_looks_alike_is_drawn_once() -> None:
    """Two readers of one language share their messages; another language has its own words."""
    _, live = stage()
    english, german = live.feed(ENGLISH), live.feed(GERMAN)
    assert live.feed(ENGLISH) is english
    assert english.message(0) is english.message(0)
    assert "GUT" in german.message(0).decode()
    assert "GUT" not in english.message(0).decode()


async def test_slots_that_appear_bring_all_tiles_anew() -> None:
    """Another number of slots is another layout: the whole list is sent, as it is now."""
    control, live = stage()
    async with reading(live) as reader:
        await reader.until("id: 0")
        control.put(*samples(16))
        message = await reader.until("#tiles")
        assert "tiles sixteen columns-4 rows-4" in message
        assert message.count('class="tile ') == 16


async def test_progress_waits_and_a_verdict_does_not() -> None:
    """Progress alone is held back for a moment; a change of state goes out with it at once."""
    control, live = stage()
    async with reading(live) as reader:
        await reader.until("id: 0")
        control.hub.publish(StepProgress("1", "R1", "s", 1, 2))
        control.slots["1"] = sample(1, SlotState.PASS)
        control.hub.publish(RunFinished("1", "R1", Outcome.PASS))
        message = await reader.until("#slot-1")
        assert "id: 2" in message


async def test_nothing_that_others_write_ends_an_event() -> None:
    """Line ends and fields of the protocol in a name or a sentence stay inside the data."""
    hostile = "a\n\nevent: bye\ndata: x\r\nid: 7\r\x0b<script>"
    control, live = stage()
    async with reading(live) as reader:
        await reader.until("id: 0")
        control.put(sample(1, SlotState.FAIL, detail=hostile, serial_number=hostile))
        message = await reader.until("id: 1")
        assert message.count("\n\n") == 1
        assert all(line.startswith(("id: 1", "data: ")) for line in message.strip().split("\n"))
        assert "<script>" not in message


def test_one_address_opens_only_so_many_streams() -> None:
    """The ninth page of one machine is not let in; another machine's is."""
    _, live = stage()
    with ExitStack() as pages_open:
        for _ in range(8):
            assert live.admits("a")
            pages_open.enter_context(live.counted("a"))
        assert not live.admits("a")
        assert live.admits("b")
    assert live.admits("a")


def test_tiles_stand_as_on_the_fixture() -> None:
    """The layout follows the number of slots, or the columns of the settings."""
    known = {1: "one columns-1 rows-1", 2: "four columns-2 rows-1", 4: "four columns-2 rows-2",
             6: "four columns-3 rows-2", 16: "sixteen columns-4 rows-4",
             50: "sixtyfour columns-8 rows-7", 64: "sixtyfour columns-8 rows-8"}  # fmt: skip
    unknown = ScreenSection()
    assert {count: layout(count, unknown).classes for count in known} == {
        count: f"tiles {classes}" for count, classes in known.items()
    }
    wide = layout(12, ScreenSection(columns=6))
    assert wide.classes == "tiles sixtyfour columns-6 rows-2"
    assert layout(0, unknown).columns == 1


@pytest.mark.parametrize(
    ("order", "gaps", "places"),
    [
        ("rows", [], "11 12 13 21 22 23 31 32"),
        ("columns", [], "11 21 12 22 13 23 31 32"),
        ("serpentine", [], "11 12 13 23 22 21 31 32"),
        ("rows", [(1, 2)], "11 13 21 22 23 31 32 33"),
        ("columns", [(1, 2), (2, 2)], "11 21 13 23 31 32 33 41"),
        ("serpentine", [(2, 3), (1, 1)], "12 13 22 21 31 32 33 41"),
    ],
)
def test_slots_are_numbered_as_on_the_fixture(
    order: Any, gaps: list[tuple[int, int]], places: str
) -> None:
    """On a grid of 2 by 3 slots take places in its order; gaps stay free, the rest stands below."""
    screen = ScreenSection(rows=2, columns=3, order=order, gaps=gaps)
    found = re.findall(r"nth-child\((\d+)\) { grid-area: (\d+) / (\d+); }", style(screen))
    assert [int(number) for number, *_ in found] == list(range(1, 65))
    assert [row + column for _, row, column in found[:8]] == places.split()
    assert layout(1, screen).classes == "tiles four columns-3 rows-2 placed"
    assert layout(8, screen).rows == int(places[-2])


def test_only_one_page_has_the_grid() -> None:
    """A page of many slots is laid out by its count, and so is everything without a grid."""
    screen = ScreenSection(rows=2, columns=3)
    assert layout(32, screen, whole=False).classes == "tiles sixtyfour columns-3 rows-11"
    assert style(ScreenSection(columns=3)) == ":root { --mm: 3.61px; }\n"


def test_very_many_slots_turn_to_the_page_that_needs_somebody() -> None:
    """Hundred slots stand on four pages; the one with the waiting slot is shown."""
    assert [pages(count) for count in (1, 64, 65, 100)] == [1, 1, 3, 4]
    control, _ = stage()
    control.slots = {str(n): sample(n, SlotState.EMPTY) for n in range(1, 101)}
    control.slots["70"] = sample(70, SlotState.SCAN)
    shown = picture(control.snapshot(), ENGLISH)
    assert (shown.head.part, len(shown.tiles)) == ("65-96 / 100", 32)
    assert "70" in [tile.name for tile in shown.tiles]


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ([], "No slot yet. Plug a board in."),
        ([SlotState.EMPTY], "Put boards in."),
        ([SlotState.EMPTY, SlotState.RUN], "Nothing to do. Boards are being worked on."),
        ([SlotState.BLOCKED], "Slot 1: This board may not start. Call the engineer."),
        ([SlotState.PASS, SlotState.RUN], "Slot 1: take it out. Green bin."),
        ([SlotState.PASS, SlotState.FAIL], "Slot 2: put this board in the red bin."),
        ([SlotState.FAIL, SlotState.ERROR], "Slot 2: station problem. Call the engineer."),
        ([SlotState.ERROR, SlotState.SCAN], "Slot 2: scan the label of the board."),
        ([SlotState.SCAN, SlotState.DO], "Slot 1: scan the label of the board."),
    ],
)
def test_the_bottom_line_is_the_one_thing_to_do(states: list[SlotState], text: str) -> None:
    """Who waits comes first, then errors, failures and boards to take out."""
    control, _ = stage()
    control.slots = {str(n): sample(n, state) for n, state in enumerate(states, 1)}
    assert picture(control.snapshot(), ENGLISH).next.text == text


def test_the_chosen_slot_comes_first() -> None:
    """After its label was scanned, a waiting slot is what the bottom line is about."""
    control, _ = stage()
    control.slots = {str(n): sample(n, SlotState.SCAN) for n in (1, 2, 3)}
    snapshot = replace(control.snapshot(), chosen_slot="3")
    assert picture(snapshot, ENGLISH).next.key == "slot-3"


def test_durations_are_written_for_people() -> None:
    """Minutes and seconds, with hours where there are some."""
    assert [minutes(each) for each in (None, 0, 9.9, 70, 3661)] == [
        "", "0:00", "0:09", "1:10", "1:01:01",
    ]  # fmt: skip


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_two_slots_share_a_key(one: str, other: str) -> None:
    """Names that differ have keys that differ, of letters that are safe in addresses."""
    assert (key_of(one) == key_of(other)) is (one == other)
    assert key_of(one).replace("-", "").replace("_", "").isalnum()


def test_a_millimetre_has_its_pixels() -> None:
    """The reference screen of 24 inches, a small tablet, and a mistake in the settings."""
    assert pixels_per_mm(ScreenSection()) == 3.61
    tablet = ScreenSection(diagonal_inches=10.1, width_pixels=1280, height_pixels=800)
    assert pixels_per_mm(tablet) == 5.88
    assert pixels_per_mm(ScreenSection(diagonal_inches=5, width_pixels=15360)) == 12.0


def test_the_detail_tells_what_was_measured_and_what_is_in_doubt() -> None:
    """Failed measurements come first, with what they must be; doubts follow the irreversible."""
    limits = {"min": None, "max": None, "equal": None, "pattern": None, "one_of": None}

    def measured(name: str, outcome: str = "PASS", **changes: str) -> dict[str, str | None]:
        given = {f"limit_{key}": value for key, value in (limits | changes).items()}
        return {"name": name, "value": "1", "uom": "V", "outcome": outcome, **given}

    rows = [
        {"step_id": "a", "outcome": "PASS", "irreversible": False, "measurements": [
            measured("both", min="1", max="2"), measured("low", min="1"), measured("high", max="2"),
            measured("one", one_of='["a", "b"]'), measured("equal", equal="x"), measured("none"),
            measured("bad", "FAIL", pattern="x+"),
        ]},
        {"step_id": "lock", "outcome": "TIMEOUT", "irreversible": True, "measurements": []},
    ]  # fmt: skip
    found = evidence_of(rows, 5, ENGLISH)
    assert [(each.name, each.limits, each.ok) for each in found.measurements] == [
        ("bad", "x+", False), ("both", "1 to 2", True), ("low", "1 or more", True),
        ("high", "2 or less", True), ("one", "a, b", True), ("equal", "x", True),
        ("none", "no limit", True),
    ]  # fmt: skip
    # A value without a limit was not judged: a tick would tell that it is right.
    assert [each.name for each in found.measurements if not each.judged] == ["none"]
    assert (found.not_run, found.in_doubt, found.changed) == (3, True, False)
    locked = [rows[1] | {"outcome": "PASS"}]
    assert evidence_of(locked, 1, ENGLISH).changed


async def test_pages_answer_without_a_browser(bench: Bench, tmp_path: Path) -> None:
    """Page, detail, card, sheet of the screen and a picture are there; what is not is told so."""
    del tmp_path
    async with bench.browser() as browser:
        page = await browser.get("/")
        assert page.status_code == 200
        assert "Is the LED green?" in page.text
        key = key_of(next(iter(bench.control.slots)))
        assert (await browser.get(f"/slots/{key}?language=de")).status_code == 200
        assert (await browser.get("/barcodes")).status_code == 200
        assert "--mm: 3.61px" in (await browser.get("/screen.css")).text
        for path in ("/slots/slot-none", "/pictures/" + "0" * 64):
            assert (await browser.get(path)).status_code == 404
