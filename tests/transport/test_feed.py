"""Streams that are taken up again after a break: nothing kept is lost, nothing told twice."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orchestrator.domain.errors import ErrorClass, NotSupported, Refusal
from orchestrator.transport.feed import EventFeed, Lost, Opened
from orchestrator.transport.sse import ServerEvent, StreamPolicy
from tests.transport.sse_peers import ROW, Net, refuse, source


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
