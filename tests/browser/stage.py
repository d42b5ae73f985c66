"""A panel for browsers to look at: the real server and pages over a station on paper.

Tests say what its slots show; what pages have it do is kept in `done`.
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.async_api import Browser, async_playwright

from orchestrator.domain.clock import SystemClock, timestamp
from orchestrator.domain.events import SlotChanged, SlotState, StationNotice
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource, Prompt
from orchestrator.station.answers import AnswerRefused
from orchestrator.station.control import Scanned
from orchestrator.station.edge import beside
from orchestrator.station.hub import Hub
from orchestrator.station.log import make_logger
from orchestrator.station.scanning import ScanAction, ScanRefused, Step
from orchestrator.station.settings_web import WebSection
from orchestrator.station.snapshot import (
    AuditHealth,
    LineReason,
    NextAction,
    RecipeSnapshot,
    ShiftSnapshot,
    SlotSnapshot,
    StationSnapshot,
    SystemSnapshot,
)
from orchestrator.web.people import People
from orchestrator.web.people_file import Account, PeopleFile, Register, new_id
from orchestrator.web.secrecy import Hashing
from orchestrator.web.server import make_server
from orchestrator.web.surface import Surface
from tests.patience import PATIENCE_SECONDS
from tests.web.bench import Shelf

CHROMIUM = "/usr/bin/chromium"
REQUIRED = os.environ.get("ORCHESTRATOR_REQUIRE_BROWSER") == "1"
"""Read when the tests are collected: each test has an environment of its own."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PIN = "480215"
BADGE = "B-4417"
PASSWORD = "correct horse battery"
WAITING = (SlotState.SCAN, SlotState.DO)


@dataclass
class PaperControl:
    """A station on paper. `done` is what it was told to do."""

    hub: Hub
    slots: dict[str, SlotSnapshot] = field(default_factory=dict)
    reasons: tuple[LineReason, ...] = ()
    systems: tuple[SystemSnapshot, ...] = ()
    audit: AuditHealth = field(default_factory=lambda: AuditHealth(writable=True))
    shift: ShiftSnapshot = field(default_factory=lambda: ShiftSnapshot("", ""))
    station: str = "07"
    operation: str = "Program"
    recipes: tuple[RecipeSnapshot, ...] = (RecipeSnapshot("guardian", "1.4.0", "9f3c77"),)
    done: list[tuple[str, ...]] = field(default_factory=list)

    def snapshot(self) -> StationSnapshot:
        """Return the station as it is."""
        slots = tuple(self.slots.values())
        waiting = min(
            (slot for slot in slots if slot.state in WAITING),
            key=lambda slot: slot.since,
            default=None,
        )
        return StationSnapshot(
            sequence=self.hub.sequence,
            taken_at="",
            station=self.station,
            session_id="S",
            operation=self.operation,
            software_version="0",
            started_at="",
            slots=slots,
            prompts=tuple(prompt for slot in slots for prompt in slot.prompts),
            reasons=self.reasons,
            systems=self.systems,
            recipes=self.recipes,
            shift=self.shift,
            audit=self.audit,
            next_action=NextAction(waiting.name, waiting.sentence) if waiting else None,
            manual_start=True,
        )

    def put(self, *slots: SlotSnapshot) -> None:
        """Show `slots`, and tell the page."""
        for slot in slots:
            self.slots[slot.name] = slot
            self.hub.publish(SlotChanged(slot.name, slot.state, slot.sentence))

    def tell(self) -> None:
        """Let the page look again."""
        self.hub.publish(StationNotice("look"))

    async def answer(
        self, prompt_id: str, *, yes: bool, text: str, source: AnswerSource, actor: Actor
    ) -> str:
        """Close a prompt: its slot runs again."""
        for slot in self.slots.values():
            if any(prompt.prompt_id == prompt_id for prompt in slot.prompts):
                self.done.append(("answer", prompt_id, str(yes), text, source.value))
                rest = tuple(each for each in slot.prompts if each.prompt_id != prompt_id)
                state = SlotState.DO if rest else SlotState.RUN
                self.put(replace(slot, prompts=rest, state=state, step="Going on"))
                return "Answered."
        raise AnswerRefused("This was already answered by P-1", remedy="Nothing is to be done")

    def read_scan(self, code: str) -> Step:
        """Say what a code would do, by its beginning."""
        if code.startswith("B-"):
            return Step(ScanAction.BADGE, value=code)
        if code.startswith("%SLOT-"):
            return Step(ScanAction.CHOOSE_SLOT, code.removeprefix("%SLOT-"))
        if code.startswith("%"):
            return Step(ScanAction.PAGE, value=code[1:])
        if code.startswith("AZ-"):
            return Step(ScanAction.SERIAL, "1", code)
        raise ScanRefused("The code should look like AZ-123456", remedy="Scan again")

    async def scan(self, code: str, actor: Actor, source: AnswerSource) -> Scanned:
        """Take a code."""
        step = self.read_scan(code)
        self.done.append(("scan", code, source.value))
        return Scanned(step, f"Read {code}.")

    async def set_operator(self, actor: Actor) -> str:
        """Somebody works here."""
        self.done.append(("operator", actor.person))
        return "Signed in."

    async def clear_operator(self, actor: Actor) -> str:
        """Nobody works here."""
        self.done.append(("no operator", actor.person))
        return "Signed out."

    async def start_slot(self, slot: str, actor: Actor) -> str:
        """Start."""
        self.done.append(("start", slot))
        return "Started."

    async def stop_slot(self, slot: str, actor: Actor) -> str:
        """Stop."""
        self.done.append(("stop", slot))
        self.put(replace(self.slots[slot], state=SlotState.STOPPED, sentence="", step=""))
        return "Stopped."

    async def hold_slot(self, slot: str, reason: str, actor: Actor) -> str:
        """Close a slot."""
        self.done.append(("hold", slot, reason))
        self.put(replace(self.slots[slot], closed=reason, state=SlotState.BLOCKED))
        return "Closed."

    async def release_slot(self, slot: str, actor: Actor) -> str:
        """Open a slot."""
        self.done.append(("release", slot))
        self.put(replace(self.slots[slot], closed="", state=SlotState.EMPTY))
        return "Opened."

    async def hold_line(self, reason: str, actor: Actor) -> str:
        """Close the line."""
        self.done.append(("hold line", reason))
        self.reasons = (LineReason("hold", reason),)
        self.tell()
        return "Closed."


class NoReads:
    """An audit without a row. `rows` is what it says of the steps of any run."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    async def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Answer."""
        await anyio.lowlevel.checkpoint()
        return self.rows


@dataclass
class Stage:
    """A served panel on paper."""

    control: PaperControl
    address: str
    reads: NoReads
    log: StringIO


def people_in(folder: Path) -> People:
    """Return an operator who signs in by badge and PIN, and an engineer with a password."""
    file = PeopleFile(folder)
    hashing = Hashing(file.pepper(), memory_kib=64, passes=1)
    person = new_id("P")
    account = Account(
        person_id=person,
        name="Ana",
        role=Role.OPERATOR,
        badge=hashing.badge(BADGE),
        pin=hashing.make(person, PIN),
    )
    other = new_id("P")
    engineer = Account(
        person_id=other, name="Eva", role=Role.ENGINEER, password=hashing.make(other, PASSWORD)
    )
    file.change(lambda _: Register(people=(account, engineer)))
    return People(file, hashing, SystemClock())


@asynccontextmanager
async def paper_panel(
    folder: Path, slots: Sequence[SlotSnapshot] = (), **settings: Any
) -> AsyncIterator[Stage]:
    """Serve a panel on a free port while the block lasts."""
    hub, reads, log = Hub(), NoReads(), StringIO()
    control = PaperControl(hub)
    control.slots = {slot.name: slot for slot in slots}

    async def note(kind: str, detail: Any) -> None:
        control.done.append((kind,))

    web = WebSection(**{"port": 0, "sign_in": False, "streams_per_client": 128, **settings})
    surface = Surface(
        station="07",
        session="S",
        settings=web,
        control=control,
        hub=hub,
        reads=reads,
        note=note,
        shelf=Shelf(),  # type: ignore[arg-type]  # only what the API reads
        clock=SystemClock(),
        log=make_logger(stream=log, style="json"),
        people=people_in(folder),
    )
    server = make_server(surface)
    async with beside(server.run):
        yield Stage(control, server.address, reads, log)
        hub.close()


def need_chromium() -> None:
    """Skip the test without a browser, or fail it where one has to be."""
    if Path(CHROMIUM).exists():
        return
    if REQUIRED:
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium")
    pytest.skip("Chromium is not installed")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium while the block lasts."""
    need_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or CHROMIUM,
            headless=True,
            args=FLAGS,
            timeout=PATIENCE_SECONDS * 1000,
        )
        try:
            yield browser
        finally:
            await browser.close()


def prompt(slot: str, question: Any, number: int = 1) -> Prompt:
    """Return an open prompt."""
    asked_at = timestamp(SystemClock().now())
    return Prompt(f"Q{slot}-{number}", slot, f"R{slot}", "ask", question, asked_at, 300.0)
