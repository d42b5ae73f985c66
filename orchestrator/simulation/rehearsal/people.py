"""The people of the shift: they plug boards, read tiles, pull, swap, and decide what is held.

Operators work by their own chance, one per slot. Nobody reads the program's mind: they see tiles
and boards, as people do.
"""

import random
from collections import deque

import anyio

from orchestrator.domain.events import SlotState
from orchestrator.simulation.rehearsal.chance import chance
from orchestrator.simulation.rehearsal.computer import Computer
from orchestrator.simulation.rehearsal.floor import Board, Floor, Place
from orchestrator.simulation.rehearsal.panel import AT_REST, Panel
from orchestrator.simulation.rehearsal.scenario import Scenario
from orchestrator.station.settings_floor import TileSection

ATTEMPTS = 3
_LEAVE_IT = TileSection().lost
"""What a tile says while the station cannot save results."""
PATIENCE_SECONDS = 900.0
FINISHING_ROUNDS = 3
_MISHAP = 0.1
_ASKS_AT_ONCE = 0.7


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

    async def work(self) -> None:
        """Bring every board through the line, as far as trouble and time allow."""
        with anyio.move_on_after(self._scenario.hours * 3600):
            async with anyio.create_task_group() as tasks:
                for place in self._floor.places:
                    tasks.start_soon(self._operate, place)
                if "swizzle" in self._scenario.groups:
                    tasks.start_soon(self._swizzle)
        for place in self._floor.places:
            if place.board is not None:
                self.aside.append(self._floor.pull(place))
        self.aside += self.waiting
        self.waiting.clear()

    async def finish(self) -> None:
        """With everything healed: decide what is held, run once more what was set aside."""
        for _ in range(FINISHING_ROUNDS):
            decided = await self._computer.decide_all()
            if not self.aside and not decided:
                return
            self.waiting.extend(self.aside)
            self.aside.clear()
            async with anyio.create_task_group() as tasks:
                for place in self._floor.places:
                    tasks.start_soon(self._operate, place)
            self.aside = [board for board in self.aside if self._computer.is_open(board.device_id)]

    async def _operate(self, place: Place) -> None:
        calm = self._floor.healed
        rng = chance(self._scenario.seed, "operator", place.path, calm)
        groups = frozenset[str]() if calm else self._scenario.groups
        await anyio.sleep(rng.uniform(0, 8))
        while self.waiting:
            if place.board is None:
                self._floor.put(self.waiting.popleft(), place)
            await self._mishap(place, rng, groups)
            if place.board is not None:
                await self._finish_with(place, rng)
            await anyio.sleep(rng.choice((0.6, 7.0)) if groups else 7.0)

    async def _mishap(self, place: Place, rng: random.Random, groups: frozenset[str]) -> None:
        """Perhaps pull the board too early, or exchange it for another one."""
        pulls = "pull" in groups and rng.random() < _MISHAP
        swaps = "swap" in groups and rng.random() < _MISHAP
        if not pulls and not swaps:
            return
        await anyio.sleep(rng.uniform(0.5, 25))
        if not self._is_full(place):
            return
        self._floor.log.strike("people.pull" if pulls else "people.swap")
        first = self._floor.pull(place)
        await anyio.sleep(rng.choice((0.4, 2.0, 8.0)) if pulls else rng.choice((0.01, 0.3)))
        second = first if pulls or not self.waiting else self.waiting.popleft()
        if not self._is_full(place) and (not pulls or rng.random() < 0.5):
            self._floor.put(second, place)
        else:
            self.waiting.append(second)
        if second is not first:
            self.waiting.append(first)

    def _is_full(self, place: Place) -> bool:
        # Asked anew after every wait: others work on the same places.
        return place.board is not None

    async def _finish_with(self, place: Place, rng: random.Random) -> None:
        """Wait for the verdict of the board that sits there, take it out and judge."""
        if not await self._read_tile(place):
            self._floor.log.strike("people.impatient")
        await anyio.sleep(rng.uniform(0.5, 3))
        tile = self._panel.tiles.get(place.path)
        if place.board is None:
            return
        board = self._floor.pull(place)
        mine = tile is not None and tile.device_id == board.device_id
        state = tile.state if tile is not None and mine else None
        if state is SlotState.BLOCKED and rng.random() < _ASKS_AT_ONCE:
            await self._computer.decide_about(board.device_id)
        if state in {SlotState.PASS, SlotState.FAIL}:
            self.done.append(board)
        elif board.attempts < ATTEMPTS and not self._floor.healed:
            self.waiting.append(board)
        else:
            self.aside.append(board)

    async def _read_tile(self, place: Place) -> bool:
        """Return True when the tile shows what became of the board, or the board is gone."""

        def rests() -> bool:
            tile, board = self._panel.tiles.get(place.path), place.board
            if board is None:
                return True
            if tile is None or tile.state not in AT_REST:
                return False
            if self._floor.healed and tile.sentence == _LEAVE_IT:
                # Without trouble people do as they are told: they leave the board there.
                return False
            return tile.device_id == board.device_id or not tile.device_id

        return await self._panel.until(rests, PATIENCE_SECONDS)

    async def _swizzle(self) -> None:
        """Pull several boards one after the other and put them back in other places."""
        rng = chance(self._scenario.seed, "swizzle")
        for _ in range(rng.randint(1, 3)):
            await anyio.sleep(rng.uniform(10, 120))
            full = [place for place in self._floor.places if place.board is not None]
            taken = rng.sample(full, rng.randint(0, len(full)))
            if len(taken) < 2:
                continue
            self._floor.log.strike("people.swizzle")
            hand: list[Board] = []
            for place in taken:
                if place.board is not None:
                    hand.append(self._floor.pull(place))
                await anyio.sleep(rng.uniform(0.05, 1.5))
            rng.shuffle(hand)
            for place in reversed(taken):
                if hand and place.board is None:
                    self._floor.put(hand.pop(), place)
                await anyio.sleep(rng.uniform(0.05, 0.5))
            self.waiting.extend(hand)
