"""The station API as programs see it: lists, tags, commands, problems."""

import pytest

from orchestrator.domain.people import Role
from orchestrator.web.api.table import OPERATIONS
from tests.web.bench import Bench

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
    assert OPERATIONS
