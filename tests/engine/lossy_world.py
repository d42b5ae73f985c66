"""A unit in a lossy world, and a station that runs, crashes and recovers on it in virtual time.

One irreversible request changes the unit. The world applies it, loses it, applies it later, loses
the answer, refuses or lies; the audit fails; somebody stops the run or takes the unit out; the
power goes at a named place. `World.applied` counts what really happened.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

import anyio

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.crash_points import arm
from orchestrator.domain.errors import (
    AuditUnavailable,
    ConnectionLost,
    Mismatch,
    Refusal,
    StationFault,
    Unreachable,
)
from orchestrator.domain.events import publish_nothing
from orchestrator.domain.intents import EarlierIntent, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    FindingRow,
    IntentRow,
    Record,
    RunEndRow,
    RunRow,
    StepEndRow,
    StepRow,
)
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.establish import establish
from orchestrator.engine.run import Bounds, EngineServices, RunControl, RunRequest, execute
from orchestrator.engine.step import StepContext, StepDefinition, step
from tests.engine.support import BOARD, OPENING, plan, planned

SETTLE = 5.0
LATENCY = 0.5
BOUNDS = Bounds(teardown_seconds=20.0, probe_seconds=8.0, probe_wait_seconds=1.0)


@dataclass
class Faults:
    """What goes wrong in one run; the lists are used up call by call, then all is well."""

    requests: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    delay: float = 0.0
    fails_at: int | None = None
    fails_after_all: bool = False
    stop_at: float | None = None
    removed: bool = False
    crash: tuple[str, int] | None = None


class World:
    """One unit and whoever talks to it."""

    def __init__(self, *, so_from_the_start: bool = False, looks_first: bool = True) -> None:
        self.state = so_from_the_start
        self._looks_first = looks_first
        self.applied = 0
        self.rows: list[Record] = []
        self.faults = Faults()
        self.dead = False
        self._commits = 0
        self.prepared = EngineServices(self, SystemClock(), {}, publish_nothing, BOUNDS)
        self._numbers = count(1)
        self.definition = self._definition()

    # The audit ----------------------------------------------------------------------------------

    async def record(self, *records: Record) -> None:
        """Keep `records`, unless the disk is gone; then perhaps keep them and say otherwise."""
        await anyio.sleep(0.01)
        fails_at = self.faults.fails_at
        self._commits += 1
        broken = fails_at is not None and self._commits >= fails_at
        if not self.dead and (
            not broken or (self.faults.fails_after_all and self._commits == fails_at)
        ):
            self.rows.extend(records)
        if self.dead or broken:
            raise AuditUnavailable("the disk is full")

    def intents(self) -> list[EarlierIntent]:
        """Return all intents with their last finding."""
        found: dict[str, list[FindingRow]] = {}
        for row in self.rows:
            if isinstance(row, FindingRow):
                found.setdefault(row.intent_id, []).append(row)
        return [
            EarlierIntent(
                intent_id=row.intent_id,
                run_id=row.run_id,
                sequence=row.sequence,
                step_id="act",
                recipe_hash="",
                identity=DeviceIdentity(row.system, row.device_id),
                kind=row.kind,
                parameters=row.parameters,
                settle_seconds=row.settle_us / 1e6,
                began_at=row.began_at,
                state=FindingState(found[row.intent_id][-1].state)
                if row.intent_id in found
                else None,
                findings=len(found.get(row.intent_id, ())),
            )
            for row in self.rows
            if isinstance(row, IntentRow)
        ]

    # The unit -----------------------------------------------------------------------------------

    def _apply(self) -> None:
        self.state = True
        self.applied += 1

    async def _talk(self) -> None:
        await anyio.sleep(LATENCY)
        if self.dead:
            raise Unreachable("no power")

    async def request(self) -> None:
        """Change the unit for good, as far as the world lets it."""
        await self._talk()
        (still_open,) = [one for one in self.intents() if one.is_open]
        assert still_open.identity == BOARD
        fault = self.faults.requests.pop(0) if self.faults.requests else ""
        if fault in {"", "loses answer"}:
            self._apply()
        if fault == "slow":
            asyncio.get_running_loop().call_later(self.faults.delay, self._apply)
        if fault in {"slow", "hangs"}:
            await anyio.sleep_forever()
        errors: dict[str, Exception] = {
            "loses answer": ConnectionLost("the answer is lost"),
            "loses request": ConnectionLost("the request is lost"),
            "refuses": Refusal("no"),
            "unreachable": Unreachable("nobody there"),
            "bug": KeyError("a bug"),
        }
        await anyio.sleep(LATENCY)
        if fault in errors:
            raise errors[fault]

    async def read(self) -> bool:
        """Say whether the unit is changed."""
        await self._talk()
        fault = self.faults.reads.pop(0) if self.faults.reads else ""
        if fault == "hangs":
            await anyio.sleep_forever()
        errors: dict[str, Exception] = {
            "unreachable": Unreachable("nobody there"),
            "broken": StationFault("it cannot say"),
        }
        if fault in errors:
            raise errors[fault]
        return self.state

    async def identity(self) -> DeviceIdentity:
        """Say who the unit is."""
        await self._talk()
        return BOARD

    def _definition(self) -> StepDefinition:
        async def probe(ctx: StepContext) -> bool:
            return await self.read()

        async def act(ctx: StepContext) -> None:
            """Act once."""
            if self._looks_first and await self.read():
                ctx.already_so()
                return
            await self.request()
            ctx.answered()
            if not await self.read():
                raise Mismatch("it says yes and stays as it was")

        return step("act", summary="Acts.", irreversible=True, probe=probe, settle_seconds=SETTLE,
                    timeout_seconds=3)(act)  # fmt: skip

    async def pass_time(self, seconds: float) -> None:
        """Let virtual time pass, in which what is late comes to its end."""
        await anyio.sleep(seconds)

    # The station --------------------------------------------------------------------------------

    async def run(self, faults: Faults) -> Outcome | None:
        """Run the one step on the unit; None when the audit was lost."""
        self.faults, self.dead, self._commits = faults, False, 0
        run_id = f"R{next(self._numbers)}"
        control = RunControl()
        request = RunRequest(
            run_id=run_id,
            slot="1",
            unit=Unit("SN1", "P"),
            identity=BOARD,
            inputs={},
            secrets={},
            resources={},
            read_identity=self.identity,
            opening=(OPENING._replace(run_id=run_id),),
            earlier=tuple(self.intents()),
        )
        services = replace(self.prepared, definitions={"act": self.definition})
        outcome: Outcome | None = None
        with self._power():
            async with anyio.create_task_group() as group:
                group.start_soon(self._stops, control)
                try:
                    result = await execute(
                        plan(planned("act", timeout_seconds=Decimal(3))), request, services, control
                    )
                    outcome = result.outcome
                except AuditUnavailable:
                    pass
                group.cancel_scope.cancel()
        return None if self.dead else outcome

    async def _stops(self, control: RunControl) -> None:
        if self.faults.stop_at is not None:
            await anyio.sleep(self.faults.stop_at)
            if self.faults.removed:
                control.stop(Outcome.ERROR, "the unit was removed")
            else:
                control.stop(Outcome.ABORTED, "asked to stop")

    @contextmanager
    def _power(self) -> Iterator[None]:
        visits = 0

        def visit(name: str) -> None:
            nonlocal visits
            if self.faults.crash is not None and name == self.faults.crash[0]:
                visits += 1
                self.dead = self.dead or visits == self.faults.crash[1]

        arm(visit)
        try:
            yield
        finally:
            arm(None)

    async def recover(self, faults: Faults) -> None:
        """Do what the next start of the station does: close what is open, ask the unit."""
        self.faults, self.dead, self._commits = faults, False, 0
        self._close_open_runs()
        for one in self.intents():
            if one.is_open:
                found = await establish(
                    one,
                    self.definition,
                    resources={},
                    read_identity=self.identity,
                    clock=SystemClock(),
                    bounds=BOUNDS,
                )
                assert found is not None
                self.find(one, found.state, "recovery")

    def _close_open_runs(self) -> None:
        ended = {row.run_id for row in self.rows if isinstance(row, RunEndRow)}
        stepped = {(row.run_id, row.sequence) for row in self.rows if isinstance(row, StepEndRow)}
        for row in list(self.rows):
            if isinstance(row, RunRow) and row.run_id not in ended:
                self.rows.append(RunEndRow(row.run_id, "INTERRUPTED", "", 0, None, ""))
            if isinstance(row, StepRow) and (row.run_id, row.sequence) not in stepped:
                self.rows.append(
                    StepEndRow(row.run_id, row.sequence, "INTERRUPTED", "", 0, "", "", "", "")
                )

    def find(self, one: EarlierIntent, state: FindingState, source: str) -> None:
        """Write down what became of an intent."""
        self.rows.append(
            FindingRow(one.intent_id, one.findings + 1, state.value, source, "", "", "")
        )

    # What must hold -----------------------------------------------------------------------------

    def check(self) -> None:
        """Check what must hold whenever no run is under way."""
        intents = self.intents()
        assert self.applied <= 1, "applied twice"
        applied = [one for one in intents if one.state is FindingState.APPLIED]
        assert len(applied) <= self.applied, "false: found applied"
        if self.applied:
            assert any(one.state is not FindingState.NOT_APPLIED for one in intents), "silent"
        numbers = [(row.intent_id, row.number) for row in self.rows if isinstance(row, FindingRow)]
        assert len(set(numbers)) == len(numbers), "two findings with one number"
