"""Boards, labels, starts and holds in any order: no run begins that nobody wanted so."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from random import Random

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import AuditUnavailable, OrchestratorError
from orchestrator.domain.people import Actor, Role
from orchestrator.domain.prompts import AnswerSource
from orchestrator.domain.records import EventRow, IdentityRow, RunRow, UnitRow
from orchestrator.station.control import Control
from tests.station.bench import Bench, Watch
from tests.station.fakes import FakeBoard, device_id
from tests.station.test_labels import scanning

ANA = Actor("p-ana", Role.OPERATOR, "panel")
SLOTS = ("1", "2")
MISHAPS = ("swap", "take", "hold", "release", "hold line", "release line", "stop", "lose",
           "return", "label", "start")  # fmt: skip
PATIENCE = 12
"""So many looks at the fixture a person tries to get a board going."""


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from((*["serve"] * 8, *MISHAPS)), st.sampled_from(SLOTS)),
        min_size=5,
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_a_run_has_the_label_of_its_board_and_somebody_started_it(
    deeds: list[tuple[str, str]], rng: Random
) -> None:
    """However quickly boards are exchanged, and whatever is pressed twice or lost meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(Story(Path(folder), rng).live, deeds)


class Story:
    """A person who reads the true label of the board that sits there, and presses everything."""

    def __init__(self, folder: Path, rng: Random) -> None:
        self._bench: Bench = scanning(folder, slots={"start": "manual"})
        self._rng = rng
        self._boards = 0

    async def live(self, deeds: list[tuple[str, str]]) -> None:
        """Let it all happen, then judge what was recorded."""
        bench = self._bench
        async with bench.running() as watch:
            await watch.station.serving.wait()
            async with anyio.create_task_group() as tasks:
                for deed, slot in deeds:
                    if deed == "serve":
                        tasks.start_soon(self._serve, watch, slot)
                    elif deed in ("swap", "take", "lose", "return"):
                        self._happens(deed, slot)
                    else:
                        tasks.start_soon(self._try, watch, deed, slot)
                    await self._a_while()
            bench.paper.lost = None
            await self._until_written(watch)
        self._judge()

    async def _a_while(self) -> None:
        polls = self._bench.fixture.polls + self._rng.choice((0, 1, 2, 8))
        while self._bench.fixture.polls < polls:
            await anyio.lowlevel.checkpoint()

    async def _until_written(self, watch: Watch) -> None:
        while not watch.station.control.snapshot().audit.writable:
            await anyio.lowlevel.checkpoint()

    async def _serve(self, watch: Watch, slot: str) -> None:
        """Put a board in, if there is none, scan its label, start it; mishaps come between."""
        if slot not in self._bench.fixture.boards:
            self._happens("swap", slot)
        for _ in range(PATIENCE):
            await self._try(watch, "label", slot)
            await self._a_while()
            if await self._try(watch, "start", slot):
                return

    def _happens(self, deed: str, slot: str) -> None:
        bench = self._bench
        if deed == "swap":
            self._boards += 1
            bench.fixture.put(slot, FakeBoard(self._boards))
        elif deed == "take":
            bench.fixture.boards.pop(slot, None)
        else:
            bench.paper.lost = AuditUnavailable("the disk is full") if deed == "lose" else None

    async def _try(self, watch: Watch, deed: str, slot: str) -> bool:
        with suppress(OrchestratorError):
            await self._command(watch.station.control, deed, slot)
            return True
        return False

    async def _command(self, control: Control, deed: str, slot: str) -> None:
        board = self._bench.fixture.boards.get(slot)
        if deed == "label" and board is not None:
            label = f"AZ-{board.number:06d}"
            await control.give_label(slot, label, AnswerSource.SCANNED, ANA)
        elif deed == "start":
            await control.start_slot(slot, ANA)
        elif deed == "stop":
            await control.stop_slot(slot, ANA)
        elif deed == "hold":
            await control.hold_slot(slot, "bent pin", ANA)
        elif deed == "release":
            await control.release_slot(slot, ANA)
        elif deed == "hold line":
            await control.hold_line("fire drill", ANA)
        elif deed == "release line":
            await control.release_line(ANA)

    def _judge(self) -> None:
        paper = self._bench.paper
        serials = {row.unit_id: row.serial_number for row in paper.of(UnitRow)}
        boards = {row.run_id: row.device_id for row in paper.of(IdentityRow) if not row.sequence}
        started = dict.fromkeys(SLOTS, 0)
        closed: set[str | None] = set()
        for row in paper.rows:
            if isinstance(row, RunRow):
                started[row.slot] -= 1
                assert started[row.slot] >= 0, "a run began that nobody had started"
                assert row.slot not in closed, "a run began in a closed slot"
                assert None not in closed, "a run began on a closed line"
                serial = serials[str(row.unit_id)]
                assert boards[row.run_id] == device_id(int(serial.removeprefix("AZ-")))
            elif isinstance(row, EventRow) and row.kind == "command":
                command = json.loads(row.detail)["command"]
                if command == "start_slot":
                    started[str(row.slot)] += 1
                elif command.startswith("hold"):
                    closed.add(row.slot)
                elif command.startswith("release"):
                    closed.discard(row.slot)
