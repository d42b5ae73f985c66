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
from orchestrator.domain.events import Event, SlotState, StepFinished, StepStarted
from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import RunControl, RunRequest, execute
from orchestrator.station.arrival import Truth, establish_truth, what_is_known
from orchestrator.station.edge import Edge
from orchestrator.station.presence import Presence
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.rows import opening_rows
from orchestrator.station.serials import SlotBlocked
from orchestrator.station.slot import Slot, Visit
from orchestrator.station.tile import STATE_OF, Tile
from orchestrator.station.tools import Tools


class Pipeline:
    """Serves one slot until it is stopped."""

    def __init__(self, slot: Slot, tools: Tools) -> None:
        self._slot = slot
        self._tools = tools
        self._tile = Tile(slot.name, tools)
        self._presence = Presence(slot, tools, self._tile)
        self._scope = anyio.CancelScope()
        self._control: RunControl | None = None
        self._stopping = False
        self._again = False
        """True when this visit is to be served once more: the line was closed during it."""
        self._step = ""
        self._served = 0
        self.running = ""
        """The id of the run that is under way, empty while there is none."""
        self.ended = anyio.Event()
        """Set when this pipeline has come to its end."""

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

    def look_again(self) -> None:
        """Look whether the line is open now."""
        self._slot.poke()

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
                    if not await self._line_is_open(visit):
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

    async def _line_is_open(self, visit: Visit) -> bool:
        """Wait until a run may begin; say whether that board is still here then."""
        line, told = self._tools.line, ""
        while not line.is_open and self._slot.is_here(visit):
            if line.why != told:
                told = line.why
                self._tile.show(SlotState.BLOCKED, told)
            await self._slot.changed(self._slot.version)
        if self._slot.visit is None:
            self._tile.show_empty()
        if not self._slot.is_here(visit):
            self._again = False
        return self._slot.is_here(visit)

    async def _serve(self, visit: Visit) -> None:
        self._tile.begin(visit)
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
                if not tools.line.is_open:
                    # No run begins on a line that was closed while the board was being asked.
                    self._again = True
                    return
                await self._run(link, identity, unit, ready, truth)

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
        if self._tools.by_count:
            return False
        async with self._tools.look_limit:
            verdict = await self._tools.past.standing(self._slot.name, identity)
        if verdict is None:
            return False
        self._tile.run_id = verdict.run_id
        said = verdict.message or verdict.outcome.value
        self._tile.show(
            STATE_OF.get(verdict.outcome, SlotState.ERROR),
            f"{said} (run {verdict.run_id}, before this start). Take it out",
        )
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
        request = RunRequest(
            run_id=run_id,
            slot=slot.name,
            unit=unit,
            identity=identity,
            inputs=prepared.inputs,
            secrets=prepared.secrets,
            resources=link.resources,
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
        self._tile.show(SlotState.RUN, prepared.plan.name)
        async with self._controlled(run_id) as control:
            services = replace(tools.services, publish=self._note_step)
            result = await execute(prepared.plan, request, services, control)
        self._tile.identity = result.identity
        tools.note(self._tile.show_verdict(result.outcome, result.message, run_id))

    @asynccontextmanager
    async def _controlled(self, run_id: str) -> AsyncIterator[RunControl]:
        control = RunControl()
        self._step = ""

        def removed() -> None:
            during = f" during step {self._step}" if self._step else ""
            control.stop(Outcome.ERROR, f"board was taken out{during}")

        self._control, self.running = control, run_id
        self._tools.undecided[run_id] = self._slot.name
        try:
            with self._presence.on_leave(removed):
                yield control
            del self._tools.undecided[run_id]
        finally:
            self._control, self.running = None, ""

    def _note_step(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._step = event.name
        elif isinstance(event, StepFinished):
            self._step = ""
        self._tools.services.publish(event)

    def _report(self, error: Exception) -> None:
        """Show what held the pipeline up; lost evidence stops the whole line."""
        lost = _audit_loss(error)
        if lost is not None:
            self._again = True
            self._tile.show(SlotState.ERROR, "The audit cannot be written. Call the engineer.")
            self._tools.audit_is_lost(lost)
            return
        sentence = str(error) if isinstance(error, OrchestratorError) else _bug(error)
        if isinstance(error, SlotBlocked):
            self._tile.show(SlotState.BLOCKED, sentence)
        else:
            self._tile.show(SlotState.ERROR, sentence)
            self._tools.log.error("pipeline", slot=self._slot.name, exc_info=error)
        self._tools.note(self._tile.verdict(Outcome.ERROR, sentence, ""))


def _bug(error: Exception) -> str:
    return f"The station itself failed: {type(error).__name__}: {error}. Call the engineer"


def _audit_loss(error: BaseException) -> AuditUnavailable | None:
    if isinstance(error, AuditUnavailable):
        return error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            found = _audit_loss(inner)
            if found is not None:
                return found
    return None
