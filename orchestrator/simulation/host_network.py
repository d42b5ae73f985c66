"""A network of simulated hosts in one process: whoever calls an address reaches who has it now.

Streams and WebSockets work as on real sockets, everything on the clock of the hosts' world, so that
fifty hosts fit into one test and a day of events passes in seconds.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from orchestrator.systems.advantech_portal.simulator import HostApp, HostSpec, SimulatedHost
from orchestrator.transport.in_process import NotReachable
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import Receive, Scope, Send, World
from orchestrator.transport.websocket import Door, Socket, in_process_sockets


class HostNetwork:
    """Hosts by their present addresses. Ports do not matter here."""

    def __init__(self, specs: Sequence[HostSpec], world: World | None = None) -> None:
        world = world or World()
        self.hosts = [SimulatedHost(spec, world) for spec in specs]
        self._apps = [(host, HostApp(host)) for host in self.hosts]

    def transport(self, url: str) -> StreamingTransport:
        """Return what stands in for the network to a base URL."""
        return StreamingTransport(_Wire(self, _address(url)))

    async def open_socket(self, door: Door) -> Socket:
        """Open a WebSocket, as `transport.websocket.open_socket` does over a real network."""
        return await in_process_sockets(_Wire(self, _address(door.url)))(door)

    def app_at(self, address: str) -> HostApp:
        """Return the application of the host that has an address now. Raises NotReachable."""
        for host, app in self._apps:
            if host.address == address:
                return app
        raise NotReachable(f"nobody answers at {address}")


class _Wire:
    """The way to one address, whoever has it."""

    def __init__(self, network: HostNetwork, address: str) -> None:
        self._network = network
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._network.app_at(self._address)(scope, receive, send)


def _address(url: str) -> str:
    return urlsplit(url).hostname or ""
