"""The station on a real audit: disks that fail, files that vanish, foreign locks, bad rows."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from orchestrator.audit.database import Audit, open_audit, reading
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.queries import holds, open_runs, runs
from orchestrator.domain.crash_points import arm
from orchestrator.domain.events import SlotState
from orchestrator.domain.records import EventRow
from orchestrator.station.audit_past import AuditPast
from orchestrator.station.daemon import Parts
from orchestrator.station.decisions import Decision
from orchestrator.station.journal import Journal
from orchestrator.station.requests import send
from tests.station.bench import Bench, Watch
from tests.station.fakes import FakeBoard


class RealBench(Bench):
    """A station whose audit is a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = sqlite_url(folder)
        self.file = folder / "audit.db"
        self.audit: Audit | None = None

    def parts(self) -> Parts:
        """Return the parts, with the open audit."""
        assert self.audit is not None
        past = AuditPast(self.audit, self.url, "bench")
        return replace(super().parts(), recorder=self.audit, past=past)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Watch]:
        """Run the station on its audit."""
        opened = open_audit(self.url, busy_timeout_seconds=0.05)
        async with opened as self.audit, self.running() as watch:
            yield watch

    def outcomes(self) -> list[str]:
        """Return how the runs ended, the oldest first."""
        with reading(self.url) as connection:
            return [row["outcome"] for row in reversed(runs(connection))]


async def test_a_board_passes_and_its_verdict_stands(tmp_path: Path) -> None:
    """Over a restart the board keeps its verdict; its lock has an intent and a finding."""
    bench = RealBench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))
    async with bench.working() as watch:
        await watch.state("1", SlotState.PASS)
    async with bench.working() as watch:
        shown = await watch.state("1", SlotState.PASS, SlotState.RUN)
    assert "before this start" in shown.message
    assert board.acted == 1
    with reading(bench.url) as connection:
        found = connection.exec_driver_sql("SELECT state, source FROM finding").all()
    assert [tuple(row) for row in found] == [("applied", "answer")]


async def test_a_hold_that_arises_is_decided_and_the_run_goes_on(tmp_path: Path) -> None:
    """The answer is lost and the board cannot say: a person does, and nothing is done twice."""
    bench = RealBench(tmp_path)
    bench.requests = tmp_path
    board = bench.fixture.put("1", FakeBoard(1, lossy=True))
    async with bench.working() as watch:
        error = await watch.state("1", SlotState.ERROR)
        with reading(bench.url) as connection:
            [held] = holds(connection)
        assert held["intent_id"] in error.message
        board.lossy = board.mute = False
        answer = await send(
            tmp_path, Decision(held["intent_id"], "applied", "Jo", "LED is green"), 10.0
        )
        assert answer is not None
        assert answer.done
        await watch.state("1", SlotState.PASS)
    assert (board.locks, board.acted) == (1, 1)
    assert bench.outcomes() == ["ERROR", "PASS"]
    with reading(bench.url) as connection:
        last, first = runs(connection)
    assert last["continues"] == first["run_id"]


class PowerCut(BaseException):
    """The lights are out."""


@pytest.fixture
def _disarmed() -> Iterator[None]:
    yield
    arm(None)


@pytest.mark.usefixtures("_disarmed")
@pytest.mark.parametrize(
    "place",
    [
        "run.opened",
        "step.begun",
        "step.returned",
        "intent.before",
        "intent.committed",
        "act.returned",
        "finding.committed",
        "teardown.begun",
        "run.closed",
        "stop.begun",
    ],
)
async def test_the_lights_go_out(tmp_path: Path, place: str) -> None:
    """Wherever it happens: after the next start the board is locked once, and no run is open."""
    bench = RealBench(tmp_path)
    board = bench.fixture.put("1", FakeBoard(1))

    def visit(name: str) -> None:
        if name == place:
            arm(None)
            raise PowerCut

    async def shift() -> None:
        async with open_audit(bench.url) as bench.audit, anyio.create_task_group() as tasks:
            station = bench.station()
            with bench.hub.listen() as listener:
                tasks.start_soon(station.run)
                async for event in listener:
                    if getattr(event, "state", None) is SlotState.PASS:
                        station.stop()

    arm(visit)
    with pytest.raises((PowerCut, BaseExceptionGroup)):
        await shift()
    async with bench.working() as watch:
        shown = await watch.state("1", SlotState.PASS, SlotState.ERROR, SlotState.BLOCKED)
        assert shown.state is SlotState.PASS
    assert board.locks == 1
    assert bench.outcomes()[-1] == "PASS"
    with reading(bench.url) as connection:
        assert open_runs(connection) == []
        assert holds(connection) == []


async def test_a_foreign_lock_stops_the_line_for_a_while(tmp_path: Path) -> None:
    """Another program that holds the database is waited for; then the board is run anew."""
    bench = RealBench(tmp_path)
    foreign = sqlite3.connect(bench.file, isolation_level=None)

    async def lock(board: FakeBoard) -> None:
        if board.acted == 1:
            foreign.execute("BEGIN IMMEDIATE")

    bench.fixture.put("1", FakeBoard(1, act=lock))
    async with bench.working() as watch:
        assert "locked" in await watch.notice("The line stops")
        await watch.state("1", SlotState.BLOCKED)
        foreign.execute("ROLLBACK")
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)
    foreign.close()
    assert bench.outcomes() == ["INTERRUPTED", "PASS"]


@pytest.mark.parametrize("how", ["removed", "replaced", "copied"])
async def test_a_file_that_vanished_is_noticed_while_idle(tmp_path: Path, how: str) -> None:
    """Removed, replaced by another one or by a copy of itself: the line stops, and says so.

    When the right file is back, it goes on.
    """
    bench = RealBench(tmp_path)
    async with bench.working() as watch:
        while not bench.fixture.polls:
            await anyio.lowlevel.checkpoint()
        content = bench.file.read_bytes()
        away = bench.file.rename(tmp_path / "away.db")
        if how == "replaced":
            sqlite3.connect(bench.file).close()
            bench.file.write_bytes(b"")
        elif how == "copied":
            bench.file.write_bytes(content)
        await watch.notice("The line stops")
        bench.fixture.put("1", FakeBoard(1))
        await watch.state("1", SlotState.BLOCKED)
        away.replace(bench.file)
        await watch.notice("the line goes on")
        await watch.state("1", SlotState.PASS)
    assert bench.outcomes() == ["PASS"]


async def test_a_row_that_cannot_be_stored_hurts_its_run_alone(tmp_path: Path) -> None:
    """A poisonous value of one board is its run's ERROR; the neighbour passes, the line stays."""
    bench = RealBench(tmp_path)

    async def poison(board: FakeBoard) -> None:
        raise RuntimeError("half a character: \ud800")

    bench.fixture.put("1", FakeBoard(1, act=poison))
    bench.fixture.put("2", FakeBoard(2))
    states = {}
    async with bench.working() as watch:
        while len(states) < 2:
            event = await watch.until(
                lambda event: getattr(event, "state", None) in (SlotState.PASS, SlotState.ERROR)
            )
            states[event.slot] = event.state  # type: ignore[union-attr]  # it has a state
        assert bench.audit is not None
        assert bench.audit.failure is None
    assert states == {"1": SlotState.ERROR, "2": SlotState.PASS}


async def test_an_event_that_cannot_be_stored_is_given_up(tmp_path: Path) -> None:
    """Those that wait behind it are recorded."""
    bench = RealBench(tmp_path)
    async with open_audit(bench.url) as audit:
        journal = Journal(audit)
        at = "2026-11-21T02:00:00.000000Z"
        journal.note(EventRow("E1", "bench", None, None, "notice", "\ud800", at))
        journal.note(EventRow("E2", "bench", None, None, "notice", "{}", at))
        await journal.flush()
    assert journal.dropped == 1
    with reading(bench.url) as connection:
        assert connection.exec_driver_sql("SELECT event_id FROM event").scalar() == "E2"
