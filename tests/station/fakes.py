"""A fixture without hardware: boards that tests put in, take out, exchange and break at will."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio

from orchestrator.domain.errors import StationFault, Unreachable
from orchestrator.domain.fixture import Attached, UnitLink
from orchestrator.domain.prompts import PromptKind, Question, Reply
from orchestrator.domain.unit import DeviceIdentity

CONFIRM = Question(PromptKind.CONFIRM, "Close the cover.")


def device_id(number: int) -> str:
    """Return the identity of the board with that number."""
    return f"{number:04x}" * 32


@dataclass
class FakeBoard:
    """One board. `act` is what its only step does.

    `silent` makes it unreachable, `hangs` lets everybody wait; `lossy` loses the answer of the
    lock and makes it `mute`: it cannot say whether it is locked. `question` is what its step asks.
    """

    number: int
    silent: bool = False
    hangs: bool = False
    fault: Exception | None = None
    act: Callable[["FakeBoard"], Any] | None = None
    lossy: bool = False
    mute: bool = False
    acted: int = 0
    locks: int = 0
    identity_reads: int = 0
    question: Question = CONFIRM
    replies: list[Reply] = field(default_factory=list)
    free: anyio.Event = field(default_factory=anyio.Event)

    def let_go(self) -> None:
        """Answer again, also those who are waiting."""
        self.hangs = False
        self.free.set()

    @property
    def identity(self) -> DeviceIdentity:
        """What its silicon says."""
        return DeviceIdentity("fake", device_id(self.number))


@dataclass
class FakeFixture:
    """Boards by port. `down` makes the list fail."""

    boards: dict[str, FakeBoard] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    down: StationFault | None = None
    polls: int = 0
    rescans: int = 0
    extra: list[Attached] = field(default_factory=list)

    def put(self, port: str, board: FakeBoard) -> FakeBoard:
        """Put a board in, in place of whatever was there."""
        self.boards[port] = board
        return board

    async def attached(self) -> list[Attached]:
        """List what is in."""
        self.polls += 1
        await anyio.lowlevel.checkpoint()
        if self.down is not None:
            raise self.down
        listed = [Attached(port, self.addresses.get(port, f"a{port}")) for port in self.boards]
        return listed + self.extra

    async def rescan(self) -> None:
        """Count the request."""
        self.rescans += 1

    def connect(self, attached: Attached) -> AbstractAsyncContextManager[UnitLink]:
        """Open a link to the port, whatever board sits there when it is used."""
        return self._connect(attached.port)

    @asynccontextmanager
    async def _connect(self, port: str) -> AsyncIterator[UnitLink]:
        yield FakeLink(self, port)


class FakeLink:
    """A link to a port."""

    def __init__(self, fixture: FakeFixture, port: str) -> None:
        self._fixture = fixture
        self._port = port

    @property
    def resources(self) -> Mapping[type[Any], object]:
        """The board itself."""
        return {FakeBoard: self._fixture.boards.get(self._port)}

    async def identity(self) -> DeviceIdentity:
        """Read what sits there now."""
        await anyio.lowlevel.checkpoint()
        board = self._fixture.boards.get(self._port)
        if board is None or board.silent:
            raise Unreachable("nobody answers", remedy="Check the cable")
        while board.hangs:
            await board.free.wait()
        board.identity_reads += 1
        if board.fault is not None:
            raise board.fault
        return board.identity
