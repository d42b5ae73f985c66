"""How what people command is kept: one row each, with the id of who did it, never a name."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

import anyio

from orchestrator.domain.errors import OrchestratorError
from orchestrator.domain.people import Actor
from orchestrator.domain.records import EventRow
from orchestrator.station.holds import STANDING, Holds
from orchestrator.station.rows import event_row
from orchestrator.station.tools import Tools

LONGEST_REASON = 200
RESTATE_SECONDS = 6 * 3600.0


class CommandRefused(OrchestratorError):
    """This is not done; the sentence says why. Nothing has changed."""


def checked_reason(reason: str) -> str:
    """Return `reason` as it is kept. Raises CommandRefused for one that says nothing."""
    text = reason.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise CommandRefused(
            f"a reason of 1 to {LONGEST_REASON} printable characters is needed",
            remedy="Say why, for the next shift",
        )
    return text


class Commands:
    """Writes down what was commanded and what was refused."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self.holds = Holds()
        """What is closed now, and what is worked on."""

    async def keep(
        self, command: str, actor: Actor, slot: str | None = None, **detail: object
    ) -> None:
        """Return when the command is durable; only then is it done. Raises AuditUnavailable."""
        await self._tools.services.recorder.record(
            self._row("command", command, actor, slot, detail)
        )
        self.holds.take({"command": command, **detail}, slot)

    async def keep_done(
        self,
        undo: Callable[[], object],
        command: str,
        actor: Actor,
        slot: str | None = None,
        **detail: object,
    ) -> None:
        """Keep a hold that is in effect already, so that no run begins behind its row.

        `undo` is called when it was not kept. Raises AuditUnavailable.
        """
        with ExitStack() as stack:
            stack.callback(undo)
            await self.keep(command, actor, slot, **detail)
            stack.pop_all()

    async def restate(self) -> None:
        """Write down now and then what is closed, until cancelled.

        A station that runs for months must find its holds again, though the commands that made
        them have gone to an archive.
        """
        while True:
            await anyio.sleep(RESTATE_SECONDS)
            found = self.holds.as_detail()
            if found:
                self._tools.journal.note(event_row(self._tools, STANDING, found))

    def note(self, command: str, actor: Actor, slot: str | None = None, **detail: object) -> None:
        """Keep a command that is done at once, as soon as the audit can be written."""
        self._tools.journal.note(self._row("command", command, actor, slot, detail))

    def refused(
        self, command: str, actor: Actor, why: OrchestratorError, slot: str | None = None
    ) -> None:
        """Keep that a command was refused, as soon as the audit can be written."""
        detail = {"why": why.what}
        self._tools.journal.note(self._row("refused", command, actor, slot, detail))

    def _row(
        self, kind: str, command: str, actor: Actor, slot: str | None, detail: Mapping[str, object]
    ) -> EventRow:
        who = {"person": actor.person, "role": actor.role.value, "place": actor.place}
        return event_row(self._tools, kind, {"command": command, **who, **detail}, slot)
