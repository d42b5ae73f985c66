"""Simulated hosts on real sockets: one HTTPS server per host, with event streams and WebSockets.

Each host has an address of its own; all share one port. A host that restarts refuses connections
and cuts those it has; one that gets another address answers there from then on, where this machine
has that address.
"""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from orchestrator.domain.errors import StationFault
from orchestrator.simulation.certificates import (
    Authority,
    HostCertificate,
    host_certificate,
    make_authority,
)
from orchestrator.simulation.listener import (
    Application,
    Background,
    HttpListener,
    close_all,
    http_config,
)
from orchestrator.simulation.sockets import host_addresses, listening_socket, listening_sockets
from orchestrator.systems.advantech_portal.simulator import HostApp, HostSpec, SimulatedHost
from orchestrator.systems.advantech_portal.simulator.spec import FIRST_ADDRESS
from orchestrator.systems.advantech_portal.simulator.streams import EVENT_STREAM
from orchestrator.transport.serving import Receive, Scope, Send, World

AUTHORITY = "Advantech hosts (simulated)"


@dataclass(frozen=True, slots=True)
class RunningHost:
    """A host that answers: its state, its application, and the SHA-256 of its certificate."""

    host: SimulatedHost
    app: HostApp
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Hosts:
    """Running hosts, and where they answer."""

    https_port: int
    ca_file: Path
    running: tuple[RunningHost, ...]

    @property
    def hosts(self) -> list[SimulatedHost]:
        """The hosts in the order of their specs."""
        return [one.host for one in self.running]

    def url(self, index: int = 0) -> str:
        """Return the URL at which a host answers now."""
        address = self.running[index].host.address
        return f"https://{f'[{address}]' if ':' in address else address}:{self.https_port}"

    def facts(self) -> list[dict[str, object]]:
        """Return what other programs need to find each host."""
        return [
            {
                "address": one.host.address,
                "serial_number": one.host.serial,
                "model": one.host.spec.model,
                "hostname": one.host.spec.name,
                "fingerprint": one.fingerprint,
            }
            for one in self.running
        ]

    def ready_line(self) -> str:
        """Return the JSON line by which other programs find the hosts."""
        return json.dumps(
            {
                "ready": True,
                "https_port": self.https_port,
                "ca_file": str(self.ca_file),
                "hosts": self.facts(),
            }
        )


def plain_hosts(
    count: int, *, seed: int = 0, first_address: str = FIRST_ADDRESS, **members: Any
) -> tuple[HostSpec, ...]:
    """Return `count` good hosts at neighbouring addresses. Raises ConfigurationMistakes.

    `members` are those of every spec.
    """
    places = host_addresses(first_address, count)
    return tuple(
        HostSpec(seed=seed, index=index, address=place, **members)
        for index, place in enumerate(places)
    )


@asynccontextmanager
async def run_hosts(
    specs: Sequence[HostSpec],
    *,
    first_address: str = "",
    https_port: int = 0,
    ca_file: Path | None = None,
    world: World | None = None,
) -> AsyncIterator[Hosts]:
    """Serve hosts until the block ends. Port 0 means any free one, the same for all hosts.

    With `first_address` the hosts get that address and those behind it, whatever their specs say.
    The CA certificate is written to `ca_file`, or to a temporary file; hosts that are `self_signed`
    have one of their own making. Raises StationBusy when a port is taken, StationFault when one
    cannot be had, ConfigurationMistakes for the addresses.
    """
    world = world or World()
    if first_address:
        places = host_addresses(first_address, len(specs))
        specs = [replace(spec, address=p) for spec, p in zip(specs, places, strict=True)]
    with ExitStack() as files:
        ca_path, sign = _certificates(files, ca_file)
        listeners: list[HostListener] = []
        background = Background()
        sockets = listening_sockets([spec.address for spec in specs], https_port)
        port = sockets[0].getsockname()[1] if sockets else 0
        running = []
        for spec, own_socket in zip(specs, sockets, strict=True):
            certificate = sign(spec)
            host = SimulatedHost(spec, world)
            app = HostApp(host)
            running.append(RunningHost(host, app, certificate.fingerprint))
            listeners.append(HostListener(host, app, certificate, own_socket))
        try:
            for listener in listeners:
                await listener.start(background)
            yield Hosts(port, ca_path, tuple(running))
        finally:
            for listener in listeners:
                listener.stop()
            await close_all([one.http for one in listeners if one.http is not None])
            await background.close()


class HostListener:
    """Follows the link of one host: open where the host answers, cut when it goes or moves."""

    def __init__(
        self,
        host: SimulatedHost,
        app: Application,
        certificate: HostCertificate,
        listener: socket.socket,
    ) -> None:
        self._host = host
        self._context = certificate.context
        served = _Served(app)
        self._app = served
        self._config = http_config(SocketProtocol, served)
        self._first: socket.socket | None = listener
        self._port = listener.getsockname()[1]
        self._losses = host.link_losses
        self._changed = anyio.Event()
        self._stopped = False
        self._open = False
        self.http: HttpListener | None = None

    async def start(self, background: Background) -> None:
        """Follow the host from now on."""
        self._host.watchers.append(self._notice)
        await self._look()
        background.start(self._follow())

    def stop(self) -> None:
        """Stop following, and cut the link."""
        self._host.watchers.remove(self._notice)
        self._stopped = True
        self._cut()
        if self._first is not None:
            self._first.close()

    def _notice(self) -> None:
        if self._host.link_losses != self._losses:
            self._losses = self._host.link_losses
            self._cut()
        self._changed.set()

    def _cut(self) -> None:
        self._open = False
        if self.http is not None:
            self.http.cut()

    async def _follow(self) -> None:
        while not self._stopped:
            self._changed = anyio.Event()
            await self._look()
            await self._wait()

    async def _look(self) -> None:
        """Let happen what is due, and open where the host answers now."""
        if self._host.link_up and not self._open and not self._stopped:
            # Where this machine has no such address the host is out of reach until it moves.
            with suppress(StationFault):
                await self._listen()

    async def _listen(self) -> None:
        listener, self._first = self._first, None
        if listener is None or listener.getsockname()[0] != self._host.address:
            if listener is not None:
                listener.close()
            listener = listening_socket(self._host.address, self._port)
        self._open = True
        self.http = HttpListener(self._app, self._config, self._context)
        await self.http.open(listener)

    async def _wait(self) -> None:
        """Wait for a change, or for the next thing that happens by itself."""
        host = self._host
        moment = host.next_moment()
        waits = [] if moment is None else [max(0.0, moment - host.now())]
        waits += [host.seconds_until_up] if host.seconds_until_up else []
        if not waits:
            await self._changed.wait()
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_changed, tasks.cancel_scope)
            await host.world.sleep(min(waits))
            tasks.cancel_scope.cancel()

    async def _until_changed(self, scope: anyio.CancelScope) -> None:
        await self._changed.wait()
        scope.cancel()


class _Served:
    """An application before real connections: a stream ends when its reader has gone."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        reads = scope["type"] == "http" and scope["method"] == "GET"
        if not reads or (EVENT_STREAM not in accept and not scope["path"].endswith("/events")):
            await self._app(scope, receive, send)
            return
        broken: list[ConnectionError] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, receive, tasks.cancel_scope)
            try:
                await self._app(scope, _nothing, send)
            except ConnectionError as error:
                broken.append(error)
            tasks.cancel_scope.cancel()
        if broken:
            raise broken[0]


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket whose application may cut the line by raising ConnectionError."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._application: Any = self.app
        self.app = self._serve

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._application(scope, receive, send)
        except (ConnectionError, asyncio.CancelledError):
            # Cancelled only when the hosts stop; uvicorn would log either as a crash.
            self.transport.abort()
        # A refused handshake is complete, too, which uvicorn does not notice.
        self.handshake_complete = True


def _certificates(
    stack: ExitStack, ca_file: Path | None
) -> tuple[Path, Callable[[HostSpec], HostCertificate]]:
    """Make the authority; return the path of its certificate, and what signs for a host."""
    authority: Authority = make_authority(AUTHORITY)
    if ca_file is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="orchestrator-hosts-"))
        ca_file = Path(folder) / "ca.pem"
    ca_file.write_bytes(authority.pem)

    def sign(spec: HostSpec) -> HostCertificate:
        places = dict.fromkeys(place for place in (spec.address, spec.dhcp_address) if place)
        return host_certificate(None if spec.self_signed else authority, [spec.name, *places])

    return ca_file.absolute(), sign
