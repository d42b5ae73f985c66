"""Every way a portal says no: a sentence, a remedy and a class, whatever body comes with it."""

import json

import httpx
import pytest

from orchestrator.domain.errors import ErrorClass, OrchestratorError, ProductFault, UnusableAnswer
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.errors import (
    ROWS,
    AlreadyThere,
    NotThere,
    PortalRefusal,
    Row,
)
from tests.systems.iot_hub_portal.portals import CALLS, KEY, QUICK, device

PROBLEM = {"title": "Invalid", "errors": {"DeviceID": ["must be hex", "is short"]}}


async def refused(status: int, call: str = "get_config", **body: object) -> OrchestratorError:
    """Return what a call ends with when the portal answers this."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, **body))
    async with IotHubPortal("https://portal.test", transport=transport, retry=QUICK) as portal:
        with pytest.raises(OrchestratorError) as caught:
            await CALLS[call](portal)
    return caught.value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.status))
async def test_every_row_has_sentence_remedy_and_class(row: Row) -> None:
    """The portal's words are quoted, the row's remedy is told, and nothing is against the unit."""
    error = await refused(row.status, json="the reason")
    assert isinstance(error, PortalRefusal)
    assert error.what == f"{row.sentence} (status {row.status}): the reason"
    assert (error.remedy, error.kind, error.code) == (
        row.remedy,
        row.error_class,
        f"http.{row.status}",
    )
    assert not isinstance(error, ProductFault)
    assert error.leaves_unknown == (row.status >= 500)
    assert row.sentence[0].isupper()
    assert not row.sentence.endswith(".")


def test_rows_are_in_order_and_once() -> None:
    """A status has one meaning."""
    statuses = [row.status for row in ROWS]
    assert statuses == sorted(set(statuses))


async def test_an_unlisted_status_keeps_its_number() -> None:
    """It is for a report."""
    error = await refused(418)
    assert isinstance(error, PortalRefusal)
    assert (error.status, error.kind) == (418, ErrorClass.REPORT)
    assert "status 418" in error.what
    assert error.remedy


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"json": PROBLEM}, "DeviceID: must be hex is short"),
        ({"json": {"title": "Bad Request"}}, "Bad Request"),
        ({"json": {"detail": "no", "title": "yes"}}, "no"),
        ({"json": "quoted"}, "quoted"),
        ({"text": "plain words"}, "plain words"),
        ({"content": b"\xff\xfe"}, "bytes that are no text"),
        ({"json": {"errors": ["a"]}}, json.dumps({"errors": ["a"]}, separators=(",", ":"))),
        ({"json": {"errors": {"a": 7}}}, "a: 7"),
        ({"content": b"[" * 100_000}, "[["),
        ({}, ""),
    ],
)
async def test_words_are_found_in_every_form(body: dict[str, object], words: str) -> None:
    """Validation errors, problems, JSON strings, texts, junk and nothing."""
    error = await refused(400, **body)
    assert isinstance(error, PortalRefusal)
    assert error.words.startswith(words)
    assert len(error.what) < 500


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (409, ""),
        (400, "A device with ID 7 already exists."),
        (400, "Device already registered"),
        (400, "ErrorCode:DeviceIdAlreadyExists"),
    ],
)
async def test_an_id_that_is_taken_is_told_apart(status: int, words: str) -> None:
    """However the portal says it."""
    assert type(await refused(status, call="create_concentrator", json=words)) is AlreadyThere


async def test_what_is_not_there_is_told_apart() -> None:
    """A 404 is NotThere; a web page with 404 is none of the portal's."""
    assert type(await refused(404)) is NotThere
    page = await refused(404, html="<!DOCTYPE html><p>nginx")
    assert isinstance(page, UnusableAnswer)
    assert "web page" in page.what
    assert "status 404" in page.what


async def test_words_that_may_repeat_a_secret_are_not_quoted() -> None:
    """A portal that sends the body back in its refusal gives nothing away."""
    error = await refused(400, call="create_device", json=f"appKey {KEY} is wrong")
    assert KEY not in f"{error} {error!r} {error.where} {error.__cause__!r}"
    assert KEY not in repr(device())


async def test_a_control_character_never_reaches_a_terminal() -> None:
    """The portal's words are printable and short."""
    error = await refused(400, text="\x1b[2J" * 500)
    assert error.what.isprintable()
