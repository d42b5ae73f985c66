"""The HTTP client against real servers on loopback, most of them hostile."""

import asyncio
import tracemalloc
import zlib
from time import monotonic

import httpx
import pytest
from pydantic import BaseModel

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    OrchestratorError,
    Refusal,
    StationMisuse,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.transport.body import SLICE_BYTES
from orchestrator.transport.client import Answer, HttpClient
from orchestrator.transport.endpoint import Empty, Endpoint, WireModel
from orchestrator.transport.retry import RetryPolicy
from tests.patience import PATIENCE_SECONDS
from tests.transport.peers import Peer, Script, reply, serving


class Thing(WireModel):
    """What the peers of these tests answer."""

    name: str
    note: str | None = None


GET = Endpoint("get_thing", "", "T", "GET", "/thing", Thing)
GET_ONE = Endpoint("get_one", "", "T", "GET", "/thing/{id}", Thing)
GET_RAW = Endpoint("get_raw", "", "T", "GET", "/raw", None)
PUT = Endpoint("put_thing", "", "T", "PUT", "/thing", Empty, Thing)
UPLOAD = Endpoint("upload", "", "T", "PUT", "/upload", Empty, "bytes")
ANSWER = reply(b'{"name": "a"}')
ONCE = RetryPolicy(attempts=1)


def answering(*pieces: bytes) -> Script:
    """Return a peer that writes `pieces` to every request."""

    async def script(peer: Peer) -> None:
        await peer.send(*pieces)

    return script


def breaking_off(*pieces: bytes) -> Script:
    """Return a peer that writes `pieces` and closes the connection."""

    async def script(peer: Peer) -> None:
        await peer.send(*pieces)
        peer.writer.close()

    return script


async def silent(peer: Peer) -> None:
    """Never answer."""
    await peer.until_the_client_leaves()


async def test_answer_arrives_as_the_endpoints_model() -> None:
    """A good answer becomes the model that the endpoint's row names."""
    async with serving(answering(ANSWER)) as server, HttpClient(server.url, peer="p") as client:
        assert await client.call(GET) == Thing(name="a")
        assert server.seen[0].header("accept-encoding") == "identity"


async def test_raw_endpoint_returns_the_bytes() -> None:
    """A row without an answer model hands over the body as it came."""
    raw = reply(b"\x00\xff")
    async with serving(answering(raw)) as server, HttpClient(server.url, peer="p") as client:
        assert await client.call(GET_RAW) == b"\x00\xff"


async def test_connection_is_kept_and_fresh_calls_have_their_own() -> None:
    """Two usual calls share a connection; a fresh call opens one and leaves none behind."""
    async with serving(answering(ANSWER)) as server, HttpClient(server.url, peer="p") as client:
        await client.call(GET)
        await client.call(GET)
        assert server.connections == 1
        await client.call(GET, fresh=True)
        await client.call(GET, fresh=True)
        assert server.connections == 3


async def test_surplus_answer_does_not_reach_a_fresh_call() -> None:
    """A second answer that waits on the kept connection never answers a fresh question."""

    async def script(peer: Peer) -> None:
        surplus = reply(b'{"name": "evil"}') if len(server.seen) % 2 else b""
        await peer.send(ANSWER + surplus)

    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        for _ in range(20):
            await client.call(GET)
            assert await client.call(GET, fresh=True) == Thing(name="a")


async def test_path_parameters_are_quoted() -> None:
    """A parameter cannot reach out of its place in the path."""
    async with serving(answering(ANSWER)) as server, HttpClient(server.url, peer="p") as client:
        await client.call(GET_ONE, path={"id": "../a b?x=1"})
        assert server.seen[0].head.startswith(b"GET /thing/..%2Fa%20b%3Fx%3D1 HTTP/1.1")


@pytest.mark.parametrize("path", [None, {"other": "1"}, {"id": "1", "more": "2"}])
async def test_wrong_path_parameters_send_nothing(path: dict[str, str] | None) -> None:
    """A call with wrong parameters is the program's defect, found before a request leaves."""
    async with serving(answering(ANSWER)) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(StationMisuse, match="path parameters"):
            await client.call(GET_ONE, path=path)
        assert not server.seen


async def test_json_body_leaves_out_what_is_not_set() -> None:
    """Members that are None are not sent at all."""
    async with serving(answering(reply(b""))) as server, HttpClient(server.url, peer="p") as client:
        assert await client.call(PUT, body=Thing(name="ä")) == Empty()
        assert server.seen[0].body == '{"name":"ä"}'.encode()
        assert server.seen[0].header("content-type") == "application/json"


async def test_upload_goes_out_in_slices_with_its_length_and_progress() -> None:
    """An upload is not chunked, arrives whole and reports how far it is."""
    content, steps = bytes(range(256)) * 600, list[tuple[int, int]]()
    async with serving(answering(reply(b"{}"))) as server:
        async with HttpClient(server.url, peer="p") as client:
            await client.call(UPLOAD, body=content, progress=lambda d, t: steps.append((d, t)))
        seen = server.seen[0]
    assert seen.body == content
    assert seen.header("content-length") == str(len(content))
    assert seen.header("transfer-encoding") is None
    total = len(content)
    assert steps == [(SLICE_BYTES, total), (2 * SLICE_BYTES, total), (total, total)]


async def test_peers_cookies_are_not_sent_back() -> None:
    """A peer cannot make the client carry anything to its next request."""
    cookie = reply(b'{"name": "a"}', headers=b"Set-Cookie: a=b; Path=/\r\n")
    async with serving(answering(cookie)) as server, HttpClient(server.url, peer="p") as client:
        await client.call(GET)
        await client.call(GET)
        assert server.seen[1].header("cookie") is None


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment does not come between station and board."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(answering(ANSWER)) as server, HttpClient(server.url, peer="p") as client:
        assert await client.call(GET) == Thing(name="a")


async def test_room_reads_headers_and_decides_what_a_refusal_means() -> None:
    """Headers of every answer and the meaning of a refusal are the room's hooks."""
    seen: list[str] = []

    def refuse(answer: Answer) -> OrchestratorError:
        return Refusal(f"number {answer.body.decode()}", code=str(answer.status))

    refused = reply(b"7", "409 Conflict", b"REST-API-Version: 4.6.0\r\n")
    async with serving(answering(refused)) as server:
        client = HttpClient(
            server.url,
            peer="board 1",
            refuse=refuse,
            observe=lambda headers: seen.append(headers["rest-api-version"]),
        )
        async with client:
            with pytest.raises(Refusal, match="number 7") as caught:
                await client.call(GET)
    assert seen == ["4.6.0"]
    assert caught.value.where == {"peer": "board 1", "endpoint": "GET /thing"}


async def test_refusal_of_an_unknown_peer_shows_its_escaped_words() -> None:
    """Control characters of a peer do not reach a terminal or a log."""
    rude = reply(b"no\x1b[2J\n" + b"x" * 5000, "503 Busy")
    async with serving(answering(rude)) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(Refusal) as caught:
            await client.call(GET)
    assert r"503: no\x1b[2J\n" in str(caught.value)
    assert len(str(caught.value)) < 400


HOSTILE = {
    "redirect": (
        reply(b"", "302 Found", b"Location: http://169.254.169.254/\r\n"),
        "302 and pointed to http://169.254.169.254/",
    ),
    "gzip": (reply(b"\x1f\x8b", headers=b"Content-Encoding: gzip\r\n"), "packed as gzip"),
    "no json": (reply(b"<html>"), "not usable JSON"),
    "empty": (reply(b""), "not usable JSON"),
    "not a number": (reply(b'{"name": NaN}'), "NaN is no number"),
    "wrong type": (reply(b'{"name": 5}'), r"\$\.name: .*got 5"),
    "no http": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "not HTTP as agreed"),
    "endless head": (
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        "not HTTP as agreed",
    ),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "not HTTP as agreed",
    ),
}


@pytest.mark.parametrize(("answer", "message"), HOSTILE.values(), ids=HOSTILE)
async def test_unusable_answers_are_told_apart(answer: bytes, message: str) -> None:
    """Whatever does not fit the contract ends as UnusableAnswer that says why."""
    async with serving(breaking_off(answer)) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(UnusableAnswer, match=message):
            await client.call(GET)


async def test_gzip_bomb_stays_packed() -> None:
    """An answer that would unpack to a gigabyte costs no more memory than its head."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()
    answer = reply(bomb, headers=b"Content-Encoding: gzip\r\n")
    async with serving(breaking_off(answer)) as server, HttpClient(server.url, peer="p") as client:
        tracemalloc.start()
        with pytest.raises(UnusableAnswer, match="packed"):
            await client.call(GET)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 << 20


@pytest.mark.parametrize("head", [b"Content-Length: 104857600\r\n\r\n", b"\r\n"])
async def test_huge_body_is_cut_at_the_endpoints_cap(head: bytes) -> None:
    """Of 100 MB only the cap is read, whether or not the length was announced."""
    piece = b"[" * 65536

    async def script(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(1600):
            await peer.send(piece)

    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        tracemalloc.start()
        with pytest.raises(UnusableAnswer, match="longer than the 1048576 bytes"):
            await client.call(GET)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-",),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"name"',),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",),
    ],
    ids=["before the head", "in the head", "in the body", "in a chunk"],
)
async def test_broken_off_answer_is_a_lost_connection(pieces: tuple[bytes, ...]) -> None:
    """Wherever the peer breaks off, whether the request was applied is unknown."""
    script = breaking_off(*pieces)
    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(ConnectionLost):
            await client.call(GET)


async def test_peer_that_leaves_during_an_upload_is_a_lost_connection() -> None:
    """A board that reboots while it is fed ends the upload with a typed error."""

    async def script(peer: Peer) -> None:
        peer.writer.transport.abort()

    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(ConnectionLost):
            await client.call(PUT, body=Thing(name="a"))


async def drip_body(peer: Peer) -> None:
    """One byte after the other, for ever."""
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        await peer.send(b" ")
        await asyncio.sleep(0)


async def drip_head(peer: Peer) -> None:
    """One header after the other, for ever."""
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await peer.send(b"X: y\r\n")
        await asyncio.sleep(0)


@pytest.mark.parametrize("script", [silent, drip_body, drip_head])
async def test_total_deadline_ends_every_call(script: Script) -> None:
    """A peer that keeps sending a little does not stretch the call beyond its deadline."""
    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        began = monotonic()
        with pytest.raises(DeadlineExceeded, match=r"within 0\.2 s .*peer p, endpoint GET /thing"):
            await client.call(GET, timeout_seconds=0.2)
        assert monotonic() - began < PATIENCE_SECONDS


async def test_late_answer_is_not_taken_for_the_next_question() -> None:
    """After a missed deadline the connection is given up with whatever still comes."""

    async def script(peer: Peer) -> None:
        if len(server.seen) == 1:
            await peer.until_the_client_leaves()
        await peer.send(reply(b'{"name": "%d"}' % len(server.seen)))

    async with serving(script) as server, HttpClient(server.url, peer="p") as client:
        with pytest.raises(DeadlineExceeded):
            await client.call(GET, timeout_seconds=1.0)
        assert await client.call(GET) == Thing(name="2")
        assert server.connections == 2


async def test_nothing_listening_is_unreachable() -> None:
    """A refused connection says that nothing was applied."""
    async with serving(silent) as server:
        port = server.port
    async with HttpClient(f"http://127.0.0.1:{port}", peer="p", retry=ONCE) as client:
        with pytest.raises(Unreachable):
            await client.call(GET)


async def test_in_process_transport_serves_usual_and_fresh_calls() -> None:
    """A transport given from outside replaces the network for every call."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, json={"name": "a"})

    transport = httpx.MockTransport(handler)
    async with HttpClient("https://board", peer="p", transport=transport) as client:
        answer: BaseModel = await client.call(GET)
        assert await client.call(GET, fresh=True) == answer
    assert asked == ["/thing", "/thing"]
