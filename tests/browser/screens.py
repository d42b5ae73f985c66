"""Pictures of the panel for `docs/screens`: every state at 1, 4, 16 and 64 slots, and what opens.

    python -m tests.browser.screens [--only NAME]

Made from slots on paper by the real pages, at half size. Look at them after every change of the
panel, and keep them.
"""

import argparse
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
from playwright.async_api import Browser

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import PromptKind, Question
from orchestrator.station.snapshot import AuditHealth, ShiftSnapshot, SlotSnapshot
from tests.browser.browsing import BIG, SMALL, Panel, panel
from tests.browser.samples import sample, samples
from tests.browser.stage import Stage, chromium, paper_panel, prompt

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
TABLET = {"width": 1280, "height": 800}
HALF = 0.5
Act = Callable[[Stage, Panel], Awaitable[None]]
WIFI = {
    "name": "rssi_dbm", "value": "-86", "uom": "dBm", "limit_min": "-80", "limit_max": "-20",
    "limit_equal": None, "limit_pattern": None, "limit_one_of": None, "outcome": "FAIL",
}  # fmt: skip
VERSION = WIFI | {
    "name": "os_version", "value": "22.10", "uom": "", "limit_min": None, "limit_max": None,
    "limit_equal": "22.10", "outcome": "PASS",
}  # fmt: skip
QUESTIONS = {
    "choose": Question(PromptKind.CHOOSE, "Which antenna is fitted?", options=("Left", "Right")),
    "number": Question(
        PromptKind.NUMBER, "Measure the supply at TP3.", uom="V",
        minimum=Decimal("3.1"), maximum=Decimal("3.5"),
    ),
    "checklist": Question(
        PromptKind.CHECKLIST, "Look at the housing.",
        options=("Four screws are in", "No scratches", "The label is straight"),
    ),
    "text": Question(PromptKind.TEXT, "Type the lot.", pattern=r"L\d+", looks_like="L123"),
}  # fmt: skip


class Camera:
    """Takes the pictures whose names hold `only`."""

    def __init__(self, browser: Browser, only: str) -> None:
        self._browser = browser
        self._only = only

    @asynccontextmanager
    async def stage(self, slots: Sequence[SlotSnapshot]) -> AsyncIterator[Stage]:
        """Serve a panel in the middle of a shift."""
        with tempfile.TemporaryDirectory() as folder:
            async with paper_panel(Path(folder), slots) as stage:
                stage.control.shift = ShiftSnapshot(
                    "", "", 212, 4, 1, Decimal("0.966"), Decimal(41), work_order="88127"
                )
                rows = {"step_id": "wifi", "outcome": "FAIL", "irreversible": False}
                stage.reads.rows = [rows | {"measurements": [WIFI, VERSION]}]
                yield stage

    async def take(
        self,
        name: str,
        slots: Sequence[SlotSnapshot],
        act: Act | None = None,
        view: dict[str, int] | None = None,
        language: str = "en",
    ) -> None:
        """Take one picture, after `act`."""
        if self._only not in name:
            return
        options: dict[str, Any] = {"device_scale_factor": HALF, "reduced_motion": "reduce"}
        async with self.stage(slots) as stage:
            address = f"{stage.address}?language={language}"
            async with panel(self._browser, address, view or BIG, **options) as shown:
                if act is not None:
                    await act(stage, shown)
                await shown.page.evaluate(
                    "document.getElementById('clock').textContent = '06:42:10'"
                )
                await shown.page.screenshot(path=FOLDER / f"{name}.png")


def open_slot(slot: str) -> Act:
    """Return what opens the detail of a slot."""

    async def act(stage: Stage, shown: Panel) -> None:
        await shown.tile(slot).locator(".open").press("Enter")
        await shown.page.locator("#detail h2").wait_for()

    return act


def press(key: str, wait: str) -> Act:
    """Return what presses a key and waits for what it opens."""

    async def act(stage: Stage, shown: Panel) -> None:
        await shown.page.keyboard.press(key)
        await shown.page.locator(wait).wait_for()

    return act


async def badge(stage: Stage, shown: Panel) -> None:
    """Scan a badge."""
    await shown.scan("B-4417")
    await shown.page.locator("#sign-in").wait_for()


async def refused(stage: Stage, shown: Panel) -> None:
    """Scan something that nobody expects."""
    await shown.scan("AZ10007")
    await shown.page.locator("#said.wrong").wait_for()


async def audit_lost(stage: Stage, shown: Panel) -> None:
    """Lose the audit."""
    stage.control.audit = AuditHealth(writable=False)
    stage.control.tell()
    await shown.page.locator(".bar-stopped").wait_for()


async def connection_lost(stage: Stage, shown: Panel) -> None:
    """Lose the station."""
    stage.control.hub.close()
    await shown.page.locator("#lost").wait_for()


async def take_all(only: str) -> None:
    """Take every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    states = list(SlotState)
    async with chromium() as browser:
        camera = Camera(browser, only)
        for state in states:
            await camera.take(f"1-{state.value.lower()}", [sample(1, state)])
        for number in range(3):
            four = [states[(number * 4 + each) % len(states)] for each in range(4)]
            await camera.take(f"4-{number + 1}", [sample(n, s) for n, s in enumerate(four, 1)])
        for count in (16, 64):
            await camera.take(f"{count}", samples(count))
            await camera.take(f"{count}-small", samples(count), view=SMALL)
        await camera.take("16-tablet", samples(16), view=TABLET)
        await camera.take("16-de", samples(16), language="de")
        await take_details(camera)


async def take_details(camera: Camera) -> None:
    """Take what opens above the tiles, and what stands across them."""
    many = samples(16)
    await camera.take("detail-fail", many, open_slot("5"))
    await camera.take("detail-error", many, open_slot("10"))
    await camera.take("detail-run", many, open_slot("1"))
    for kind, question in QUESTIONS.items():
        asked = sample(2, SlotState.DO, prompts=(prompt("2", question),))
        slots = [each if each.name != "2" else asked for each in many]
        await camera.take(f"prompt-{kind}", slots, open_slot("2"))
    await camera.take("help", many, press("F1", "#help"))
    await camera.take("stop", many, press("s", "#stop"))
    await camera.take("sign-in", many, badge)
    await camera.take("scan-refused", many, refused)
    await camera.take("audit-lost", many, audit_lost)
    await camera.take("connection-lost", many, connection_lost)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="part of the names of the pictures wanted")
    anyio.run(take_all, parser.parse_args().only)


if __name__ == "__main__":
    main()
