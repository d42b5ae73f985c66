"""One slot's way from board to verdict, over and over: wait, identify, choose, run, wait.

A pipeline shares nothing with its neighbours but the tools it is given, and whatever goes wrong in
it stays in it. What a step may do is the engine's business; here a run is opened with its first
rows, watched from outside and shown to people. Who sits there is `presence`, what is true of that
board before its run `arrival`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio

from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.events import Event, SlotState
from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Operator
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import RunControl, RunRequest, execute
from orchestrator.station.arrival import Truth, establish_truth, what_is_known
from orchestrator.station.desk import DeskOperator
from orchestrator.station.edge import Edge
from orchestrator.station.gate import Gate
from orchestrator.station.presence import Presence
from orchestrator.station.prompting import RunAsker
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.rows import ended_run, opening_rows
from orchestrator.station.serials import SlotBlocked
from orchestrator.station.slot import Slot, Visit
from orchestrator.station.tile import STATE_OF, Tile
from orchestrator.station.tools import Tools

_RETRIED = frozenset({SlotState.ERROR, SlotState.STOPPED})
"""The states in which a person may have the board run once more."""


class Pipeline:
    """Serves one slot until it is stopped."""

    def __init__(self, slot: Slot, tools: Tools) -> None:
        self._slot = slot
        self._tools = tools
        self._tile = Tile(slot.name, tools)
        self.gate = Gate(slot, tools, self._tile)
        self._presence = Presence(slot, tools, self._tile)
        self._scope = anyio.CancelScope()
        self._control: RunControl | None = None
        self._stopping = False
        self._again = False
        """True when this visit is to be served once more: the line was closed during it."""
        self._asker: RunAsker | None = None
        self._served = 0
        self.running = ""
        """The id of the run that is under way, empty while there is none."""
        self.ended = anyio.Event()
        """Set when this pipeline has come to its end."""

    @property
    def slot(self) -> Slot:
        """The slot that is served."""
        return self._slot

    @property
    def serial_number(self) -> str:
        """The serial number of the board that is here, empty while there is none."""
        if self._slot.visit is None:
            return ""
        unit = self._tile.unit
        return self.gate.label or (unit.serial_number if unit is not None else None) or ""

    @property
    def identity(self) -> DeviceIdentity | None:
        """What the board that is here has said of itself, None while it has not."""
        return self._tile.identity

    @property
    def closed(self) -> str:
        """Why the slot is held, empty while it is not."""
        return self._tile.closed

    @property
    def may_stop(self) -> bool:
        """True while a run is under way that nobody has stopped."""
        return self._control is not None and self._control.requested is None

    @property
    def may_retry(self) -> bool:
        """True when the board that is here may be run once more, because a person wants it."""
        visit = self._slot.visit
        rests = visit is not None and self._served == visit.number
        return rests and self._tile.state in _RETRIED

    @property
    def busy(self) -> bool:
        """True while a board is being worked on, from its arrival to its verdict."""
        return self._slot.visit is not None and self._served != self._slot.visit.number

    def stop(self) -> None:
        """Take no further board; a run in work is asked to end as ABORTED."""
        self._stopping = True
        if self._control is not None:
            self._control.stop(Outcome.ABORTED, "station was stopped")
        else:
            self._scope.cancel()

    def stop_at_once(self) -> None:
        """Be cancelled: a run in work ends as ABORTED within the engine's bounds."""
        self._stopping = True
        self._scope.cancel()

    def stop_run(self, why: str) -> None:
        """End the run that is under way as ABORTED, because of `why`; none: do nothing."""
        if self._control is not None:
            self._control.stop(Outcome.ABORTED, why)

    @property
    def stopped(self) -> str:
        """Why the run that is under way was stopped, empty while it was not."""
        stop = self._control.requested if self._control is not None else None
        return stop.message if stop is not None else ""

    def retry(self) -> None:
        """Run the board that is here once more, without waiting for the start."""
        self._slot.repeat()
        self.gate.start()

    def look_again(self) -> None:
        """Look whether the line is open now."""
        self.gate.look_again()

    def decided(self, identity: DeviceIdentity) -> None:
        """Let the board go on, if it is that one: a person has said what became of its request."""
        if self._tile.identity == identity:
            self._slot.repeat()

    async def run(self) -> None:
        """Serve board after board until stopped."""
        try:
            with self._scope:
                self._tile.show_empty()
                while not self._stopping:
                    visit = await self._slot.board()
                    if not await self.gate.until_open(visit):
                        self._again = False
                        continue
                    await self._serve(visit)
                    if self._again and not self._stopping:
                        continue
                    self._served = visit.number
                    self._tools.progressed()
                    if not self._stopping:
                        await self._presence.until_next(visit)
        finally:
            self.ended.set()

    async def _serve(self, visit: Visit) -> None:
        self._tile.begin(visit)
        self.gate.begin(visit)
        # A run whose end could not be recorded may have been recorded all the same.
        may_stand = visit.found or self._again
        self._again = False
        with Edge() as edge:
            await self._work_on(visit, may_stand=may_stand)
        if edge.error is not None:
            self._report(edge.error)

    async def _work_on(self, visit: Visit, *, may_stand: bool) -> None:
        tools, tile = self._tools, self._tile
        tile.show(SlotState.CHECK, "Checking the board.")
        async with tools.fixture.connect(visit.attached) as link:
            identity = await self._presence.read_identity(link, visit)
            if not self._slot.is_here(visit):
                return
            tile.identity = identity
            tile.unit = unit = tools.rule.unit_of(identity)
            with tools.claims.hold(identity, self._slot.name):
                truth = Truth()
                if identity is not None:
                    earlier = await self._known(identity, may_stand=may_stand)
                    if earlier is None:
                        return
                    with self._presence.until_removed():
                        truth = await establish_truth(tools, link, identity, earlier)
                    if not self._slot.is_here(visit):
                        return
                ready = tools.shelf.choose(unit)
                if not await self._admitted(link, visit):
                    return
                tile.unit = unit = tools.rule.unit_of(identity, self.gate.label)
                await self._run(link, identity, unit, ready, truth)

    async def _admitted(self, link: UnitLink, visit: Visit) -> bool:
        """Wait for what a person must do first; say whether the run of that board may begin."""
        waited = self._tools.manual_start or self._tools.rule.section.serial_number.rule == "scan"
        admitted = await self.gate.admit(visit)
        if admitted and waited:
            labelled = bool(self.gate.label)
            admitted = await self._presence.is_the_same(link, visit, labelled=labelled)
        if admitted and self.gate.is_open:
            return True
        # No run begins on a line that was closed while the board was being asked.
        self._again = self._slot.is_here(visit)
        return False

    async def _known(
        self, identity: DeviceIdentity, *, may_stand: bool
    ) -> Sequence[EarlierIntent] | None:
        """Return what was ever requested of the board; None when its verdict still stands."""
        async with self._tools.look_limit:
            earlier = await what_is_known(self._tools, identity)
        if any(intent.is_open for intent in earlier):
            self._tile.show(SlotState.CHECK, "Asking the board what became of its last request.")
        elif may_stand and await self._stands(identity):
            return None
        return earlier

    async def _stands(self, identity: DeviceIdentity) -> bool:
        """Show what the board came to if it was judged here and only the station was away."""
        if self._tools.by_count():
            return False
        async with self._tools.look_limit:
            verdict = await self._tools.past.standing(self._slot.name, identity)
        if verdict is None:
            return False
        if verdict.serial_number is not None:
            # A label that was scanned in that run: nobody is asked for it again.
            unit = self._tile.unit or Unit()
            self._tile.unit = replace(unit, serial_number=verdict.serial_number)
        self._tile.run_id = verdict.run_id
        state = STATE_OF.get(verdict.outcome, SlotState.ERROR)
        said = verdict.message or verdict.outcome.value
        detail = f"{said} (run {verdict.run_id}, before this start)"
        self._tile.show(state, self._tile.says(state), detail, verdict.run_id)
        return True

    async def _run(
        self,
        link: UnitLink,
        identity: DeviceIdentity | None,
        unit: Unit,
        prepared: ReadyRecipe,
        truth: Truth,
    ) -> None:
        tools, slot = self._tools, self._slot
        run_id = tools.ids.new()
        continues = truth.continuation(tools, prepared)
        asker = RunAsker(self._tile, run_id, prepared.plan)
        request = RunRequest(
            run_id=run_id,
            slot=slot.name,
            unit=unit,
            identity=identity,
            inputs=prepared.inputs,
            secrets=prepared.secrets,
            resources={**link.resources, Operator: DeskOperator(tools.desk, asker)},
            read_identity=link.identity,
            opening=opening_rows(
                tools,
                slot,
                run_id,
                prepared,
                unit=unit,
                identity=identity,
                continues=continues.run_id if continues is not None else None,
            ),
            earlier=truth.earlier,
            continues=continues,
        )
        self._tile.show(SlotState.RUN, prepared.plan.name, run_id=run_id)
        async with self._controlled(asker) as control:
            services = replace(tools.services, publish=self._note_step)
            result = await execute(prepared.plan, request, services, control)
        self._tile.identity = result.identity
        tools.ended(ended_run(unit, result.identity, result.outcome, tools.services.clock))
        tools.note(self._tile.show_verdict(result.outcome, result.message, run_id))

    @asynccontextmanager
    async def _controlled(self, asker: RunAsker) -> AsyncIterator[RunControl]:
        control, run_id = RunControl(), asker.run_id
        self._asker = asker

        def removed() -> None:
            control.stop(Outcome.ERROR, f"board was taken out{asker.during}")

        self._control, self.running = control, run_id
        self._tools.undecided[run_id] = self._slot.name
        try:
            with self._presence.on_leave(removed):
                yield control
            del self._tools.undecided[run_id]
        finally:
            self._control, self._asker, self.running = None, None, ""

    def _note_step(self, event: Event) -> None:
        if self._asker is not None:
            self._asker.note(event)
        self._tools.services.publish(event)

    def _report(self, error: Exception) -> None:
        """Show what held the pipeline up; lost evidence stops the whole line."""
        lost = _audit_loss(error)
        if lost is not None:
            self._again = True
            self._tile.show(SlotState.ERROR, self._tools.says.lost, "The audit cannot be written.")
            self._tools.audit_is_lost(lost)
            return
        sentence = str(error) if isinstance(error, OrchestratorError) else _bug(error)
        blocked = isinstance(error, SlotBlocked)
        state = SlotState.BLOCKED if blocked else SlotState.ERROR
        self._tile.show(state, self._tile.says(state), sentence)
        if not blocked:
            self._tools.log.error("pipeline", slot=self._slot.name, exc_info=error)
        self._tools.note(self._tile.verdict(Outcome.ERROR, sentence, ""))


def _bug(error: Exception) -> str:
    return f"The station itself failed: {type(error).__name__}: {error}"


def _audit_loss(error: BaseException) -> AuditUnavailable | None:
    if isinstance(error, AuditUnavailable):
        return error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            found = _audit_loss(inner)
            if found is not None:
                return found
    return None
