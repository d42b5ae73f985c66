"""Event streams: opened once, read piece by piece, within bounds."""

import logging
import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    NotSupported,
    OrchestratorError,
    Refusal,
    Unreachable,
    UntrustedPeer,
    UnusableAnswer,
)
from orchestrator.transport.sse import EventSource, ServerEvent, StreamPolicy
from tests.transport.peers import Authority, Peer, serving
from tests.transport.sse_peers import HEAD, ROW, Net, refuse, source


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


@pytest.mark.parametrize(
    "end", [[b"\n", b"\n"], [b"\r\n", b"\r\n"], [b"\r\n\r", b"\n"], [b"\r", b"\r"]]
)
async def test_an_event_may_end_in_a_piece_of_its_own(end: list[bytes]) -> None:
    """However the peer cuts its events, a long stream of short ones is none that is too long."""
    assert len(await events([b"data: 1", *end] * 1000)) == 1000


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
