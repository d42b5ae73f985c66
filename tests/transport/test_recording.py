"""Recording what a peer answers, the file, and answering from it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from orchestrator.domain.errors import (
    InputMistakes,
    NotSupported,
    Refusal,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.client import HttpClient
from orchestrator.transport.endpoint import Endpoint, WireModel
from orchestrator.transport.recording import (
    Digest,
    RecordedAnswer,
    Recording,
    RecordingTransport,
    ReplayTransport,
    as_text,
    network,
    read_recording,
    write_recording,
)
from orchestrator.transport.tls import pinned_context
from tests.transport.peers import NAME, Authority, Peer, reply, serving


class Thing(WireModel):
    """One thing."""

    name: str


LIST = Endpoint("list_things", "", "Things", "GET", "/things", None)
ONE = Endpoint("get_thing", "", "Things", "GET", "/things/{id}", Thing)
RAW = Endpoint("get_log", "", "Things", "GET", "/log", None)
TABLE = (LIST, ONE, RAW)
WHEN = datetime(2026, 11, 21, tzinfo=UTC)


def recording(**answers: RecordedAnswer | list[RecordedAnswer]) -> Recording:
    """Make a recording of a system of things."""
    return Recording(
        version=1, system="things", recorded_at=WHEN, headers={"X-Version": "2"}, answers=answers
    )


def client(transport: httpx.AsyncBaseTransport) -> HttpClient:
    """Return a client on `transport`."""
    return HttpClient("http://peer", peer="peer", transport=transport)


KEPT = recording(
    list_things=RecordedAnswer(status=200, body=["a", 1, None, "ä"]),
    get_thing=[
        RecordedAnswer(path={"id": "a b"}, status=200, body={"name": "first"}),
        RecordedAnswer(path={"id": "2"}, status=404, body={"error": 7}),
    ],
    get_log=RecordedAnswer(status=200, base64="AAEC"),
)


async def test_the_tape_keeps_each_complete_answer() -> None:
    """Method, path, status, body and the headers asked for; the client sees no difference."""

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"X-Version": "2", "X-Other": "x"}, json=request.method)

    tape = RecordingTransport(httpx.MockTransport(handler), ("X-Version", "X-Absent"))
    async with client(tape) as http:
        assert await http.call(LIST) == b'"GET"'
    (kept,) = tape.exchanges
    assert (kept.method, kept.path, kept.status) == ("GET", "/things", 200)
    assert (dict(kept.headers), kept.body) == ({"X-Version": "2"}, b'"GET"')


async def test_the_tape_does_not_keep_a_part_of_an_answer() -> None:
    """An answer that the client gives up, here because of its size, is no answer."""

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield bytes(1 << 20)

    tape = RecordingTransport(
        httpx.MockTransport(lambda _request: httpx.Response(200, stream=Endless()))
    )
    async with client(tape) as http:
        with pytest.raises(UnusableAnswer, match="longer than"):
            await http.call(LIST)
    assert tape.exchanges == []


@pytest.mark.parametrize("known", [True, False])
async def test_a_tape_over_the_real_network_trusts_the_pinned_peer_alone(
    authority: Authority, stranger: Authority, known: bool
) -> None:
    """Certificate and name are verified below a tape as they are without one."""

    async def script(peer: Peer) -> None:
        await peer.send(reply(b"[]"))

    context = (authority if known else stranger).server_context()
    tape = RecordingTransport(network(pinned_context(authority.ca_file)))
    async with serving(script, context) as server:
        http = HttpClient(server.url, peer="peer", server_name=NAME, transport=tape)
        async with http:
            if known:
                assert await http.call(LIST) == b"[]"
            else:
                with pytest.raises(UntrustedPeer):
                    await http.call(LIST)
    assert len(tape.exchanges) == known


async def test_a_replay_answers_what_was_recorded() -> None:
    """JSON, bytes and refusals come back through the client as they went in."""
    async with client(ReplayTransport(KEPT, TABLE)) as http:
        assert json.loads(await http.call(LIST)) == ["a", 1, None, "ä"]
        assert await http.call(ONE, path={"id": "a b"}) == Thing(name="first")
        with pytest.raises(Refusal, match="404"):
            await http.call(ONE, path={"id": "2"})
        assert await http.call(RAW) == b"\x00\x01\x02"


async def test_a_replay_names_its_version_headers() -> None:
    """The headers of the recording come with every answer."""
    seen = []
    http = HttpClient(
        "http://peer", peer="peer", transport=ReplayTransport(KEPT, TABLE), observe=seen.append
    )
    async with http:
        await http.call(LIST)
    assert seen[0]["x-version"] == "2"


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (ONE, {"id": "3"}),
        (Endpoint("put_things", "", "Things", "PUT", "/things", None), {}),
        (Endpoint("get_more", "", "Things", "GET", "/more", None), {}),
    ],
)
async def test_a_replay_refuses_what_it_does_not_hold(
    endpoint: Endpoint, path: dict[str, str]
) -> None:
    """An unknown thing, another method and an unknown path are named in the error."""
    async with client(ReplayTransport(KEPT, TABLE)) as http:
        with pytest.raises(NotSupported, match=rf"no answer to {endpoint.method} /") as caught:
            await http.call(endpoint, path=path)
    assert caught.value.code == "recording.call"


async def test_a_replay_makes_up_nothing() -> None:
    """Bytes of which only the digest was kept are not replaced by others; empty stays empty."""
    digest = Digest(size_bytes=9, sha256="0" * 64)
    kept = recording(
        get_log=RecordedAnswer(status=200, digest=digest), list_things=RecordedAnswer(status=200)
    )
    async with client(ReplayTransport(kept, TABLE)) as http:
        with pytest.raises(UnusableAnswer, match="9 bytes"):
            await http.call(RAW)
        assert await http.call(LIST) == b""


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    """What is read is what was written, and nothing else lies beside it."""
    file = tmp_path / "peer.json"
    file.write_text("old", encoding="utf-8")
    write_recording(file, KEPT)
    assert read_recording(file, "things") == KEPT
    assert list(tmp_path.iterdir()) == [file]
    assert json.loads(file.read_text(encoding="utf-8"))["schema"] == 1


def test_a_file_says_only_what_is_known() -> None:
    """An answer without path or bytes has no members for them; null as a body is a body."""
    kept = recording(list_things=RecordedAnswer(status=200, body=None))
    assert json.loads(as_text(kept))["answers"] == {"list_things": {"status": 200, "body": None}}


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room on the disk nothing is half written."""

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "peer.json"
    file.write_text("old", encoding="utf-8")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_recording(file, KEPT)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["old"]


WHOLE = as_text(KEPT)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not usable JSON"),
        ("[]", "valid dictionary"),
        (WHOLE.replace('"schema": 1', '"schema": 2'), "schema: Input should be 1"),
        (WHOLE.replace('"status": 404', '"status": 4'), "greater than or equal to 100"),
        (WHOLE.replace('"base64"', '"bytes"'), "Extra inputs"),
        (WHOLE.replace("things", "others", 1), "one of others, not of things"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """The message says what is wrong, in which file, and how one comes about."""
    file = tmp_path / "peer.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputMistakes, match=why) as caught:
        read_recording(file, "things")
    assert caught.value.where == {"file": str(file)}
    assert "systems record" in caught.value.remedy


def test_a_file_that_is_not_there_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ends in a traceback."""
    with pytest.raises(InputMistakes, match="No such file"):
        read_recording(tmp_path / "none.json")
    monkeypatch.setattr("orchestrator.transport.recording.MOST_BYTES", 10)
    write_recording(tmp_path / "peer.json", KEPT)
    with pytest.raises(InputMistakes, match="larger than"):
        read_recording(tmp_path / "peer.json")
