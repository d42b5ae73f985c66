"""The station daemon: joins discovery, slots and pipelines, and brings them to an end together.

It starts with what the last one left open and stops so that nothing is left running: no new runs,
a bounded time for those in work, then the rest is cut and closed. A lost audit stops the line, not
the daemon (`keeper`). It is told to stop from outside; signals and exit codes are its caller's.
"""

from collections.abc import Mapping
from functools import partial

import anyio
from anyio.abc import TaskGroup

from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import RunFinished, StationNotice
from orchestrator.engine.run import EngineServices
from orchestrator.station.clock_watch import ClockWatch
from orchestrator.station.controlling import make_control
from orchestrator.station.decisions import Decision, decide
from orchestrator.station.desk import Desk
from orchestrator.station.discovery import Discovery
from orchestrator.station.floor import Floor
from orchestrator.station.holds import Holds
from orchestrator.station.host_button import press
from orchestrator.station.host_watch import HostWatch
from orchestrator.station.journal import Journal
from orchestrator.station.keeper import Keeper
from orchestrator.station.line import Line
from orchestrator.station.parts import Parts, StationEnd, Timing
from orchestrator.station.past import OpenRun, Verdict
from orchestrator.station.pipeline import Pipeline
from orchestrator.station.recovery import recover
from orchestrator.station.requests import RequestFolder
from orchestrator.station.rows import event_row, recipe_rows, station_row
from orchestrator.station.settings import Settings
from orchestrator.station.shift import Shift
from orchestrator.station.slot import Roster, Slot
from orchestrator.station.tools import Session, Tools
from orchestrator.station.view import StationView

__all__ = ["Parts", "Station", "StationEnd", "Timing"]

LOOKS_PER_SECOND = 20
CLOSING_SECONDS = 10.0


class Station:
    """One station from start to stop. Use it once."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self.serving = anyio.Event()
        """Set when what the last start left open is closed and boards are taken."""
        self._stop_wanted = anyio.Event()
        self._floor = Floor()
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
        self._shift = Shift(settings.shift.starts, parts.clock)
        self._holds = Holds()
        self._tools = self._make_tools()
        self._keeper = self._make_keeper()
        self._host: HostWatch | None = None
        view = StationView(parts.clock)
        parts.hub.watch(view.take)
        self.control = make_control(
            settings,
            self._tools,
            floor=self._floor,
            view=view,
            hub=parts.hub,
            shift=self._shift,
            keeper=self._keeper,
            outside=parts.figures.outside,
            free_mib=parts.free_mib,
            decide=self._decide,
            addresses=parts.addresses,
        )
        """How people and programs act on this station."""

    @property
    def session_id(self) -> str:
        """The id of this start."""
        return self._session.session_id

    def stop(self) -> None:
        """Take no further board and end what runs as ABORTED, within the time of the settings."""
        self._stop_wanted.set()

    def stop_at_once(self) -> None:
        """Cancel everything now: runs end as ABORTED without the time of the settings.

        Their teardowns still run, within the engine's own bounds. A run that cannot even write
        its end is closed as INTERRUPTED.
        """
        self._stop_wanted.set()
        for pipeline in self._floor:
            pipeline.stop_at_once()

    async def report(self, sentence: str) -> None:
        """Tell people something that holds nothing up, and keep it in the audit."""
        self._note_event("notice", {"message": sentence})
        self._tell(sentence)

    async def run(self, boards: int | None = None) -> StationEnd:
        """Work until stopped; with `boards`, until that many have their verdict and none runs.

        Raises AuditUnavailable when the audit cannot even be written at the start. Lost later, it
        stops the line until it is back; with `boards` it ends the station.
        """
        self._boards_wanted = boards
        try:
            # From here on: a start that asks many boards takes its time, too.
            self._clock_watch = ClockWatch(self._parts.clock, self._note_event, self._tell)
            await self._begin()
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self._tools.line.on_change = self._line_changed
                self._watch_host(tasks)
                self._roster.open_named()
                self._start_watching(tasks)
                self.serving.set()
                await self._stop_wanted.wait()
                crash_point("stop.begun")
                await self._wind_down()
                tasks.cancel_scope.cancel()
            await self._close()
        finally:
            self._parts.hub.close()
        return self._end

    def _start_watching(self, tasks: TaskGroup) -> None:
        parts = self._parts
        discovery = Discovery(
            parts.fixture,
            self._roster,
            clock=parts.clock,
            publish=parts.hub.publish,
            poll_seconds=parts.timing.poll_seconds,
            gone_seconds=parts.timing.gone_seconds,
        )
        tasks.start_soon(discovery.run)
        tasks.start_soon(self._keeper.run)
        tasks.start_soon(self._tools.journal.run, self._audit_is_lost)
        tasks.start_soon(self._clock_watch.run)
        tasks.start_soon(self.control.keep_holds)
        if parts.requests is not None:
            tasks.start_soon(RequestFolder(parts.requests).run, self._decide, self._tell)

    def _watch_host(self, tasks: TaskGroup) -> None:
        parts, settings = self._parts, self._settings.station.host
        if settings is None or parts.host_link is None:
            return
        self._host = HostWatch(
            settings,
            parts.host_link,
            line=self._tools.line,
            hub=parts.hub,
            clock=parts.clock,
            note=self._note_event,
            start=partial(press, self.control),
            log=parts.log,
        )
        tasks.start_soon(self._host.run)

    async def _begin(self) -> None:
        parts = self._parts
        plans = [prepared.plan for prepared in parts.shelf.plans]
        left = await parts.past.open_runs()
        self._holds = await parts.past.holds()
        found = {"left_open": [run.run_id for run in left], **self._holds.as_detail()}
        await parts.recorder.record(
            station_row(self._session, parts.database_version, parts.clock, parts.host),
            *recipe_rows(plans, parts.clock),
            event_row(self._tools, "station_started", found),
        )
        self.control.restore(self._holds)
        await self._recover("the station went down")
        self._shift.seed(await parts.past.ended_since(self._shift.began_at))
        self._keeper.look_at_disk()

    async def _recover(self, why: str) -> None:
        """Close what has no end and is not under way here, having asked the boards."""
        seconds = self._parts.timing.ask_seconds
        for run in await recover(
            self._tools, why, ask_seconds=seconds, running=self._floor.running
        ):
            self._tell(f"Run {run.run_id} in slot {run.slot} had no end: closed as INTERRUPTED")
        await self._tell_ends()

    async def _tell_ends(self) -> None:
        """Say of each run whose last commit was lost how the audit has it after all."""
        undecided = self._tools.undecided
        past = self._parts.past
        running = self._floor.running()
        for run_id in [each for each in undecided if each not in running]:
            verdict = await past.ended(run_id)
            slot = undecided.pop(run_id)
            if verdict is not None:
                ended = RunFinished(slot, run_id, verdict.outcome, verdict.message)
                self._parts.hub.publish(ended)
                self._shift.seed(await past.ended_since(self._shift.began_at))

    async def _decide(self, decision: Decision) -> str:
        parts = self._parts
        decided = await decide(parts.past, parts.recorder, parts.clock, decision)
        self._tell(decided.says)
        self._floor.decided(decided.intent.identity)
        return decided.says

    async def _wind_down(self) -> None:
        for pipeline in self._floor:
            pipeline.stop()
        with anyio.move_on_after(self._settings.stop.grace_seconds) as patience:
            for pipeline in self._floor:
                await pipeline.ended.wait()
        if patience.cancelled_caught:
            self._tell("Running steps did not end in time: they are cut")

    async def _close(self) -> None:
        """Close what could not close itself, also in an audit that was lost and is there again."""
        parts, keeper = self._parts, self._keeper
        self._end.audit_lost = keeper.fault
        with anyio.move_on_after(CLOSING_SECONDS, shield=True):
            try:
                if keeper.fault is not None:
                    await keeper.reopen()
                closed: list[OpenRun] = await recover(
                    self._tools, "the station was stopped", ask_seconds=0
                )
                self._end.interrupted = len(closed)
                await self._tools.journal.flush()
                await parts.recorder.record(event_row(self._tools, "station_stopped", {}))
            except AuditUnavailable as fault:
                self._end.audit_lost = fault
            else:
                if self._boards_wanted is None:
                    self._end.audit_lost = None

    def _open_pipeline(self, slot: Slot) -> None:
        pipeline = Pipeline(slot, self._tools)
        self._floor.add(pipeline)
        if slot.name in self._holds.slots:
            pipeline.gate.hold(self._holds.slots[slot.name])
        if self._tasks is not None:
            self._tasks.start_soon(pipeline.run, name=f"slot {slot.name}")

    def _make_desk(self) -> Desk:
        parts = self._parts
        return Desk(
            recorder=parts.recorder,
            clock=parts.clock,
            ids=parts.ids,
            event=lambda *what: event_row(self._tools, *what),
            publish=parts.hub.publish,
            audit_is_lost=self._audit_is_lost,
        )

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
            past=parts.past,
            line=Line(),
            journal=Journal(parts.recorder),
            desk=self._make_desk(),
            says=self._settings.tile,
            manual_start=self._settings.slots.start == "manual",
            by_count=lambda: self._boards_wanted is not None,
            ended=self._shift.count,
        )

    def _make_keeper(self) -> Keeper:
        parts = self._parts
        return Keeper(
            self._tools,
            parts.recorder,
            parts.watchfulness,
            free_mib=parts.free_mib,
            recover=self._recover,
        )

    def _swap_check_seconds(self) -> float:
        # The whole station looks at no more than so many boards per second.
        return max(self._parts.timing.swap_check_seconds, len(self._roster) / LOOKS_PER_SECOND)

    def _note(self, verdict: Verdict) -> None:
        self._done += 1
        if self._boards_wanted is not None:
            self._end.verdicts.append(verdict)

    def _note_event(self, kind: str, detail: Mapping[str, object]) -> None:
        self._tools.journal.note(event_row(self._tools, kind, detail))

    def _tell(self, message: str) -> None:
        self._parts.hub.publish(StationNotice(message))

    def _progressed(self) -> None:
        wanted = self._boards_wanted
        if wanted is None or self._done < wanted:
            return
        if not self._floor.busy:
            self._stop_wanted.set()

    def _line_changed(self) -> None:
        self._floor.look_again()
        if self._host is not None:
            self._host.line_changed()

    def _audit_is_lost(self, fault: AuditUnavailable) -> None:
        self._keeper.lost(fault)
        if self._boards_wanted is not None:
            # A script that wants so many verdicts is told at once.
            self._stop_wanted.set()
