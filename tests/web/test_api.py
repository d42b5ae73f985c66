"""The station API as programs see it: lists, tags, commands, problems."""

import base64
import contextlib
import re
from pathlib import Path

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import web
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.people import Role
from orchestrator.station.snapshot import AuditHealth, LineReason
from orchestrator.web.api.cursors import read_name, read_number, write_cursor
from orchestrator.web.problem_kinds import KINDS
from orchestrator.web.problems import _WORDS, Refused
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


async def pages(browser: httpx.AsyncClient, path: str, key: str, limit: int) -> list[list[str]]:
    """Return the ids of every page of a list."""
    found, after = [], None
    while True:
        asked = {"limit": limit} | ({"after": after} if after else {})
        answer = (await browser.get(path, params=asked)).json()
        found.append([each[key] for each in answer["items"]])
        after = answer["next"]
        if after is None:
            return found


@pytest.mark.parametrize(
    ("path", "key", "expected"),
    [
        ("/api/v1/runs", "run_id", ["R4", "R3", "R2", "R1"]),
        ("/api/v1/units", "unit_id", ["U4", "U3", "U2", "U1"]),
        ("/api/v1/slots", "name", ["1", "2"]),
    ],
)
async def test_pages_hold_every_row_once(
    bench: Bench, path: str, key: str, expected: list[str]
) -> None:
    """Pages of any size hold all rows, each once, in the order of the list."""
    async with bench.browser() as browser:
        for limit in (1, 2, 3, 500):
            found = await pages(browser, path, key, limit)
            assert [each for page in found for each in page] == expected
            assert all(len(page) == limit for page in found[:-1])
            assert 1 <= len(found[-1]) <= limit


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=", "after=x" * 300,
                                   "after=!!", "after=bnVsbA", "since=yesterday", "outcome=GOOD",
                                   "since=2026-11-21T10:00:00", "serial=",
                                   "serial=%00"])  # fmt: skip
async def test_a_strange_filter_is_refused(bench: Bench, query: str) -> None:
    """A filter, limit or cursor that is none is a mistake with its place."""
    async with bench.browser() as browser:
        answer = await browser.get(f"/api/v1/runs?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in {"input", "cursor", "query"}


@given(st.one_of(st.text(max_size=300), st.binary(max_size=60).map(
    lambda raw: base64.urlsafe_b64encode(raw).decode())))  # fmt: skip
def test_no_text_is_a_cursor_by_accident(text: str) -> None:
    """Whatever somebody sends, it is a cursor of this list or it is refused."""
    for read in (read_number, read_name):
        with contextlib.suppress(Refused):
            assert read("runs", text) is not None


@given(st.integers(0, 2**63 - 1), st.text(max_size=100))
def test_a_cursor_comes_back_as_it_went(number: int, name: str) -> None:
    """A cursor leads behind the key that it was made from, in its own list alone."""
    assert read_number("runs", write_cursor("runs", number)) == number
    assert read_name("slots", write_cursor("slots", name)) == name
    for other in (lambda: read_number("units", write_cursor("runs", number)),
                  lambda: read_number("slots", write_cursor("slots", name)),
                  lambda: read_name("runs", write_cursor("runs", number))):  # fmt: skip
        with pytest.raises(Refused):
            other()


async def test_filters_narrow(bench: Bench) -> None:
    """Runs are found by serial number, slot, outcome, recipe and time; odd characters are text."""
    async with bench.browser() as browser:

        async def found(query: str) -> list[str]:
            answer = await browser.get(f"/api/v1/runs?{query}")
            return [run["run_id"] for run in answer.json()["items"]]

        assert await found("serial=%3DSN2") == ["R2"]
        assert await found("serial=%25") == []
        assert await found("outcome=PASS&until=2026-11-01") == ["R2", "R1"]
        assert await found("since=2026-11-02&recipe=guardian&slot=1") == ["R4", "R3"]
        assert await found("outcome=FAIL") == []
        assert await found("recipe=x' OR 1=1 --") == []
        units = await browser.get("/api/v1/units?device_id=00000003")
        assert [unit["unit_id"] for unit in units.json()["items"]] == ["U3"]
        known = (await browser.get("/api/v1/units/U3")).json()
        assert (known["device_ids"], known["runs"]) == (["00000003"], 1)
        life = (await browser.get("/api/v1/units/U3/history")).json()["items"]
        assert [each["kind"] for each in life][:3] == ["registered", "run began", "identity"]


async def test_what_never_changes_may_be_kept(bench: Bench) -> None:
    """A run that ended and a recipe have a tag, and are not sent twice."""
    async with bench.browser() as browser:
        for path in ("/api/v1/runs/R1", "/api/v1/recipes/H1"):
            first = await browser.get(path)
            assert "immutable" in first.headers["cache-control"]
            again = await browser.get(path, headers={"if-none-match": first.headers["etag"]})
            other = await browser.get(path, headers={"if-none-match": '"other"'})
            assert (again.status_code, again.content) == (304, b"")
            assert other.status_code == 200
        assert (await browser.get("/api/v1/station")).headers["cache-control"] == "no-store"


async def test_a_file_is_a_download(bench: Bench) -> None:
    """Attachments come as bytes for the disk, never as something that a browser runs."""
    async with bench.browser() as browser:
        answer = await browser.get("/api/v1/runs/R1/attachments/1/log")
        none = await browser.get("/api/v1/runs/R1/attachments/1/..%5clog")
    assert answer.content.startswith(b"=1+1")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''log"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert none.status_code == 404


async def test_two_people_do_not_undo_each_other(bench: Bench) -> None:
    """A hold needs the tag of what was seen; whoever comes second hears who was faster."""
    order = {"reason": "Broken pin"}
    async with bench.signed_in(Role.ENGINEER) as one, bench.signed_in(Role.QUALITY) as two:
        for path in ("/api/v1/slots/1/hold", "/api/v1/line/hold"):
            assert (await one.put(path, json=order)).status_code == 428
            seen = (await one.get(path)).headers["etag"]
            same = (await two.get(path)).headers["etag"]
            assert seen == same
            first = await one.put(path, json=order, headers={"if-match": seen})
            assert first.status_code == 200, first.text
            second = await two.put(path, json={"reason": "Mine"}, headers={"if-match": same})
            assert (second.status_code, second.json()["code"]) == (412, "changed")
            assert "Broken pin" in second.json()["detail"]
            now = await two.get(path)
            assert now.json()["held"]
            assert second.headers["etag"] == now.headers["etag"]
            opened = await two.delete(path, headers={"if-match": now.headers["etag"]})
            assert opened.status_code == 200
            assert (await one.get(path)).headers["etag"] == seen


async def test_a_command_is_carried_out_once(bench: Bench) -> None:
    """The same key gets the same answer, at once or later; another body or person is another."""
    async with bench.signed_in(Role.OPERATOR) as browser:

        async def stop(key: str) -> httpx.Response:
            headers = {"idempotency-key": key}
            return await browser.post("/api/v1/slots/1/stop", json={}, headers=headers)

        answers = [await stop("a") for _ in range(3)]
        assert len({answer.text for answer in answers}) == 1
        assert len(bench.control.done) == 1
        await stop("b")
        bench.clock.seconds += 86401
        await browser.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
        await stop("a")
        assert len(bench.control.done) == 3
        headers = {"idempotency-key": "c"}
        address = "/api/v1/prompts/Q1/answer"
        yes = await browser.post(address, json={"yes": True}, headers=headers)
        no = await browser.post(address, json={"yes": False}, headers=headers)
        again = await browser.post(address, json={"yes": True}, headers=headers)
        late = await browser.post(address, json={"yes": True})
    assert (yes.status_code, no.status_code, again.status_code) == (200, 422, 200)
    assert no.json()["code"] == "idempotency_key"
    assert (late.status_code, late.json()["detail"]) == (
        409, "This was already answered by P-1.",
    )  # fmt: skip
    async with bench.browser() as browser:
        await stop("b")
    assert len(bench.control.done) == 5


async def test_a_refusal_is_remembered_and_a_fault_is_not(bench: Bench) -> None:
    """A key that was refused stays refused; one that met a lost audit may try again."""
    headers = {"idempotency-key": "k"}

    def lost() -> None:
        raise AuditUnavailable("the disk is full", remedy="Make room")

    async with bench.browser() as browser:
        bench.control.before = lost
        first = await browser.post("/api/v1/slots/1/stop", json={}, headers=headers)
        bench.control.before = None
        second = await browser.post("/api/v1/slots/1/stop", json={}, headers=headers)
    assert (first.status_code, first.json()["what_to_do"]) == (503, "Make room")
    assert second.status_code == 200


async def test_two_at_once_are_one(bench: Bench) -> None:
    """The same command twice at the same moment is carried out once, and both hear so."""
    headers = {"idempotency-key": "k"}
    async with bench.browser() as browser:
        answers: list[int] = []

        async def stop() -> None:
            answer = await browser.post("/api/v1/slots/1/stop", json={}, headers=headers)
            answers.append(answer.status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(stop)
    assert answers == [200] * 4
    assert len(bench.control.done) == 1


async def test_readiness_is_about_evidence(bench: Bench) -> None:
    """A station that cannot write is not ready; one that somebody holds is."""
    async with bench.browser() as browser:
        bench.control.reasons = [LineReason("hold", "Break")]
        assert (await browser.get("/health/ready")).json()["status"] == "ready"
        bench.control.audit = AuditHealth(writable=False, why="The disk is full.")
        lost = await browser.get("/api/v1/health/ready")
        assert (lost.status_code, lost.json()["problems"]) == (503, ["The disk is full."])
        bench.control.reasons = [LineReason("disk", "128 MiB are left.")]
        assert (await browser.get("/health/ready")).json()["problems"] == ["128 MiB are left."]
        assert (await browser.get("/health/live")).status_code == 200


async def test_accounts_are_looked_after(bench: Bench) -> None:
    """Administrators see accounts without what checks them, unlock and disable; it is recorded."""
    person = bench.people[Role.OPERATOR].person_id
    async with bench.signed_in(Role.ADMIN) as browser:
        shown = await browser.get("/api/v1/people")
        assert not [w for w in ("argon2", bench.people[Role.OPERATOR].badge) if w in shown.text]
        assert (await browser.post(f"/api/v1/people/{person}/unlock", json={})).status_code == 200
        assert (await browser.post(f"/api/v1/people/{person}/disable", json={})).status_code == 200
        none = await browser.post("/api/v1/people/P-ZZZZZZZZ/unlock", json={})
        assert none.status_code == 404
    assert bench.kinds() == ["sign_in", "person_unlocked", "person_disabled", "accounts_changed"]
    async with bench.browser() as browser:
        refused = await browser.post("/api/v1/session", json=bench.proof(Role.OPERATOR))
    assert refused.status_code == 403
