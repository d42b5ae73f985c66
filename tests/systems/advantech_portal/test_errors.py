"""Every way a host says no: four forms of body, one tree, a sentence and a remedy for each."""

from typing import Any

import httpx
import pytest

from orchestrator.domain.errors import ErrorClass, OrchestratorError, ProductFault, UnusableAnswer
from orchestrator.systems.advantech_portal import endpoints
from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS, NOT_HERE
from orchestrator.systems.advantech_portal.error_catalogue import MESSAGE, ROWS, Meaning, Row
from orchestrator.systems.advantech_portal.errors import (
    AccountLocked,
    AppliedWithErrors,
    HostRefusal,
    NotSupportedHere,
    PasswordMustChange,
    PermissionMissing,
    RequestInvalid,
    SignInRefused,
    TokenExpired,
    TokenRefused,
    refusal_from,
    supported,
)
from orchestrator.transport.client import Answer
from orchestrator.transport.endpoint import Endpoint
from tests.systems.advantech_portal.hosts import CALLS, OPERATOR, Documented, host

BY_NAME = {row.name: row for row in HOST_ENDPOINTS}


def refused(status: int, body: object = None, name: str = "get_host_info") -> OrchestratorError:
    """Return what the answer of a call stands for."""
    made = httpx.Response(status) if body is None else httpx.Response(status, json=body)
    if isinstance(body, str):
        made = httpx.Response(status, text=body)
    headers = {key.lower(): value for key, value in made.headers.items()}
    return refusal_from(Answer(BY_NAME[name], status, headers, made.content))


def form(place: str, words: str) -> Any:
    """Return a body with its words in that place."""
    if place == MESSAGE:
        return {"message": words}
    return {"errors": {place: words}} if place else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.status}.{row.place}")
def test_every_row_has_sentence_remedy_and_class(row: Row) -> None:
    """The host's words are quoted, the row's remedy is told, and nothing is against the unit."""
    error = refused(row.status, form(row.place, "the reason"))
    assert isinstance(error, HostRefusal)
    said = ": the reason" if row.place else ""
    assert error.what == f"{row.sentence} (status {row.status}){said}"
    assert (error.remedy, error.kind) == (row.remedy, row.error_class)
    assert not isinstance(error, ProductFault)
    assert error.leaves_unknown == (row.meaning in {Meaning.APPLIED, Meaning.FAILED})
    assert isinstance(error, AppliedWithErrors) == (row.meaning is Meaning.APPLIED)
    assert isinstance(error, RequestInvalid) == (row.meaning is Meaning.INVALID)
    assert row.sentence[0].isupper()
    assert not row.sentence.endswith(".")
    assert row.remedy


def test_rows_are_once() -> None:
    """A status with a place has one meaning."""
    assert len({(row.status, row.place) for row in ROWS}) == len(ROWS)


def test_every_module_of_the_document_has_a_row() -> None:
    """What the contract names as a key of `errors` has a sentence of its own."""
    schemas = Documented.contract.document["components"]["schemas"]
    documented = {
        next(iter(schema["properties"]["errors"]["properties"]))
        for name, schema in schemas.items()
        if name.startswith("Errors")
    }
    assert documented == {row.place for row in ROWS if row.place not in {"", MESSAGE}}


@pytest.mark.parametrize("row", HOST_ENDPOINTS, ids=lambda row: row.name)
def test_every_documented_refusal_is_typed(row: Endpoint) -> None:
    """Each status that the contract gives an operation ends in a class that says what to do."""
    contract = Documented.contract
    node = contract.document["paths"][row.path][row.method.lower()]
    for status, answer in node["responses"].items():
        if row.door or int(status) in row.success or status == "101":
            continue
        resolved = contract._resolve(answer)
        shown = resolved.get("content", {}).get("application/json", {})
        bodies = [one["value"] for one in shown.get("examples", {}).values()] or [
            shown.get("example")
        ]
        for body in bodies:
            error = refused(int(status), body, row.name)
            assert isinstance(error, HostRefusal)
            assert type(error) is not HostRefusal, f"{row.name} {status} {body}"
            assert error.remedy
            assert error.kind is not ErrorClass.REPORT


@pytest.mark.parametrize("name", NOT_HERE)
async def test_not_supported_is_an_answer_of_its_own(name: str) -> None:
    """Where the document says so it is a class of its own, and None for who can do without."""
    for status in NOT_HERE[name]:
        error = refused(status, None, name)
        assert isinstance(error, NotSupportedHere)
        assert not error.leaves_unknown
        assert "recipe" in error.remedy
        row = BY_NAME[name]
        if row.door or name == "has_display_switch":
            continue
        client = host(Documented({row.operation_id: httpx.Response(status)}))
        async with client:
            assert await supported(CALLS[name](client)) is None


async def test_supported_hands_on_everything_else() -> None:
    """An answer stays an answer, another refusal stays one."""
    async with host(Documented()) as client:
        power = await supported(client.get_redundant_power())
        assert power is not None
        assert power.vin1State == 1
    failing = {"getRedundantPower": httpx.Response(401, json={"Code": 401, "Message": ""})}
    async with host(Documented(failing)) as client:
        with pytest.raises(TokenRefused):
            await supported(client.get_redundant_power())


def test_etp_says_not_supported_with_a_body() -> None:
    """404 with words is the same answer as 404 without."""
    error = refused(404, {"errors": {"ETP": "not supported"}}, "get_etp_lock")
    assert isinstance(error, NotSupportedHere)
    assert error.words == "not supported"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("get_brightness", {"errors": {"Brightness": "not supported"}}),
        ("switch_display", {"errors": {"Control": "Not supported"}}),
        ("control_apphub", {"message": "AppHub is not installed"}),
    ],
)
def test_modules_without_a_status_say_it_in_words(name: str, body: object) -> None:
    """422 that says "not supported" is no half applied change."""
    assert isinstance(refused(422, body, name), NotSupportedHere)


def test_a_missing_call_tells_an_old_host_from_another_server() -> None:
    """A call that came with a version is lacking in an older one; others every host has."""
    old = refused(404, "404 page not found", "get_service")
    assert isinstance(old, NotSupportedHere)
    assert "rest-server 1.0.1" in old.remedy
    other = refused(404, "404 page not found", "get_host_info")
    assert type(other) is HostRefusal
    assert other.kind is ErrorClass.STATION
    assert "address" in other.remedy
    strange = refused(404, "404 page not found", "get_hw_monitor")
    assert type(strange) is HostRefusal


SIGN_IN = [
    (401, {"Code": 401, "Message": "incorrect Username or Password"}, "login", SignInRefused),
    (401, {"Code": 401, "Message": "incorrect Username or Password"}, "get_token", SignInRefused),
    (401, {"Code": 401, "Message": "account is locked"}, "login", AccountLocked),
    (401, {"Code": 401, "Message": "Too many attempts"}, "get_token", AccountLocked),
    (423, None, "login", AccountLocked),
    (401, {"Code": 401, "Message": "Token is expired"}, "get_host_info", TokenExpired),
    (401, {"Code": 401, "Message": "signature is invalid"}, "get_host_info", TokenRefused),
    (401, None, "get_host_info", TokenRefused),
    (401, {"code": 401, "message": "admin account required"}, "reset_admin_password", TokenRefused),
    (403, None, "reboot", PermissionMissing),
    (403, {"Code": 403, "Message": "no"}, "reboot", PermissionMissing),
    (
        403,
        {"Code": 403, "Message": "the default password must be changed"},
        "get_host_info",
        PasswordMustChange,
    ),
]


@pytest.mark.parametrize(("status", "body", "name", "kind"), SIGN_IN)
def test_rights_are_told_apart(status: int, body: object, name: str, kind: type) -> None:
    """Wrong password, locked account, expired token and missing right: each with its remedy."""
    error = refused(status, body, name)
    assert type(error) is kind
    assert error.kind is ErrorClass.RIGHTS
    assert not error.leaves_unknown
    assert error.remedy


def test_remedies_of_rights_differ() -> None:
    """What is to be done is another thing each time."""
    remedies = {kind: refused(status, body, name).remedy for status, body, name, kind in SIGN_IN}
    assert len(set(remedies.values())) == len(remedies)


def test_words_of_confidential_calls_decide_and_are_not_shown() -> None:
    """A host may repeat a password in its words."""
    locked = refused(401, {"Code": 401, "Message": "locked, canary"}, "login")
    assert isinstance(locked, AccountLocked)
    assert "canary" not in str(locked)
    assert locked.what.endswith("(status 401)")
    applied = refused(422, {"message": "canary"}, "set_connection")
    assert isinstance(applied, AppliedWithErrors)
    assert "canary" not in f"{applied} {vars(applied)}"


def test_several_modules_are_all_told() -> None:
    """The first decides, the words of all are shown."""
    error = refused(422, {"errors": {"Net": "no gateway", "WiFi": "no adapter", "x": ""}})
    assert isinstance(error, AppliedWithErrors)
    assert error.code == "422.Net"
    assert error.words == "no gateway; no adapter"


@pytest.mark.parametrize(
    "body", [{"errors": {}}, {"errors": "no"}, [], {"Code": 1}, {"message": 7}, "plain", "\x1b[2J"]
)
def test_other_bodies_keep_the_status(body: object) -> None:
    """A body of no known form says nothing, and its beginning is shown in printable signs."""
    for status in (400, 401, 418, 422, 500, 599):
        error = refused(status, body)
        assert isinstance(error, HostRefusal)
        assert error.status == status
        assert str(error).isprintable()
        assert error.leaves_unknown == (status >= 500)


def test_an_unlisted_status_is_for_a_report() -> None:
    """It keeps its number."""
    error = refused(418)
    assert (error.kind, error.code) == (ErrorClass.REPORT, "http.418")
    assert refused(599).kind is ErrorClass.BUSY


@pytest.mark.parametrize("status", [401, 404, 422, 500, 503])
def test_a_web_page_is_no_refusal(status: int) -> None:
    """The page of a proxy says nothing about the host."""
    error = refused(status, "<!DOCTYPE html><h1>Sign in", "get_hw_monitor")
    assert isinstance(error, UnusableAnswer)
    assert "address" in error.remedy


def test_the_same_can_be_said_again() -> None:
    """A call that is not made for the reason of an earlier one says the same in a new error."""
    error = refused(401, {"Code": 401, "Message": "wrong"}, "login")
    assert isinstance(error, SignInRefused)
    error.at(peer="host a")
    again = error.again()
    assert again is not error
    assert type(again) is SignInRefused
    assert (again.what, again.remedy, again.where) == (error.what, error.remedy, {})


async def test_where_is_told() -> None:
    """A refusal names host and call."""
    failing = {"getHostInfo": httpx.Response(500)}
    async with host(Documented(failing), account=OPERATOR) as client:
        with pytest.raises(HostRefusal) as caught:
            await client.get_host_info()
    assert caught.value.where == {
        "peer": "host host.test",
        "endpoint": endpoints.GET_HOST_INFO.label,
    }
