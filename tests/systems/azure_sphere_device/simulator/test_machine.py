"""Whatever a client does in whatever order, a board keeps its rules.

Thousands of random sequences of calls go through the real client to a simulated board, beside a
small model of what a board is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.domain.errors import LinkFault
from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS, OPEN
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Fault,
    SimulatedBoard,
    World,
    board_app,
)

SEQUENCES = 2000
LOCKED, WRONG = 10485778, 10485762
COMPONENTS = [f"11111111-0000-4000-8000-00000000000{n}" for n in range(3)]
IMAGES = [f"22222222-0000-4000-8000-00000000000{n}" for n in range(3)]
PACKAGES = {
    (component, image): make_image("sample", component, image, 400)
    for component in COMPONENTS
    for image in IMAGES
}
STATES = ["Blank", "Module1Complete", "DeviceComplete"]
PARAMETERS = {
    "componentID": COMPONENTS[0],
    "identifier": "login",
    "networkInterfaceName": "wlan0",
    "id": "0",
}

component = st.sampled_from(COMPONENTS)
forward = st.sampled_from(STATES[1:])
steps = st.one_of(
    st.tuples(st.just("set_state"), forward),
    st.tuples(st.just("lose_answer"), forward),
    st.tuples(st.just("stage"), component, st.sampled_from(IMAGES)),
    st.tuples(st.just("install")),
    st.tuples(st.just("delete"), component),
    st.tuples(st.just("restart")),
    st.tuples(st.just("reboot")),
    st.tuples(st.just("capability"), st.sampled_from([(), (11,), (13,), (11, 13)])),
    st.tuples(st.just("add_network"), st.sampled_from(["a", "b"])),
    st.tuples(st.just("remove_network"), st.integers(0, 3)),
    st.tuples(st.just("set_proxy")),
    st.tuples(st.just("delete_proxy")),
)
sequences = st.lists(steps, min_size=1, max_size=10)


class HandClock:
    """Time that moves only when the board waits or a step says so."""

    seconds = 0.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    def now(self) -> Any:
        """No step looks at the wall clock."""
        return None

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


@dataclass
class Model:
    """What a board is, as far as the rules below go."""

    state: str = "Blank"
    capabilities: tuple[int, ...] = ()
    staged: dict[str, str] = field(default_factory=dict)
    installed: dict[str, str] = field(default_factory=dict)
    networks: dict[int, str] = field(default_factory=dict)
    proxy: bool = False

    @property
    def locked(self) -> bool:
        """Tell whether the lock is closed."""
        return self.state == "DeviceComplete" and not self.capabilities


class Walk:
    """One board, its client and its model, taken through one sequence."""

    def __init__(self) -> None:
        self.clock = HandClock()
        world = World(self.clock, self.clock.sleep, lambda _: None)
        self.board = SimulatedBoard(BoardSpec(), world)
        self.app = board_app(self.board)
        self.model = Model()
        self.seen = ["Blank"]

    async def run(self, sequence: list[tuple[Any, ...]]) -> None:
        """Take every step, and look at the board after each of them."""
        transport = httpx.ASGITransport(self.app)
        async with SphereDevice("127.0.35.2", context=None, transport=transport) as device:
            self.device = device
            for name, *arguments in sequence:
                await getattr(self, name)(*arguments)
                await self.look()
            await self.look_at_the_network()

    async def refused(self, call: Any, expected: int | None) -> bool:
        """Make a call; tell whether it was refused, which must be for the `expected` reason."""
        number = None
        try:
            await call
        except DeviceRefusal as refusal:
            number = refusal.number
        assert number == (LOCKED if self.model.locked else expected)
        return number is not None

    async def set_state(self, target: str) -> None:
        """Only a step forward, or none, is a success."""
        back = STATES.index(target) < STATES.index(self.model.state)
        if not await self.refused(
            self.device.set_manufacturing_state(target), WRONG if back else None
        ):
            self.model.state = target

    async def lose_answer(self, target: str) -> None:
        """The board applies what it may, and nobody is told."""
        self.board.faults.add(Fault("lost_answer", ("set_manufacturing_state",), times=1))
        try:
            await self.device.set_manufacturing_state(target)
        except LinkFault:
            pass
        else:
            raise AssertionError("the answer was not lost")
        self.board.faults.clear()
        forward = STATES.index(target) >= STATES.index(self.model.state)
        if forward and not self.model.locked:
            self.model.state = target

    async def stage(self, component: str, image: str) -> None:
        """The image that is installed already is skipped; another replaces what was staged."""
        call = self.device.stage_image(PACKAGES[component, image])
        if not await self.refused(call, None) and self.model.installed.get(component) != image:
            self.model.staged[component] = image

    async def install(self) -> None:
        """Everything staged is installed at once, whoever staged it."""
        if not await self.refused(self.device.install_images(), None):
            self.model.installed |= self.model.staged
            self.model.staged.clear()

    async def delete(self, component: str) -> None:
        """A success whether it was there or not."""
        if not await self.refused(self.device.delete_image(component), None):
            self.model.installed.pop(component, None)
            self.model.staged.pop(component, None)

    async def restart(self) -> None:
        """The flash stays as it is."""
        if not await self.refused(self.device.restart_device(), None):
            assert not self.board.link_up
            self.clock.seconds += 1

    async def reboot(self) -> None:
        """The board restarts by itself."""
        self.board.reboot("by itself")
        self.clock.seconds += 1

    async def capability(self, numbers: tuple[int, ...]) -> None:
        """A capability file comes or goes; the REST API has no part in it."""
        self.model.capabilities = numbers
        self.board.own_capabilities = set(numbers)

    async def add_network(self, ssid: str) -> None:
        """Numbers count up from the highest in use."""
        call = self.device.add_wifi_network(ssid, security_state="open")
        if not await self.refused(call, None):
            self.model.networks[max(self.model.networks, default=-1) + 1] = ssid

    async def remove_network(self, number: int) -> None:
        """Gone, or not found."""
        unknown = None if number in self.model.networks else 13631491
        if not await self.refused(self.device.remove_wifi_network(number), unknown):
            del self.model.networks[number]

    async def set_proxy(self) -> None:
        """One setting, kept over restarts."""
        if not await self.refused(self.device.configure_proxy(**PROXY), None):
            self.model.proxy = True

    async def delete_proxy(self) -> None:
        """A success whether there is one or not."""
        if not await self.refused(self.device.delete_network_proxy(), None):
            self.model.proxy = False

    async def look(self) -> None:
        """The board tells what the model says, or nothing where it is locked."""
        state = (await self.device.get_manufacturing_state(fresh=True)).manufacturingState
        assert state == self.model.state
        assert STATES.index(state) >= STATES.index(self.seen[-1])
        self.seen.append(state)
        if self.model.locked:
            assert await self.refused(self.device.get_images(), None)
            return
        images = await self.device.get_images()
        applications = {
            part.uid: part.images[0].uid for part in images.components if part.image_type == 10
        }
        assert applications == self.model.installed
        assert images.has_staged_updates == bool(self.model.staged)

    async def look_at_the_network(self) -> None:
        """Networks and proxy are what the model says, in the end."""
        if self.model.locked:
            return
        networks = (await self.device.list_wifi_networks()).values
        assert {network.id: network.ssid for network in networks} == self.model.networks
        assert (await self.device.get_network_proxy()).is_set == self.model.proxy


PROXY: Any = {"enabled": True, "address": "proxy", "port": 1, "no_proxy_addresses": ()}


def answers_nothing_but_the_open_reads(walk: Walk, call_app: Callable[..., Any]) -> int:
    """Go through the whole table on a locked board; return how many calls were open."""
    opened = 0
    for row in DEVICE_ENDPOINTS:
        reply = call_app(walk.app, row.method, row.path.format(**PARAMETERS))
        if row.lock == OPEN:
            opened += 1
            assert reply.status == 200, row.label
        else:
            assert reply.error == (403, LOCKED), row.label
    return opened


def test_boards_keep_their_rules(call_app: Callable[..., Any]) -> None:
    """State, lock, staging area and networks follow the model in any order of calls."""
    counts = {"sequences": 0, "locked": 0, "leftovers": 0}
    limits = settings(
        max_examples=SEQUENCES + 50,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow,),
    )
    with asyncio.Runner() as runner:

        @limits
        @given(sequences)
        def play(sequence: list[tuple[Any, ...]]) -> None:
            walk = Walk()
            runner.run(walk.run(sequence))
            counts["sequences"] += 1
            counts["leftovers"] += bool(walk.model.staged)
            if walk.model.locked:
                counts["locked"] += 1
                assert answers_nothing_but_the_open_reads(walk, call_app) == 7

        play()
    assert counts["sequences"] >= SEQUENCES
    assert counts["locked"] >= SEQUENCES / 50
    assert counts["leftovers"] >= SEQUENCES / 50
