"""Works a list of ids through a recipe, many at once, without units at hand.

Each line of the list is a run of its own: same engine, same audit, same rules for what cannot be
undone. A list that was interrupted is simply worked again: what has passed is left alone, and what
was requested is asked for before anything is requested again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from orchestrator.domain.clock import Clock, timestamp
from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.events import publish_nothing
from orchestrator.domain.ids import Ids, unit_id
from orchestrator.domain.intents import EarlierIntent
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import EventRow, IdentityRow, Record, Recorder, RunRow, UnitRow
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.engine.run import EngineServices, RunControl, RunRequest, execute
from orchestrator.engine.step import StepDefinition
from orchestrator.recipe.plan import LIST_OPERATION, Scalar
from orchestrator.station.arrival import refuse_held
from orchestrator.station.past import OpenRun
from orchestrator.station.recipes import ReadyRecipe
from orchestrator.station.recovery import Found, closing
from orchestrator.station.rows import canonical, recipe_rows, station_row
from orchestrator.station.tools import Session

AT_ONCE = 32
_WHY = "the list was interrupted"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: whose id it is, and what the recipe is given for it."""

    line: int
    identity: DeviceIdentity
    unit: Unit
    inputs: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """What one line came to. `before` is true when an earlier run had done it already."""

    line: int
    device_id: str
    outcome: Outcome
    message: str
    run_id: str = ""
    before: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What the audit knows of a list before it is worked.

    `passed` are runs of this recipe that passed, by identity, with their inputs; `earlier` the
    intents; `left_open` runs without an end.
    """

    passed: Mapping[DeviceIdentity, Mapping[str, str]] = field(default_factory=dict)
    earlier: Mapping[DeviceIdentity, Sequence[EarlierIntent]] = field(default_factory=dict)
    left_open: Sequence[OpenRun] = ()


@dataclass(frozen=True, slots=True)
class ListParts:
    """What a list is worked with. `memory` is asked once: closing open runs changes none of it."""

    station: str
    recorder: Recorder
    memory: Callable[[], Awaitable[Memory]]
    ready: ReadyRecipe
    definitions: Mapping[str, StepDefinition]
    resources: Mapping[type[Any], object]
    clock: Clock
    ids: Ids
    database_version: str


Noted = Callable[[LineOutcome], None]


async def work_list(
    parts: ListParts, lines: Sequence[Listed], noted: Noted, *, at_once: int = AT_ONCE
) -> list[LineOutcome]:
    """Work all `lines`, `at_once` of them at a time; return what each came to, in their order.

    Raises AuditUnavailable: then nothing more is begun, and working the list again goes on.
    """
    session = Session(parts.station, parts.ids.new())
    work = _Work(parts, session, noted)
    memory = await work.begin(len(lines))
    queue = iter(lines)
    failed: list[AuditUnavailable] = []

    async def worker() -> None:
        for line in queue:
            if failed:
                return
            try:
                await work.one(line, memory)
            except AuditUnavailable as error:
                failed.append(error)

    async with anyio.create_task_group() as workers:
        for _ in range(min(at_once, len(lines))):
            workers.start_soon(worker)
    if failed:
        raise failed[0]
    await work.end()
    return [work.outcomes[line.line] for line in lines]


class _Work:
    """One go at a list."""

    def __init__(self, parts: ListParts, session: Session, noted: Noted) -> None:
        self._parts = parts
        self._session = session
        self._noted = noted
        self._services = EngineServices(
            recorder=parts.recorder,
            clock=parts.clock,
            definitions=parts.definitions,
            publish=publish_nothing,
        )
        self.outcomes: dict[int, LineOutcome] = {}

    async def begin(self, count: int) -> Memory:
        """Record the start, close what an interrupted go left open, and return what is known."""
        parts = self._parts
        await parts.recorder.record(
            station_row(self._session, parts.database_version, parts.clock),
            *recipe_rows([parts.ready.plan], parts.clock),
            self._event("list_started", lines=count),
        )
        memory = await parts.memory()
        for run in memory.left_open:
            if run.slot != f"line {run.port}":
                continue  # a board's: the station closes it, and asks the board
            now = parts.clock.now()
            await parts.recorder.record(*closing(run, Found("nobody was asked"), now, _WHY))
        return memory

    async def end(self) -> None:
        """Record what the list came to."""
        counts = {word.value: 0 for word in Outcome}
        for outcome in self.outcomes.values():
            counts[outcome.outcome.value] += 1
        found = {word: count for word, count in counts.items() if count}
        await self._parts.recorder.record(self._event("list_ended", **found))

    async def one(self, line: Listed, memory: Memory) -> None:
        """Work one line, unless it was done before."""
        known = memory.passed.get(line.identity, {}).get(canonical(line.inputs))
        if known is not None:
            self._note(line, Outcome.PASS, f"done before, in run {known}", known, before=True)
            return
        earlier = tuple(memory.earlier.get(line.identity, ()))
        try:
            refuse_held(earlier)
        except OrchestratorError as held:
            self._note(line, Outcome.ERROR, str(held))
            return
        run_id = self._parts.ids.new()
        request = self._request(line, run_id, earlier)
        try:
            result = await execute(self._parts.ready.plan, request, self._services, RunControl())
        except AuditUnavailable:
            raise
        except OrchestratorError as error:
            self._note(line, Outcome.ERROR, str(error), run_id)
            return
        self._note(line, result.outcome, result.message, run_id)

    def _request(self, line: Listed, run_id: str, earlier: tuple[EarlierIntent, ...]) -> RunRequest:
        async def same() -> DeviceIdentity:
            # There is no silicon to read: the list says whose turn it is.
            return line.identity

        return RunRequest(
            run_id=run_id,
            slot=f"line {line.line}",
            unit=line.unit,
            identity=line.identity,
            inputs=line.inputs,
            secrets=self._parts.ready.secrets,
            resources=self._parts.resources,
            read_identity=same,
            opening=self._opening(line, run_id),
            earlier=earlier,
        )

    def _opening(self, line: Listed, run_id: str) -> tuple[Record, ...]:
        moment = timestamp(self._parts.clock.now())
        unit, identity = line.unit, line.identity
        key = unit_id(unit.serial_number, unit.part_number, identity.device_id)
        return (
            UnitRow(key, unit.serial_number, unit.part_number, unit.revision, moment),
            RunRow(
                run_id=run_id,
                station_id=self._session.station_id,
                session_id=self._session.session_id,
                slot=f"line {line.line}",
                port=str(line.line),
                recipe_hash=self._parts.ready.plan.content_hash,
                operation=LIST_OPERATION,
                unit_id=key,
                inputs=canonical(line.inputs),
                began_at=moment,
            ),
            IdentityRow(run_id, 0, key, identity.system, identity.device_id, moment),
        )

    def _note(
        self,
        line: Listed,
        outcome: Outcome,
        message: str,
        run_id: str = "",
        *,
        before: bool = False,
    ) -> None:
        found = LineOutcome(
            line.line, line.identity.device_id, outcome, message, run_id, before=before
        )
        self.outcomes[line.line] = found
        self._noted(found)

    def _event(self, kind: str, **detail: object) -> EventRow:
        return EventRow(
            event_id=self._parts.ids.new(),
            station_id=self._session.station_id,
            slot=None,
            run_id=None,
            kind=kind,
            detail=canonical(detail),
            occurred_at=timestamp(self._parts.clock.now()),
        )
