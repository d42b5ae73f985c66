"""A rack of simulated boards on real sockets: one HTTPS server per board, and the local service.

`run_rack` holds everything that must be closed again; within it boards restart, come and go. The
same slots can be called in process through their ASGI applications.
"""

import json
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.domain.clock import timestamp
from orchestrator.simulation.certificates import board_context, make_authority
from orchestrator.simulation.listener import (
    Background,
    HttpListener,
    SlotListener,
    close_all,
    http_config,
)
from orchestrator.simulation.sight import Sight
from orchestrator.simulation.sockets import addresses, listening_socket, listening_sockets
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Happening,
    LocalService,
    SimulatedBoard,
    Slot,
    World,
)
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path

FIRST_ADDRESS = "127.0.35.2"
SERVICE_ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Rack:
    """A running rack: where it answers, and what its boards really are."""

    service_url: str
    https_port: int
    ca_file: Path
    slots: tuple[Slot, ...]
    service: LocalService

    @property
    def boards(self) -> list[SimulatedBoard]:
        """The boards that sit in the slots now, plugged in or not."""
        return [slot.board for slot in self.slots]

    def slot(self, path: str) -> Slot:
        """Return the slot of that USB path. Raises KeyError."""
        return self.service.slots[path]

    def ready_line(self) -> str:
        """Return the JSON line by which other programs find the rack."""
        boards = [
            {
                "slot_path": slot.path,
                "address": slot.address,
                "device_id": slot.board.device_id,
            }
            for slot in self.slots
        ]
        return json.dumps(
            {
                "ready": True,
                "service": self.service_url,
                "https_port": self.https_port,
                "ca_file": str(self.ca_file),
                "boards": boards,
            }
        )


class WorldLog:
    """Appends one JSON line per thing that a board really applied.

    With `sight` each request for good has the highest entry of the audit that could be seen then.
    """

    def __init__(self, path: Path, sight: Sight | None = None) -> None:
        self._path = path
        self._sight = sight

    def __enter__(self) -> Self:
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __call__(self, happening: Happening) -> None:
        """Write `happening` so that a reader sees it at once."""
        row: dict[str, object] = {
            "at": timestamp(happening.at),
            "device_id": happening.device_id,
            "what": happening.what,
            "detail": dict(happening.detail),
        }
        if self._sight is not None and happening.what == "request":
            seen = self._sight.highest()
            row.update({} if seen is None else {"visible": seen})
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


def plain_boards(count: int, seed: int = 0) -> tuple[BoardSpec, ...]:
    """Return `count` good boards in the first slots."""
    return tuple(BoardSpec(slot_path=slot_path(index), seed=seed) for index in range(count))


@asynccontextmanager
async def run_rack(
    specs: Sequence[BoardSpec],
    *,
    first_address: str = FIRST_ADDRESS,
    https_port: int = 0,
    service_port: int = 0,
    ca_file: Path | None = None,
    world: World | None = None,
) -> AsyncIterator[Rack]:
    """Serve `specs` until the block ends. Port 0 means any free one, the same for all boards.

    The CA certificate is written to `ca_file`, or to a temporary file. Raises StationBusy when a
    port is taken, StationFault when one cannot be had, ConfigurationMistakes for the addresses.
    """
    world = world or World()
    places = addresses(first_address, len(specs))
    slots = tuple(Slot(spec, place, world) for spec, place in zip(specs, places, strict=True))
    service = LocalService(slots)
    with ExitStack() as files:
        ca_path, contexts = _certificates(files, ca_file)
        service_socket = listening_socket(SERVICE_ADDRESS, service_port)
        files.callback(service_socket.close)
        sockets = listening_sockets(places, https_port)
        port = sockets[0].getsockname()[1] if sockets else 0
        service_url = f"http://{SERVICE_ADDRESS}:{service_socket.getsockname()[1]}"
        floor = _Floor(service, contexts)
        try:
            await floor.start(service_socket, sockets)
            yield Rack(service_url, port, ca_path, slots, service)
        finally:
            await floor.stop()


class _Floor:
    """Everything of a rack that runs: its listeners and its tasks."""

    def __init__(self, service: LocalService, contexts: Callable[[Slot], ssl.SSLContext]) -> None:
        self._config = http_config()
        self._background = Background()
        self._service = HttpListener(service, self._config, None)
        self._slots = [
            (slot, SlotListener(slot, self._config, contexts, self._background))
            for slot in service.slots.values()
        ]

    async def start(self, service: socket.socket, sockets: Sequence[socket.socket]) -> None:
        """Answer on all sockets, which belong to the listeners from now on."""
        for (slot, listener), own_socket in zip(self._slots, sockets, strict=True):
            if slot.board.spec.attach_after_seconds:
                slot.board.attached = False
            await listener.start(own_socket)
            self._background.start(_plug(slot))
        await self._service.open(service)

    async def stop(self) -> None:
        """Cut everything within a bounded time. Raises what went wrong in the background."""
        for _, listener in self._slots:
            listener.stop()
        boards = [listener.http for _, listener in self._slots if listener.http is not None]
        await close_all([self._service, *boards])
        await self._background.close()


def _certificates(
    stack: ExitStack, ca_file: Path | None
) -> tuple[Path, Callable[[Slot], ssl.SSLContext]]:
    """Make both authorities; return the path of the trusted one and who gets which context."""
    trusted = make_authority()
    if ca_file is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-rack-"))
        ca_file = Path(folder) / "ca.pem"
    ca_file.write_bytes(trusted.pem)
    foreign = make_authority("Someone else")
    contexts: dict[tuple[bool, str], ssl.SSLContext] = {}

    def choose(slot: Slot) -> ssl.SSLContext:
        spec = slot.board.spec
        kind = (spec.untrusted_certificate, spec.certificate_name)
        if kind not in contexts:
            contexts[kind] = board_context(foreign if kind[0] else trusted, kind[1])
        return contexts[kind]

    return ca_file.absolute(), choose


async def _plug(slot: Slot) -> None:
    """Attach and detach the board of a slot when its spec says so."""
    spec = slot.board.spec
    moments = [
        (spec.attach_after_seconds, slot.attach),
        (spec.detach_after_seconds, slot.detach),
    ]
    passed = 0.0
    for moment, act in sorted((m for m in moments if m[0]), key=lambda pair: pair[0]):
        await slot.board.world.sleep(moment - passed)
        passed = moment
        act()
