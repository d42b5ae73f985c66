"""What tests do in a browser: open the panel, type as a scanner does, look at tiles."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from orchestrator.station.snapshot import SlotSnapshot
from tests.browser.stage import Stage, chromium, paper_panel
from tests.patience import PATIENCE_SECONDS

expect.set_options(timeout=PATIENCE_SECONDS * 1000)

BIG = {"width": 1920, "height": 1080}
SMALL = {"width": 1024, "height": 768}
GONE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "Failed to fetch",
    "network error",
)
"""What Chromium writes when the station is away, which is what those tests are about."""


@dataclass
class Panel:
    """One page of the panel. `problems` is what went wrong in it, `requests` what it asked for."""

    page: Page
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"script {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "requestfailed",
            lambda request: self.problems.append(f"failed {request.url} {request.failure}"),
        )

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type} {message.text}")

    def without_absence(self, *also: str) -> list[str]:
        """Return the problems that are not about a station that is away, nor about `also`."""
        return [
            each
            for each in self.problems
            if not any(word in each for word in (*GONE, *also)) and "/live" not in each
        ]

    def tile(self, slot: str) -> Any:
        """Return the tile of a slot."""
        return self.page.locator(f'#tiles .tile[data-slot="{slot}"]')

    async def shows(self, slot: str, state: str) -> None:
        """Return when the tile of `slot` shows `state`."""
        await expect(self.tile(slot)).to_have_attribute("data-state", state)

    async def live(self) -> None:
        """Return when the stream has brought its first beat."""
        await self.page.wait_for_function(
            "() => new Promise(done => document.getElementById('live')"
            ".addEventListener('beat', () => done(true), {once: true}))"
        )

    async def scan(self, code: str, end: str = "Enter") -> None:
        """Type as a scanner does: 5 ms apart by the clock of the keyboard, then Enter."""
        session = await self.page.context.new_cdp_session(self.page)
        began = time.time()
        async with anyio.create_task_group() as tasks:
            for number, key in enumerate([*code, end]):
                text = {"Enter": "\r", "Tab": ""}.get(key, key)
                event = {
                    "type": "keyDown" if text else "rawKeyDown",
                    "key": key,
                    "text": text,
                    "timestamp": began + number * 0.005,
                    "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}.get(key, 0),
                }
                # A keyboard does not wait until the page has taken a key.
                tasks.start_soon(session.send, "Input.dispatchKeyEvent", event)
                up = event | {"type": "keyUp"}
                tasks.start_soon(session.send, "Input.dispatchKeyEvent", up)
        await session.detach()

    async def said(self) -> str:
        """Return what the bottom line answered last."""
        return await self.page.locator("#said").inner_text()


@asynccontextmanager
async def any_page(
    browser: Browser, address: str, view: dict[str, int] | None = None, **options: Any
) -> AsyncIterator[Panel]:
    """Open a page in a browser of its own, without anything kept from before."""
    context = await browser.new_context(viewport=view or BIG, **options)
    try:
        page = await context.new_page()
        found = Panel(page)
        await page.goto(address)
        yield found
    finally:
        await context.close()


@asynccontextmanager
async def panel(
    browser: Browser, address: str, view: dict[str, int] | None = None, **options: Any
) -> AsyncIterator[Panel]:
    """Open the panel and wait for its stream."""
    async with any_page(browser, address, view, **options) as found:
        await found.live()
        yield found


@asynccontextmanager
async def showing(
    folder: Path,
    slots: Sequence[SlotSnapshot],
    view: dict[str, int] | None = None,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> AsyncIterator[tuple[Stage, Panel]]:
    """Serve `slots` and open the panel on them."""
    async with (
        paper_panel(folder, slots, **(settings or {})) as stage,
        chromium() as browser,
        panel(browser, stage.address, view, **options) as shown,
    ):
        yield stage, shown


async def violations(shown: Panel) -> list[str]:
    """Return what the checker of accessibility finds on the page as it is now."""
    found = await shown.page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
        " 'best-practice']})"
    )
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]
