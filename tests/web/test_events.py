"""The stream of events: what it begins with, that nothing is missing, and how it ends."""

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from orchestrator.domain.events import (
    PromptClosed,
    PromptOpened,
    RunFinished,
    RunStarted,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import PromptKind
from orchestrator.station.hub import Hub, Numbered
from orchestrator.station.settings_web import WebSection
from orchestrator.web.people_file import PeopleFile, Register
from orchestrator.web.streams import QUEUE_EVENTS, Cue, Position, Streams, read_position
from tests.patience import PATIENCE_SECONDS
from tests.web.asgi import following
from tests.web.bench import PICTURE, Bench, changed, make_bench, prompt


async def test_a_stream_begins_with_everything(bench: Bench) -> None:
    """The first event is the whole picture, with its position; then comes what happens."""
    bench.surface.hub.publish(changed("1"))
    async with following(bench.application) as stream:
        first = await stream.next()
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-content-type-options"] == "nosniff"
        assert (first.name, first.id) == ("snapshot", "S1-1")
        assert [slot["name"] for slot in first.data["slots"]] == ["1", "2"]
        assert first.data["station"]["sequence"] == 1
        assert first.data["prompts"][1]["picture"] == "/prompts/Q2/picture"
        bench.surface.hub.publish(changed("2"))
        event = await stream.next()
    assert (event.name, event.id) == ("slot_changed", "S1-2")
    assert event.data["slot"] == "2"
    assert event.data["state"] == "PASS"


async def test_every_kind_of_event_goes_out(bench: Bench) -> None:
    """Each event of the station has a name and its members, pictures excepted."""
    asked = prompt(7, PromptKind.LOOK, picture=PICTURE, options=("a", "b"))
    events = [
        RunStarted("1", "R1", "guardian", 3),
        StepStarted("1", "R1", "look", "Look", 1, 1),
        StepProgress("1", "R1", "look", 5, 10),
        PromptOpened("1", asked),
        PromptClosed("1", "Q7", "P-1"),
        StepFinished("1", "R1", "look", 1, Outcome.PASS),
        RunFinished("1", "R1", Outcome.FAIL, "Wi-Fi"),
        StationNotice("Put a board in"),
    ]
    async with following(bench.application) as stream:
        await stream.next()
        for event in events:
            bench.surface.hub.publish(event)
        seen = [await stream.next() for _ in events]
    assert [event.name for event in seen] == [
        "run_started", "step_started", "step_progress", "prompt_opened", "prompt_closed",
        "step_finished", "run_finished", "notice",
    ]  # fmt: skip
    assert seen[3].data["prompt"]["picture"] == "/prompts/Q7/picture"
    assert seen[6].data == {
        "slot": "1", "run_id": "R1", "outcome": "FAIL", "message": "Wi-Fi",
    }  # fmt: skip


async def test_values_cannot_break_the_stream(bench: Bench) -> None:
    """Line ends and words of the protocol in a value stay in their value."""
    hostile = "x\n\nevent: pwned\ndata: {}\r\nid: 9\u2028</script>\0"
    async with following(bench.application) as stream:
        await stream.next()
        bench.surface.hub.publish(StationNotice(hostile))
        bench.surface.hub.publish(changed("1"))
        notice, after = await stream.next(), await stream.next()
    assert notice.data == {"message": hostile}
    assert after.name == "slot_changed"


async def test_whoever_comes_back_misses_nothing(bench: Bench) -> None:
    """After a break the stream goes on behind the last id, without a snapshot."""
    for name in ("1", "2", "1", "2"):
        bench.surface.hub.publish(changed(name))
    async with following(bench.application, last="S1-2") as stream:
        seen = [await stream.next() for _ in range(2)]
    assert [event.id for event in seen] == ["S1-3", "S1-4"]


@pytest.mark.parametrize("last", ["", "S1", "S1-", "S1-x", "S0-2", "S1-99", "S1--1", "-1",
                                  "S1-1e3", "S1-\u00b2", "x" * 500, "S1-" + "9" * 400])  # fmt: skip
async def test_a_strange_last_id_gets_everything(bench: Bench, last: str) -> None:
    """An id of another start, of the future, or no id at all gets a snapshot, never a gap."""
    for name in ("1", "2", "1", "2"):
        bench.surface.hub.publish(changed(name))
    async with following(bench.application, last=last) as stream:
        first = await stream.next()
        bench.surface.hub.publish(changed("1"))
        second = await stream.next()
    assert (first.name, first.id) == ("snapshot", "S1-4")
    assert second.id == "S1-5"


async def test_what_is_no_longer_kept_comes_as_a_snapshot() -> None:
    """A reader that was away too long begins anew."""
    hub = Hub(kept=3)
    streams = Streams(hub, "S1", 8)
    for name in "12345":
        hub.publish(changed(name))
    for sequence, expected in ((1, Cue.SNAPSHOT), (2, 3), (5, None)):
        frames = streams.follow("a", Position("S1", sequence), beat_seconds=0.001)
        frame = await anext(frames)
        await frames.aclose()  # type: ignore[attr-defined]  # it is a generator
        if expected is None:
            assert frame is Cue.BEAT
        else:
            assert (frame.sequence if isinstance(frame, Numbered) else frame) == expected


async def test_the_station_says_that_it_lives() -> None:
    """A beat comes in any case, also while a lot happens."""
    hub = Hub()
    streams = Streams(hub, "S1", 8)
    beats = 0
    with anyio.fail_after(PATIENCE_SECONDS):
        async for frame in streams.follow("a", beat_seconds=0.01):
            beats += frame is Cue.BEAT
            hub.publish(changed("1"))
            if beats == 3:
                break
    assert len(streams) <= 1


async def test_whoever_is_too_slow_begins_anew(bench: Bench) -> None:
    """A reader that takes nothing delays nobody; later it is told to begin anew."""
    async with following(bench.application) as slow, following(bench.application) as fast:
        await slow.next()
        await fast.next()
        for _ in range(QUEUE_EVENTS + 20):
            bench.surface.hub.publish(changed("1"))
            assert (await fast.next()).name in {"slot_changed", "beat"}
        last = await slow.until("reload")
        with pytest.raises(anyio.EndOfStream):
            await slow.next()
    assert last.data["now"].startswith("2026-11-21")


async def test_the_end_is_said(bench: Bench) -> None:
    """When the station's program ends every stream says so, and a new one does at once."""
    async with following(bench.application) as stream:
        await stream.next()
        bench.application.state.streams.close()
        assert (await stream.until("bye")).id == ""
        with pytest.raises(anyio.EndOfStream):
            await stream.next()
    async with following(bench.application) as late:
        assert (await late.next()).name == "snapshot"
        assert (await late.next()).name == "bye"


async def test_whoever_takes_nothing_at_all_is_not_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that is not read for long is given up, and leaves nothing behind."""
    monkeypatch.setattr("orchestrator.web.event_stream.SEND_SECONDS", 0.01)
    streams = bench.application.state.streams
    async with following(bench.application) as stream:
        with anyio.fail_after(PATIENCE_SECONDS):
            while len(streams):
                await anyio.lowlevel.checkpoint()
        with pytest.raises(anyio.EndOfStream):
            await stream.next()


async def test_one_address_has_so_many_streams(tmp_path: object, story: str) -> None:
    """One more than allowed is refused with words; a closed one makes room."""
    bench = make_bench(tmp_path, story, WebSection(streams_per_client=2))  # type: ignore[arg-type]  # a path
    streams = bench.application.state.streams
    async with following(bench.application) as first:
        await first.next()
        async with following(bench.application) as second, bench.browser() as browser:
            await second.next()
            answer = await browser.get("/api/v1/events")
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
            assert streams.admits("10.0.0.7")
        assert streams.admits("127.0.0.1")
    assert len(streams) == 0


def test_positions() -> None:
    """A position is read as it was written."""
    assert read_position(str(Position("AB-1", 7))) == Position("AB-1", 7)
    assert read_position(None) is None


@pytest.mark.parametrize(("path", "last_word"), [("/api/v1/events", "reload"), ("/live", "away")])
async def test_whose_token_is_revoked_hears_no_more(
    tmp_path: Path, story: str, path: str, last_word: str
) -> None:
    """A stream is no way around the end of a right: it ends with the beat after it."""
    bench = make_bench(tmp_path, story, WebSection(look="signed_in"))
    token = bench.tokens["look"]
    async with following(bench.application, path, address="10.0.0.7", token=token) as stream:
        assert stream.status == 200
        await stream.text_until("event: beat")
        PeopleFile(tmp_path).change(lambda _: Register())
        bench.clock.seconds += 2
        bench.surface.hub.publish(changed("1"))
        await stream.text_until(f"event: {last_word}")
        with pytest.raises(anyio.EndOfStream):
            await stream.text_until("event: beat")
