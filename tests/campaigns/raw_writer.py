"""A program that writes audit rows as fast as it can and says which were acknowledged.

Many tasks share the writer of the product. A line `A id` on stdout says that a caller was told
that its row is durable, `F id sentence` that it was told otherwise; after that the store is opened
anew until it works, and `R` says that it does.
"""

import os
import sys

import anyio

from orchestrator.audit.database import Audit, open_audit
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.records import EventRow
from tests.campaigns.sabotage import plant

TASKS = 8
PAUSE_SECONDS = 0.02
_FILLER = "x" * 200


def row(event_id: str) -> EventRow:
    """Return an event with that id."""
    detail = f'{{"filler":"{_FILLER}"}}'
    return EventRow(event_id, "raw", None, None, "raw", detail, "2026-11-21T00:00:00.000000Z")


def say(line: str) -> None:
    """Write one line in one piece, past every buffer."""
    os.write(1, line.replace("\n", " ").encode() + b"\n")


class Load:
    """What all tasks share."""

    def __init__(self, audit: Audit, turn: str) -> None:
        self._audit = audit
        self._turn = turn
        self._mending = anyio.Lock()
        self._mended = 0

    async def task(self, number: int, count: int) -> None:
        """Record `count` rows, one after the other."""
        for turn in range(count):
            event_id = f"{self._turn}-{number}-{turn}"
            try:
                await self._audit.record(row(event_id))
            except AuditUnavailable as fault:
                say(f"F {event_id} {fault.what}")
                await self._mend()
            else:
                say(f"A {event_id}")

    async def _mend(self) -> None:
        async with self._mending:
            while self._audit.failure is not None:
                self._mended += 1
                try:
                    await self._audit.try_again(row(f"{self._turn}-mended-{self._mended}"))
                except AuditUnavailable:
                    await anyio.sleep(PAUSE_SECONDS)
                else:
                    say(f"A {self._turn}-mended-{self._mended}")
                    say("R")


async def main(url: str, turn: str, count: str, sabotage: str = "") -> None:
    """Open the audit and write."""
    plant(sabotage)
    async with open_audit(url, busy_timeout_seconds=0.5) as audit:
        load = Load(audit, turn)
        async with anyio.create_task_group() as tasks:
            for number in range(TASKS):
                tasks.start_soon(load.task, number, int(count))


if __name__ == "__main__":
    anyio.run(main, *sys.argv[1:])
