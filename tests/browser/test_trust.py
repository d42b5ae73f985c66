"""When the page may not be trusted it says so; what devices write is shown and never run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.async_api import Route, expect

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import PromptKind, Question
from orchestrator.station.snapshot import AuditHealth, LineReason, RecipeSnapshot, ShiftSnapshot
from tests.browser.browsing import BIG, SMALL, Panel, any_page, panel, showing, violations
from tests.browser.samples import sample, samples
from tests.browser.stage import chromium, paper_panel, prompt

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
CANARY = '<img src=x onerror="window.hit=1">\'"><svg/onload=window.hit=1>{{7*7}}javascript:hit'


async def test_a_page_that_hears_nothing_says_so_and_recovers(tmp_path: Path) -> None:
    """Three seconds without a beat grey all tiles; when the station is back the page is true again.

    A station that stops says goodbye, so that its page does not even wait.
    """
    async with chromium() as browser:
        async with paper_panel(tmp_path, samples(4)) as stage:
            port = int(stage.address.rpartition(":")[2].strip("/"))
            page = await browser.new_page()
            shown = Panel(page)
            await page.goto(stage.address)
            await shown.live()
        lost = page.locator("#lost")
        await expect(lost).to_contain_text("NO CONNECTION TO THE STATION PROGRAM")
        await expect(lost).to_contain_text("Do not trust this screen.")
        await expect(page.locator("body")).to_have_class("panel is-lost")
        slots = [sample(number, SlotState.PASS) for number in range(1, 5)]
        async with paper_panel(tmp_path, slots, port=port):
            await shown.shows("1", "PASS")
            await expect(lost).to_be_hidden()
        assert shown.without_absence() == []


async def test_a_station_that_hangs_is_noticed(tmp_path: Path) -> None:
    """A stream that stays open and says nothing is as good as none."""
    async with showing(tmp_path, samples(4)) as (_, shown):
        await shown.page.evaluate(
            "document.getElementById('live').addEventListener('htmx:sse:before:message',"
            " event => event.preventDefault())"
        )
        await expect(shown.page.locator("#lost")).to_be_visible()


async def test_a_line_that_stands_is_told_across_the_page(tmp_path: Path) -> None:
    """A lost audit and a held line have their bar; slots that appear get their tile."""
    async with showing(tmp_path, samples(4)) as (stage, shown):
        bar = shown.page.locator("#stands")
        stage.control.audit = AuditHealth(writable=False, why="disk full")
        stage.control.tell()
        await expect(bar).to_have_text("STOPPED: cannot save results. Do not remove boards.")
        await expect(shown.page.locator("#head .bad")).to_contain_text("Not saved")
        stage.control.audit = AuditHealth(writable=True)
        stage.control.reasons = (LineReason("host", "The station is too hot"),)
        stage.control.tell()
        await expect(bar).to_have_text("STOPPED: The station is too hot")
        stage.control.reasons = ()
        stage.control.put(sample(5, SlotState.EMPTY))
        await expect(bar).to_have_text("")
        await shown.shows("5", "EMPTY")
        assert await shown.page.locator("#tiles").get_attribute("class") == (
            "tiles four columns-3 rows-2"
        )


async def test_what_others_write_is_shown_and_never_run(tmp_path: Path) -> None:
    """Payloads in every field of tiles, head, prompts and details are text, live and loaded."""
    question = Question(PromptKind.CHOOSE, CANARY, options=(CANARY, "b"), looks_like=CANARY)
    hostile: dict[str, Any] = dict.fromkeys(
        ("sentence", "detail", "serial_number", "device_id", "recipe", "step", "closed"), CANARY
    )
    slots = [
        sample(1, SlotState.FAIL, **hostile),
        sample(2, SlotState.RUN, **hostile),
        sample(3, SlotState.DO, **hostile, prompts=(prompt("3", question),)),
        replace(sample(4, SlotState.EMPTY), name=f"4{CANARY}\n\ndata: x\r\nevent: bye"),
    ]
    async with showing(tmp_path, slots) as (stage, shown):
        stage.control.recipes = (RecipeSnapshot(CANARY, CANARY, CANARY),)
        stage.control.operation = stage.control.station = CANARY
        stage.control.shift = ShiftSnapshot("", "", work_order=CANARY)
        stage.control.reasons = (LineReason("hold", CANARY),)
        row = dict.fromkeys(
            ("name", "value", "uom", "limit_equal", "limit_pattern"), CANARY
        ) | dict.fromkeys(("limit_min", "limit_max", "limit_one_of"))
        stage.reads.rows = [
            {"step_id": CANARY, "outcome": "FAIL", "irreversible": False,
             "measurements": [row | {"outcome": "FAIL"}]}
        ]  # fmt: skip
        stage.control.put(*slots[:3])
        await expect(shown.page.locator("#stands")).to_contain_text(CANARY)
        await shown.page.reload()
        await shown.live()
        for number in ("1", "2", "3"):
            await shown.tile(number).locator(".open").press("Enter")
            await expect(shown.page.locator("#detail")).to_contain_text(CANARY)
            await shown.page.keyboard.press("Escape")
        await shown.scan("x<img src=x onerror=window.hit=1>")
        await expect(shown.page.locator("#said")).to_have_class("said wrong")
        assert await shown.page.evaluate("window.hit") is None
        assert await shown.page.locator("img[src=x], svg[onload]").count() == 0
        assert await shown.page.locator("#tiles .tile").count() == 4
        assert not [each for each in shown.problems if "Content Security" in each]


async def test_no_request_leaves_the_station(tmp_path: Path) -> None:
    """With everything but the station blocked each page loads, and no request fails."""
    async with paper_panel(tmp_path, samples(16)) as stage, chromium() as browser:
        context = await browser.new_context(viewport=BIG)
        strays: list[str] = []

        async def only_here(route: Route) -> None:
            if route.request.url.startswith((stage.address, "data:")):
                await route.continue_()
                return
            strays.append(route.request.url)
            await route.abort()

        await context.route("**/*", only_here)
        page = await context.new_page()
        shown = Panel(page)
        bad: list[str] = []
        page.on("response", lambda answer: bad.append(answer.url) if answer.status >= 400 else None)
        await page.goto(stage.address)
        await shown.live()
        assert await page.evaluate("document.fonts.check('700 20px \"Atkinson Hyperlegible\"')")
        for key in ("F1", "Escape", "Enter", "Escape", "s", "Escape"):
            await page.keyboard.press(key)
        await page.goto(f"{stage.address.rstrip('/')}/barcodes")
        await expect(page.locator("svg").first).to_be_visible()
        assert (strays, bad) == ([], [])
        assert [each for each in shown.problems if "/live" not in each] == []


async def test_the_pages_can_be_used_by_everybody(tmp_path: Path) -> None:
    """The checker of accessibility finds no violation, in any state, dialog or language."""
    slots = [*samples(16), sample(17, SlotState.DO, prompts=(prompt("17", CHOICE),))]
    async with paper_panel(tmp_path, slots) as stage, chromium() as browser:
        for view, language in ((BIG, "en"), (SMALL, "de")):
            address = f"{stage.address}?language={language}"
            async with panel(browser, address, view, reduced_motion="reduce") as shown:
                await shown.page.evaluate(AXE.read_text(encoding="utf-8"))
                assert await violations(shown) == []
                for slot in ("5", "10", "16", "17"):
                    await shown.tile(slot).locator(".open").press("Enter")
                    await expect(
                        shown.page.locator(f"#detail [data-slot='{slot}']").first
                    ).to_be_visible()
                    assert await violations(shown) == [], slot
                    await shown.page.keyboard.press("Escape")
                for name in ("help", "stop", "sign-in"):
                    await shown.page.evaluate(f"document.getElementById('{name}').showModal()")
                    assert await violations(shown) == [], name
                    await shown.page.keyboard.press("Escape")
        async with any_page(browser, f"{stage.address.rstrip('/')}/barcodes") as page:
            await page.page.evaluate(AXE.read_text(encoding="utf-8"))
            assert await violations(page) == []


CHOICE = Question(PromptKind.CHOOSE, "Which antenna is fitted?", options=("Left", "Right"))
