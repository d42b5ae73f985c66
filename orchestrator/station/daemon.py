"""The station daemon: joins discovery, slots and pipelines, and brings them to an end together.

It starts with what the last one left open and stops so that nothing is left running: no new runs,
a bounded time for those in work, then the rest is cut and closed. It is told to stop from outside;
signals and exit codes are its caller's.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup
from structlog.typing import FilteringBoundLogger

from orchestrator.domain.clock import Clock
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import StationNotice
from orchestrator.domain.fixture import Fixture
from orchestrator.domain.ids import Ids
from orchestrator.domain.records import Recorder
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.run import EngineServices
from orchestrator.engine.step import StepDefinition
from orchestrator.station.discovery import Discovery
from orchestrator.station.hub import Hub
from orchestrator.station.pipeline import Pipeline
from orchestrator.station.recipes import RecipeShelf
from orchestrator.station.recovery import OpenRun, close_open_runs
from orchestrator.station.rows import event_row, recipe_rows, station_row
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import Settings
from orchestrator.station.slot import Roster, Slot
from orchestrator.station.tools import Session, Standing, Tools, Verdict

LOOKS_PER_SECOND = 20
CLOSING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What `app` hands to a station.

    `open_runs` reads the audit for runs without an end, `standing` for a verdict that still holds.
    """

    fixture: Fixture
    recorder: Recorder
    open_runs: Callable[[], Awaitable[Sequence[OpenRun]]]
    standing: Standing
    database_version: str
    shelf: RecipeShelf
    rule: UnitRule
    definitions: dict[str, StepDefinition]
    clock: Clock
    ids: Ids
    hub: Hub
    log: FilteringBoundLogger
    timing: "Timing"


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the fixture is looked at, in seconds; see the settings of the same names."""

    poll_seconds: float = 0.5
    gone_seconds: float = 3.0
    ready_seconds: float = 60.0
    swap_check_seconds: float = 5.0


@dataclass(slots=True)
class StationEnd:
    """How a station came to its end. `verdicts` are kept only when it was to end by itself."""

    verdicts: list[Verdict] = field(default_factory=list)
    audit_lost: AuditUnavailable | None = None
    interrupted: int = 0


class Station:
    """One station from start to stop. Use it once."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._stop_wanted = anyio.Event()
        self._pipelines: list[Pipeline] = []
        self._end = StationEnd()
        self._boards_wanted: int | None = None
        self._done = 0
        self._tasks: TaskGroup | None = None
        self._session = Session(settings.station.name, parts.ids.new())
        self._roster = Roster(
            {entry.port: entry.name for entry in settings.slot},
            auto=settings.slots.auto,
            maximum=settings.slots.maximum,
            on_new=self._open_pipeline,
        )
        self._tools = self._make_tools()

    def stop(self) -> None:
        """Take no further board and end what runs as ABORTED, within the time of the settings."""
        self._stop_wanted.set()

    def stop_at_once(self) -> None:
        """Cancel everything now: runs end as ABORTED without the time of the settings.

        Their teardowns still run, within the engine's own bounds. A run that cannot even write
        its end is closed as INTERRUPTED.
        """
        self._stop_wanted.set()
        for pipeline in self._pipelines:
            pipeline.stop_at_once()

    async def run(self, boards: int | None = None) -> StationEnd:
        """Work until stopped; with `boards`, until that many have their verdict and none runs.

        Raises AuditUnavailable when the audit cannot even be written at the start.
        """
        self._boards_wanted = boards
        parts = self._parts
        try:
            await self._begin()
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self._roster.open_named()
                discovery = Discovery(
                    parts.fixture,
                    self._roster,
                    clock=parts.clock,
                    publish=parts.hub.publish,
                    poll_seconds=parts.timing.poll_seconds,
                    gone_seconds=parts.timing.gone_seconds,
                )
                tasks.start_soon(discovery.run)
                await self._stop_wanted.wait()
                await self._wind_down()
                tasks.cancel_scope.cancel()
            await self._close()
        finally:
            parts.hub.close()
        return self._end

    async def _begin(self) -> None:
        parts = self._parts
        plans = [prepared.plan for prepared in parts.shelf.plans]
        left = await parts.open_runs()
        await parts.recorder.record(
            station_row(self._session, parts.database_version, parts.clock),
            *recipe_rows(plans, parts.clock),
            event_row(self._tools, "station_started", {"left_open": [run.run_id for run in left]}),
        )
        await close_open_runs(parts.recorder, parts.clock, left, "the station went down")
        for run in left:
            notice = f"Run {run.run_id} in slot {run.slot} had no end: closed as INTERRUPTED"
            parts.hub.publish(StationNotice(notice))

    async def _wind_down(self) -> None:
        for pipeline in self._pipelines:
            pipeline.stop()
        with anyio.move_on_after(self._settings.stop.grace_seconds) as patience:
            for pipeline in self._pipelines:
                await pipeline.ended.wait()
        if patience.cancelled_caught:
            self._parts.hub.publish(
                StationNotice("Running steps did not end in time: they are cut")
            )

    async def _close(self) -> None:
        """Close what could not close itself. Lost evidence is already known to be lost."""
        if self._end.audit_lost is not None:
            return
        parts = self._parts
        with anyio.move_on_after(CLOSING_SECONDS, shield=True):
            left = await parts.open_runs()
            self._end.interrupted = len(left)
            await close_open_runs(parts.recorder, parts.clock, left, "the station was stopped")
            await parts.recorder.record(event_row(self._tools, "station_stopped", {}))

    def _open_pipeline(self, slot: Slot) -> None:
        pipeline = Pipeline(slot, self._tools)
        self._pipelines.append(pipeline)
        if self._tasks is not None:
            self._tasks.start_soon(pipeline.run, name=f"slot {slot.name}")

    def _make_tools(self) -> Tools:
        parts = self._parts
        return Tools(
            fixture=parts.fixture,
            services=EngineServices(
                recorder=parts.recorder,
                clock=parts.clock,
                definitions=parts.definitions,
                publish=parts.hub.publish,
            ),
            ids=parts.ids,
            session=self._session,
            shelf=parts.shelf,
            rule=parts.rule,
            log=parts.log,
            ready_seconds=parts.timing.ready_seconds,
            swap_check_seconds=self._swap_check_seconds,
            note=self._note,
            progressed=self._progressed,
            audit_is_lost=self._audit_is_lost,
            standing=self._standing,
        )

    def _swap_check_seconds(self) -> float:
        # The whole station looks at no more than so many boards per second.
        return max(self._parts.timing.swap_check_seconds, len(self._roster) / LOOKS_PER_SECOND)

    async def _standing(self, slot: str, identity: DeviceIdentity) -> Verdict | None:
        # Who asks for so many boards wants as many runs.
        if self._boards_wanted is not None:
            return None
        return await self._parts.standing(slot, identity)

    def _note(self, verdict: Verdict) -> None:
        self._done += 1
        if self._boards_wanted is not None:
            self._end.verdicts.append(verdict)

    def _progressed(self) -> None:
        wanted = self._boards_wanted
        if wanted is None or self._done < wanted:
            return
        if not any(pipeline.busy for pipeline in self._pipelines):
            self._stop_wanted.set()

    def _audit_is_lost(self, fault: AuditUnavailable) -> None:
        if self._end.audit_lost is None:
            self._end.audit_lost = fault
            self._parts.hub.publish(StationNotice(f"The line stops: {fault}"))
        self._stop_wanted.set()
