"""The small parts of the station: hub, lock, signals, log, serial numbers, closing of runs."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.errors import ConfigurationMistakes, StationBusy
from orchestrator.domain.events import (
    Event,
    RunFinished,
    RunStarted,
    SlotChanged,
    SlotState,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.station import signals
from orchestrator.station.hub import Hub
from orchestrator.station.lock import station_lock
from orchestrator.station.log import HIDDEN, log_event, make_logger
from orchestrator.station.serials import SlotBlocked, unit_rule
from orchestrator.station.settings import SerialNumberSection, UnitSection
from tests.patience import PATIENCE_SECONDS

HOLDER = """
import sys
from pathlib import Path
from orchestrator.station.lock import station_lock
with station_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
BOARD = DeviceIdentity("fake", "AB12" * 32)


async def test_every_listener_hears_everything_in_order() -> None:
    """Two listeners receive the same events; publishing waits for neither."""
    hub = Hub()
    with hub.listen() as first, hub.listen() as second:
        for number in range(3):
            hub.publish(StationNotice(str(number)))
        hub.close()
        for listener in (first, second):
            heard = [event.message async for event in listener if isinstance(event, StationNotice)]
            assert heard == ["0", "1", "2"]


async def test_a_slow_listener_loses_its_oldest_events() -> None:
    """A full queue drops what came first and counts it; the others are not affected."""
    hub = Hub()
    with hub.listen(limit=2) as slow, hub.listen() as patient:
        for number in range(5):
            hub.publish(StationNotice(str(number)))
        hub.close()
        assert [event async for event in slow] == [StationNotice("3"), StationNotice("4")]
        assert slow.dropped == 3
        assert len([event async for event in patient]) == 5
        assert patient.dropped == 0


async def test_a_listener_waits_for_the_next_event() -> None:
    """An empty queue is no end: the iteration goes on when something happens."""
    hub = Hub()
    heard: list[Event] = []
    with hub.listen() as listener:
        async with anyio.create_task_group() as tasks:

            async def collect() -> None:
                heard.extend([event async for event in listener])

            tasks.start_soon(collect)
            await anyio.lowlevel.checkpoint()
            hub.publish(StationNotice("late"))
            await anyio.lowlevel.checkpoint()
            hub.close()
    assert heard == [StationNotice("late")]


def test_a_second_holder_is_refused_with_the_process_that_holds(tmp_path: Path) -> None:
    """The lock names the process; when that one is gone the folder is free again."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(StationBusy, match=f"in use by process {holder.pid}"),
            station_lock(tmp_path),
        ):
            raise AssertionError("two processes hold one folder")
        holder.kill()
        holder.wait()
    with station_lock(tmp_path):
        assert (tmp_path / "station.pid").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / "station.pid").exists()


def test_a_holder_without_a_readable_id_is_still_refused(tmp_path: Path) -> None:
    """Between lock and note there is a moment; the sentence then says so."""
    with station_lock(tmp_path):
        (tmp_path / "station.pid").write_text("junk")
        with pytest.raises(StationBusy, match="another process"), station_lock(tmp_path):
            raise AssertionError("two holders")


@pytest.mark.parametrize("receiver", [signals.stop_requests, signals.polled_stop_requests])
async def test_a_signal_is_a_request_to_stop(receiver: object) -> None:
    """Both ways of listening hear SIGTERM and SIGINT and put the old handlers back."""
    before = signal.getsignal(signal.SIGTERM)
    heard = []
    assert callable(receiver)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:

            async def collect() -> None:
                async for number in receiver():
                    heard.append(number)
                    if len(heard) == 2:
                        return

            tasks.start_soon(collect)
            while signal.getsignal(signal.SIGTERM) == before:
                await anyio.lowlevel.checkpoint()
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
    assert sorted(heard) == [signal.SIGINT, signal.SIGTERM]


EVENTS: list[Event] = [
    SlotChanged("1", SlotState.FAIL, "OS is 22.07, must be 22.09", "SN-1", "ab"),
    RunStarted("1", "RUN", "guardian", 14),
    StepStarted("1", "RUN", "os", "Check OS", 1, 2),
    StepProgress("1", "RUN", "os", 1, 2),
    StepFinished("1", "RUN", "os", 1, Outcome.FAIL, "OS is 22.07"),
    RunFinished("1", "RUN", Outcome.FAIL, "OS is 22.07"),
    StationNotice("The local service does not answer"),
]


def test_each_event_is_one_json_line() -> None:
    """Without a terminal every line is an object with time, level and what happened."""
    stream = io.StringIO()
    log = make_logger(level="debug", stream=stream).bind(station="line-1")
    for event in EVENTS:
        log_event(log, event)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == [
        "slot", "run started", "step started", "step finished", "run finished", "station",
    ]  # fmt: skip
    assert all(re.match(r"\d{4}-\d\d-\d\dT.*Z$", line["ts"]) for line in lines)
    assert all(line["station"] == "line-1" for line in lines)
    assert lines[0]["level"] == "warning"


def test_quiet_levels_are_left_out() -> None:
    """The level of the settings decides what is written."""
    stream = io.StringIO()
    log = make_logger(level="warning", style="text", stream=stream)
    for event in EVENTS:
        log_event(log, event)
    assert len(stream.getvalue().splitlines()) == 2


def test_no_secret_reaches_the_log() -> None:
    """A known secret is hidden in every text, a telling name hides its value."""
    stream = io.StringIO()
    log = make_logger(style="json", secrets=["canary-1", ""], stream=stream)
    log.error(
        "sent canary-1",
        header={"authorization": "abc", "list": ["canary-1", 7, None, True]},
        api_token="abc",
        exc_info=ValueError("canary-1 in an exception"),
    )
    assert "canary-1" not in stream.getvalue()
    assert "abc" not in stream.getvalue()
    assert json.loads(stream.getvalue())["api_token"] == HIDDEN


@pytest.mark.parametrize("secrets", [["wifi-key", "wifi-key-7531"], ["wifi-key-7531", "wifi-key"]])
def test_a_secret_that_begins_like_another_is_hidden_whole(secrets: list[str]) -> None:
    """Whatever their order, the longer one leaves no rest."""
    stream = io.StringIO()
    make_logger(style="json", secrets=secrets, stream=stream).info("sent wifi-key-7531, wifi-key")
    assert json.loads(stream.getvalue())["event"] == f"sent {HIDDEN}, {HIDDEN}"


class Gone(io.StringIO):
    """A stream whose reader has gone away."""

    def write(self, text: str) -> int:
        """Fail as a closed pipe does."""
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_terminal_that_went_away_stops_nothing(event: Event) -> None:
    """Boards are worked on while nobody can read about it."""
    log = make_logger(level="debug", style="text", stream=Gone())
    log_event(log, event)
    log.error("pipeline", exc_info=ValueError("x"))


def test_text_lines_show_control_characters_escaped() -> None:
    """What a board says cannot move the cursor or begin a line of its own."""
    stream = io.StringIO()
    make_logger(style="text", stream=stream).warning("odd", message="a\x1b[2J\nb")
    assert stream.getvalue().count("\n") == 1
    assert "\\x1b[2J\\nb" in stream.getvalue()
    assert "WARNING odd" in stream.getvalue()


def rule(tmp_path: Path, text: str) -> UnitSection:
    """Return settings with a list of serial numbers."""
    path = tmp_path / "serials.csv"
    path.write_text(text, encoding="utf-8")
    return UnitSection(part_number="P-1", serial_number=SerialNumberSection(rule="csv", file=path))


def test_serial_numbers_by_rule(tmp_path: Path) -> None:
    """No number, the end of the device id, or what the list says."""
    assert unit_rule(UnitSection()).unit_of(BOARD) == Unit()
    by_id = UnitSection(serial_number=SerialNumberSection(rule="device_id", last=8))
    assert unit_rule(by_id).unit_of(BOARD).serial_number == "ab12ab12"
    assert unit_rule(by_id).unit_of(None) == Unit()
    written = DeviceIdentity("fake", "SN-Ab12x", as_written="SN-Ab12x")
    assert unit_rule(by_id).unit_of(written).serial_number == "SN-Ab12x"
    listed = rule(tmp_path, f"device_id,serial_number\n{BOARD.device_id.upper()}, SN-7\n\n")
    assert unit_rule(listed).unit_of(BOARD) == Unit("SN-7", "P-1")
    with pytest.raises(SlotBlocked, match="No serial number is listed for board cdcd"):
        unit_rule(listed).unit_of(DeviceIdentity("fake", "cd" * 64))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the first line must be device_id,serial_number"),
        ("id,sn\n", "the first line must be"),
        ("device_id,serial_number\naa\n", ":2: needs a device id and a serial number"),
        ("device_id,serial_number\naa,1\nAA,2\n", ":3: device id aa is listed twice"),
        ("device_id,serial_number\naa,1\nbb,1\n", ":3: serial number 1 is on line 2"),
    ],
)
def test_a_wrong_list_of_serial_numbers(tmp_path: Path, text: str, expected: str) -> None:
    """Each mistake of the list is told with its line, before anything starts."""
    with pytest.raises(ConfigurationMistakes, match=expected):
        unit_rule(rule(tmp_path, text))


def test_a_list_of_serial_numbers_that_is_not_there(tmp_path: Path) -> None:
    """A missing list names the key to correct."""
    section = rule(tmp_path, "")
    (tmp_path / "serials.csv").unlink()
    with pytest.raises(ConfigurationMistakes, match="cannot be read"):
        unit_rule(section)
