"""Recording a board: what is covered, what is hidden, and what can be done with the result."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orchestrator.domain.errors import InputMistakes, LinkFault, NotSupported, OrchestratorError
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.recording import (
    ITEMS,
    MOST_ITEMS,
    READS,
    SYSTEM,
    record_board,
)
from orchestrator.systems.azure_sphere_device.redaction import Hidden, Redaction
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.recording import (
    RecordedAnswer,
    Recording,
    ReplayTransport,
    as_text,
    read_recording,
)
from orchestrator.transport.tls import empty_context
from tests.systems.azure_sphere_device.calls import QUICK
from tests.systems.azure_sphere_device.recorded_boards import (
    ADDRESS,
    BOARDS,
    COMPONENT,
    FOLDER,
    NAMES,
    SECRETS,
    record,
)

FILES = {name: read_recording(FOLDER / f"{name}.json", SYSTEM) for name in BOARDS}
NUMBERS = {"id"}
"""Path parameters that are numbers in the client."""


def replayed(recording: Recording) -> SphereDevice:
    """Return a client whose board is a recording."""
    transport = ReplayTransport(recording, DEVICE_ENDPOINTS)
    return SphereDevice(ADDRESS, context=None, transport=transport, retry=QUICK)


def calls() -> list[Any]:
    """Return each recorded answer with the call that it belongs to."""
    found = []
    for name, recording in FILES.items():
        for row in READS:
            kept = recording.answers[row.name]
            for answer in kept if isinstance(kept, list) else [kept]:
                about = "-".join((name, row.name, *(answer.path or {}).values()))
                found.append(pytest.param(name, row, answer, id=about))
    return found


def test_a_recording_covers_every_read() -> None:
    """Each GET of the table is read, by itself or for each thing that another read lists."""
    assert [row.name for row in READS] == [r.name for r in DEVICE_ENDPOINTS if r.method == "GET"]
    assert {row.name for row in READS if "{" in row.path} == ITEMS.keys()
    for recording in FILES.values():
        assert list(recording.answers) == [row.name for row in READS]
        assert recording.unread == {}


@pytest.mark.parametrize("name", BOARDS)
async def test_the_kept_recordings_are_what_the_simulator_answers(name: str) -> None:
    """Stale ones: python -m tests.systems.azure_sphere_device.recorded_boards."""
    assert await record(BOARDS[name]) == FILES[name]


@pytest.mark.parametrize(("name", "row", "answer"), calls())
async def test_a_replayed_answer_goes_through_the_client(
    name: str, row: Endpoint, answer: RecordedAnswer
) -> None:
    """What was answered is the model of its row; what was refused, the refusal."""
    path = answer.path or {}
    given = [int(value) if key in NUMBERS else value for key, value in path.items()]
    async with replayed(FILES[name]) as device:
        call = getattr(device, row.name)
        if answer.status not in row.success:
            with pytest.raises(DeviceRefusal) as caught:
                await call(*given)
            assert isinstance(answer.body, dict)
            assert (caught.value.number, caught.value.status) == (
                answer.body["error"],
                answer.status,
            )
        elif row.answer is None:
            with pytest.raises(OrchestratorError, match="left out"):
                await call(*given)
        else:
            told = (await call(*given)).model_dump(exclude_none=True, by_alias=True)
            assert told == answer.body
        assert device.api_version in {None, FILES[name].headers["REST-API-Version"]}


async def test_the_old_board_is_an_old_one_in_a_replay() -> None:
    """The client reads the version from a replayed answer as from a real one."""
    async with replayed(FILES["api-4.2"]) as device:
        assert await device.get_device_rest_api_version() == "4.2.0"
        with pytest.raises(NotSupported, match=r"needs device API 4\.5\.0"):
            await device.get_os_version()


async def test_a_replay_takes_no_change() -> None:
    """A recording holds reads; a write is named and refused."""
    async with replayed(FILES["blank"]) as device:
        with pytest.raises(NotSupported, match="no answer to POST /restart"):
            await device.restart_device()


async def test_nothing_that_names_board_line_or_person_is_left() -> None:
    """Neither a value nor a part of one is found in the text of the recording."""
    text = as_text(FILES["blank"])
    told = as_text(await record(BOARDS["blank"], keep=tuple(Hidden)))
    identity = BOARDS["blank"].identity
    for name in (*NAMES, identity, "0c:0d:0e", "10.1.2.3", "192.168.1.42"):
        assert name not in text
        assert name in told, "the board does not tell it, so this test shows nothing"
    for secret in SECRETS:
        assert secret not in told


async def test_what_belonged_together_still_does() -> None:
    """One value has one pseudonym in all answers, and another value another one."""
    answers = json.loads(as_text(FILES["blank"]))["answers"]
    names = [each["ssid"] for each in answers["list_wifi_networks"]["body"]["values"]]
    scanned = [each["ssid"] for each in answers["get_wifi_scan"]["body"]["values"]]
    assert len(set(names)) == 2
    assert scanned[0] == names[0]
    assert scanned[1] == "\0"
    state = answers["get_security_state"]["body"]
    assert state["deviceIdentityPublicKey"] == state["deviceIdentifier"]
    assert state["deviceIdentifier"].startswith("0" * 64)


def test_the_device_id_has_one_pseudonym_for_good() -> None:
    """Two recordings of a board can be told to be of one board; a pseudonym has no other."""
    one, other = "ab" * 64, "cd" * 64
    hidden = Redaction().text(one)
    assert hidden == Redaction().text(one.upper())
    assert hidden == Redaction().text(hidden)
    assert len({one, hidden, Redaction().text(other)}) == 3


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.0", "255.255.255.0"),
        ("192.168.35.2", "192.168.35.2"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("10.0.0.7", "198.18.0.1"),
        ("fe80::1ff:fe23:4567:890a", "2001:db8::1"),
        ("at 10.0.0.7, 00-11-22-33-44-55", "at 198.18.0.1, 02:00:00:00:00:01"),
        ("4.6.0", "4.6.0"),
        ("12:30:45", "12:30:45"),
        ("2026-11-21T02:00:00", "2026-11-21T02:00:00"),
    ],
)
def test_addresses_are_found_wherever_they_stand(value: str, hidden: str) -> None:
    """Members that no document knows are searched as well; what says nothing stays."""
    assert Redaction().body("get_anything", {"new": [value]}) == {"new": [hidden]}


@pytest.mark.parametrize("member", ["password", "psk", "privateKey"])
def test_secrets_go_whatever_is_kept(member: str) -> None:
    """A board should not tell them; one that does is not repeated."""
    redaction = Redaction(tuple(Hidden))
    assert redaction.body("get_network_proxy", {member: "s3cret"}) == {member: "removed"}


async def test_bytes_are_kept_only_on_request() -> None:
    """By default their size and hash say whether they changed; kept, they can be replayed."""
    kept = await record(BOARDS["blank"], keep=(Hidden.BLOB,))
    async with replayed(kept) as device:
        log = await device.get_diagnostic_log()
    answer = FILES["blank"].answers["get_diagnostic_log"]
    assert isinstance(answer, RecordedAnswer)
    assert answer.digest is not None
    assert answer.digest.size_bytes == len(log) == 4096


@pytest.mark.parametrize("name", BOARDS)
async def test_a_board_that_starts_from_a_recording_gives_the_same_one(name: str) -> None:
    """Real board, recording, simulated board, recording: only uptime and noise may differ."""
    again = await record(BoardSpec.from_recording(FILES[name]))
    assert again.headers == FILES[name].headers
    for row in READS:
        if row.name != "get_device_status" and row.answer is not None:
            assert again.answers[row.name] == FILES[name].answers[row.name], row.name


async def test_kept_bytes_are_those_of_the_board_that_starts_from_them() -> None:
    """With the bytes kept, log and error report are the same as well."""
    first = await record(BOARDS["blank"], keep=(Hidden.BLOB,))
    again = await record(BoardSpec.from_recording(first), keep=(Hidden.BLOB,))
    for name in ("get_diagnostic_log", "get_error_report_data"):
        assert again.answers[name] == first.answers[name]


async def test_a_board_that_does_not_answer_is_no_recording() -> None:
    """The first call decides; nothing is written about a board that is not there."""

    def handler(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(LinkFault, match="No connection"):
        await record(BoardSpec(), transport=httpx.MockTransport(handler))


async def test_a_call_without_an_answer_is_named() -> None:
    """The rest is recorded all the same, and the recording says what is missing and why."""
    answers = {
        "/status": {"uptime": 1},
        "/net/interfaces": {"interfaces": [{"interfaceName": "a"}]},
    }

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path in {"/images", "/net/interfaces/a"}:
            raise httpx.ReadError("10.9.8.7 is gone")
        return httpx.Response(200, json=answers.get(request.url.path, {}))

    recording = await record(BoardSpec(), transport=httpx.MockTransport(handler))
    assert "get_images" not in recording.answers
    assert recording.answers["get_network_interface"] == []
    assert recording.answers["get_app_status"] == []
    assert "broke" in recording.unread["get_images"]
    assert "10.9.8.7" not in recording.unread["get_images"]
    assert "broke" in recording.unread["get_network_interface a"]
    assert "does not name its items" in recording.unread["get_certificate"]


@pytest.mark.parametrize("name", ["../x", "a b", ".."])
async def test_a_hostile_name_is_not_asked_for(name: str) -> None:
    """What a board lists goes into no path before it was looked at."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"identifiers": [name]})

    recording = await record(BoardSpec(), transport=httpx.MockTransport(handler))
    assert recording.answers["get_certificate"] == []
    assert not any(path.startswith("/certstore/certs/") for path in asked)
    assert "get_certificate" in recording.unread


async def test_a_list_without_end_is_cut() -> None:
    """A board that lists a thousand certificates is read for the first ones."""

    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"identifiers": [f"c{k}" for k in range(1000)]})

    recording = await record(BoardSpec(), transport=httpx.MockTransport(handler))
    kept = recording.answers["get_certificate"]
    assert isinstance(kept, list)
    assert len(kept) == MOST_ITEMS


def answering(path: str, response: Callable[[], httpx.Response]) -> httpx.MockTransport:
    """Answer `path` in a way of its own and everything else with an empty object."""
    return httpx.MockTransport(
        lambda request: response() if request.url.path == path else httpx.Response(200, json={})
    )


async def test_what_is_no_json_is_kept_as_bytes() -> None:
    """Garbage is recorded as it came, or as its digest."""
    transport = answering("/osversion", lambda: httpx.Response(200, content=b"{\xff"))
    recording = await record(BoardSpec(), transport=transport, keep=(Hidden.BLOB,))
    answer = recording.answers["get_os_version"]
    assert isinstance(answer, RecordedAnswer)
    assert (answer.status, answer.base64) == (200, "e/8=")


async def test_an_answer_that_fits_no_model_is_recorded() -> None:
    """The recording is the report of a firmware that changed its answers."""
    body = {"osversion": 23, "build": "10.2.3.4"}
    transport = answering("/osversion", lambda: httpx.Response(200, json=body))
    recording = await record(BoardSpec(), transport=transport)
    answer = recording.answers["get_os_version"]
    assert isinstance(answer, RecordedAnswer)
    assert answer.body == {"osversion": 23, "build": "198.18.0.1"}


async def test_a_busy_board_is_asked_again() -> None:
    """A refusal that passes is not what the recording keeps."""
    busy = Fault("busy", calls=("get_wifi_scan",), times=1)
    recording = await record(BoardSpec(faults=(busy,)))
    answer = recording.answers["get_wifi_scan"]
    assert isinstance(answer, RecordedAnswer)
    assert answer.status == 200


def test_a_recording_of_another_system_starts_no_board() -> None:
    """The simulator says so before it makes anything up."""
    other = FILES["blank"].model_copy(update={"system": "other"})
    with pytest.raises(InputMistakes, match="other"):
        BoardSpec.from_recording(other)


async def test_applications_are_asked_for_one_by_one() -> None:
    """Quota and status belong to applications; parts of the OS have none."""
    kept = FILES["blank"].answers["get_app_quota"]
    assert isinstance(kept, list)
    assert [answer.path for answer in kept] == [
        {"componentID": COMPONENT},
        {"componentID": COMPONENT[:-1] + "2"},
    ]


async def test_the_network_is_used_without_a_transport() -> None:
    """Without a stand-in the call goes to the address, where nobody listens."""
    with pytest.raises(LinkFault):
        await record_board("127.0.35.250", context=empty_context(), https_port=9, retry=QUICK)
