"""Who may do what: every route with every role and every token, as the table says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from orchestrator.domain.people import Role
from orchestrator.web.api import PREFIX
from orchestrator.web.api.table import OPERATIONS, Operation
from orchestrator.web.guard import SAFE_METHODS
from orchestrator.web.pages.sign_in import PATH as SIGN_IN
from orchestrator.web.rights import RIGHTS, SCOPES, Right, rights_of
from tests.web.bench import Bench

PATHS = {
    "slot": "1", "prompt": "Q2", "run": "R1", "sequence": "1", "name": "log", "unit": "U1",
    "content_hash": "H1", "person": "P-00000000", "intent": "I1", "trial": "T1",
}  # fmt: skip
BODIES: Mapping[str, Mapping[str, Any]] = {
    "answer_prompt": {"yes": True, "text": "a"},
    "scan": {"code": "SN1"},
    "hold_slot": {"reason": "Broken pin"},
    "decide_hold": {"answer": "applied", "reason": "LED is green"},
    "hold_line": {"reason": "Fire drill"},
    "sign_in": {"badge": "B-operator", "pin": "739482"},
}
SIGNED_IN = (Role.VIEWER, Role.OPERATOR, Role.ENGINEER, Role.QUALITY, Role.ADMIN)
NEEDED = {row.name: row.right if row.right is not None else Right.WORK for row in OPERATIONS}


@dataclass(frozen=True)
class Who:
    """A caller of the table: nobody, a role that signed in, or a token with a scope."""

    role: Role
    scope: str = ""
    nobody: bool = False

    def __str__(self) -> str:
        return "nobody" if self.nobody else self.scope or self.role.value

    @property
    def rights(self) -> frozenset[Right]:
        """What the table grants."""
        return rights_of(self.role, frozenset({self.scope}))


CALLERS = (
    Who(Role.VIEWER, nobody=True),
    *(Who(role) for role in SIGNED_IN),
    *(Who(Role.SERVICE, scope) for scope in SCOPES),
)


async def ask(client: httpx.AsyncClient, row: Operation, **headers: str) -> httpx.Response:
    """Ask for an operation with a request that fits its description."""
    address = PREFIX + row.path.format_map(PATHS)
    extra = {"If-Match": "*", "content-type": "application/json", **headers}
    return await client.request(row.method, address, json=BODIES.get(row.name), headers=extra)


async def answered(bench: Bench, who: Who, row: Operation) -> httpx.Response:
    """Ask as `who`."""
    if who.scope:
        async with bench.browser() as client:
            bearer = f"Bearer {bench.tokens[who.scope]}"
            return await ask(client, row, authorization=bearer)
    if who.nobody:
        async with bench.browser() as client:
            return await ask(client, row)
    async with bench.signed_in(who.role) as client:
        return await ask(client, row)


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
async def test_every_route_with_every_role(bench: Bench, row: Operation) -> None:
    """Who has the right is answered; who has not is refused, changes nothing, and is recorded."""
    bench.application.state.streams.close()  # a stream says goodbye at once
    prompts = list(bench.control.prompts)
    for who in CALLERS:
        bench.notes.clear()
        bench.control.done.clear()
        bench.control.prompts = list(prompts)
        judge(bench, row, who, await answered(bench, who, row))


def judge(bench: Bench, row: Operation, who: Who, answer: httpx.Response) -> None:
    """Compare an answer with the table."""
    if NEEDED[row.name] in who.rights:
        assert answer.status_code in {200, 404}, f"{who}: {answer.text}"
        assert "refused" not in bench.kinds()
        return
    assert answer.status_code == (401 if who.nobody else 403), f"{who}: {answer.text}"
    assert answer.json()["code"] == ("sign_in" if who.nobody else "rights")
    assert answer.json()["what_to_do"]
    assert bench.control.done == []
    detail = next(detail for kind, detail in bench.notes if kind == "refused")
    assert detail["operation"] == row.name
    assert detail["right"] == NEEDED[row.name]
    assert detail["role"] == who.role
    assert detail["address"] == "127.0.0.1"
    assert who.nobody == (detail["person"] == "unidentified")


def test_the_table_is_that_of_the_shop_floor() -> None:
    """Administrators touch no unit, operators hold nothing, and only stopping is everybody's."""
    assert RIGHTS[Right.STOP] == frozenset(Role)
    assert rights_of(Role.ADMIN) == {Right.STOP, Right.LOOK, Right.METRICS, Right.PEOPLE}
    assert rights_of(Role.OPERATOR) == {Right.STOP, Right.LOOK, Right.METRICS, Right.WORK}
    assert rights_of(Role.VIEWER) == {Right.STOP, Right.LOOK, Right.METRICS}
    assert Right.HOLD in rights_of(Role.QUALITY) & rights_of(Role.ENGINEER)
    assert rights_of(Role.SERVICE) == {Right.STOP}
    assert rights_of(Role.SERVICE, frozenset({"metrics"})) == {Right.STOP, Right.METRICS}
    assert rights_of(Role.SERVICE, frozenset({"people", "decide"})) == {Right.STOP}
    assert rights_of(Role.OPERATOR, frozenset({"hold"})) == rights_of(Role.OPERATOR)


def test_every_unsafe_route_is_in_a_table(bench: Bench) -> None:
    """No route that changes something goes past the tables, but the form to sign in."""
    named = {row.name for row in OPERATIONS}
    pages = {page.path for page in bench.application.state.office}
    for route in bench.application.routes:
        methods = set(getattr(route, "methods", None) or ())
        if methods - SAFE_METHODS and route.path not in {*pages, SIGN_IN}:  # type: ignore[attr-defined]  # all have one
            assert isinstance(route, APIRoute), route
            assert route.name in named
    assert len(named) == len(OPERATIONS)
    assert len({(row.method, row.path) for row in OPERATIONS}) == len(OPERATIONS)


async def test_an_unknown_token_is_refused(bench: Bench) -> None:
    """A token that is none, or an authorization of another kind, is not taken for nobody."""
    async with bench.browser() as client:
        for given in ("Bearer orc_nothing", "Bearer ", "Basic YTpi", "Bearer \u00fc", "x"):
            headers = {"authorization": given.encode("latin-1")}
            answer = await client.get("/api/v1/station", headers=headers)
            assert answer.status_code == 401, given
            assert answer.json()["code"] == "token"


async def test_nobody_fills_the_audit_with_stops(bench: Bench) -> None:
    """Where nothing runs there is nothing to stop; the audit hears of it only from people."""
    bench.control.slots["1"] = replace(bench.control.slots["1"], may_stop=False)
    async with bench.browser() as client:
        answer = await client.post("/api/v1/slots/1/stop", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "command_refused")
    assert (bench.control.done, bench.notes) == ([], [])


async def test_a_slot_is_chosen_by_who_stands_there(bench: Bench) -> None:
    """At the station a label of a slot needs nobody; from afar it would mix boards up."""
    async with bench.browser() as here, bench.browser(address="10.0.0.7") as there:
        label = {"code": "%SLOT-1"}
        assert (await here.post("/api/v1/scans", json=label)).json()["action"] == "choose_slot"
        assert (await there.post("/api/v1/scans", json=label)).status_code == 401
        assert (await there.post("/api/v1/scans", json={"code": "%STOP"})).status_code == 200
        assert (await there.post("/api/v1/scans", json={"code": "rubbish"})).status_code == 401
    assert [code for _, code, _ in bench.control.done] == ["%SLOT-1", "%STOP"]


async def test_stop_works_without_anybody(bench: Bench) -> None:
    """An emergency needs no badge; the station records that nobody was identified."""
    async with bench.browser() as client:
        answer = await client.post("/api/v1/slots/1/stop", json={})
        scanned = await client.post("/api/v1/scans", json={"code": "%STOP"})
    assert (answer.status_code, scanned.status_code) == (200, 200)
    assert bench.control.done == [
        ("stop", "1", "unidentified"),
        ("scan scanned", "%STOP", "unidentified"),
    ]
