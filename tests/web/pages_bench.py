"""A station whose audit has runs worth looking at: canary strings, tries, a series, a hold."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import httpx

from orchestrator.audit.location import sqlite_url
from orchestrator.domain.people import Role
from orchestrator.domain.records import (
    AttachmentRow,
    EventRow,
    FindingRow,
    IntentRow,
    Record,
    StepEndRow,
)
from orchestrator.domain.series import MEDIA_TYPE, Series
from orchestrator.recipe.check import load_plan
from orchestrator.station.office import CheckedFile, Office, Trial
from orchestrator.station.recipes import ReadyRecipe, RecipeShelf
from orchestrator.station.settings_web import WebSection
from orchestrator.steps.table import definitions
from orchestrator.web.application import create_application
from tests.audit.rows import BASE, at, identity, measurement, run, run_end, step, step_end, unit
from tests.audit.story import proof_rows, write
from tests.web.bench import Bench, make_bench

CANARY = "<img src=x onerror=alert(1)>\"'><svg/onload=alert(2)>{{7*7}}"
RECIPES = Path(__file__).resolve().parents[2] / "recipes"
DEVICE = "ab" * 64


def series(samples: int = 5) -> bytes:
    """Return a series with so many samples, one of them far above the others."""
    made = Series("temperature " + CANARY, "Celsius", "2026-11-21T02:00:02.000000Z", 1_000_000)
    for number in range(samples):
        value = Decimal("99.5") if number == samples // 2 else Decimal(40 + number % 3)
        made.add(number * 1_000_000, value)
    return made.to_bytes()


def attached(name: str, media_type: str, content: bytes, sequence: int = 2) -> AttachmentRow:
    """Return an attachment of run R1."""
    digest = hashlib.sha256(content).hexdigest()
    return AttachmentRow("R1", sequence, name, media_type, digest, len(content), content)


def rows() -> list[list[Record]]:
    """Return the calls of three runs: one failed with everything, one passed, one is open."""
    failed: list[Record] = [
        unit("U1", "SN" + CANARY),
        run("R1", 1, unit_id="U1"),
        identity("R1", DEVICE, "U1"),
        step("R1", 1, 2, section="setup", name="Identify", step_id="identify"),
        step_end("R1", 1, second=3),
        step("R1", 2, 3, name="Check " + CANARY, step_id="check", attempt=1,
             parameters=json.dumps({"name": CANARY})),
        measurement("R1", 2, "volts"),
        measurement("R1", 2, "rssi" + CANARY)._replace(
            value="-86", uom="dBm", limit_min="-80", limit_max="-20", outcome="FAIL"
        ),
        attached("x.html", "text/html", b"<script>alert(3)</script>"),
        attached("series/a b.json", MEDIA_TYPE, series()),
        attached("no-series.json", MEDIA_TYPE, b"[]"),
        StepEndRow("R1", 2, "ERROR", at(4), 1_000_000, "busy", "busy.4", CANARY, "Wait " + CANARY),
        step("R1", 3, 5, name="Check " + CANARY, step_id="check", attempt=2),
        step_end("R1", 3, "FAIL", 7, "Signal is weak"),
        EventRow("E1", "st1", "1", "R1", "prompt_answered",
                 json.dumps({"asked": CANARY, "yes": True, "person": "P-1"}), at(6)),
        run_end("R1", "FAIL", 9, 3)._replace(message="Signal is weak " + CANARY),
    ]  # fmt: skip
    passed: list[Record] = [
        run("R2", 20, unit_id="U1", slot="2"),
        identity("R2", DEVICE, "U1"),
        step("R2", 1, 21, step_id="lock", irreversible=True, name="Lock"),
        IntentRow("I1", "R2", 1, "U1", "azure-sphere", DEVICE, "sphere.set_state", "{}", 1, at(21)),
        FindingRow("I1", 1, "unknown", "answer", "", "nobody knows", at(22)),
        FindingRow("I1", 2, "applied", "decision", "ada", "looked " + CANARY, at(23)),
        step_end("R2", 1, second=25),
        run_end("R2", "PASS", 30),
    ]
    running: list[Record] = [
        unit("U2", None),
        run("R3", 40, unit_id="U2"),
        identity("R3", "cd" * 64, "U2"),
        step("R3", 1, 41, step_id="lock", irreversible=True, name="Lock"),
        IntentRow("I2", "R3", 1, "U2", "azure-sphere", "cd" * 64, "sphere.set_state", "{}", 1,
                  at(41)),
        FindingRow("I2", 1, "unknown", "answer", "", "nobody knows", at(42)),
    ]  # fmt: skip
    return [failed, passed, running]


def many_runs(count: int) -> list[list[Record]]:
    """Return so many short runs, one second after the other."""
    return [
        [run(f"M{number:04}", 60 + number), run_end(f"M{number:04}", "PASS", 61 + number)]
        for number in range(count)
    ]


@cache
def a_recipe() -> ReadyRecipe:
    """Return a recipe as the station has it."""
    catalogue = {name: each.signature for name, each in definitions().items()}
    plan = load_plan(RECIPES / "guardian-line.yaml", catalogue)
    return ReadyRecipe(plan, {"os_version": "22.11"}, {})


async def certificate(name: str) -> str:
    """Make a certificate of anybody."""
    return json.dumps({"unit": name})


def office(tried: list[str]) -> Office:
    """Return doors that remember what was tried."""

    async def attempt(ready: ReadyRecipe) -> Trial:
        tried.append(ready.plan.content_hash)
        plan = ready.plan
        return Trial(
            plan.name, plan.version, plan.content_hash, "PASS", CANARY, at(1), 2_000_000,
            note="One board.",
        )  # fmt: skip

    async def files() -> list[CheckedFile]:
        return [CheckedFile("line.yaml", "", 1, 0, f"error[R014]: unknown key `{CANARY}`")]

    return Office(files=files, certificate=certificate, attempt=attempt)


def written(folder: Path, calls: list[list[Record]]) -> str:
    """Return the URL of a new database with these calls in it."""
    url = sqlite_url(folder)
    write(url, [*proof_rows(at(0)), *BASE], *calls)
    return url


class PagesBench:
    """A station with the audit at `url`, one loaded recipe, and all doors."""

    def __init__(self, folder: Path, url: str, settings: WebSection | None = None) -> None:
        self.folder, self.url = folder, url
        self.tried: list[str] = []
        self.ready = a_recipe()
        bench = make_bench(folder, url, settings)
        surface = replace(
            bench.surface,
            shelf=RecipeShelf([self.ready], "PROGRAM"),
            office=office(self.tried),
        )
        self.bench: Bench = replace(bench, surface=surface, application=create_application(surface))

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        """Give a browser at which nobody has signed in."""
        async with self.bench.browser() as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, role: Role) -> AsyncIterator[httpx.AsyncClient]:
        """Give a browser at which somebody of that role has signed in."""
        async with self.bench.signed_in(role) as client:
            yield client
