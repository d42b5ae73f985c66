"""A station on a fake fixture: real pipelines and engine, records on paper, events to wait for."""

import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import anyio

from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.events import Event, SlotChanged, SlotState, StationNotice
from orchestrator.domain.ids import TimeOrderedIds
from orchestrator.domain.records import Record, RunEndRow, RunRow
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.step import StepContext, StepDefinition, step
from orchestrator.recipe.plan import AppliesTo, Plan, PlannedStep
from orchestrator.station.daemon import Parts, Station, StationEnd, Timing
from orchestrator.station.edge import beside
from orchestrator.station.hub import Hub, Listener
from orchestrator.station.log import make_logger
from orchestrator.station.recipes import ReadyRecipe, RecipeShelf
from orchestrator.station.recovery import OpenRun
from orchestrator.station.serials import UnitRule
from orchestrator.station.settings import Settings, UnitSection
from orchestrator.station.tools import Verdict
from tests.station.fakes import FakeBoard, FakeFixture

TIMING = Timing(poll_seconds=0.01, gone_seconds=0.03, ready_seconds=1.0, swap_check_seconds=0.05)


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


async def not_locked(ctx: StepContext, board: FakeBoard) -> bool:
    """Ask whether it is locked."""
    return bool(getattr(board, "locked", False))


@step("fake.lock", summary="Locks the board.", irreversible=True, probe=not_locked)
async def lock(ctx: StepContext, board: FakeBoard) -> None:
    """Lock it."""
    board.locked = True  # type: ignore[attr-defined]  # a note on the fake board


DEFINITIONS: dict[str, StepDefinition] = {
    each.signature.name: each for each in (identify, act, lock)
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


def plan(name: str = "line", applies_to: AppliesTo | None = None) -> Plan:
    """Return a plan of identify, act, lock."""
    return Plan(
        name=name,
        version="1",
        description="",
        applies_to=applies_to or AppliesTo(),
        inputs=MappingProxyType({}),
        secrets=(),
        artifacts=MappingProxyType({}),
        setup=(planned("fake.identify"),),
        main=(planned("fake.act"), planned("fake.lock")),
        teardown=(),
        content_hash=f"hash of {name}",
        text="recipe: 1",
        resolved="{}",
    )


class Paper:
    """A recorder in memory. `lost` makes every further record fail."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.lost: AuditUnavailable | None = None
        self.left: list[OpenRun] = []
        self.judged: dict[tuple[str, str], Verdict] = {}

    async def record(self, *records: Record) -> None:
        """Keep the rows."""
        await anyio.lowlevel.checkpoint()
        if self.lost is not None:
            raise self.lost
        self.rows += records

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the rows of one table."""
        return [row for row in self.rows if isinstance(row, kind)]

    def outcomes(self) -> list[str]:
        """Return how the runs ended, in their order."""
        return [row.outcome for row in self.of(RunEndRow)]

    async def open_runs(self) -> Sequence[OpenRun]:
        """Return the runs that have no end."""
        ended = {row.run_id for row in self.of(RunEndRow)}
        begun = [
            OpenRun(row.run_id, row.slot, row.began_at)
            for row in self.of(RunRow)
            if row.run_id not in ended
        ]
        return [run for run in [*self.left, *begun] if run.run_id not in ended]

    async def standing(self, slot: str, identity: DeviceIdentity) -> Verdict | None:
        """Return what the test says the board came to before this start."""
        await anyio.lowlevel.checkpoint()
        return self.judged.get((slot, identity.device_id))


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
        self.rule = UnitRule(UnitSection(part_number="P-1"), {})
        self.timing = timing
        self.end: StationEnd | None = None

    def station(self) -> Station:
        """Return the station, made from what the test has set up by now."""
        clock = SystemClock()
        shelf = RecipeShelf([ReadyRecipe(each, {}, {}) for each in self.plans], "OP")
        parts = Parts(
            fixture=self.fixture,
            recorder=self.paper,
            open_runs=self.paper.open_runs,
            standing=self.paper.standing,
            database_version="paper",
            shelf=shelf,
            rule=self.rule,
            definitions=DEFINITIONS,
            clock=clock,
            ids=TimeOrderedIds(clock),
            hub=self.hub,
            log=make_logger(stream=self.log),
            timing=self.timing,
        )
        return Station(self.settings, parts)

    @asynccontextmanager
    async def running(self, boards: int | None = None) -> AsyncIterator["Watch"]:
        """Run the station beside the block; it is stopped at the end of the block."""
        station = self.station()
        ended = anyio.Event()

        async def serve() -> None:
            self.end = await station.run(boards)
            ended.set()

        with anyio.fail_after(20), self.hub.listen() as listener:
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
