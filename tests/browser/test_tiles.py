"""What people see: every state in its word, colour and size, measured in a real browser."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.domain.events import SlotState
from tests.browser.browsing import BIG, SMALL, panel, showing
from tests.browser.samples import SENTENCES, sample, samples
from tests.browser.stage import chromium, paper_panel

COLOURS = {
    SlotState.EMPTY: ("#e3e6e9", "#14181d"),
    SlotState.SCAN: ("#ffffff", "#0a4f9e"),
    SlotState.DO: ("#ffffff", "#0a4f9e"),
    SlotState.CHECK: ("#f4f5f6", "#14181d"),
    SlotState.RUN: ("#f4f5f6", "#14181d"),
    SlotState.PASS: ("#3cb88a", "#14181d"),
    SlotState.FAIL: ("#a01018", "#ffffff"),
    SlotState.ERROR: ("#f5b800", "#14181d"),
    SlotState.STOPPED: ("#ffffff", "#14181d"),
    SlotState.BLOCKED: ("#4a535d", "#ffffff"),
}
# Fill and letters as painted: a picture of hatching is taken at its lighter stripe, the worse one.
LOOK = """
element => {
  const style = getComputedStyle(element);
  const word = getComputedStyle(element.querySelector('.word'));
  const stripes = [...style.backgroundImage.matchAll(/rgb\\([^)]*\\)/g)].map(each => each[0]);
  return {fill: stripes.at(-1) ?? style.backgroundColor, letters: word.color,
          size: parseFloat(word.fontSize), moves: style.animationName};
}
"""
CUT = """
() => [...document.querySelectorAll('#tiles .tile')].flatMap(tile => {
  const box = tile.getBoundingClientRect();
  return [...tile.querySelectorAll('.word, .word span, .name, .foot span')].filter(part => {
    const inner = part.getBoundingClientRect();
    return inner.width && (inner.right > box.right + 1 || inner.bottom > box.bottom + 1
      || inner.top < box.top - 1 || part.scrollWidth > Math.ceil(inner.width) + 1);
  }).map(part => tile.id + ' ' + part.className + ' ' + part.textContent);
})
"""

BOXES = """
tiles => tiles.map(tile => {
  const box = tile.getBoundingClientRect();
  return [Math.round(box.left), Math.round(box.top), tile.dataset.slot];
})
"""


def hexadecimal(colour: str) -> str:
    """Write rgb(1, 2, 3) as #010203."""
    parts = [int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return "#" + "".join(f"{part:02x}" for part in parts)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of WCAG, from 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


async def test_every_state_has_its_word_sentence_and_colours(tmp_path: Path) -> None:
    """Each state is painted as agreed, with at least 7 to 1 for its word; two states move."""
    slots = [sample(number, state) for number, state in enumerate(COLOURS, 1)]
    async with showing(tmp_path, slots, reduced_motion="no-preference") as (_, shown):
        for number, (state, (fill, letters)) in enumerate(COLOURS.items(), 1):
            tile = shown.tile(str(number))
            found = await tile.evaluate(LOOK)
            assert hexadecimal(found["fill"]) == fill, state
            assert hexadecimal(found["letters"]) == letters, state
            assert contrast(fill, letters) >= 7, state
            words = await tile.inner_text()
            assert state.value in words
            assert SENTENCES[state][0] in words
            waits = state in (SlotState.SCAN, SlotState.DO)
            assert (found["moves"] != "none") is waits, state
        assert shown.problems == []


async def test_nothing_moves_for_those_who_do_not_want_it(tmp_path: Path) -> None:
    """With reduced motion the border of a waiting tile stands still."""
    slots = [sample(1, SlotState.SCAN)]
    async with showing(tmp_path, slots, reduced_motion="reduce") as (_, shown):
        assert (await shown.tile("1").evaluate(LOOK))["moves"] == "none"


@pytest.mark.parametrize(
    ("count", "least", "view"),
    [
        *((1, 220, BIG), (4, 120, BIG), (16, 64, BIG), (64, 44, BIG)),
        *((1, 100, SMALL), (4, 60, SMALL), (16, 35, SMALL), (64, 20, SMALL)),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else str(value["width"]),
)
async def test_words_have_their_size_and_nothing_is_cut(
    tmp_path: Path, count: int, least: float, view: dict[str, int]
) -> None:
    """Letters are as large as agreed for so many slots, in both languages, without scrolling."""
    slots = [sample(number, list(COLOURS)[number % 10]) for number in range(count)]
    if count == 1:
        slots = [sample(1, SlotState.STOPPED)]
    async with paper_panel(tmp_path, slots) as stage, chromium() as browser:
        for language in ("en", "de"):
            address = f"{stage.address}?language={language}"
            async with panel(browser, address, view) as shown:
                sizes: list[Any] = await shown.page.locator("#tiles .tile").evaluate_all(
                    f"tiles => tiles.map(tile => ({LOOK})(tile).size)"
                )
                assert len(sizes) == count
                assert min(sizes) >= least
                assert await shown.page.evaluate(CUT) == []
                page = await shown.page.evaluate(
                    "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
                )
                assert page == [view["height"], view["width"]]


async def test_a_verdict_at_sixteen_slots_is_read_from_two_metres(tmp_path: Path) -> None:
    """PASS, FAIL and ERROR have at least 48 px at 16 slots, by their boxes on the screen."""
    async with showing(tmp_path, samples(16)) as (_, shown):
        for slot in ("3", "5", "10"):
            box = await shown.tile(slot).locator(".word").bounding_box()
            assert box is not None
            assert box["height"] >= 48


async def test_buttons_are_made_for_gloves(tmp_path: Path) -> None:
    """Every button of the bottom line has 20 mm on the station's screen."""
    async with showing(tmp_path, samples(16)) as (_, shown):
        boxes = [
            await button.bounding_box()
            for button in await shown.page.locator(".bottom button").all()
        ]
        assert len(boxes) >= 2
        assert all(box and min(box["width"], box["height"]) >= 72 for box in boxes)


async def test_the_fixture_s_columns_are_kept(tmp_path: Path) -> None:
    """Twelve slots stand in six columns when the settings say so, in the order of their names."""
    slots = [sample(number, SlotState.EMPTY) for number in range(1, 13)]
    async with showing(tmp_path, slots, settings={"screen": {"columns": 6}}) as (_, shown):
        tops = await shown.page.locator("#tiles .tile").evaluate_all(
            "tiles => tiles.map(tile => tile.getBoundingClientRect().top)"
        )
        assert len(set(tops[:6])) == 1
        assert tops[6] > tops[5]


async def test_tiles_stand_where_the_slots_are(tmp_path: Path) -> None:
    """A grid with its order and gaps is drawn as the fixture is, also when a tile changes."""
    grid = {"rows": 2, "columns": 5, "order": "columns", "gaps": [[1, 3], [2, 3]]}
    slots = [sample(number, SlotState.EMPTY) for number in range(1, 9)]
    async with showing(tmp_path, slots, settings={"screen": grid}) as (stage, shown):
        before = await shown.page.locator("#tiles .tile").evaluate_all(BOXES)
        left, top = sorted({box[0] for box in before}), sorted({box[1] for box in before})
        places = {name: (top.index(y) + 1, left.index(x) + 1) for x, y, name in before}
        assert places == {"1": (1, 1), "2": (2, 1), "3": (1, 2), "4": (2, 2),
                          "5": (1, 3), "6": (2, 3), "7": (1, 4), "8": (2, 4)}  # fmt: skip
        step = left[1] - left[0]
        assert left[2] - left[1] == pytest.approx(2 * step, abs=2)
        assert left[3] - left[2] == pytest.approx(step, abs=2)
        stage.control.put(sample(4, SlotState.PASS))
        await shown.shows("4", "PASS")
        assert await shown.page.locator("#tiles .tile").evaluate_all(BOXES) == before
        stage.control.put(sample(9, SlotState.EMPTY))
        await shown.shows("9", "EMPTY")
        after = await shown.page.locator("#tiles .tile").evaluate_all(BOXES)
        assert after[8][1] > max(y for _, y, name in after if name != "9")
        assert [x for x, *_ in after[:8]] == [x for x, *_ in before]
        assert shown.problems == []


LONG = (
    "Check that the board is not locked: The board is DeviceComplete; it must be Blank or "
    "Module1Complete. Set the board aside; it is locked already, and nobody can open it again"
)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1600, 900), (1366, 768), (1024, 768)])
@pytest.mark.parametrize("count", [1, 4])
async def test_long_sentences_are_not_cut_within_a_line(
    tmp_path: Path, count: int, width: int, height: int
) -> None:
    """What has no room is left out by whole lines, and pushes no button out of its tile."""
    states = [SlotState.FAIL, SlotState.ERROR, SlotState.BLOCKED, SlotState.DO]
    slots = [sample(number, state, detail=LONG) for number, state in enumerate(states[-count:], 1)]
    last = slots[-1]
    question = replace(last.prompts[0].question, sentence=LONG)
    slots[-1] = replace(last, prompts=(replace(last.prompts[0], question=question),))
    async with showing(tmp_path, slots, {"width": width, "height": height}) as (_, shown):
        found = await shown.page.locator("#tiles .tile").evaluate_all(
            """tiles => tiles.map(tile => {
              const says = tile.querySelector(".says");
              const line = parseFloat(getComputedStyle(says).lineHeight);
              const lines = says.getBoundingClientRect().height / line;
              const last = (tile.querySelector(".answers") || says).getBoundingClientRect();
              return [lines, tile.getBoundingClientRect().bottom - last.bottom];
            })"""
        )
        assert len(found) == count
        for lines, room in found:
            assert round(lines) >= 1
            assert abs(lines - round(lines)) < 0.1
            assert room > 0
