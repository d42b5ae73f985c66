"""A station on a fake fixture: real pipelines and engine, records on paper, events to wait for."""

import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import anyio

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import AuditUnavailable, ConnectionLost, Mismatch, UnusableAnswer
from orchestrator.domain.events import Event, SlotChanged, SlotState, StationNotice
from orchestrator.domain.fixture import TakesAddresses
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.intents import EarlierIntent, FindingSource
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Operator
from orchestrator.domain.records import (
    EventRow,
    FindingRow,
    IdentityRow,
    Record,
    RunEndRow,
    RunRow,
    StepEndRow,
    StepRow,
)
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.step import StepContext, StepDefinition, step
from orchestrator.recipe.plan import AppliesTo, ParallelSteps, Plan, PlannedStep
from orchestrator.station.asking import with_finding
from orchestrator.station.daemon import Parts, Station, StationEnd, Timing
from orchestrator.station.edge import beside
from orchestrator.station.holds import Holds
from orchestrator.station.hub import Hub, Listener
from orchestrator.station.keeper import Watchfulness
from orchestrator.station.log import make_logger
from orchestrator.station.past import (
    Ended,
    Known,
    Labelled,
    LastRun,
    OpenRun,
    OpenStep,
    Verdict,
)
from orchestrator.station.recipes import ReadyRecipe, RecipeShelf
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import Settings, UnitSection
from tests.patience import PATIENCE_SECONDS
from tests.station.fakes import FakeBoard, FakeFixture

TIMING = Timing(poll_seconds=0.01, gone_seconds=0.03, ready_seconds=1.0, swap_check_seconds=0.05)
WATCHFULNESS = Watchfulness(check_seconds=0.02, retry_seconds=0.02)


@step("fake.identify", summary="Binds the run to the board.")
async def identify(ctx: StepContext, board: FakeBoard) -> None:
    """Read who it is."""
    ctx.identify(board.identity)


@step("fake.act", summary="Does what the board says.")
async def act(ctx: StepContext, board: FakeBoard) -> None:
    """Do it."""
    board.acted += 1
    if board.act is not None:
        await board.act(board)


async def is_locked(ctx: StepContext, board: FakeBoard) -> bool:
    """Ask whether it is locked."""
    if board.mute:
        raise UnusableAnswer("the board talks nonsense")
    return bool(getattr(board, "locked", False))


def locks() -> bool:
    """Say that nothing can be done to a locked board."""
    return True


@step("fake.lock", summary="Locks the board.", irreversible=True, probe=is_locked, locks=locks)
async def lock(ctx: StepContext, board: FakeBoard) -> None:
    """Lock it."""
    board.locked = True  # type: ignore[attr-defined]  # a note on the fake board
    board.locks += 1
    if board.lossy:
        board.mute = True
        raise ConnectionLost("the answer was lost")


@step("fake.ask", summary="Asks the person at the slot.", timeout_seconds=20)
async def ask(ctx: StepContext, board: FakeBoard, operator: Operator) -> None:
    """Ask what the test says; a no fails the board."""
    reply = await operator.ask(board.question)
    board.replies.append(reply)
    if not reply.yes:
        raise Mismatch("the person said no")


DEFINITIONS: dict[str, StepDefinition] = {
    each.signature.name: each for each in (identify, act, lock, ask)
}


def planned(uses: str, **changes: Any) -> PlannedStep:
    """Return a step of the plan."""
    plain = PlannedStep(
        id=uses.partition(".")[2],
        name=uses.partition(".")[2].title(),
        uses=uses,
        irreversible=DEFINITIONS[uses].signature.irreversible,
    )
    return replace(plain, **changes)


def plan(
    name: str = "line",
    applies_to: AppliesTo | None = None,
    main: tuple[PlannedStep | ParallelSteps, ...] | None = None,
) -> Plan:
    """Return a plan of identify, act, lock, or of other steps in `main`."""
    return Plan(
        name=name,
        version="1",
        description="",
        applies_to=applies_to or AppliesTo(),
        inputs=MappingProxyType({}),
        secrets=(),
        artifacts=MappingProxyType({}),
        setup=(planned("fake.identify"),),
        main=main or (planned("fake.act"), planned("fake.lock")),
        teardown=(),
        content_hash=f"hash of {name}",
        text="recipe: 1",
        resolved="{}",
    )


class Paper:
    """An audit in memory: recorder and past. `lost` makes every further record fail.

    `left`, `judged` and `last` are what a test says of the time before this start.
    """

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.lost: AuditUnavailable | None = None
        self.failure: AuditUnavailable | None = None
        self.missing: AuditUnavailable | None = None
        self.commits = 0
        self.tries = 0
        self.left: list[OpenRun] = []
        self.judged: dict[tuple[str, str], Verdict] = {}
        self.intents: dict[str, EarlierIntent] = {}
        self.last: dict[str, LastRun] = {}
        self.before: list[Ended] = []
        self.held = Holds()
        self.labels: dict[str, Labelled] = {}
        self.on_record: Callable[[Sequence[Record]], None] | None = None

    async def record(self, *records: Record) -> None:
        """Keep the rows."""
        await anyio.lowlevel.checkpoint()
        if self.on_record is not None:
            self.on_record(records)
        if self.lost is not None:
            self.failure = self.lost
        if self.failure is not None:
            raise self.failure
        self.rows += records
        self.commits += 1

    async def try_again(self, *probe: Record) -> tuple[Record, ...]:
        """Be back, unless the test says that it is still lost."""
        await anyio.lowlevel.checkpoint()
        self.tries += 1
        self.failure = self.lost
        if self.failure is not None:
            raise self.failure
        return ()

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the rows of one table."""
        return [row for row in self.rows if isinstance(row, kind)]

    def events(self, kind: str) -> list[EventRow]:
        """Return the events of one kind."""
        return [row for row in self.of(EventRow) if row.kind == kind]

    def outcomes(self) -> list[str]:
        """Return how the runs ended, in their order."""
        return [row.outcome for row in self.of(RunEndRow)]

    async def open_runs(self) -> Sequence[OpenRun]:
        """Return the runs that have no end."""
        ended = {row.run_id for row in self.of(RunEndRow)}
        begun = [self._open_run(row) for row in self.of(RunRow) if row.run_id not in ended]
        return [run for run in [*self.left, *begun] if run.run_id not in ended]

    def _open_run(self, run: RunRow) -> OpenRun:
        over = {(row.run_id, row.sequence) for row in self.of(StepEndRow)}
        steps = tuple(
            OpenStep(row.sequence, row.step_id, row.began_at, irreversible=row.irreversible)
            for row in self.of(StepRow)
            if row.run_id == run.run_id and (row.run_id, row.sequence) not in over
        )
        read = [row for row in self.of(IdentityRow) if row.run_id == run.run_id]
        who = DeviceIdentity(read[0].system, read[0].device_id) if read else None
        return OpenRun(run.run_id, run.slot, run.began_at, steps, run.port, who)

    async def standing(self, slot: str, identity: DeviceIdentity) -> Verdict | None:
        """Return what the test says the board came to before this start."""
        await anyio.lowlevel.checkpoint()
        return self.judged.get((slot, identity.device_id))

    async def earlier(self, identity: DeviceIdentity) -> Sequence[EarlierIntent]:
        """Return the intents that the test wrote down, as the findings have left them."""
        await anyio.lowlevel.checkpoint()
        return [
            found
            for intent_id in self.intents
            if (found := self._now(intent_id)).identity == identity
        ]

    async def last_run(self, identity: DeviceIdentity) -> LastRun | None:
        """Return what the test says."""
        await anyio.lowlevel.checkpoint()
        return self.last.get(identity.device_id)

    async def known(self, intent_id: str) -> Known | None:
        """Return the intent with its last finding."""
        await anyio.lowlevel.checkpoint()
        if intent_id not in self.intents:
            return None
        found = [row for row in self.of(FindingRow) if row.intent_id == intent_id]
        source = FindingSource(found[-1].source) if found else None
        words = (found[-1].actor, found[-1].message) if found else ("", "")
        return Known(self._now(intent_id), "SN-1", source, *words)

    def _now(self, intent_id: str) -> EarlierIntent:
        intent = self.intents[intent_id]
        for row in self.of(FindingRow):
            if row.intent_id == intent_id:
                intent = with_finding(intent, row)
        return intent

    async def ended_since(self, moment: datetime) -> Sequence[Ended]:
        """Return what the test says."""
        await anyio.lowlevel.checkpoint()
        return self.before

    async def holds(self) -> Holds:
        """Return what the test says, or what was commanded since."""
        await anyio.lowlevel.checkpoint()
        return self.held

    async def labelled(
        self, serial_number: str, identity: DeviceIdentity | None, operation: str
    ) -> Labelled:
        """Return what the test says."""
        await anyio.lowlevel.checkpoint()
        return self.labels.get(serial_number, Labelled())

    async def ended(self, run_id: str) -> Verdict | None:
        """Return how that run ended."""
        await anyio.lowlevel.checkpoint()
        for row in self.of(RunEndRow):
            if row.run_id == run_id:
                return Verdict("", None, None, run_id, Outcome(row.outcome), row.message)
        return None

    async def check(self, session_id: str) -> None:
        """Be there, unless the test says that it is missing."""
        await anyio.lowlevel.checkpoint()
        if self.missing is not None:
            raise self.missing


class Bench:
    """One station and everything around it."""

    def __init__(self, folder: Path, *, timing: Timing = TIMING, **changes: Any) -> None:
        self.fixture = FakeFixture()
        self.paper = Paper()
        self.hub = Hub()
        self.log = io.StringIO()
        self.settings = Settings(
            **{
                "station": {"name": "bench", "data_dir": folder, "operation": "OP"},
                "recipes": {"files": ["none.yaml"]},
                "fixture": {"azure_sphere": {"ca_file": "none.pem"}},
                "stop": {"grace_seconds": 5},
                **changes,
            }
        )
        self.plans = [plan()]
        self.definitions = DEFINITIONS
        self.rule = UnitRule(UnitSection(part_number="P-1"), {})
        self.timing = timing
        self.clock: Clock = SystemClock()
        self.watchfulness = WATCHFULNESS
        self.free_mib: int | None = None
        self.requests: Path | None = None
        self.addresses: TakesAddresses | None = None
        self.end: StationEnd | None = None

    def parts(self) -> Parts:
        """Return what the station is made of, from what the test has set up by now."""
        clock = self.clock
        return Parts(
            fixture=self.fixture,
            recorder=self.paper,
            past=self.paper,
            database_version="paper",
            shelf=RecipeShelf([ReadyRecipe(each, {}, {}) for each in self.plans], "OP"),
            rule=self.rule,
            definitions=self.definitions,
            clock=clock,
            ids=TimeOrderedIds(clock),
            hub=self.hub,
            log=make_logger(stream=self.log),
            timing=self.timing,
            watchfulness=self.watchfulness,
            free_mib=lambda: self.free_mib,
            requests=self.requests,
            addresses=self.addresses,
        )

    def station(self) -> Station:
        """Return the station."""
        return Station(self.settings, self.parts())

    @asynccontextmanager
    async def running(self, boards: int | None = None) -> AsyncIterator["Watch"]:
        """Run the station beside the block; it is stopped at the end of the block."""
        station = self.station()
        ended = anyio.Event()

        async def serve() -> None:
            self.end = await station.run(boards)
            ended.set()

        with anyio.fail_after(PATIENCE_SECONDS), self.hub.listen() as listener:
            async with beside(serve):
                yield Watch(station, listener, ended)
                station.stop()
                await ended.wait()


class Watch:
    """What a test sees of a running station."""

    def __init__(self, station: Station, listener: Listener, ended: anyio.Event) -> None:
        self.station = station
        self.ended = ended
        self.seen: list[Event] = []
        self._events = aiter(listener)

    async def until(self, wanted: Callable[[Event], bool]) -> Event:
        """Return the next event that is wanted."""
        while True:
            event = await anext(self._events)
            self.seen.append(event)
            if wanted(event):
                return event

    async def state(self, slot: str, *states: SlotState) -> SlotChanged:
        """Return when `slot` takes one of `states`."""
        event = await self.until(
            lambda event: (
                isinstance(event, SlotChanged) and event.slot == slot and event.state in states
            )
        )
        assert isinstance(event, SlotChanged)
        return event

    async def notice(self, text: str) -> str:
        """Return the next notice of the station that holds `text`."""
        event = await self.until(
            lambda event: isinstance(event, StationNotice) and text in event.message
        )
        assert isinstance(event, StationNotice)
        return event.message


def identity(number: int) -> DeviceIdentity:
    """Return the identity of a fake board."""
    return FakeBoard(number).identity
