"""The people of the shift: they plug boards, read tiles, pull, swap, and decide what is held.

Operators work by their own chance, one per slot. Nobody reads the program's mind: they see tiles
and boards, as people do.
"""

from collections import deque

import anyio

from orchestrator.domain.events import SlotChanged, SlotState
from orchestrator.simulation.rehearsal.chance import chance
from orchestrator.simulation.rehearsal.computer import Computer
from orchestrator.simulation.rehearsal.floor import Board, Floor, Place
from orchestrator.simulation.rehearsal.panel import AT_REST, Panel
from orchestrator.simulation.rehearsal.scenario import Scenario

ATTEMPTS = 3
PATIENCE_SECONDS = 900.0


class People:
    """Everybody on the floor."""

    def __init__(self, scenario: Scenario, floor: Floor, panel: Panel, computer: Computer) -> None:
        self._scenario = scenario
        self._floor = floor
        self._panel = panel
        self._computer = computer
        self.waiting: deque[Board] = deque(floor.boards)
        self.done: list[Board] = []
        self.aside: list[Board] = []
        """Boards without a verdict that counts; tried once more at the end."""
        self._swizzle = anyio.Event()

    async def work(self) -> None:
        """Bring every board through the line, then try those once more that had bad luck."""
        ends = self._scenario.hours * 3600
        with anyio.move_on_after(ends):
            async with anyio.create_task_group() as tasks:
                for place in self._floor.places:
                    tasks.start_soon(self._operate, place)
        for place in self._floor.places:
            if place.board is not None:
                self.aside.append(self._floor.pull(place))
        self.aside += self.waiting
        self.waiting.clear()

    async def finish(self) -> None:
        """With everything healed: decide what is held, run once more what was set aside."""
        await self._computer.decide_all()
        self.waiting.extend(self.aside)
        self.aside.clear()
        async with anyio.create_task_group() as tasks:
            for place in self._floor.places:
                tasks.start_soon(self._operate, place)
        if await self._computer.decide_all():
            self.waiting.extend(self.aside)
            self.aside.clear()
            async with anyio.create_task_group() as tasks:
                for place in self._floor.places:
                    tasks.start_soon(self._operate, place)

    async def _operate(self, place: Place) -> None:
        calm = self._floor.healed
        rng = chance(self._scenario.seed, "operator", place.path, calm)
        groups = frozenset() if calm else self._scenario.groups
        await anyio.sleep(rng.uniform(0, 8))
        while self.waiting:
            board = self.waiting.popleft()
            self._floor.put(board, place)
            if "pull" in groups and rng.random() < 0.1:
                await anyio.sleep(rng.uniform(0.5, 25))
                self._floor.log.strike("people.pull")
                pulled = self._floor.pull(place)
                await anyio.sleep(rng.choice((0.4, 2.0, 8.0)))
                if place.board is None and rng.random() < 0.5:
                    self._floor.put(pulled, place)
                else:
                    self.waiting.appendleft(pulled)
                    await anyio.sleep(rng.uniform(5, 9))
                    continue
            elif "swap" in groups and self.waiting and rng.random() < 0.1:
                await anyio.sleep(rng.uniform(0.5, 25))
                self._floor.log.strike("people.swap")
                first = self._floor.pull(place)
                await anyio.sleep(rng.choice((0.01, 0.3)))
                second = self.waiting.popleft() if self.waiting else first
                self._floor.put(second, place)
                if second is not first:
                    self.waiting.append(first)
            if not await self._read_tile(place):
                self._floor.log.strike("people.impatient")
            await anyio.sleep(rng.uniform(0.5, 3))
            tile = self._panel.tiles.get(place.path)
            board = self._floor.pull(place)
            if tile is not None and tile.state is SlotState.BLOCKED and rng.random() < 0.7:
                await self._computer.decide_about(board.device_id)
            self._judge(board, tile)
            await anyio.sleep(rng.choice((0.6, 7.0)) if groups else 7.0)

    async def _read_tile(self, place: Place) -> bool:
        board = place.board
        assert board is not None

        def rests() -> bool:
            tile = self._panel.tiles.get(place.path)
            if tile is None or tile.state not in AT_REST:
                return False
            return tile.device_id == board.device_id or not tile.device_id

        return await self._panel.until(rests, PATIENCE_SECONDS)

    def _judge(self, board: Board, tile: SlotChanged | None) -> None:
        mine = tile is not None and tile.device_id == board.device_id
        if mine and tile is not None and tile.state in {SlotState.PASS, SlotState.FAIL}:
            self.done.append(board)
        elif board.attempts < ATTEMPTS and not self._floor.healed:
            self.waiting.append(board)
        else:
            self.aside.append(board)
