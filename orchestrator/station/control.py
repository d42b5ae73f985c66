"""The one surface through which people and programs act on a running station.

Panel, API, buttons and requests come this way. Everything that is done is an event of the audit
with the id of who did it, and so is what was refused. Whoever calls has checked the rights.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.events import Publish, StationNotice
from orchestrator.domain.fixture import TakesAddresses
from orchestrator.domain.people import Actor
from orchestrator.domain.prompts import AnswerSource
from orchestrator.station.commands import CommandRefused, Commands, checked_reason
from orchestrator.station.decisions import Decision
from orchestrator.station.desk import Desk
from orchestrator.station.floor import Floor
from orchestrator.station.holds import (
    HOLD_LINE,
    HOLD_SLOT,
    RELEASE_LINE,
    RELEASE_SLOT,
    WORK_ORDER,
    Holds,
)
from orchestrator.station.labels import Labels
from orchestrator.station.line import HOLD, Line
from orchestrator.station.pipeline import Pipeline
from orchestrator.station.scanner import Scanner
from orchestrator.station.scanning import ScanAction, Step
from orchestrator.station.shift import Shift
from orchestrator.station.snapshot import StationSnapshot

_NOT_NOW = "Wait until the tile asks for it"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did: `step`, and a sentence for whoever scanned.

    Nothing was done yet for BADGE and PAGE: they are the caller's business.
    """

    step: Step
    sentence: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The parts of one station that a control acts on."""

    floor: Floor
    line: Line
    desk: Desk
    scanner: Scanner
    labels: Labels
    shift: Shift
    commands: Commands
    publish: Publish
    picture: Callable[[], StationSnapshot]
    decide: Callable[[Decision], Awaitable[str]]
    audit_is_lost: Callable[[AuditUnavailable], None]
    addresses: TakesAddresses | None = None


class Control:
    """Acts on one station. What acts returns a sentence for whoever asked.

    A refusal is an error of the house with a remedy; it is recorded, too. AuditUnavailable means
    that nothing was done, and that the line stops.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._doing: dict[tuple[str, str], Actor] = {}
        self._closed_by: dict[str, str] = {}
        self._started_by: dict[str, tuple[int, str]] = {}

    def snapshot(self) -> StationSnapshot:
        """Return the whole station as it is now."""
        return self._reach.picture()

    @property
    def shift(self) -> Shift:
        """The shift that runs now."""
        return self._reach.shift

    # Slots ---------------------------------------------------------------------------------------

    async def stop_slot(self, slot: str, actor: Actor) -> str:
        """End the run in `slot` as ABORTED, at once; also while the audit cannot be written.

        Raises CommandRefused when none is under way or somebody has stopped it already.
        """
        # Never behind anything else: not even a command that waits for the audit holds it up.
        with self._heard("stop_slot", actor, slot):
            pipeline = self._reach.floor.at(slot)
            if pipeline.stopped:
                raise CommandRefused(
                    f"The run in slot {slot} is already ending: {pipeline.stopped}",
                    remedy="Wait until it has ended",
                )
            if not pipeline.may_stop:
                raise CommandRefused(f"Nothing runs in slot {slot}", remedy="Look at the tile")
            pipeline.stop_run(f"stopped by {actor}")
            self._reach.commands.note("stop_slot", actor, slot, run=pipeline.running)
        return f"Slot {slot}: stopped"

    async def start_slot(self, slot: str, actor: Actor) -> str:
        """Begin the run that waits for the start, or run a board with ERROR or STOPPED again.

        Raises CommandRefused when nothing is to be started there, AuditUnavailable.
        """
        with self._alone("start_slot", actor, slot):
            pipeline = self._reach.floor.at(slot)
            self._check_start(pipeline)
            visit = pipeline.slot.visit
            await self._reach.commands.keep("start_slot", actor, slot)
            if pipeline.slot.visit != visit:
                raise CommandRefused(f"The board has left slot {slot}", remedy="Put a board in")
            self._check_start(pipeline)
            if pipeline.gate.waits_for_start:
                pipeline.gate.start()
            else:
                pipeline.retry()
            begun = pipeline.slot.visit
            if begun is not None:
                self._started_by[slot] = (begun.number, str(actor))
        return f"Slot {slot}: started"

    def _check_start(self, pipeline: Pipeline) -> None:
        slot, visit = pipeline.slot.name, pipeline.slot.visit
        if not pipeline.gate.is_open:
            why = pipeline.closed or self._reach.line.why
            raise CommandRefused(f"No run begins in slot {slot}: {why}", remedy=_NOT_NOW)
        if pipeline.gate.waits_for_start or pipeline.may_retry:
            return
        if visit is None:
            raise CommandRefused(f"No board is in slot {slot}", remedy="Put a board in")
        if pipeline.gate.waits_for_label:
            raise CommandRefused(
                f"Slot {slot} waits for the label of its board", remedy="Scan the label first"
            )
        number, who = self._started_by.get(slot, (0, ""))
        if number == visit.number:
            raise CommandRefused(f"Slot {slot} was already started by {who}", remedy=_NOT_NOW)
        raise CommandRefused(f"Nothing is to be started in slot {slot}", remedy=_NOT_NOW)

    async def hold_slot(self, slot: str, reason: str, actor: Actor) -> str:
        """Let no further run begin in `slot`; the one under way comes to its end.

        Raises CommandRefused when it is closed already, AuditUnavailable.
        """
        with self._alone(HOLD_SLOT, actor, slot):
            pipeline, reason = self._reach.floor.at(slot), checked_reason(reason)
            if pipeline.closed:
                raise CommandRefused(
                    f"Slot {slot} is already closed{self._by(slot)}: {pipeline.closed}",
                    remedy="Nothing is to be done",
                )
            pipeline.gate.hold(reason)
            undo = pipeline.gate.release
            await self._reach.commands.keep_done(undo, HOLD_SLOT, actor, slot, reason=reason)
            self._closed_by[slot] = str(actor)
        return f"Slot {slot} is closed: {reason}"

    async def release_slot(self, slot: str, actor: Actor) -> str:
        """Let runs begin in `slot` again. Raises CommandRefused, AuditUnavailable."""
        with self._alone(RELEASE_SLOT, actor, slot):
            pipeline = self._reach.floor.at(slot)
            if not pipeline.closed:
                raise CommandRefused(
                    f"Slot {slot} is not closed{self._by(slot)}", remedy="Nothing is to be done"
                )
            await self._reach.commands.keep(RELEASE_SLOT, actor, slot)
            self._closed_by[slot] = str(actor)
            pipeline.gate.release()
        return f"Slot {slot} is open"

    # The line ------------------------------------------------------------------------------------

    async def hold_line(self, reason: str, actor: Actor) -> str:
        """Let no run begin anywhere; those under way come to their end.

        Raises CommandRefused when it is held already, AuditUnavailable.
        """
        with self._alone(HOLD_LINE, actor, None):
            reason = checked_reason(reason)
            if HOLD in self._reach.line.reasons:
                raise CommandRefused(
                    f"The line is already held{self._by('')}: {self._reach.line.reasons[HOLD]}",
                    remedy="Nothing is to be done",
                )
            self._reach.line.close(HOLD, f"The line is held: {reason}")
            undo = partial(self._reach.line.open, HOLD)
            await self._reach.commands.keep_done(undo, HOLD_LINE, actor, reason=reason)
            self._closed_by[""] = str(actor)
            self._reach.publish(StationNotice(f"The line is held: {reason}"))
        return f"The line is held: {reason}"

    async def release_line(self, actor: Actor) -> str:
        """Let runs begin again, as far as nothing else stands in the way.

        Raises CommandRefused when nobody holds it, AuditUnavailable.
        """
        with self._alone(RELEASE_LINE, actor, None):
            if HOLD not in self._reach.line.reasons:
                raise CommandRefused(
                    f"The line is not held{self._by('')}", remedy="Nothing is to be done"
                )
            await self._reach.commands.keep(RELEASE_LINE, actor)
            self._closed_by[""] = str(actor)
            self._reach.line.open(HOLD)
            self._reach.publish(StationNotice("The line goes on"))
        return self._reach.line.why or "The line goes on"

    def restore(self, holds: Holds) -> None:
        """Go on as when the station was last there; slots are closed when they are opened."""
        self._reach.commands.holds = holds
        self._reach.shift.work_order = holds.work_order
        if holds.line:
            self._reach.line.close(HOLD, f"The line is held: {holds.line}")

    async def keep_holds(self) -> None:
        """Have the audit know what is closed, however long the station runs; until cancelled."""
        await self._reach.commands.restate()

    # People --------------------------------------------------------------------------------------

    async def answer(
        self, prompt_id: str, *, yes: bool, text: str, source: AnswerSource, actor: Actor
    ) -> str:
        """Answer a prompt; the first answer counts.

        Raises AnswerRefused for one that does not fit, comes second or too late; AuditUnavailable.
        """
        with self._heard("answer", actor):
            prompt = await self._reach.desk.answer(
                prompt_id, yes=yes, text=text, source=source, actor=actor
            )
        return f"Slot {prompt.slot}: {text or ('yes' if yes else 'no')}"

    def read_scan(self, code: str) -> Step:
        """Return what a scan of `code` would do now, without doing it: to check the right for it.

        Raises ScanRefused.
        """
        return self._reach.scanner.read(code)

    async def scan(
        self, code: str, actor: Actor, source: AnswerSource = AnswerSource.SCANNED
    ) -> Scanned:
        """Do what a scan means now: a label, an answer, a slot, a command, a work order.

        Raises ScanRefused with what was expected, and what the things themselves raise.
        """
        with self._heard("scan", actor):
            step = self._reach.scanner.take(code)
        return Scanned(step, await self._carry_out(step, actor, source))

    async def _carry_out(self, step: Step, actor: Actor, source: AnswerSource) -> str:
        if step.action in (ScanAction.BADGE, ScanAction.PAGE, ScanAction.IGNORED):
            return ""
        if step.action is ScanAction.CHOOSE_SLOT:
            return f"Slot {step.slot}: scan now"
        acts: dict[ScanAction, Callable[[], Awaitable[str]]] = {
            ScanAction.WORK_ORDER: lambda: self.set_work_order(step.value, actor),
            ScanAction.STOP: lambda: self.stop_slot(step.slot, actor),
            ScanAction.START: lambda: self.start_slot(step.slot, actor),
            ScanAction.SERIAL: lambda: self.give_label(step.slot, step.value, source, actor),
            ScanAction.ADDRESS: lambda: self.give_address(step.slot, step.value, actor),
            ScanAction.ANSWER: lambda: self.answer(
                step.prompt_id, yes=step.yes, text=step.value, source=source, actor=actor
            ),
        }
        said = await acts[step.action]()
        # Refused, the slot stays chosen: the next scan must not go to another board.
        self._reach.scanner.done()
        return said

    async def give_label(
        self, slot: str, serial_number: str, source: AnswerSource, actor: Actor
    ) -> str:
        """Give the board that waits in `slot` the serial number of its label.

        Raises CommandRefused when none waits, ScanRefused for a number that it cannot have,
        AuditUnavailable.
        """
        with self._alone("give_label", actor, slot):
            pipeline = self._reach.floor.at(slot)
            self._check_label(pipeline, serial_number)
            visit = pipeline.slot.visit
            await self._reach.labels.check_past(serial_number, pipeline.identity)
            await self._reach.commands.keep(
                "give_label", actor, slot, serial_number=serial_number, source=source.value
            )
            if pipeline.slot.visit != visit:
                raise CommandRefused(f"The board has left slot {slot}", remedy="Put a board in")
            self._check_label(pipeline, serial_number)
            pipeline.gate.give_label(serial_number)
        return f"Slot {slot}: {serial_number}"

    def _check_label(self, pipeline: Pipeline, serial_number: str) -> None:
        slot = pipeline.slot.name
        if not pipeline.gate.waits_for_label:
            raise CommandRefused(f"Slot {slot} waits for no label", remedy=_NOT_NOW)
        self._reach.labels.check_form(serial_number)
        self._reach.labels.check_slots(serial_number, slot)

    async def give_address(self, slot: str, address: str, actor: Actor) -> str:
        """Say at which address the unit in `slot` answers from now on.

        Raises CommandRefused where ports have no addresses, StationMisuse for one that cannot be,
        AuditUnavailable.
        """
        with self._alone("give_address", actor, slot):
            pipeline, addresses = self._reach.floor.at(slot), self._reach.addresses
            if pipeline.running:
                # Its unit would seem to have left, and its restart to be another unit's.
                raise CommandRefused(f"Slot {slot} is at work", remedy="Wait until its run ends")
            if addresses is None:
                raise CommandRefused(
                    "The units of this station have no addresses", remedy="Scan another label"
                )
            await self._reach.commands.keep("give_address", actor, slot, address=address)
            said = addresses.label(pipeline.slot.port, address)
        return f"Slot {slot}: {said}"

    async def set_work_order(self, work_order: str, actor: Actor) -> str:
        """Say what is worked on from now. Raises CommandRefused, AuditUnavailable."""
        with self._alone(WORK_ORDER, actor, None):
            wanted = checked_reason(work_order)
            await self._reach.commands.keep(WORK_ORDER, actor, work_order=wanted)
            self._reach.shift.work_order = wanted
        return f"Work order {wanted}"

    async def set_operator(self, actor: Actor) -> str:
        """Say that `actor` works here from now. Raises AuditUnavailable."""
        with self._alone("operator", actor, None):
            await self._reach.commands.keep("operator", actor)
            self._reach.shift.operator = actor.person
        return "Signed in"

    async def clear_operator(self, actor: Actor) -> str:
        """Say that nobody in particular works here from now. Raises AuditUnavailable."""
        with self._alone("operator", actor, None):
            await self._reach.commands.keep("operator_left", actor)
            self._reach.shift.operator = ""
        return "Signed out"

    async def decide(self, intent_id: str, answer: str, reason: str, actor: Actor) -> str:
        """Say what became of a request that left a unit on hold; see `decisions.decide`.

        Raises DecisionRefused, AuditUnavailable.
        """
        with self._alone("decide", actor, None, intent_id):
            return await self._reach.decide(Decision(intent_id, answer, actor.person, reason))

    # How it is done ------------------------------------------------------------------------------

    def _by(self, slot: str) -> str:
        who = self._closed_by.get(slot, "")
        return f", by {who}" if who else ""

    @contextmanager
    def _alone(
        self, command: str, actor: Actor, slot: str | None, what: str = ""
    ) -> Iterator[None]:
        """Do one thing at a time to each place, and keep what is refused."""
        place = (slot or what, "slot" if slot else command)
        with self._heard(command, actor, slot):
            other = self._doing.get(place)
            if other is not None:
                raise CommandRefused(
                    f"This is already being done by {other}", remedy="Look at the tile again"
                )
            self._doing[place] = actor
            try:
                yield
            finally:
                del self._doing[place]

    @contextmanager
    def _heard(self, command: str, actor: Actor, slot: str | None = None) -> Iterator[None]:
        """Keep what is refused; a lost audit stops the line."""
        try:
            yield
        except AuditUnavailable as lost:
            self._reach.audit_is_lost(lost)
            raise
        except OrchestratorError as refusal:
            self._reach.commands.refused(command, actor, refusal, slot)
            raise
