"""Questions to people: by touch, keys and codes, in two browsers, through a reload."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from playwright.async_api import expect

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import Picture, PromptKind, Question
from tests.browser.browsing import panel, showing
from tests.browser.samples import sample, samples
from tests.browser.stage import Stage, chromium, paper_panel, prompt

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
QUESTIONS = {
    "1": Question(PromptKind.CONFIRM, "Fit the antenna."),
    "2": Question(PromptKind.CHOOSE, "Which antenna is fitted?", options=("Left", "Right")),
    "3": Question(
        PromptKind.NUMBER, "Measure TP3.", uom="V", minimum=Decimal("3.1"), maximum=Decimal("3.5")
    ),
    "4": Question(PromptKind.TEXT, "Type the lot.", pattern=r"L\d+", looks_like="L12"),
    "5": Question(
        PromptKind.LOOK, "Is the LED green?", options=("Green", "Red"),
        picture=Picture(PNG, "image/png", "ab" * 32),
    ),
    "6": Question(PromptKind.CHECKLIST, "Look at the housing.", options=("Screws", "Label")),
    "7": Question(PromptKind.SCAN, "Scan the cover.", looks_like="C-123"),
}  # fmt: skip


def asking(slot: str) -> object:
    """Return the slot that asks its question."""
    asked = (prompt(slot, QUESTIONS[slot]),)
    return sample(int(slot), SlotState.DO, sentence=QUESTIONS[slot].sentence, prompts=asked)


def answers(stage: Stage) -> list[tuple[str, ...]]:
    """Return what was answered."""
    return [each[1:] for each in stage.control.done if each[0] == "answer"]


async def test_every_kind_of_question_is_answered_by_touch(tmp_path: Path) -> None:
    """All kinds are open at once; each is answered in its slot, with what it wants."""
    slots = [asking(slot) for slot in QUESTIONS]
    async with showing(tmp_path, slots) as (stage, shown):  # type: ignore[arg-type]
        page = shown.page

        async def opened(slot: str) -> None:
            # The question before goes with its focus: closed, or as the slot goes on.
            await expect(page.locator("#detail form.prompt")).to_have_count(0)
            await shown.tile(slot).locator(".open").press("Enter")
            await expect(page.locator("#detail h2")).to_contain_text(f"Slot {slot}")

        await opened("1")
        await page.locator("#detail button.done").click()
        await opened("2")
        await page.locator("#detail [data-option=Right]").click()
        await opened("3")
        await expect(page.locator("#detail .hint").last).to_have_text("3.1 to 3.5 V")
        await page.locator("#detail input").fill("3.3")
        await page.locator("#detail button[type=submit]").click()
        await opened("4")
        await page.locator("#detail input").fill("L7")
        await page.keyboard.press("Enter")
        await opened("5")
        size = await page.locator("#detail img").evaluate(
            "async i => (await i.decode(), i.naturalWidth)"
        )
        assert size == 1
        await page.locator("#detail [data-answer=no]").click()
        await opened("6")
        for box in await page.locator("#detail input[type=checkbox]").all():
            await box.check()
        await page.locator("#detail button[type=submit]").click()
        await opened("7")
        await shown.scan("C-777")
        await page.locator("#detail input").fill("C-778")
        await page.locator("#detail button[type=submit]").click()
        await shown.shows("7", "RUN")
        assert answers(stage) == [
            ("Q1-1", "True", "", "pressed"),
            ("Q2-1", "True", "Right", "pressed"),
            ("Q3-1", "True", "3.3", "typed"),
            ("Q4-1", "True", "L7", "typed"),
            ("Q5-1", "False", "", "pressed"),
            ("Q6-1", "True", "", "pressed"),
            ("Q7-1", "True", "C-778", "typed"),
        ]
        assert all("400" in each or "409" in each for each in shown.problems), shown.problems


async def test_two_browsers_and_a_reload_answer_once(tmp_path: Path) -> None:
    """A question is there after a reload and in a second browser; the second answer is refused."""
    slots = [asking("1")]
    async with (
        paper_panel(tmp_path, slots) as stage,  # type: ignore[arg-type]
        chromium() as browser,
        panel(browser, stage.address) as first,
        panel(browser, stage.address) as second,
    ):
        await first.page.reload()
        await first.live()
        await expect(first.page.locator("#next")).to_contain_text("Slot 1: Fit the antenna.")
        assert await second.page.locator("#next-keys button").count() == 2
        held = stage.control.slots["1"]
        await first.page.locator("#next-keys [data-answer=yes]").click()
        await second.shows("1", "RUN")
        await expect(second.page.locator("#next-keys button")).to_have_count(0)
        # The other one pressed before the page could change.
        stage.control.slots["1"] = replace(held, prompts=())
        await second.page.evaluate(
            "document.getElementById('next-keys').append(Object.assign("
            "document.createElement('button'), {id: 'late', type: 'button'}));"
            "Object.assign(document.getElementById('late').dataset, {answer: 'yes', id: 'Q1-1'})"
        )
        await second.page.evaluate("document.getElementById('late').click()")
        await expect(second.page.locator("#said")).to_contain_text("already answered by")
        assert len(answers(stage)) == 1


async def test_all_of_it_works_by_keys(tmp_path: Path) -> None:
    """Answer, detail, help, stop, retry and language need no mouse."""
    slots = [asking("1"), *(sample(n, s) for n, s in ((2, SlotState.RUN), (3, SlotState.ERROR)))]
    async with showing(tmp_path, slots) as (stage, shown):  # type: ignore[arg-type]
        page, keys = shown.page, shown.page.keyboard
        await keys.press("n")
        await shown.shows("1", "RUN")
        await keys.press("3")
        await keys.press("Enter")
        await expect(page.locator("#detail h2")).to_contain_text("Slot 3")
        await keys.press("r")
        await expect(page.locator("#said")).to_have_text("Started.")
        await keys.press("Escape")
        await expect(page.locator("#detail")).to_be_hidden()
        await expect(page.locator("#slot-3 .open")).to_be_focused()
        await keys.press("F1")
        await expect(page.locator("#help")).to_be_visible()
        await keys.press("Escape")
        await expect(page.locator("#help")).to_be_hidden()
        await page.locator("#slot-2 .open").focus()
        await keys.press("Enter")
        await expect(page.locator("#detail h2")).to_contain_text("Slot 2")
        await keys.press("s")
        await expect(page.locator("#stop .question")).to_have_text("Stop the board in slot 2?")
        await keys.press("y")
        await shown.shows("2", "STOPPED")
        await keys.press("l")
        await expect(page.locator("html")).to_have_attribute("lang", "de")
        done = [each for each in stage.control.done if each[0] != "answer"]
        assert done == [("start", "3"), ("stop", "2")]
        assert answers(stage) == [("Q1-1", "False", "", "pressed")]


async def test_tab_goes_through_the_slots_in_their_order(tmp_path: Path) -> None:
    """With the tabulator people reach every slot, in order, with a visible ring."""
    async with showing(tmp_path, samples(16)) as (_, shown):
        await shown.page.locator("#slot-1 .open").focus()
        found = []
        for _ in range(16):
            focused = await shown.page.evaluate(
                "[document.activeElement.dataset.open ?? '',"
                " getComputedStyle(document.activeElement).outlineWidth]"
            )
            found.append(focused)
            await shown.page.keyboard.press("Tab")
        assert [name for name, _ in found] == [f"slot-{number}" for number in range(1, 17)]
        assert {width for _, width in found[1:]} == {"4px"}


async def test_a_label_that_cannot_be_scanned_is_typed(tmp_path: Path) -> None:
    """The detail of a waiting slot takes the label by hand, for that slot, as typed."""
    slots = [sample(1, SlotState.SCAN), sample(2, SlotState.SCAN)]
    async with showing(tmp_path, slots) as (stage, shown):
        await shown.tile("2").locator(".open").press("Enter")
        await shown.page.locator("#detail input").fill("AZ-100074")
        await shown.page.keyboard.press("Enter")
        await expect(shown.page.locator("#detail")).to_be_hidden()
        scans = [each[1:] for each in stage.control.done if each[0] == "scan"]
        assert scans == [("%SLOT-2", "typed"), ("AZ-100074", "typed")]


async def test_a_question_shows_how_long_it_waits(tmp_path: Path) -> None:
    """The detail counts down the time that the step still waits; a kiosk's has no link out."""
    slots = [asking("1")]
    async with showing(tmp_path, slots) as (stage, shown):  # type: ignore[arg-type]
        await shown.page.goto(f"{stage.address}?kiosk")
        await shown.live()
        await shown.tile("1").locator(".open").press("Enter")
        await expect(shown.page.locator("#detail [data-left]")).to_have_text(
            re.compile(r"4:\d\d left")
        )
        links = shown.page.locator("a[href]:not([href^='/slots/'])")
        await expect(links).to_have_count(0)
