"""A board on a clock of its own, called through its ASGI application without any waiting."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.simulation.sample_images import make_image
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Happening,
    LeftoverImage,
    SimulatedBoard,
    StoredCertificate,
    World,
    board_app,
)
from orchestrator.transport.endpoint import Endpoint

APP = "11111111-0000-4000-8000-000000000001"
PARAMETERS = {
    "componentID": APP,
    "identifier": "left",
    "networkInterfaceName": "wlan0",
    "id": "0",
}
FULL = {
    "images": (LeftoverImage("left", APP, "22222222-0000-4000-8000-000000000001"),),
    "certificates": (StoredCertificate("left"),),
    "wifi_networks": ("out of reach",),
}
"""A board on which every read finds something."""


def path_of(row: Endpoint) -> str:
    """Return the address of a row with what a full board has."""
    return row.path.format(**PARAMETERS)


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("the simulator waited for real")


class HandClock:
    """A clock that moves only when somebody sleeps or a test pushes it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return a day that starts with the clock."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the hand-set seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, int]:
        """Status and error number of a refusal."""
        return self.status, self.json["error"]


@dataclass
class Bench:
    """One board and the hands that call it."""

    spec: BoardSpec = field(default_factory=BoardSpec)
    clock: HandClock = field(default_factory=HandClock)
    truth: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def sleep(seconds: float) -> None:
            # Looked up late, so that a test may replace it.
            await self.clock.sleep(seconds)

        world = World(self.clock, sleep, self.truth.append)
        self.board = SimulatedBoard(self.spec, world)
        self.app = board_app(self.board)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | list[Any] = b"",
        content_type: str = "",
    ) -> Reply:
        """Call the board once. Raises LinkDropped where a real link would break."""
        return call(self.app, method, path, body, content_type)

    def stage(self, content: bytes) -> Reply:
        """Upload a package."""
        return self.call("PUT", "/update/stage", content, "application/octet-stream")

    def install(self, mode: str = "Auto") -> Reply:
        """Install what is staged."""
        return self.call("POST", "/update/install", {"appControlMode": mode})

    def sideload(self, **changes: Any) -> Reply:
        """Stage and install one sample application."""
        assert self.stage(sample(**changes)).status == 200
        return self.install()

    def images(self) -> dict[str, Any]:
        """Return the answer of `/images`."""
        images: dict[str, Any] = self.call("GET", "/images").json
        return images

    def applications(self) -> dict[str, str]:
        """Return the image id of each installed application by component id."""
        return {
            part["uid"]: part["images"][0]["uid"]
            for part in self.images()["components"]
            if part["image_type"] == 10
        }

    def set_state(self, state: str) -> Reply:
        """Ask for a manufacturing state."""
        return self.call("PUT", "/device/manufacturing_state", {"manufacturingState": state})

    def facts(self) -> list[str]:
        """Return what really happened, in order."""
        return [happening.what for happening in self.truth]


def call(app: Any, method: str, path: str, body: Any = b"", content_type: str = "") -> Reply:
    """Drive an ASGI application through one request."""
    if not isinstance(body, bytes):
        body, content_type = json.dumps(body).encode(), content_type or "application/json"
    headers = [(b"content-length", str(len(body)).encode())]
    if content_type:
        headers.append((b"content-type", content_type.encode()))
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    chunks = [body[start : start + 4096] for start in range(0, len(body), 4096)] or [b""]
    messages = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    finish(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], head, b"".join(m.get("body", b"") for m in sent[1:]))


def sample(
    component: str = APP, image: str = "22222222-0000-4000-8000-000000000001", **changes: Any
) -> bytes:
    """Make a small signed application."""
    size = changes.pop("size_bytes", 1000)
    return make_image(changes.pop("name", "sample"), component, image, size, **changes)


@pytest.fixture
def bench() -> Bench:
    """A good board in the state Blank."""
    return Bench()


@pytest.fixture
def new_bench() -> Callable[..., Bench]:
    """Make a board with the given members of its spec."""

    def make(**spec: Any) -> Bench:
        return Bench(BoardSpec(**spec))

    return make


@pytest.fixture
def full_bench(new_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Make a board on which every read finds something."""
    return lambda **spec: new_bench(**{**FULL, **spec})


@pytest.fixture
def sample_image() -> Callable[..., bytes]:
    """Make a small signed application."""
    return sample


@pytest.fixture
def fill() -> Callable[[Endpoint], str]:
    """Return the address of a row on a full board."""
    return path_of


@pytest.fixture
def call_app() -> Callable[..., Reply]:
    """Drive any ASGI application through one request."""
    return call
