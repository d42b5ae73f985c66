"""One slot of the fixture: what sits in it now, and who wants to know when that changes.

Discovery writes here, the slot's pipeline reads. There is no queue: only the newest state counts,
so nothing can pile up. A stay of one board is a visit with a number of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import anyio

from orchestrator.domain.fixture import Attached


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay of a board in a slot. `attached` is where it answered last.

    `found` says that the board was here before the station looked for the first time, `again` that
    it is the same board as in the visit before, which may go on now.
    """

    number: int
    attached: Attached
    found: bool = False
    again: bool = False


class Slot:
    """A place for one unit, known to people as `name` and to the fixture as `port`."""

    def __init__(self, name: str, port: str) -> None:
        self.name = name
        self.port = port
        self.visit: Visit | None = None
        self.doubts = 0
        """How often the board may have been exchanged without being seen to leave."""
        self.on_leave: Callable[[], None] | None = None
        """Called at once when the board leaves; set by whoever works on it."""
        self._version = 0
        self._wake = anyio.Event()
        self._missing_since: float | None = None
        self._visits = 0

    @property
    def version(self) -> int:
        """Rises with every change."""
        return self._version

    def seen(self, attached: Attached, *, found: bool = False) -> None:
        """Note that the list shows a board here; `found` when it is the station's first list."""
        if self.visit is None:
            self._begin(attached, found=found)
            return
        moved = attached.address != self.visit.attached.address
        if moved or self._missing_since is not None:
            self._missing_since = None
            self.visit = replace(self.visit, attached=attached)
            self.doubts += 1
            self._changed()

    def missing(self, now: float, gone_seconds: float) -> None:
        """Note that the list shows no board here at `now` (monotonic seconds).

        The board counts as taken out when that has lasted `gone_seconds`.
        """
        if self.visit is None:
            return
        if self._missing_since is None:
            self._missing_since = now
        if now - self._missing_since >= gone_seconds:
            self._end()

    def unknown(self) -> None:
        """Note that nobody can say what sits here: missing begins anew when the list is back."""
        if self._missing_since is not None:
            self._missing_since = None
            self.doubts += 1
            self._changed()

    def renew(self) -> None:
        """Begin a new visit on the spot: another board sits here than the one that was seen."""
        if self.visit is not None:
            self._begin(self.visit.attached)

    def repeat(self) -> None:
        """Begin a new visit of the same board: what it waited for has happened."""
        if self.visit is not None:
            self._begin(self.visit.attached, again=True)

    def poke(self) -> None:
        """Wake whoever waits for a change: something else that they look at has changed."""
        self._changed()

    async def changed(self, version: int) -> None:
        """Return as soon as this slot is no longer as it was at `version`."""
        while self._version == version:
            await self._wake.wait()

    async def board(self) -> Visit:
        """Return the visit in this slot, waiting for one."""
        while self.visit is None:
            await self.changed(self._version)
        return self.visit

    def is_here(self, visit: Visit) -> bool:
        """Say whether that visit has not ended."""
        return self.visit is not None and self.visit.number == visit.number

    def _begin(self, attached: Attached, *, found: bool = False, again: bool = False) -> None:
        self._visits += 1
        self._missing_since = None
        self.visit = Visit(self._visits, attached, found, again)
        self._changed()

    def _end(self) -> None:
        self.visit = None
        self._missing_since = None
        self._changed()
        if self.on_leave is not None:
            self.on_leave()

    def _changed(self) -> None:
        self._version += 1
        wake, self._wake = self._wake, anyio.Event()
        wake.set()


class Roster:
    """The slots of this station by port: those with names, and those that appear by themselves."""

    def __init__(
        self,
        named: dict[str, str],
        *,
        auto: bool,
        maximum: int,
        on_new: Callable[[Slot], None],
    ) -> None:
        self._auto = auto
        self._maximum = maximum
        self._on_new = on_new
        self._named = named
        self._slots: dict[str, Slot] = {}

    def open_named(self) -> None:
        """Open the slots that have names, board or not."""
        for port, name in self._named.items():
            self._open(name, port)

    def at(self, port: str) -> Slot | None:
        """Return the slot of `port`, opening it if that is allowed; None when it is not."""
        known = self._slots.get(port)
        if known is not None or not self._auto or len(self._slots) >= self._maximum:
            return known
        return self._open(f"port {port}" if port in self._named.values() else port, port)

    @property
    def why_not(self) -> str:
        """Why a port has no slot and gets none."""
        if self._auto:
            return f"all {self._maximum} slots of this station are taken (`slots.maximum`)"
        return "no slot has this port"

    def _open(self, name: str, port: str) -> Slot:
        slot = Slot(name, port)
        self._slots[port] = slot
        self._on_new(slot)
        return slot

    def __iter__(self) -> Iterator[Slot]:
        return iter(tuple(self._slots.values()))

    def __len__(self) -> int:
        return len(self._slots)
