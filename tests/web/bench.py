"""A station that is not there: a surface with a control of its own, for tests of the web."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI

from orchestrator.audit.database import reading
from orchestrator.audit.location import sqlite_url
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import SlotChanged, SlotState
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource, Picture, Prompt, PromptKind, Question
from orchestrator.station.answers import AnswerRefused
from orchestrator.station.control import Scanned
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
from orchestrator.web.application import create_application
from orchestrator.web.people import People
from orchestrator.web.people_file import Account, PeopleFile, Register, Token, new_id
from orchestrator.web.secrecy import Hashing, new_token, token_digest
from orchestrator.web.surface import Surface
from tests.audit.story import fill

BEGAN = datetime(2026, 11, 21, 6, tzinfo=UTC)
PIN, PASSWORD = "739482", "correct horse battery"
ORIGIN = "http://localhost"


class HandClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return wall time."""
        return BEGAN + timedelta(seconds=self.seconds - 1000.0)

    def monotonic(self) -> float:
        """Return seconds."""
        return self.seconds


PICTURE = Picture(b"\x89PNG", "image/png", hashlib.sha256(b"\x89PNG").hexdigest())


def prompt(number: int, kind: PromptKind = PromptKind.CONFIRM, **members: Any) -> Prompt:
    """Return an open prompt."""
    question = Question(kind, "Is the LED green?", **members)
    return Prompt(f"Q{number}", "1", "R1", "look", question, "2026-11-21T06:00:01Z", 30.0)


@dataclass
class FakeControl:
    """Does what it is told, and remembers it."""

    hub: Hub
    slots: dict[str, SlotSnapshot]
    prompts: list[Prompt] = field(default_factory=list)
    reasons: list[LineReason] = field(default_factory=list)
    systems: tuple[SystemSnapshot, ...] = ()
    audit: AuditHealth = field(default_factory=lambda: AuditHealth(writable=True, free_mib=100))
    done: list[tuple[str, str, str]] = field(default_factory=list)
    operator: str = ""
    lost: AuditUnavailable | None = None
    before: Callable[[], None] | None = None

    def snapshot(self) -> StationSnapshot:
        """Return the station as it is."""
        return StationSnapshot(
            sequence=self.hub.sequence,
            taken_at="2026-11-21T06:00:00.000000Z",
            station="st1",
            session_id="S1",
            operation="PROGRAM",
            software_version="0",
            started_at="2026-11-21T05:00:00.000000Z",
            slots=tuple(self.slots.values()),
            prompts=tuple(self.prompts),
            reasons=tuple(self.reasons),
            recipes=(RecipeSnapshot("guardian", "1.0", "H1"),),
            shift=ShiftSnapshot(
                "a", "b", 3, 1, 0, Decimal("0.75"), Decimal(40), operator=self.operator
            ),
            audit=self.audit,
            systems=self.systems,
            notices=("one",),
            next_action=NextAction("1", "Look."),
        )

    def _note(self, what: str, about: str, actor: Actor) -> str:
        if self.before is not None:
            self.before()
        self.done.append((what, about, actor.person))
        return f"Done: {what}."

    async def start_slot(self, slot: str, actor: Actor) -> str:
        """Start."""
        return self._note("start", slot, actor)

    async def stop_slot(self, slot: str, actor: Actor) -> str:
        """Stop."""
        return self._note("stop", slot, actor)

    async def hold_slot(self, slot: str, reason: str, actor: Actor) -> str:
        """Close a slot."""
        self.slots[slot] = replace(self.slots[slot], closed=f"{reason} ({actor.person})")
        return self._note("hold", slot, actor)

    async def release_slot(self, slot: str, actor: Actor) -> str:
        """Open a slot."""
        self.slots[slot] = replace(self.slots[slot], closed="")
        return self._note("release", slot, actor)

    async def hold_line(self, reason: str, actor: Actor) -> str:
        """Close the line."""
        self.reasons = [LineReason("hold", reason)]
        return self._note("hold line", reason, actor)

    async def release_line(self, actor: Actor) -> str:
        """Open the line."""
        self.reasons = []
        return self._note("release line", "", actor)

    async def answer(
        self, prompt_id: str, *, yes: bool, text: str, source: AnswerSource, actor: Actor
    ) -> str:
        """Answer."""
        if all(each.prompt_id != prompt_id for each in self.prompts):
            raise AnswerRefused("This was already answered by P-1", remedy="Nothing is to be done")
        self.prompts = [each for each in self.prompts if each.prompt_id != prompt_id]
        return self._note(f"answer {source} {'yes' if yes else 'no'} {text}", prompt_id, actor)

    def read_scan(self, code: str) -> Step:
        """Say what a code would do."""
        if code == "%STOP":
            return Step(ScanAction.STOP, "1")
        if code.startswith("%SLOT-"):
            return Step(ScanAction.CHOOSE_SLOT, code.removeprefix("%SLOT-"))
        if code.startswith("B-"):
            return Step(ScanAction.BADGE, value=code)
        if code.startswith("SN"):
            return Step(ScanAction.SERIAL, "1", code)
        raise ScanRefused("The code should look like SN123", remedy="Scan again")

    async def scan(self, code: str, actor: Actor, source: AnswerSource) -> Scanned:
        """Take a code."""
        step = self.read_scan(code)
        return Scanned(step, self._note(f"scan {source}", code, actor))

    async def decide(self, intent_id: str, answer: str, reason: str, actor: Actor) -> str:
        """Decide about a unit."""
        return self._note(f"decide {answer} {reason}", intent_id, actor)

    async def set_operator(self, actor: Actor) -> str:
        """Somebody works here."""
        self.operator = actor.person
        return "Signed in"

    async def clear_operator(self, actor: Actor) -> str:
        """Nobody works here."""
        self.operator = ""
        return f"Signed out {actor.person}"


class Shelf(SimpleNamespace):
    """One recipe."""

    operation = "PROGRAM"
    plans = (SimpleNamespace(plan=RecipeSnapshot("guardian", "1.0", "H1")),)


class StoryReads:
    """Asks a database that has a story in it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Ask."""
        with reading(self._url) as connection:
            return query(connection, *args, **kwargs)


@dataclass
class Bench:
    """One application, what it was made from, and browsers for it."""

    surface: Surface
    control: FakeControl
    clock: HandClock
    notes: list[tuple[str, Mapping[str, object]]]
    application: FastAPI
    people: dict[Role, Account]
    tokens: dict[str, str]
    log: StringIO

    @asynccontextmanager
    async def browser(
        self, address: str = "127.0.0.1", origin: str = ORIGIN, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Give a browser at `address` that has a page of the station open."""
        transport = httpx.ASGITransport(self.application, client=(address, 4711))
        own = {"sec-fetch-site": "same-origin", **headers}
        async with httpx.AsyncClient(transport=transport, base_url=origin, headers=own) as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, role: Role) -> AsyncIterator[httpx.AsyncClient]:
        """Give a browser at which somebody of that role has signed in."""
        async with self.browser() as client:
            answer = await client.post("/api/v1/session", json=self.proof(role))
            assert answer.status_code == 200, answer.text
            yield client

    def proof(self, role: Role) -> dict[str, str]:
        """Return with what somebody of that role signs in."""
        if role in (Role.VIEWER, Role.OPERATOR):
            return {"badge": f"B-{role.value}", "pin": PIN}
        return {"name": role.value, "password": PASSWORD}

    def kinds(self) -> list[str]:
        """Return the kinds of the events that were kept."""
        return [kind for kind, _ in self.notes]


def make_bench(folder: Path, story: str, settings: WebSection | None = None) -> Bench:
    """Return a station with two slots, a story in its audit, and one person of each role."""
    clock, hub, log = HandClock(), Hub(), StringIO()
    notes: list[tuple[str, Mapping[str, object]]] = []

    async def note(kind: str, detail: Mapping[str, object]) -> None:
        if control.lost is not None:
            raise control.lost
        notes.append((kind, detail))

    control = FakeControl(hub, {name: slot(name) for name in ("1", "2")})
    control.prompts = [prompt(1), prompt(2, PromptKind.LOOK, picture=PICTURE, options=("a", "b"))]
    file = PeopleFile(folder)
    hashing = Hashing(file.pepper(), memory_kib=64, passes=1)
    people, tokens = _people(file, hashing)
    surface = Surface(
        station="st1",
        session="S1",
        settings=settings or WebSection(),
        control=control,  # type: ignore[arg-type]  # only what the web asks of it
        hub=hub,
        reads=StoryReads(story),
        note=note,
        shelf=Shelf(),  # type: ignore[arg-type]  # only what the API reads
        clock=clock,
        log=make_logger(stream=log, style="json"),
        people=People(file, hashing, clock),
    )
    return Bench(surface, control, clock, notes, create_application(surface), people, tokens, log)


def slot(name: str) -> SlotSnapshot:
    """Return a slot at work."""
    return SlotSnapshot(
        name, f"port-{name}", SlotState.RUN, "Wait.", run_id="R1", serial_number="=SN1",
        prompts=(prompt(1),), may_stop=True,
    )  # fmt: skip


def changed(name: str, state: SlotState = SlotState.PASS) -> SlotChanged:
    """Return an event."""
    return SlotChanged(name, state, "Take it out.")


def write_story(folder: Path) -> str:
    """Return the URL of a database with runs in it."""
    url = sqlite_url(folder)
    fill(url, days=(1, 2), runs_per_day=2)
    return url


def _people(file: PeopleFile, hashing: Hashing) -> tuple[dict[Role, Account], dict[str, str]]:
    people, tokens = {}, {}
    for role in (Role.VIEWER, Role.OPERATOR, Role.ENGINEER, Role.QUALITY, Role.ADMIN):
        person = new_id("P")
        people[role] = Account(
            person_id=person,
            name=role.value,
            role=role,
            badge=hashing.badge(f"B-{role.value}"),
            pin=hashing.make(person, PIN),
            password=hashing.make(person, PASSWORD),
        )
    kept = []
    for scope in ("look", "work", "hold", "metrics"):
        tokens[scope] = new_token()
        kept.append(
            Token(
                token_id=new_id("T"),
                name=scope,
                scopes=(scope,),
                digest=token_digest(tokens[scope]),
                made_at="2026-11-20T00:00:00.000000Z",
                expires_at="2026-12-20T00:00:00.000000Z",
            )
        )
    file.change(lambda _: Register(people=tuple(people.values()), tokens=tuple(kept)))
    return people, tokens
