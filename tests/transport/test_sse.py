"""Event streams: opened once, read piece by piece, within bounds; taken up again after a break."""

import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import anyio
import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ErrorClass,
    NotSupported,
    OrchestratorError,
    Refusal,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.client import Answer
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.feed import EventFeed, Lost, Opened
from orchestrator.transport.sse import EventSource, ServerEvent, StreamPolicy
from tests.transport.peers import Authority, Peer, serving

ROW = Endpoint("stream", "", "T", "GET", "/events", Empty, answer_cap_bytes=1000, door="SSE")
HEAD = {"Content-Type": "text/event-stream"}


class Pieces(httpx.AsyncByteStream):
    """A body that comes in these pieces; an error among them is raised, None is silence."""

    def __init__(self, pieces: Iterable[bytes | Exception | None]) -> None:
        self.pieces = pieces
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if piece is None:
                await anyio.sleep_forever()
            if isinstance(piece, Exception):
                raise piece
            assert piece is not None
            yield piece

    async def aclose(self) -> None:
        """Note the end."""
        self.closed = True


class Net(httpx.AsyncBaseTransport):
    """Answers one request after the other from a list; an error is raised. Notes the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.bodies: list[Pieces] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the next answer."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await anyio.sleep_forever()
        if isinstance(answer, httpx.Response):
            return answer
        body = Pieces(answer)
        self.bodies.append(body)
        return httpx.Response(200, headers=HEAD, stream=body)


def source(net: httpx.AsyncBaseTransport, **options: Any) -> EventSource:
    """Return a source over `net`."""
    return EventSource("https://peer.test", peer="peer", transport=net, **options)


async def events(pieces: Iterable[bytes | Exception | None], **options: Any) -> list[ServerEvent]:
    """Return the events of a stream up to its end."""
    found = []
    async with await source(Net(pieces), **options).open(ROW) as connection:
        try:
            while True:
                found.append(await connection.next())
        except ConnectionLost:
            return found


async def test_events_have_names_data_and_ids() -> None:
    """Whatever pieces the network makes of them."""
    sent = (
        b'event: hwmon\nid: 1\ndata: {"a":\ndata: 1}\n\n: sign of life\n\ndata: x\r\n\r\n'
        b"id: 2\n\nevent: \xc3\xa4\ndata: \xe2\x82\xac\n\n"
    )
    wanted = [
        ServerEvent("hwmon", '{"a":\n1}', "1"),
        ServerEvent("message", "x", "1"),
        ServerEvent("ä", "€", "2"),
    ]
    assert await events([sent]) == wanted
    assert await events([sent[i : i + 1] for i in range(len(sent))]) == wanted


async def test_an_unfinished_event_is_none() -> None:
    """What breaks off before its blank line did not come."""
    assert await events([b"data: whole\n\ndata: half\n"]) == [ServerEvent("message", "whole", "")]


@pytest.mark.parametrize("event_id", ["a\x00b", "é", "x" * 300])
async def test_ids_that_cannot_be_sent_back_are_none(event_id: str) -> None:
    """They would become a header."""
    (event,) = await events([f"id: {event_id}\ndata: x\n\n".encode()])
    assert event.id == ""


async def test_what_is_asked() -> None:
    """A stream, nothing kept in between, behind the event given; with the name of the peer."""
    net = Net([b"data: 1\n\n"])
    async with await source(net, server_name="unit").open(ROW, "41"):
        pass
    headers = net.asked[0].headers
    assert headers["accept"] == "text/event-stream"
    assert headers["last-event-id"] == "41"
    assert headers["cache-control"] == "no-store"
    assert headers["accept-encoding"] == "identity"
    assert headers["host"] == "unit"
    assert net.bodies[0].closed


async def test_silence_is_a_break() -> None:
    """A stream that brings nothing is given up in time; a comment is a sign of life."""
    policy = StreamPolicy(silence_seconds=0.05)
    net = Net([b"data: 1\n\n", b":\n\n", None])
    async with await source(net, policy=policy).open(ROW) as connection:
        assert (await connection.next()).data == "1"
        with pytest.raises(DeadlineExceeded, match="silent"):
            await connection.next()


async def test_an_event_without_an_end_is_cut() -> None:
    """Memory is bounded by the row's cap, whatever the peer sends."""

    def endless() -> Iterable[bytes]:
        yield b"data: "
        while True:
            yield b"x" * 100

    async with await source(Net(endless())).open(ROW) as connection:
        with pytest.raises(UnusableAnswer, match="1000 bytes"):
            await connection.next()


async def test_signs_of_life_are_not_counted_as_an_event() -> None:
    """A stream may live on comments for as long as it likes."""
    beats = [b": beat\n\n"] * 1000
    assert await events([*beats, b"data: 1\n\n"]) == [ServerEvent("message", "1", "")]


REFUSED: list[tuple[Any, type[Exception]]] = [
    (httpx.Response(404), NotSupported),
    (httpx.Response(503, text="x" * 100_000), NotSupported),
    (httpx.Response(200, json={}), UnusableAnswer),
    (httpx.Response(200, html="<p>"), UnusableAnswer),
    (httpx.Response(302, headers={"Location": "https://elsewhere"}), UnusableAnswer),
    (httpx.Response(200, headers={**HEAD, "Content-Encoding": "gzip"}), UnusableAnswer),
    (httpx.ConnectError("nobody"), Unreachable),
    (httpx.ReadError("broken"), ConnectionLost),
    (httpx.RemoteProtocolError("garbage"), UnusableAnswer),
]


def refuse(answer: Answer) -> OrchestratorError:
    """Return the room's error."""
    assert len(answer.body) <= 64 * 1024
    return NotSupported(f"status {answer.status}", remedy="none")


@pytest.mark.parametrize(("answer", "kind"), REFUSED)
async def test_what_is_no_stream_is_a_typed_error(answer: Any, kind: type[Exception]) -> None:
    """It names peer and endpoint."""
    with pytest.raises(kind) as caught:
        await source(Net(answer), refuse=refuse).open(ROW)
    assert isinstance(caught.value, OrchestratorError)
    assert caught.value.where == {"peer": "peer", "endpoint": "GET (SSE) /events"}


async def test_a_peer_that_never_answers_is_given_up() -> None:
    """Opening has a deadline of its own."""
    with pytest.raises(DeadlineExceeded):
        await source(Net(None), policy=StreamPolicy(connect_seconds=0.05)).open(ROW)


async def test_a_refused_permit_is_renewed_once() -> None:
    """In header and query."""
    given: list[Mapping[str, str] | None] = []

    async def permit(
        refused: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        given.append(refused)
        return {"Authorization": f"Bearer {len(given)}"}, {"token": str(len(given))}

    net = Net(httpx.Response(401), [b"data: 1\n\n"])
    async with await source(net, permit=permit).open(ROW):
        pass
    assert given == [None, {"Authorization": "Bearer 1", "token": "1"}]
    assert net.asked[1].headers["authorization"] == "Bearer 2"
    assert str(net.asked[1].url) == "https://peer.test/events?token=2"
    net = Net(httpx.Response(401), httpx.Response(401))
    with pytest.raises(Refusal):
        await source(net, permit=permit).open(ROW)


async def test_without_a_permit_a_refusal_is_not_repeated() -> None:
    """There is nothing to renew."""
    net = Net(httpx.Response(401))
    with pytest.raises(Refusal):
        await source(net).open(ROW)


async def test_a_real_stream_over_tls(authority: Authority) -> None:
    """Over a socket, until the peer leaves."""

    async def streaming(peer: Peer) -> None:
        await peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
            b"id: 7\ndata: {}\n",
            b"\n",
        )
        peer.writer.close()

    context = ssl.create_default_context(cafile=str(authority.ca_file))
    async with serving(streaming, authority.server_context("localhost")) as server:
        real = EventSource(server.url, peer="p", context=context, server_name="localhost")
        async with await real.open(ROW) as connection:
            assert await connection.next() == ServerEvent("message", "{}", "7")
            with pytest.raises(ConnectionLost):
                await connection.next()
        stranger = EventSource(server.url, peer="p", server_name="localhost")
        with pytest.raises(UntrustedPeer):
            await stranger.open(ROW)


async def test_a_token_in_the_query_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """The library writes addresses; this one goes out all the same."""
    caplog.set_level(logging.DEBUG)

    async def permit(
        refused: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        del refused
        return {}, {"token": "canary"}

    async def streaming(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        peer.writer.close()

    async with serving(streaming) as server:
        real = EventSource(server.url, peer="p", permit=permit)
        async with await real.open(ROW) as connection:
            assert (await connection.next()).data == "1"
        assert server.seen[0].head.startswith(b"GET /events?token=canary HTTP/1.1")
    assert "canary" not in caplog.text


# Feeds


class Pause:
    """A sleep that notes how long it would have been."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)


def feed(net: Net, pause: Callable[[float], Any] | None = None, **policy: Any) -> EventFeed:
    """Return a feed over `net` that leaves nothing to chance."""
    given = StreamPolicy(**{"jitter": 0.0, **policy})
    return EventFeed(source(net, policy=given, refuse=refuse), ROW, sleep=pause or Pause())


def sent(*numbers: int, name: str = "n") -> list[bytes]:
    """Return events with these ids."""
    return [f"event: {name}\nid: {n}\ndata: {n}\n\n".encode() for n in numbers]


async def told(one: EventFeed, count: int) -> list[str]:
    """Return what a feed tells, in short."""
    found = []
    for _ in range(count):
        news = await anext(one)
        match news:
            case Opened(again):
                found.append("opened again" if again else "opened")
            case Lost():
                found.append("lost")
            case ServerEvent():
                found.append(news.data)
    return found


async def test_a_broken_stream_goes_on_behind_its_last_event() -> None:
    """What the peer repeats is left out, what it kept comes once."""
    net = Net(sent(1, 2), sent(2, 3), sent(3, 4))
    async with feed(net) as one:
        assert await told(one, 9) == [
            "opened", "1", "2", "lost", "opened again", "3", "lost", "opened again", "4",
        ]  # fmt: skip
    assert [request.headers.get("last-event-id") for request in net.asked] == [None, "2", "3"]


async def test_a_peer_that_counts_anew_loses_nothing() -> None:
    """After a restart its first events have old ids and other data."""
    net = Net(sent(1, 2), [b"event: n\nid: 1\ndata: one\n\n", *sent(2)])
    async with feed(net) as one:
        assert await told(one, 7) == ["opened", "1", "2", "lost", "opened again", "one", "2"]


async def test_equal_ids_of_one_stream_are_all_told() -> None:
    """Only what was told on an earlier connection can be a repetition."""
    net = Net([*sent(1), *sent(1), *sent(1, name="m")])
    async with feed(net) as one:
        assert await told(one, 4) == ["opened", "1", "1", "1"]


async def test_events_without_ids_are_never_left_out() -> None:
    """There is nothing to tell them apart by."""
    net = Net([b"data: x\n\n"] * 2, [b"data: x\n\n"])
    async with feed(net) as one:
        assert await told(one, 6) == ["opened", "x", "x", "lost", "opened again", "x"]
    assert "last-event-id" not in net.asked[1].headers


async def test_pauses_double_up_to_a_limit_and_begin_anew_with_an_event() -> None:
    """A peer that is gone is asked ever more rarely."""
    pause = Pause()
    gone = [httpx.ConnectError("nobody")] * 8
    net = Net(*gone, sent(1), [], sent(2))
    async with feed(net, pause, first_wait_seconds=1, longest_wait_seconds=30) as one:
        assert await told(one, 8) == ["lost"] * 8
        assert await told(one, 3) == ["opened", "1", "lost"]
        assert await told(one, 4) == ["opened again", "lost", "opened again", "2"]
    assert pause.slept == [1, 2, 4, 8, 16, 30, 30, 30, 1, 2]


async def test_pauses_are_spread() -> None:
    """Many stations that lost one peer do not come back together."""
    waits = set()
    for _ in range(20):
        one = feed(Net(httpx.ConnectError("nobody")), jitter=0.5, first_wait_seconds=1)
        lost = await anext(one)
        assert isinstance(lost, Lost)
        assert 0.5 <= lost.wait_seconds <= 1
        waits.add(lost.wait_seconds)
    assert len(waits) > 10


async def test_the_peers_own_pause_is_kept_within_the_limit() -> None:
    """`retry` says how long to stay away."""
    pause = Pause()
    net = Net([b"retry: 4000\ndata: 1\n\n"], [b"retry: 9999999\ndata: 2\n\n"], [b"data: 3\n\n"])
    async with feed(net, pause, longest_wait_seconds=30) as one:
        await told(one, 7)
    assert pause.slept == [4, 30]


async def test_what_a_person_has_to_mend_is_raised() -> None:
    """A refusal at the first opening is no weather; reading on tries again after a pause."""
    pause = Pause()
    async with feed(Net(httpx.Response(404), sent(1)), pause) as one:
        with pytest.raises(NotSupported):
            await anext(one)
        assert await told(one, 2) == ["opened", "1"]
    assert pause.slept == [0.5]


async def test_a_peer_that_starts_may_deny_what_it_had() -> None:
    """After a first success only rights and trust are for a person."""
    net = Net(sent(1), httpx.Response(404), sent(2))
    async with feed(net) as one:
        assert await told(one, 6) == ["opened", "1", "lost", "lost", "opened again", "2"]

    class Rights(Refusal):
        error_class = ErrorClass.RIGHTS

    net = Net(sent(1), httpx.Response(403))
    one = EventFeed(
        source(net, refuse=lambda _answer: Rights("no", remedy="none")), ROW, sleep=Pause()
    )
    async with one:
        assert await told(one, 3) == ["opened", "1", "lost"]
        with pytest.raises(Rights):
            await anext(one)


async def test_memory_stays_flat_over_many_events() -> None:
    """What is remembered is bounded."""
    net = Net(sent(*range(10_000)))
    async with feed(net) as one:
        await told(one, 10_001)
        assert len(one._seen) == 4096


async def test_closing_gives_the_connection_back() -> None:
    """Also in the middle of a stream; reading on opens it again."""
    net = Net(sent(1, 2), sent(3))
    one = feed(net)
    assert await told(one, 2) == ["opened", "1"]
    await one.aclose()
    assert net.bodies[0].closed
    assert await told(one, 2) == ["opened again", "3"]
    await one.aclose()
