"""Who sits in a slot: reads the identity of a board that arrives, notices one that was exchanged.

What is done with the board is the pipeline's business.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import anyio

from orchestrator.domain.errors import ErrorClass, StationFault, UntrustedPeer
from orchestrator.domain.events import SlotState
from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.station.edge import Edge
from orchestrator.station.rows import event_row
from orchestrator.station.slot import Slot, Visit
from orchestrator.station.tile import Tile
from orchestrator.station.tools import Tools

IDENTITY_DEADLINE_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.1
LAST_WAIT_SECONDS = 2.0
LAST_SWAP_CHECK_SECONDS = 60.0


class Presence:
    """Knows who sits in `slot`, as far as the boards say it."""

    def __init__(self, slot: Slot, tools: Tools, tile: Tile) -> None:
        self._slot = slot
        self._tools = tools
        self._tile = tile
        self._is_turned_away = False

    async def read_identity(self, link: UnitLink, visit: Visit) -> DeviceIdentity | None:
        """Read the identity, again and again while the board may still be starting.

        None when it cannot be read in time; the recipe's own step then says why.
        """
        clock, wait = self._tools.services.clock, FIRST_WAIT_SECONDS
        deadline = clock.monotonic() + self._tools.ready_seconds
        with self.until_removed():
            while self._slot.is_here(visit):
                try:
                    with anyio.fail_after(IDENTITY_DEADLINE_SECONDS):
                        return await link.identity()
                except UntrustedPeer:
                    return None
                except (StationFault, TimeoutError) as fault:
                    if isinstance(fault, StationFault) and fault.kind is ErrorClass.RIGHTS:
                        # Waiting makes no password right, and every attempt may lock an account.
                        return None
                    if wait == FIRST_WAIT_SECONDS:
                        self._tile.show(SlotState.CHECK, "Waiting for the board to answer.")
                    left = deadline - clock.monotonic()
                    self._tools.log.debug("no identity yet", slot=self._slot.name, why=str(fault))
                    if left <= 0:
                        return None
                    await anyio.sleep(min(wait, left))
                    wait = min(2 * wait, LAST_WAIT_SECONDS)
        return None

    async def is_the_same(self, link: UnitLink, visit: Visit, *, labelled: bool) -> bool:
        """Say whether the board that was known before people were waited for is still here.

        Another one begins a visit of its own. One that does not answer now is left to its run,
        unless it is `labelled`: it may be another board's label that was scanned.
        """
        read: DeviceIdentity | None = None
        with Edge() as edge, self.until_removed():
            with anyio.fail_after(IDENTITY_DEADLINE_SECONDS):
                read = await link.identity()
        if edge.error is not None:
            why = str(edge.error)
            self._tools.log.debug("no identity", slot=self._slot.name, why=why)
        if not self._slot.is_here(visit):
            return False
        known = self._tile.identity
        if known is None or read == known or (read is None and not labelled):
            return True
        if read is not None:
            self._record_swap(read)
        self._slot.renew()
        return False

    @contextmanager
    def until_removed(self) -> Iterator[None]:
        """Cut the block off when the board leaves."""
        with anyio.CancelScope() as scope, self.on_leave(scope.cancel):
            yield

    @contextmanager
    def on_leave(self, act: Callable[[], None]) -> Iterator[None]:
        """Call `act` when the board leaves during the block."""
        self._slot.on_leave = act
        try:
            yield
        finally:
            self._slot.on_leave = None

    async def until_next(self, visit: Visit) -> None:
        """Wait until the board has left, turns out to be another one, or is to be run again."""
        slot, wait = self._slot, self._tools.swap_check_seconds()
        while slot.is_here(visit):
            version, doubts = slot.version, slot.doubts
            with anyio.move_on_after(wait) as timer:
                await slot.changed(version)
            if not slot.is_here(visit):
                break
            if slot.doubts == doubts and not timer.cancelled_caught:
                continue
            read = await self._look_again()
            if isinstance(read, DeviceIdentity) and self._is_another(read):
                self._record_swap(read)
                slot.renew()
                return
            pace = self._tools.swap_check_seconds()
            wait = min(2 * wait, LAST_SWAP_CHECK_SECONDS) if read is None else pace
            if self._is_turned_away:
                wait = math.inf
        if slot.visit is None:
            self._tile.show_empty()
        elif slot.visit.again:
            return
        if self._tile.run_id:
            self._record("unit_left", {}, self._tile.run_id)

    async def _look_again(self) -> DeviceIdentity | None:
        visit = self._slot.visit
        if visit is None:
            return None
        self._is_turned_away = False
        with Edge() as edge:
            async with self._tools.look_limit, self._tools.fixture.connect(visit.attached) as link:
                with anyio.fail_after(IDENTITY_DEADLINE_SECONDS):
                    return await link.identity()
        # Every further look would bring the account nearer to being locked.
        fault = edge.error
        self._is_turned_away = isinstance(fault, StationFault) and fault.kind is ErrorClass.RIGHTS
        self._tools.log.debug("no identity", slot=self._slot.name, why=str(edge.error))
        return None

    def _is_another(self, read: DeviceIdentity) -> bool:
        known, visit = self._tile.identity, self._slot.visit
        if known is not None:
            return read != known
        # Nobody knows who was here. The first identity read counts as that board's, unless it
        # answers at another address.
        moved = visit is not None and visit.attached.address != self._tile.address
        self._tile.identity = read
        return moved

    def _record_swap(self, read: DeviceIdentity) -> None:
        before = self._tile.identity
        detail = {
            "before": before.device_id if before is not None else None,
            "after": read.device_id,
        }
        self._record("swap", detail)

    def _record(self, kind: str, detail: Mapping[str, object], run_id: str | None = None) -> None:
        row = event_row(self._tools, kind, detail, self._slot.name, run_id)
        self._tools.journal.note(row)
