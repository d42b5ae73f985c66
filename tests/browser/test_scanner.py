"""A scanner works from anywhere on the page, and is told apart from a person who types."""

from pathlib import Path

import anyio
from playwright.async_api import Route, expect

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import PromptKind, Question
from tests.browser.browsing import showing
from tests.browser.samples import sample, samples
from tests.browser.stage import PASSWORD, prompt


async def test_scans_arrive_from_anywhere(tmp_path: Path) -> None:
    """With the focus on nothing, a tile, a button or a field, a code arrives whole, and only once.

    The button with the focus is not pressed, and nothing is left in the field.
    """
    question = Question(PromptKind.TEXT, "Which lot is it?")
    slots = [*samples(4), sample(5, SlotState.DO, prompts=(prompt("5", question),))]
    async with showing(tmp_path, slots) as (stage, shown):
        places = ("#slot-2 .open", "[data-dialog=stop]", "#slot-5 .open")
        for number, place in enumerate(places):
            await shown.page.locator(place).focus()
            await shown.scan(f"AZ-10000{number}")
            await expect(shown.page.locator("#said")).to_have_text(f"Read AZ-10000{number}.")
        await shown.page.locator("#slot-5 .open").press("Enter")
        field = shown.page.locator("#detail input[name=text]")
        await expect(field).to_be_focused()
        await field.press_sequentially("L7", delay=60)
        await shown.scan("AZ-100009", end="Tab")
        await expect(shown.page.locator("#said")).to_have_text("Read AZ-100009.")
        await expect(field).to_have_value("L7")
        assert await shown.page.locator("dialog[open]").count() == 0
        scans = [each for each in stage.control.done if each[0] == "scan"]
        assert [code for _, code, _ in scans] == [
                "AZ-100000", "AZ-100001", "AZ-100002", "AZ-100009",
            ]  # fmt: skip
        assert {source for _, _, source in scans} == {"scanned"}
        assert shown.problems == []


async def test_noise_and_doubles_do_nothing(tmp_path: Path) -> None:
    """A code that comes twice counts once, two letters are none, and a person who types is none.

    An unexpected code is answered with what was expected.
    """
    async with showing(tmp_path, samples(4)) as (stage, shown):
        await shown.scan("AZ-100074")
        await shown.scan("AZ-100074")
        await shown.scan("AZ")
        await shown.page.keyboard.type("AZ-100075", delay=60)
        await shown.page.keyboard.press("Enter")
        await shown.scan("what-is-this")
        await expect(shown.page.locator("#said")).to_contain_text("should look like AZ-123456")
        codes = [each[1] for each in stage.control.done if each[0] == "scan"]
        assert codes == ["AZ-100074"]


async def test_scans_are_read_while_every_tile_changes(tmp_path: Path) -> None:
    """Forty codes in a row are read correctly while tiles change ten times a second."""
    wanted = [f"AZ-{200000 + number}" for number in range(40)]
    async with showing(tmp_path, samples(64)) as (stage, shown):
        for number, code in enumerate(wanted):
            state = (SlotState.RUN, SlotState.PASS)[number % 2]
            stage.control.put(*(sample(slot, state) for slot in range(1, 65)))
            await shown.scan(code)
            # A station takes twenty commands a second from one browser, more than a hand does.
            await expect(shown.page.locator("#said")).to_have_text(f"Read {code}.")
        assert [each[1] for each in stage.control.done if each[0] == "scan"] == wanted


async def test_codes_are_taken_in_the_order_in_which_they_were_read(tmp_path: Path) -> None:
    """A code whose answer is late is not overtaken by the next one."""
    async with showing(tmp_path, samples(4)) as (stage, shown):
        late = anyio.Event()

        async def slowly(route: Route) -> None:
            if "%CLOSE" in str(route.request.post_data):
                await late.wait()
            await route.continue_()

        await shown.page.route("**/scans", slowly)
        await shown.scan("%SLOT-3")
        await expect(shown.page.locator("#detail h2")).to_contain_text("Slot 3")
        await shown.scan("%CLOSE")
        await shown.scan("%SLOT-2")
        await expect(shown.page.locator("#detail h2")).to_contain_text("Slot 3")
        late.set()
        await expect(shown.page.locator("#detail h2")).to_contain_text("Slot 2")
        taken = [each[1] for each in stage.control.done if each[0] == "scan"]
        assert taken == ["%SLOT-3", "%CLOSE", "%SLOT-2"]


async def test_commands_of_the_page_are_codes_too(tmp_path: Path) -> None:
    """Help, close, a slot and the next language have codes; the check code is compared."""
    async with showing(tmp_path, samples(4)) as (_, shown):
        await shown.scan("%HELP")
        await expect(shown.page.locator("#help")).to_be_visible()
        await shown.scan("%CHECK-_/:yz0O1I")
        await expect(shown.page.locator("#scanner-check")).to_contain_text("reads right")
        await shown.scan("%CHECKß-&:zy0O1I")
        await expect(shown.page.locator("#scanner-check")).to_contain_text("reads wrong")
        await shown.scan("%CLOSE")
        await expect(shown.page.locator("#help")).to_be_hidden()
        await shown.scan("%SLOT-3")
        await expect(shown.page.locator("#detail h2")).to_contain_text("Slot 3")
        await shown.scan("%LANGUAGE")
        await expect(shown.page.locator("html")).to_have_attribute("lang", "de")
        await expect(shown.tile("2")).to_contain_text("GUT")


async def test_a_person_signs_in_by_badge_and_pin(tmp_path: Path) -> None:
    """A badge opens the pad; a wrong PIN is told; the right one shows the name; out forgets it."""
    async with showing(tmp_path, samples(4), settings={"sign_in": True}) as (stage, shown):
        person = shown.page.locator("#person")
        await expect(person).to_have_text("Scan your badge")
        await shown.scan("B-4417")
        await expect(shown.page.locator("#sign-in")).to_be_visible()
        await shown.page.keyboard.type("111111", delay=60)
        await shown.page.keyboard.press("Enter")
        await expect(shown.page.locator("#said")).to_have_class("said wrong")
        for digit in "480215":
            await shown.page.locator(f"[data-digit='{digit}']").click()
        await shown.page.locator("[data-digit=ok]").click()
        await expect(person).to_have_text("Ana")
        await shown.scan("AZ-100074")
        await expect(shown.page.locator("#said")).to_have_text("Read AZ-100074.")
        await shown.scan("%OUT")
        await expect(person).to_have_text("Scan your badge")
        await shown.scan("AZ-100075")
        await expect(shown.page.locator("#sign-in")).to_be_visible()
        assert [each[1] for each in stage.control.done if each[0] == "scan"] == [
                "AZ-100074", "%OUT",
            ]  # fmt: skip


async def test_an_engineer_closes_and_opens(tmp_path: Path) -> None:
    """Who has signed in by password and may hold sees the buttons for it; an operator does not."""
    slots = [sample(1, SlotState.EMPTY), sample(2, SlotState.EMPTY)]
    async with showing(tmp_path, slots, settings={"sign_in": True}) as (stage, shown):
        page = shown.page
        await page.locator("#slot-1 .open").press("Enter")
        await expect(page.locator("#detail [data-command=hold]")).to_be_hidden()
        await page.keyboard.press("Escape")
        await page.locator("#person").click()
        await page.locator("#sign-in input[name=name]").fill("Eva")
        await page.locator("#sign-in input[name=password]").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator("#person")).to_have_text("Eva")
        await page.locator("#slot-1 .open").press("Enter")
        await page.locator("#detail [data-command=hold]").click()
        await shown.shows("1", "BLOCKED")
        await page.locator("#detail [data-command=release]").click()
        await shown.shows("1", "EMPTY")
        await page.keyboard.press("Escape")
        await page.keyboard.press("s")
        await page.locator("#stop [data-command=hold]").click()
        await expect(page.locator("#stands")).to_have_text("STOPPED: Closed at the panel.")
        commands = [each[0] for each in stage.control.done]
        assert [each for each in commands if "hold" in each or each == "release"] == [
            "hold", "release", "hold line",
        ]  # fmt: skip
