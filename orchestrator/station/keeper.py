"""Keeps an eye on the audit and its disk: stops the line, tries again, lets it go on.

When evidence cannot be written no run may begin, and those under way end at their own next step
boundary. Every few seconds the audit is opened anew; when it is back, what was left open is closed
and the line goes on by itself. While nothing is written the audit is looked at, so that a file
that vanished is noticed without a board.
"""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import anyio

from orchestrator.audit.location import sqlite_path
from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.events import StationNotice
from orchestrator.domain.records import Record, Recorder
from orchestrator.station.line import AUDIT, DISK
from orchestrator.station.rows import event_row
from orchestrator.station.tools import Tools


class Evidence(Recorder, Protocol):
    """An audit that can be opened anew after a failure."""

    @property
    def failure(self) -> AuditUnavailable | None:
        """Why nothing can be written any more; None while all is well."""
        ...

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        ...

    async def try_again(self, *probe: Record) -> tuple[Record, ...]:
        """Open the database anew. Raises AuditUnavailable while it is still away."""
        ...


@dataclass(frozen=True, slots=True)
class Watchfulness:
    """How the audit is watched; see the settings of the same names. 0 MiB watches no disk."""

    check_seconds: float = 2.0
    retry_seconds: float = 3.0
    free_warning_mib: int = 1024
    free_stop_mib: int = 128


def free_mib(database_url: str) -> int | None:
    """Return the room on the disk of a database file in MiB; None for a server or no answer."""
    file = sqlite_path(database_url)
    if file is None:
        return None
    try:
        return shutil.disk_usage(file.parent).free >> 20
    except OSError:
        return None


class Keeper:
    """Watches one audit for one station."""

    def __init__(
        self,
        tools: Tools,
        evidence: Evidence,
        watchfulness: Watchfulness,
        *,
        free_mib: Callable[[], int | None],
        recover: Callable[[str], Awaitable[None]],
    ) -> None:
        self._tools = tools
        self._evidence = evidence
        self._limits = watchfulness
        self._free_mib = free_mib
        self._recover = recover
        self._commits = -1
        self._since = 0.0
        self._warned = False
        self._alarm = anyio.Event()
        self.fault: AuditUnavailable | None = None
        """Why the audit is lost; None while all is well."""
        self.lost_at: datetime | None = None
        """Since when; None while all is well."""

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        return self._evidence.commits

    def lost(self, fault: AuditUnavailable) -> None:
        """Stop the line: evidence cannot be written."""
        self._tools.journal.hold()
        if self.fault is None:
            self._since = self._tools.services.clock.monotonic()
            self.lost_at = self._tools.services.clock.now()
            self._tell(f"The line stops: {fault}")
        self.fault = fault
        self._tools.line.close(AUDIT, f"The line stands: {fault}")
        self._alarm.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            wait = self._limits.check_seconds if self.fault is None else self._limits.retry_seconds
            if self.fault is None:
                with anyio.move_on_after(wait):
                    await self._alarm.wait()
                    self._alarm = anyio.Event()
                    continue
            else:
                await anyio.sleep(wait)
            await self.look()

    async def look(self) -> None:
        """Look once: at the disk, and at the audit or whether it is back."""
        self.look_at_disk()
        try:
            if self.fault is not None:
                await self._try_again()
            else:
                await self._check()
        except AuditUnavailable as fault:
            self.lost(fault)

    async def _check(self) -> None:
        """Raise AuditUnavailable when nothing can be written, or the audit is not where it was."""
        if self._evidence.failure is not None:
            raise self._evidence.failure
        if self._evidence.commits != self._commits:
            # What was committed since the last look went to the right place.
            self._commits = self._evidence.commits
            return
        try:
            await self._tools.past.check(self._tools.session.session_id)
        except OrchestratorError as error:
            # The writer must know, too: it would go on writing into a file that has no name.
            await self._evidence.try_again()
            raise AuditUnavailable(error.what, remedy=error.remedy, where=error.where) from error

    async def reopen(self) -> None:
        """Open the audit anew and see that it is the same. Raises AuditUnavailable if it is not."""
        if self._evidence.failure is not None:
            await self._evidence.try_again()
        await self._tools.past.check(self._tools.session.session_id)

    async def _try_again(self) -> None:
        """Go on when the audit is back. Raises AuditUnavailable while it is not."""
        await self.reopen()
        away = self._tools.services.clock.monotonic() - self._since
        cause = str(self.fault.what) if self.fault is not None else ""
        detail = {"seconds": f"{away:.3f}", "why": cause}
        await self._evidence.record(event_row(self._tools, "audit_back", detail))
        await self._recover("the audit could not be written")
        await self._tools.journal.release()
        self.fault = self.lost_at = None
        self._alarm = anyio.Event()
        self._tools.line.open(AUDIT)
        self._tell(f"The audit can be written again, after {away:.0f} s: the line goes on")

    def look_at_disk(self) -> None:
        """Warn when the disk is getting full, let no run begin when it nearly is."""
        free, limits = self._free_mib(), self._limits
        if free is None:
            return
        if free < limits.free_stop_mib:
            if self._tools.line.close(
                DISK,
                f"No run begins: {limits.free_stop_mib} MiB must be free for the audit. Free "
                "some space on its disk; the line goes on by itself",
            ):
                self._note_disk("disk_full", free)
        elif self._tools.line.open(DISK):
            self._note_disk("disk_free", free)
        if free < limits.free_warning_mib and not self._warned:
            self._warned = True
            self._note_disk("disk_low", free)
        elif free >= 1.1 * limits.free_warning_mib:
            self._warned = False

    def _note_disk(self, kind: str, free: int) -> None:
        self._tools.journal.note(event_row(self._tools, kind, {"free_mib": free}))
        words = {
            "disk_full": "The disk of the audit is full, no run begins",
            "disk_free": "The disk of the audit has room again, runs begin",
            "disk_low": "The disk of the audit is getting full; free some space soon",
        }
        self._tell(f"{words[kind]}: {free} MiB are free")

    def _tell(self, message: str) -> None:
        self._tools.services.publish(StationNotice(message))
