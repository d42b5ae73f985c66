"""What the service manager hears, on a real socket: start, life, state, stop."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from orchestrator.domain.events import SlotChanged, SlotState, StationNotice
from orchestrator.station.edge import beside
from orchestrator.station.hub import Hub
from orchestrator.station.notify import Picture, ServiceManager
from tests.patience import PATIENCE_SECONDS
from tests.station.bench import Bench
from tests.station.fakes import FakeBoard

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "AF_UNIX"), reason="datagrams of a POSIX system"
)


@contextmanager
def manager_socket(address: str) -> Iterator[socket.socket]:
    """Listen as a service manager does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.setblocking(False)
        yield channel


def heard(channel: socket.socket) -> list[str]:
    """Return what came by now, message by message."""
    messages = []
    while True:
        try:
            messages.append(channel.recv(4096).decode())
        except BlockingIOError:
            return messages


async def hear(channel: socket.socket, word: str, known: list[str] | None = None) -> list[str]:
    """Wait until a message with the line `word` comes; return all messages up to it."""
    messages = list(known or ())
    if any(word in message.splitlines() for message in messages):
        return messages
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            await anyio.wait_readable(channel)
            messages += heard(channel)
            if any(word in message.splitlines() for message in messages):
                return messages


def asks(path: Path, **more: str) -> dict[str, str]:
    """Return the environment of a service whose manager listens at `path`."""
    return {"NOTIFY_SOCKET": str(path), **more}


async def test_a_station_says_that_it_serves_lives_and_stops(tmp_path: Path) -> None:
    """READY comes when boards are taken, petting goes on meanwhile, the state is told in words."""
    bench = Bench(tmp_path)
    bench.fixture.put("1", FakeBoard(1))
    path = tmp_path / "notify"
    with manager_socket(str(path)) as channel:
        manager = ServiceManager(asks(path, WATCHDOG_USEC="60000"))
        manager.starting("opening")
        assert heard(channel) == ["STATUS=opening"]
        async with (
            beside(lambda: manager.run(bench.hub)),
            bench.running() as watch,
            beside(lambda: manager.announce(watch.station.serving)),
        ):
            before = await hear(channel, "READY=1")
            assert any("EXTEND_TIMEOUT_USEC=60000000" in message for message in before)
            await hear(channel, "STATUS=1 slots: 1 PASS", before)
            lives = await hear(channel, "WATCHDOG=1")
            assert not any("EXTEND" in message for message in lives)
            manager.stopping()
            await hear(channel, "STOPPING=1")
            assert await hear(channel, "EXTEND_TIMEOUT_USEC=60000000")


async def test_ready_is_said_only_when_boards_are_taken(tmp_path: Path) -> None:
    """A station whose audit cannot be written at the start never says that it serves."""
    path = tmp_path / "notify"
    with manager_socket(str(path)) as channel:
        manager = ServiceManager(asks(path))
        serving = anyio.Event()
        async with beside(lambda: manager.announce(serving)):
            manager.breathe()
            assert heard(channel) == []
            manager.stopping()
            serving.set()
        manager.stopping()
        messages = heard(channel)
        assert len(messages) == 1
        assert messages[0].startswith("STOPPING=1\nSTATUS=Stopping")


async def test_a_loop_that_is_blocked_gives_no_sign_of_life(tmp_path: Path) -> None:
    """The petting is a task of the same loop: it happens only as often as the loop turns."""
    path = tmp_path / "notify"
    with manager_socket(str(path)) as channel:
        manager = ServiceManager(asks(path, WATCHDOG_USEC="3000"))
        async with beside(lambda: manager.run(Hub())):
            await hear(channel, "WATCHDOG=1")
            heard(channel)
            # No await from here on: the loop stands still, for longer than the watchdog's time.
            busy = [os.urandom(1 << 20) for _ in range(40)]
            assert busy
            assert heard(channel) == []


def test_an_abstract_socket_is_reached(tmp_path: Path) -> None:
    """An address that begins with @ has no file."""
    name = f"orchestrator-test-{os.getpid()}"
    with manager_socket(f"\0{name}") as channel:
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert heard(channel) == ["READY=1\nWATCHDOG=1\nSTATUS=no slot yet"]


@pytest.mark.parametrize("address", ["", "/", "vsock:2:1", "relative/path", "@"])
async def test_without_a_manager_nothing_is_sent(address: str) -> None:
    """No address, or one of another kind, is silence; the petting task ends at once."""
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"})
    assert not manager.listens
    manager.starting("a")
    manager.ready()
    manager.stopping()
    with anyio.fail_after(PATIENCE_SECONDS):
        await manager.run(Hub())


def test_a_manager_that_went_away_stops_nothing(tmp_path: Path) -> None:
    """Messages to a socket that nobody reads any more are lost without an error."""
    manager = ServiceManager(asks(tmp_path / "nobody", WATCHDOG_USEC="1000000"))
    manager.ready()
    manager.breathe()
    manager.stopping()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({}, 5.0),
        ({"WATCHDOG_USEC": "30000000"}, 5.0),
        ({"WATCHDOG_USEC": "3000000"}, 1.0),
        ({"WATCHDOG_USEC": "nonsense"}, 5.0),
        ({"WATCHDOG_USEC": "0"}, 5.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, 5.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 1.0),
    ],
)
def test_signs_of_life_come_three_times_as_often_as_needed(
    said: dict[str, str], seconds: float
) -> None:
    """The watchdog's time counts when it is meant for this process."""
    assert ServiceManager({"NOTIFY_SOCKET": "/nobody", **said}).breath_seconds == seconds


def test_the_picture_counts_slots_and_keeps_the_last_notice() -> None:
    """Slots are counted by state in their order; only a change makes a new line."""
    picture = Picture()
    assert picture.line == "no slot yet"
    assert picture.take(SlotChanged("1", SlotState.RUN))
    assert not picture.take(SlotChanged("1", SlotState.RUN))
    assert picture.take(SlotChanged("2", SlotState.PASS))
    assert picture.take(StationNotice("The line stands"))
    assert picture.line == "2 slots: 1 RUN, 1 PASS. The line stands"


def test_a_status_is_one_printable_line(tmp_path: Path) -> None:
    """A board's words with a line end cannot become a message of their own."""
    path = tmp_path / "notify"
    with manager_socket(str(path)) as channel:
        ServiceManager(asks(path)).tell("bad\nSTOPPING=1\x1b[2J" + "x" * 2000)
        (message,) = heard(channel)
        assert message.startswith("STATUS=bad STOPPING=1 [2J")
        assert "\n" not in message
        assert len(message) < 600
