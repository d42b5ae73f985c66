"""The station API as programs see it: lists, tags, commands, problems."""

import re
from pathlib import Path

import pytest

from orchestrator import web
from orchestrator.domain.people import Role
from orchestrator.web.problem_kinds import KINDS
from orchestrator.web.problems import _WORDS
from tests.web.bench import Bench

_WORDS_USED = {f"sign_in_{reason}" for reason in ("wrong", "paused", "locked", "crowd")}
READS = [
    "/station", "/slots", "/slots/1", "/slots/1/hold", "/line/hold", "/prompts", "/prompts/Q1",
    "/prompts/Q2/picture", "/runs", "/runs/R1", "/runs/R1/steps", "/runs/R1/attachments/1/log",
    "/units", "/units/U1", "/units/U1/history", "/recipes", "/recipes/H1", "/session",
    "/health/live", "/health/ready", "/version", "/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
async def test_whoever_looks_needs_no_badge(bench: Bench, path: str) -> None:
    """Every read answers to somebody who has not signed in."""
    async with bench.browser() as browser:
        answer = await browser.get("/api/v1" + path)
    assert answer.status_code == 200, answer.text


async def test_an_operator_stops_starts_and_answers(bench: Bench) -> None:
    """What an operator does reaches the station with the operator's id."""
    async with bench.signed_in(Role.OPERATOR) as browser:
        for path, body in (
            ("/slots/1/start", None),
            ("/slots/2/stop", None),
            ("/prompts/Q1/answer", {"yes": True}),
            ("/scans", {"code": "SN77"}),
        ):
            answer = await browser.post("/api/v1" + path, json=body)
            assert answer.status_code == 200, answer.text
    person = bench.people[Role.OPERATOR].person_id
    assert bench.control.done == [
        ("start", "1", person),
        ("stop", "2", person),
        ("answer pressed yes ", "Q1", person),
        ("scan scanned", "SN77", person),
    ]
    assert bench.kinds() == ["sign_in"]


def test_every_kind_of_problem_is_explained() -> None:
    """Each code that the package answers with has a row, and each row is used."""
    used = set(_WORDS_USED) | {code for code, _ in _WORDS.values()}
    for path in sorted(Path(web.__file__).parent.rglob("*.py")):
        if path.name == "problem_kinds.py":
            continue
        text = path.read_text(encoding="utf-8")
        for code in KINDS:
            if f'"{code}"' in text:
                used.add(code)
        for code in re.findall(r'Refused\(\s*\d{3},\s*"(\w+)"', text):
            assert code in KINDS, f"{path.name}: {code}"
    assert set(KINDS) <= used, set(KINDS) - used
    assert all(kind.title and kind.about.endswith(".") for kind in KINDS.values())
