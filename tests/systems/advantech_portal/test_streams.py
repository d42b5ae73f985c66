"""Event streams of a host: present values first, nothing lost over breaks, nothing told twice."""

from collections import Counter
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ConnectionLost
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import (
    AdvantechHost,
    EventUnusable,
    HostEvent,
    HostStream,
    StreamLost,
    StreamNews,
    StreamOpened,
)
from orchestrator.systems.advantech_portal.endpoints import EVENTS, HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.errors import (
    HostRefusal,
    NotSupportedHere,
    SignInRefused,
)
from orchestrator.systems.advantech_portal.simulator import Fault
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.sse import StreamPolicy
from tests.systems.advantech_portal.hosts import Documented, Watch, host
from tests.systems.advantech_portal.simulated import ENGINEER, Bench

STREAMS = [row for row in HOST_ENDPOINTS if row.door == "SSE"]
CALM = StreamPolicy(jitter=0.0, first_wait_seconds=1.0)


def opened(client: AdvantechHost, row: Endpoint) -> HostStream:
    """Return the stream of a row."""
    stream: HostStream = getattr(client, row.name)()
    return stream


async def read(stream: HostStream, count: int) -> list[StreamNews]:
    """Return the next news."""
    return [await anext(stream) for _ in range(count)]


def short(news: StreamNews) -> str:
    """Return news in short."""
    match news:
        case HostEvent(name, _, _, True):
            return f"{name} asked"
        case HostEvent(name):
            return name
        case StreamOpened(again):
            return "opened again" if again else "opened"
        case StreamLost():
            return "lost"
        case EventUnusable(name):
            return f"{name} unusable"


@pytest.mark.parametrize("row", STREAMS, ids=lambda row: row.name)
async def test_a_stream_begins_with_what_is_present(row: Endpoint) -> None:
    """Every value is read once, then the opening is told, then events come by themselves."""
    bench = Bench()
    async with bench.client as client, opened(client, row) as stream:
        found = await read(stream, 20 if row.name == "stream_events" else 4)
    names = [short(one) for one in found]
    place = names.index("opened")
    asked = [f"{event.name} asked" for event in EVENTS if event.read is not None]
    assert names[:place] == (asked if row.name == "stream_events" else ["message asked"])
    assert all("asked" not in name for name in names[place:])
    for one in found:
        assert isinstance(one, StreamOpened) or (isinstance(one, HostEvent) and one.value)
    ids = [one.id for one in found if isinstance(one, HostEvent) and not one.asked]
    assert all(ids)
    assert len(set(ids)) == len(ids)


async def test_an_hour_of_breaks_loses_and_doubles_nothing() -> None:
    """The link breaks within an event every few minutes; what the host kept comes exactly once."""
    bench = Bench(faults=[Fault("cut", calls=("stream_events",), events=97, probability=1.0)])
    seen: Counter[str] = Counter()
    breaks = 0
    samples: list[int] = []
    async with bench.client as client, client.stream_events(["hwmon", "pwrstatus"]) as stream:
        while bench.watch.seconds < 1000 + 3600:
            one = await anext(stream)
            if isinstance(one, StreamLost):
                breaks += 1
            elif isinstance(one, HostEvent) and not one.asked:
                seen[f"{one.name} {one.id}"] += 1
                if one.name == "hwmon":
                    samples.append(int(one.id.partition("-")[2]))
    assert breaks > 20
    assert set(seen.values()) == {1}
    assert samples == sorted(samples)
    assert 3590 <= len(samples) <= 3602


async def test_state_is_read_again_after_a_break() -> None:
    """A host that keeps no events may have changed in the meantime."""
    bench = Bench(
        faults=[Fault("cut", calls=("stream_events",), events=3)],
        kept_events=0,
        event_ids=False,
        power_inputs=(True, True),
    )
    async with bench.client as client, client.stream_events(["pwrstatus"]) as stream:
        told = []
        while told.count("opened again") < 1:
            told.append(short(await anext(stream)))
    assert told[:2] == ["pwrstatus asked", "opened"]
    assert told[-3:] == ["lost", "pwrstatus asked", "opened again"]


async def test_what_a_host_lacks_is_told_once_and_left_out() -> None:
    """A host without power inputs streams the rest."""
    bench = Bench(model="UNO-2484G-673xAE")
    async with bench.client as client, client.stream_events() as stream:
        found = await read(stream, 8)
    (opening,) = [one for one in found if isinstance(one, StreamOpened)]
    assert opening.lacking == {"pwrstatus"}
    assert "pwrstatus asked" not in [short(one) for one in found]


async def test_a_stream_that_a_host_lacks_is_no_weather() -> None:
    """Its first opening says that there is no such thing."""
    bench = Bench(model="UNO-2484G-673xAE")
    async with bench.client as client, client.stream_redundant_power() as stream:
        with pytest.raises(NotSupportedHere):
            await anext(stream)


async def test_restarts_are_breaks() -> None:
    """The host goes, comes back, and the stream goes on with another boot."""
    bench = Bench()
    async with bench.client as client, client.stream_events(["hwmon"]) as stream:
        await read(stream, 5)
        await client.reboot()
        told = []
        while not told or told[-1] != "opened again":
            told.append(short(await anext(stream)))
        assert "lost" in told
        assert short((await read(stream, 1))[0]) == "hwmon"


async def test_a_token_that_ends_is_renewed_for_the_stream() -> None:
    """Also when it has ended while the stream was broken."""
    bench = Bench(token_seconds=30.0, faults=[Fault("cut", calls=("stream_events",), events=100)])
    async with bench.client as client, client.stream_events(["hwmon"]) as stream:
        count = 0
        while count < 300:
            one = await anext(stream)
            count += isinstance(one, HostEvent)
    assert bench.host.requests["login"] > 1


async def test_wrong_password_is_for_a_person() -> None:
    """It is raised and not tried again and again."""
    bench = Bench()
    wrong = Account(ENGINEER.username, SecretStr("wrong"))
    async with bench.signed_in(wrong) as client, client.stream_events() as stream:
        for _ in range(3):
            with pytest.raises(SignInRefused):
                await anext(stream)
    assert bench.host.requests["login"] == 1


async def test_streams_with_the_token_in_the_query() -> None:
    """As the document shows it."""
    bench = Bench()
    account = Account(ENGINEER.username, ENGINEER.password, stream_carrier="query")
    async with bench.signed_in(account) as client, client.stream_events(["hwmon"]) as stream:
        assert [short(one) for one in await read(stream, 3)] == ["hwmon asked", "opened", "hwmon"]


async def test_a_reader_who_gives_up_in_the_opening_misses_nothing_of_it() -> None:
    """The next one gets the present values and the opening all the same."""
    bench = Bench()
    async with bench.client as client, client.stream_events(["hwmon", "pwrstatus"]) as stream:
        read_now = stream._read

        async def never(_row: Endpoint) -> Any:
            await anyio.sleep_forever()

        stream._read = never
        with anyio.move_on_after(0.01):
            await anext(stream)
        stream._read = read_now
        names = [short(one) for one in await read(stream, 4)]
    assert names[:3] == ["hwmon asked", "pwrstatus asked", "opened"]
    assert "asked" not in names[3]


class Pushed:
    """A documented host whose streams are written by the test, one after the other."""

    def __init__(self, *streams: Any) -> None:
        self.documented = Documented()
        self.streams = list(streams)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a call, or with the next stream."""
        if request.headers.get("accept") != "text/event-stream":
            return self.documented(request)
        given = self.streams.pop(0)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(200, content=given, headers={"Content-Type": "text/event-stream"})


def client_of(pushed: Pushed, **options: Any) -> AdvantechHost:
    """Return a client with a clock of its own."""
    watch = Watch()
    return host(pushed, clock=watch, sleep=watch.sleep, streams=CALM, **options)


async def test_unusable_events_are_told_and_do_not_end_the_stream() -> None:
    """What does not fit names its path; events that nobody asked for are left out."""
    sent = (
        b'event: pwrstatus\nid: 1\ndata: {"vin1State": 7, "vin2State": 0}\n\n'
        b"event: weather\ndata: {}\n\n"
        b"event: pwrstatus\nid: 2\ndata: nothing\n\n"
        b'event: pwrstatus\nid: 3\ndata: {"vin1State": 1, "vin2State": 0}\n\n'
    )
    async with client_of(Pushed(sent)) as client, client.stream_events(["pwrstatus"]) as stream:
        found = await read(stream, 6)
    assert [short(one) for one in found] == [
        "pwrstatus asked",
        "opened",
        "pwrstatus unusable",
        "pwrstatus unusable",
        "pwrstatus",
        "lost",
    ]
    assert isinstance(found[2], EventUnusable)
    assert "vin1State" in found[2].error.what
    assert isinstance(found[4], HostEvent)
    assert found[4].value == models.PowerInputs(vin1State=1, vin2State=0)


async def test_traps_are_whatever_they_are() -> None:
    """The document leaves their data open."""
    sent = b'event: snmptrap\ndata: {"oid": [1, 3, 6]}\n\n'
    async with client_of(Pushed(sent)) as client, client.stream_events(["snmptrap"]) as stream:
        found = await read(stream, 2)
    assert isinstance(found[0], StreamOpened)
    assert isinstance(found[1], HostEvent)
    assert found[1].value == models.AnyValue({"oid": [1, 3, 6]})


async def test_a_state_that_cannot_be_read_is_a_break() -> None:
    """The stream is given up and taken up again, so that its opening is always whole."""
    pushed = Pushed(b"", b"")
    broken = httpx.Response(503)
    pushed.documented.answers["getRedundantPower"] = broken
    async with client_of(pushed) as client, client.stream_redundant_power() as stream:
        (news,) = await read(stream, 1)
        assert isinstance(news, StreamLost)
        del pushed.documented.answers["getRedundantPower"]
        assert [short(one) for one in await read(stream, 2)] == ["message asked", "opened"]


async def test_what_no_waiting_mends_is_raised() -> None:
    """A refusal of the state that is no matter of link, time or load."""
    pushed = Pushed(b"")
    pushed.documented.answers["getRedundantPower"] = httpx.Response(418)
    async with client_of(pushed) as client, client.stream_redundant_power() as stream:
        with pytest.raises(HostRefusal, match="418"):
            await anext(stream)


async def test_links_that_fail_are_told_with_their_pause() -> None:
    """They are no reason to stop."""
    pushed = Pushed(httpx.ConnectError("nobody"), httpx.ReadError("broken"), b"")
    async with client_of(pushed) as client, client.stream_redundant_power() as stream:
        first, second, *rest = await read(stream, 4)
    assert isinstance(first, StreamLost)
    assert isinstance(second, StreamLost)
    assert isinstance(second.error, ConnectionLost)
    assert (first.wait_seconds, second.wait_seconds) == (1.0, 2.0)
    assert [short(one) for one in rest] == ["message asked", "opened"]
