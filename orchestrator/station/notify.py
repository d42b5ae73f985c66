"""What a service manager is told: that the station serves, that it lives, and what it is doing.

The protocol is systemd's: one datagram per message to the socket that `NOTIFY_SOCKET` names. Where
nobody asks, as on Windows and in a shell, nothing is sent. The watchdog is petted by a task of the
daemon's own event loop: when a step or a query blocks that loop, the petting ends and the service
manager restarts what cannot help itself. Restarting is the unit file's business.
"""

import os
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import anyio

from orchestrator.domain.events import Event, SlotChanged, SlotState, StationNotice
from orchestrator.station.hub import Hub

BREATH_SECONDS = 5.0
"""Longest time between two signs of life."""
EXTENSION_SECONDS = 60.0
"""How much longer a start or a stop may take from each sign of life on."""
STOPPING = "Stopping: no new board is taken, runs are brought to their end"
_STATUS_LIMIT = 512


class ServiceManager:
    """The service manager that started this process, if one did.

    `environment` holds what it said: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        said = os.environ if environment is None else environment
        self._address = _address(said.get("NOTIFY_SOCKET", ""))
        self._watchdog_seconds = _watchdog_seconds(said)
        self._settled = True
        self._ending = False
        self._status = ""
        self._picture = Picture()

    @property
    def listens(self) -> bool:
        """Whether there is somebody to tell."""
        return self._address is not None

    @property
    def breath_seconds(self) -> float:
        """Time between two signs of life: a third of what the watchdog allows."""
        if self._watchdog_seconds is None:
            return BREATH_SECONDS
        return min(BREATH_SECONDS, self._watchdog_seconds / 3)

    def starting(self, status: str) -> None:
        """Say what takes time before the station serves."""
        self._settled = False
        self.tell(status)

    def ready(self) -> None:
        """Say that the station serves; from here on the watchdog watches."""
        self._settled, self._status = True, self._picture.line
        self._send("READY=1", "WATCHDOG=1", f"STATUS={_line(self._status)}")

    def stopping(self) -> None:
        """Say that the station comes to its end, which may take a while."""
        if not self._ending:
            self._ending, self._settled, self._status = True, False, STOPPING
            self._send("STOPPING=1", f"STATUS={STOPPING}")

    def tell(self, status: str) -> None:
        """Say in one line what the station is doing; the same line is not said twice."""
        if status != self._status:
            self._status = status
            self._send(f"STATUS={_line(status)}")

    def breathe(self) -> None:
        """Give one sign of life: pet the watchdog, ask for time while starting or stopping."""
        words = ["WATCHDOG=1"] if self._watchdog_seconds is not None else []
        if not self._settled:
            words.append(f"EXTEND_TIMEOUT_USEC={int(EXTENSION_SECONDS * 1_000_000)}")
        self._send(*words)

    async def announce(self, serving: anyio.Event) -> None:
        """Say that the station serves, as soon as `serving` is set."""
        await serving.wait()
        if not self._ending:
            self.ready()

    async def run(self, hub: Hub) -> None:
        """Give signs of life and say what `hub` tells, until cancelled."""
        if not self.listens:
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._breathe)
            tasks.start_soon(self._follow, hub)

    async def _breathe(self) -> None:
        while True:
            self.breathe()
            await anyio.sleep(self.breath_seconds)

    async def _follow(self, hub: Hub) -> None:
        with hub.listen() as listener:
            async for event in listener:
                if self._picture.take(event) and self._settled:
                    self.tell(self._picture.line)

    def _send(self, *words: str) -> None:
        if self._address is None or not words:
            return
        # Nobody is left to hear that the service manager does not hear.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
        ):
            channel.setblocking(False)
            channel.sendto("\n".join(words).encode(), self._address)


class Picture:
    """The station in one line: how many slots are in which state, and what it last noticed."""

    def __init__(self) -> None:
        self._slots: dict[str, SlotState] = {}
        self._notice = ""

    def take(self, event: Event) -> bool:
        """Change the picture by one event; tell whether it changed."""
        before = self.line
        if isinstance(event, SlotChanged):
            self._slots[event.slot] = event.state
        elif isinstance(event, StationNotice):
            self._notice = event.message
        return self.line != before

    @property
    def line(self) -> str:
        """The whole picture, for instance `3 slots: 1 PASS, 2 RUN`."""
        counted = Counter(self._slots.values())
        states = ", ".join(f"{counted[state]} {state}" for state in SlotState if counted[state])
        line = f"{len(self._slots)} slots: {states}" if states else "no slot yet"
        return f"{line}. {self._notice}" if self._notice else line


def _address(named: str) -> str | None:
    """Return the address of the socket; None where there is none, or of a kind unknown here."""
    if not hasattr(socket, "AF_UNIX") or named[:1] not in ("/", "@") or len(named) < 2:
        return None
    return f"\0{named[1:]}" if named.startswith("@") else named


def _watchdog_seconds(said: Mapping[str, str]) -> float | None:
    """Return what the watchdog allows; None when it watches nobody, or another process."""
    if said.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        seconds = int(said.get("WATCHDOG_USEC", "")) / 1_000_000
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _line(text: str) -> str:
    """Return `text` as one printable line: a line end would begin another message."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown[:_STATUS_LIMIT]
