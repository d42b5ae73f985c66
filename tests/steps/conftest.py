"""A bench for steps: one simulated board in process, its client, and a context that remembers.

Time is a clock that moves a little with every reading and a lot with every simulated wait, so no
test waits for anything.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio.lowlevel
import httpx
import pytest

from orchestrator.domain.errors import UnitChanged
from orchestrator.domain.measurement import Value, measured
from orchestrator.domain.unit import DeviceIdentity, Unit
from orchestrator.recipe.plan import Artifact
from orchestrator.simulation.sample_images import make_image
from orchestrator.steps.table import definitions
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.image_package import inspect_image
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Happening,
    SimulatedBoard,
    World,
    board_app,
)
from orchestrator.transport.retry import RetryPolicy

STEPS = definitions()
ONCE = RetryPolicy(attempts=1)


class SteppingClock:
    """Moves by `step` seconds with every reading, and by what a simulated wait asks for."""

    def __init__(self, step: float = 0.02) -> None:
        self.seconds = 1000.0
        self.step = step

    def now(self) -> datetime:
        """Return wall time that follows the monotonic one."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the next reading."""
        self.seconds += self.step
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let simulated time pass at once."""
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


@dataclass
class Context:
    """What a step sees of its run; refuses what the engine would refuse."""

    clock: SteppingClock
    declared: frozenset[str] = frozenset()
    identity: DeviceIdentity | None = None
    unit: Unit = field(default_factory=Unit)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    measured: dict[str, Value] = field(default_factory=dict)
    progressed: list[tuple[int, int]] = field(default_factory=list)
    attached: dict[str, bytes] = field(default_factory=dict)
    said: str = ""

    def read(self, name: str) -> Any:
        """Return what an attached JSON file says."""
        return json.loads(self.attached[name])

    def measure(self, name: str, value: Value | float) -> None:
        """Take a measurement that the step declares, once."""
        assert name in self.declared, f"{name} is not declared"
        assert name not in self.measured, f"{name} was measured twice"
        self.measured[name] = measured(value)

    def attach(self, name: str, content: bytes, media_type: str) -> None:
        """Remember a file and its media type."""
        assert media_type in {"application/json", "application/octet-stream"}
        self.attached[name] = content

    def progress(self, done: int, total: int) -> None:
        """Remember how far the step said it is."""
        self.progressed.append((done, total))

    def identify(self, identity: DeviceIdentity) -> None:
        """Bind the run, or refuse another board."""
        if self.identity not in {None, identity}:
            raise UnitChanged("another board sits in the slot")
        self.identity = identity

    def already_so(self) -> None:
        """Remember that nothing had to be requested."""
        self.said = "already so"

    def answered(self) -> None:
        """Remember that the request was accepted."""
        self.said = "answered"


class Bench:
    """One simulated board with everything a step needs to work on it."""

    def __init__(self, spec: BoardSpec) -> None:
        self.clock = SteppingClock()
        self.happened: list[Happening] = []
        world = World(clock=self.clock, sleep=self.clock.sleep, report=self.happened.append)
        self.board = SimulatedBoard(spec, world)
        self.device = SphereDevice(
            "127.0.35.2",
            context=None,
            transport=httpx.ASGITransport(app=board_app(self.board)),
            retry=ONCE,
        )
        self.ctx = Context(self.clock)

    async def run(self, uses: str, /, **arguments: Any) -> dict[str, Value]:
        """Run one step as the engine does and return what it measured."""
        definition = STEPS[uses]
        declared = frozenset(each.name for each in definition.signature.measurements)
        self.ctx = replace(self.ctx, declared=declared, measured={}, progressed=[], attached={})
        await definition.function(self.ctx, self.device, **arguments)
        return self.ctx.measured

    def did(self, what: str) -> int:
        """Count how often the board really did `what`."""
        return sum(each.what == what for each in self.happened)


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Bench]]:
    """Make benches: `bench(os_version="22.09", ...)` with the members of a BoardSpec."""
    made: list[Bench] = []

    def make(**spec: Any) -> Bench:
        made.append(Bench(BoardSpec(**{"boot_seconds": 0.5, **spec})))
        return made[-1]

    yield make
    for each in made:
        await each.device.aclose()


def as_artifact(name: str, content: bytes, **facts: str) -> Artifact:
    """Wrap bytes as an artifact of a recipe."""
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(name, f"{name}.bin", digest, content, facts)


def _image(name: str, number: int, **options: Any) -> Artifact:
    component, image = f"c0ffee00-0000-4000-8000-{number:012x}", f"1a9e0000-{number:04x}-4000-8000-"
    image += f"{options.pop('build', 1):012x}"
    content = make_image(name, component, image, options.pop("size_bytes", 4096), **options)
    return as_artifact(name, content, **inspect_image(content))


@pytest.fixture(scope="session")
def image() -> Callable[..., Artifact]:
    """Make signed image packages: `image("blink", 1)`, with the options of `make_image`."""
    return _image


@pytest.fixture(scope="session")
def artifact() -> Callable[..., Artifact]:
    """Wrap bytes as an artifact."""
    return as_artifact


@pytest.fixture(scope="session")
def recipes() -> Path:
    """Return the folder of the shipped recipes."""
    return Path(__file__).parents[2] / "recipes"
