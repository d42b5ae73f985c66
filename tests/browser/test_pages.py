"""The pages of engineers and quality in a real browser: nothing runs, nothing is missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from playwright.async_api import Page, expect

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.records import RunEndRow, StepEndRow
from orchestrator.simulation.trial import try_recipe
from orchestrator.station.edge import beside
from orchestrator.web.people import People
from orchestrator.web.people_file import PeopleFile
from orchestrator.web.secrecy import Hashing
from orchestrator.web.server import make_server
from tests.audit.rows import at
from tests.audit.story import write
from tests.browser.browsing import Panel, violations
from tests.browser.stage import chromium
from tests.web.bench import PASSWORD
from tests.web.pages_bench import CANARY, PagesBench, rows, written

PLACES = (
    "/recipes", "/recipes/H1", "/runs", "/runs?since=2026-11-01", "/runs/R1", "/runs/R2",
    "/runs/R3", "/units", "/units/U1", "/units/U2", "/units/nobody", "/runs?colour=red",
    "/nowhere",
)  # fmt: skip

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


class Watched:
    """A page of the browser, and everything that went wrong in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.trouble: list[str] = []
        self.left: list[str] = []
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog {dialog.message}"))
        page.on("requestfailed", lambda request: self.trouble.append(request.url))
        page.on("request", lambda request: self._note(request.url))
        page.on("console", lambda message: self._hear(message.text))

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.left.append(url)

    def _hear(self, text: str) -> None:
        # A page that is refused is told by the console as well; that is no trouble.
        if "status of 4" not in text:
            self.trouble.append(text)

    async def go(self, place: str) -> Page:
        """Open a place of the station."""
        await self.page.goto(self.address + place)
        return self.page


@asynccontextmanager
async def served(pages: PagesBench) -> AsyncIterator[Watched]:
    """Serve the pages on a free port and open a browser."""
    surface = pages.bench.surface
    settings = surface.settings.model_copy(update={"port": 0})
    # A clock that goes by itself: the bench's stands still, and so would sessions and rates.
    file = PeopleFile(pages.folder)
    people = People(file, Hashing(file.pepper(), memory_kib=64, passes=1), SystemClock())
    office = replace(surface.office, attempt=try_recipe)
    surface = replace(surface, settings=settings, office=office, clock=SystemClock(), people=people)
    server = make_server(surface)
    async with beside(server.run), chromium() as browser:
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        yield Watched(page, server.address)
        surface.hub.close()


@pytest.fixture
def pages(tmp_path: Path) -> PagesBench:
    """A station with a failed, a passed and an open run, full of canaries."""
    return PagesBench(tmp_path, written(tmp_path, rows()))


async def test_no_page_runs_what_boards_say_or_leaves_the_station(pages: PagesBench) -> None:
    """Every page loads without an error, a dialog, or a request to anywhere else."""
    async with served(pages) as watched:
        for place in PLACES:
            page = await watched.go(place)
            await page.wait_for_load_state("networkidle" if place != "/runs/R3" else "load")
            assert await page.locator("h1").count() == 1, place
        page = await watched.go("/runs/R1")
        assert CANARY in await page.locator("main").inner_text()
        assert watched.trouble == []
        assert watched.left == []


async def test_the_checker_of_accessibility_finds_nothing(pages: PagesBench) -> None:
    """Contrast, names, order of headings, tables: no page has a violation, with all steps open."""
    async with served(pages) as watched:
        await watched.page.add_init_script(path=AXE)
        for place in PLACES:
            page = await watched.go(place)
            for closed in await page.locator("details:not([open]) > summary").all():
                await closed.click()
            assert await violations(Panel(page)) == [], place


async def test_a_series_is_seen_and_a_file_is_only_saved(pages: PagesBench) -> None:
    """The drawing has its size on the page; the script that was attached becomes a download."""
    async with served(pages) as watched:
        page = await watched.go("/runs/R1")
        for closed in await page.locator("details:not([open]) > summary").all():
            await closed.click()
        drawing = page.locator("img.series[alt='series/a b.json']")
        await drawing.scroll_into_view_if_needed()
        await expect(drawing).to_have_js_property("naturalWidth", 800)
        async with page.expect_download() as saved:
            await page.get_by_role("link", name="x.html").click()
        name = (await saved.value).suggested_filename
        assert name.startswith("R1-2-")
        assert name.endswith(".bin")
        assert watched.trouble == []


async def test_an_open_run_is_followed_until_it_ends(pages: PagesBench) -> None:
    """The page takes what is written without being loaded anew, and stops asking at the end."""
    async with served(pages) as watched:
        page = await watched.go("/runs/R3")
        verdict = page.locator("p.verdict b")
        assert await verdict.inner_text() == "running"
        await page.evaluate("window.same = true")
        # The step that runs is open; somebody shuts it, and it stays shut while the page renews.
        summary = page.locator("details[data-step='main/lock'] > summary")
        await summary.press("Enter")
        for _ in range(2):
            await page.evaluate(
                "() => new Promise(done => document.addEventListener('htmx:after:swap',"
                " () => done(true), {once: true}))"
            )
            assert await page.locator("details[open]").count() == 0
        await expect(summary).to_be_focused()
        await anyio.to_thread.run_sync(
            write,
            pages.url,
            [StepEndRow("R3", 1, "PASS", at(50), 9_000_000, "", "", "", "")],
            [RunEndRow("R3", "PASS", at(51), 11_000_000, None, "")],
        )
        await expect(verdict).to_have_text("PASS")
        assert await page.locator("#tail[hx-get]").count() == 0
        assert await page.evaluate("window.same")
        assert watched.trouble == []


async def test_lists_are_filtered_by_keyboard_alone(pages: PagesBench) -> None:
    """Typing into the form and Enter makes an address that can be sent to somebody else."""
    async with served(pages) as watched:
        page = await watched.go("/runs")
        await page.get_by_label("slot").focus()
        await page.keyboard.type("2")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/runs?*slot=2*")
        assert await page.locator("tbody tr").count() == 1
        page = await watched.go("/units")
        await page.keyboard.type("cd" * 64)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/units?find=*")
        assert await page.locator('a[href="/units/U2"]').count() == 1


async def test_an_engineer_tries_a_recipe_and_sees_the_waterfall(pages: PagesBench) -> None:
    """Signed in by name and password, on a simulated board; the audit has no run more."""
    async with served(pages) as watched:
        place = f"/recipes/{pages.ready.plan.content_hash}"
        page = await watched.go(place)
        answer = await page.evaluate(
            """async (password) => (await (await fetch("/api/v1/session", {method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({name: "engineer", password})})).json()).role""",
            PASSWORD,
        )
        assert answer == "engineer"
        await watched.go(place)
        await page.get_by_role("button", name="Try on a simulated board").click()
        await page.wait_for_url("**/trials/*")
        assert await page.locator("p.verdict b").inner_text() == "PASS"
        assert await page.locator("rect.bar.pass").count() >= 10
        page = await watched.go("/runs")
        assert await page.locator("tbody tr").count() == 3
        assert watched.trouble == []
