"""One slot's way from board to verdict, over and over: wait, identify, choose, run, wait.

A pipeline shares nothing with its neighbours but the tools it is given, and whatever goes wrong in
it stays in it. What a step may do is the engine's business; here a run is opened with its first
rows, watched from outside and shown to people.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

import anyio

from orchestrator.domain.errors import (
    AuditUnavailable,
    OrchestratorError,
    StationFault,
    UntrustedPeer,
)
from orchestrator.domain.events import (
    Event,
    SlotChanged,
    SlotState,
    StepFinished,
    StepStarted,
)
from orchestrator.domain.fixture import UnitLink
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import RunControl, RunRequest, execute
from orchestrator.station.edge import Edge
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.rows import event_row, opening_rows
from orchestrator.station.serials import SlotBlocked
from orchestrator.station.slot import Slot, Visit
from orchestrator.station.tools import Tools, Verdict

IDENTITY_DEADLINE_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.1
LAST_WAIT_SECONDS = 2.0
LAST_SWAP_CHECK_SECONDS = 60.0

_STATE_OF = {
    Outcome.PASS: SlotState.PASS,
    Outcome.FAIL: SlotState.FAIL,
    Outcome.ABORTED: SlotState.STOPPED,
}


@dataclass(slots=True)
class _Bound:
    """What a pipeline knows of the board in its slot."""

    identity: DeviceIdentity | None = None
    unit: Unit | None = None
    address: str = ""
    run_id: str = ""


class Pipeline:
    """Serves one slot until it is stopped."""

    def __init__(self, slot: Slot, tools: Tools) -> None:
        self._slot = slot
        self._tools = tools
        self._scope = anyio.CancelScope()
        self._control: RunControl | None = None
        self._stopping = False
        self._bound = _Bound()
        self._step = ""
        self._served = 0
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

    async def run(self) -> None:
        """Serve board after board until stopped."""
        try:
            with self._scope:
                self._show(SlotState.EMPTY, "Put a board in.")
                while not self._stopping:
                    visit = await self._slot.board()
                    await self._serve(visit)
                    self._served = visit.number
                    self._tools.progressed()
                    if not self._stopping:
                        await self._until_next(visit)
        finally:
            self.ended.set()

    async def _serve(self, visit: Visit) -> None:
        self._bound = _Bound(address=visit.attached.address)
        with Edge() as edge:
            await self._work_on(visit)
        if edge.error is not None:
            self._report(edge.error)

    async def _work_on(self, visit: Visit) -> None:
        self._show(SlotState.CHECK, "Checking the board.")
        async with self._tools.fixture.connect(visit.attached) as link:
            identity = await self._read_identity(link, visit)
            if not self._slot.is_here(visit):
                return
            self._bound.identity = identity
            self._bound.unit = unit = self._tools.rule.unit_of(identity)
            if visit.found and identity is not None and await self._stands(identity):
                return
            prepared = self._tools.shelf.choose(unit)
            with self._tools.claims.hold(identity, self._slot.name):
                await self._run(link, identity, unit, prepared)

    async def _stands(self, identity: DeviceIdentity) -> bool:
        """Show what the board came to if it was judged here and only the station was away."""
        async with self._tools.look_limit:
            verdict = await self._tools.standing(self._slot.name, identity)
        if verdict is None:
            return False
        self._bound.run_id = verdict.run_id
        said = verdict.message or verdict.outcome.value
        self._show(
            _STATE_OF.get(verdict.outcome, SlotState.ERROR),
            f"{said} (run {verdict.run_id}, before this start). Take it out",
        )
        return True

    async def _read_identity(self, link: UnitLink, visit: Visit) -> DeviceIdentity | None:
        """Read the identity, again and again while the board may still be starting.

        None when it cannot be read in time; the recipe's own step then says why.
        """
        clock, wait = self._tools.services.clock, FIRST_WAIT_SECONDS
        deadline = clock.monotonic() + self._tools.ready_seconds
        with self._until_removed():
            while self._slot.is_here(visit):
                try:
                    with anyio.fail_after(IDENTITY_DEADLINE_SECONDS):
                        return await link.identity()
                except UntrustedPeer:
                    return None
                except (StationFault, TimeoutError) as fault:
                    if wait == FIRST_WAIT_SECONDS:
                        self._show(SlotState.CHECK, "Waiting for the board to answer.")
                    left = deadline - clock.monotonic()
                    self._tools.log.debug("no identity yet", slot=self._slot.name, why=str(fault))
                    if left <= 0:
                        return None
                    await anyio.sleep(min(wait, left))
                    wait = min(2 * wait, LAST_WAIT_SECONDS)
        return None

    @contextmanager
    def _until_removed(self) -> Iterator[None]:
        with anyio.CancelScope() as scope, self._on_leave(scope.cancel):
            yield

    @contextmanager
    def _on_leave(self, act: Callable[[], None]) -> Iterator[None]:
        self._slot.on_leave = act
        try:
            yield
        finally:
            self._slot.on_leave = None

    async def _run(
        self,
        link: UnitLink,
        identity: DeviceIdentity | None,
        unit: Unit,
        prepared: ReadyRecipe,
    ) -> None:
        tools, slot = self._tools, self._slot
        run_id = tools.ids.new()
        opening = opening_rows(tools, slot, run_id, prepared, unit=unit, identity=identity)
        request = RunRequest(
            run_id=run_id,
            slot=slot.name,
            unit=unit,
            identity=identity,
            inputs=prepared.inputs,
            secrets=prepared.secrets,
            resources=link.resources,
            read_identity=link.identity,
            opening=opening,
        )
        self._show(SlotState.RUN, prepared.plan.name)
        async with self._controlled() as control:
            services = replace(tools.services, publish=self._note_step)
            result = await execute(prepared.plan, request, services, control)
        self._bound.run_id = run_id
        state = _STATE_OF.get(result.outcome, SlotState.ERROR)
        self._show(state, result.message or _words_for(result.outcome))
        tools.note(self._verdict(result.outcome, result.message, run_id))

    @asynccontextmanager
    async def _controlled(self) -> AsyncIterator[RunControl]:
        control = RunControl()
        self._step = ""

        def removed() -> None:
            during = f" during step {self._step}" if self._step else ""
            control.stop(Outcome.ERROR, f"board was taken out{during}")

        self._control = control
        try:
            with self._on_leave(removed):
                yield control
        finally:
            self._control = None

    def _note_step(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._step = event.name
        elif isinstance(event, StepFinished):
            self._step = ""
        self._tools.services.publish(event)

    async def _until_next(self, visit: Visit) -> None:
        """Wait until the board has left or turns out to be another one."""
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
                await self._record_swap(read)
                slot.renew()
                return
            pace = self._tools.swap_check_seconds()
            wait = min(2 * wait, LAST_SWAP_CHECK_SECONDS) if read is None else pace
        if slot.visit is None:
            self._show(SlotState.EMPTY, "Put a board in.")
        if self._bound.run_id:
            await self._record("unit_left", {}, self._bound.run_id)

    async def _look_again(self) -> DeviceIdentity | None:
        visit = self._slot.visit
        if visit is None:
            return None
        with Edge() as edge:
            async with self._tools.look_limit, self._tools.fixture.connect(visit.attached) as link:
                with anyio.fail_after(IDENTITY_DEADLINE_SECONDS):
                    return await link.identity()
        self._tools.log.debug("no identity", slot=self._slot.name, why=str(edge.error))
        return None

    def _is_another(self, read: DeviceIdentity) -> bool:
        known, visit = self._bound.identity, self._slot.visit
        if known is not None:
            return read != known
        # Nobody knows who was here. The first identity read counts as that board's, unless it
        # answers at another address.
        moved = visit is not None and visit.attached.address != self._bound.address
        self._bound.identity = read
        return moved

    async def _record_swap(self, read: DeviceIdentity) -> None:
        before = self._bound.identity
        detail = {
            "before": before.device_id if before is not None else None,
            "after": read.device_id,
        }
        await self._record("swap", detail)

    async def _record(
        self, kind: str, detail: Mapping[str, object], run_id: str | None = None
    ) -> None:
        with Edge() as edge:
            await self._tools.services.recorder.record(
                event_row(self._tools, kind, detail, self._slot.name, run_id)
            )
        if edge.error is not None:
            self._report(edge.error)

    def _report(self, error: Exception) -> None:
        """Show what held the pipeline up; lost evidence stops the whole line."""
        lost = _audit_loss(error)
        if lost is not None:
            self._show(SlotState.ERROR, "The audit cannot be written. Call the engineer.")
            self._tools.audit_is_lost(lost)
            return
        sentence = str(error) if isinstance(error, OrchestratorError) else _bug(error)
        if isinstance(error, SlotBlocked):
            self._show(SlotState.BLOCKED, sentence)
        else:
            self._show(SlotState.ERROR, sentence)
            self._tools.log.error("pipeline", slot=self._slot.name, exc_info=error)
        self._tools.note(self._verdict(Outcome.ERROR, sentence, ""))

    def _verdict(self, outcome: Outcome, message: str, run_id: str) -> Verdict:
        unit, identity = self._bound.unit, self._bound.identity
        return Verdict(
            slot=self._slot.name,
            serial_number=unit.serial_number if unit is not None else None,
            device_id=identity.device_id if identity is not None else None,
            run_id=run_id,
            outcome=outcome,
            message=message,
        )

    def _show(self, state: SlotState, message: str) -> None:
        empty = state is SlotState.EMPTY
        unit, identity = self._bound.unit, self._bound.identity
        self._tools.services.publish(
            SlotChanged(
                slot=self._slot.name,
                state=state,
                message=message,
                serial_number=unit.serial_number if unit is not None and not empty else None,
                device_id=identity.device_id if identity is not None and not empty else None,
            )
        )


def _words_for(outcome: Outcome) -> str:
    return "Take it out." if outcome is Outcome.PASS else ""


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
