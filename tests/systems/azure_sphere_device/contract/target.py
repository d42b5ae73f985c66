"""The board that a contract test talks to: a simulated one, or the one named by `--real`."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from orchestrator.systems.azure_sphere_device.client import DeviceService, SphereDevice
from orchestrator.transport.client import Transport


@dataclass(frozen=True)
class Target:
    """Where the board and the local service are, and how long changes may take there."""

    address: str
    service_url: str = "http://localhost:48938"
    https_port: int = 443
    context: ssl.SSLContext | None = None
    simulated: bool = False
    patience_seconds: float = 60.0
    board_transport: Transport | None = field(default=None, repr=False)
    service_transport: Transport | None = field(default=None, repr=False)

    def device(self) -> SphereDevice:
        """Return a client of the board, to be used as an async context."""
        return SphereDevice(
            self.address,
            context=self.context,
            https_port=self.https_port,
            transport=self.board_transport,
        )

    def service(self) -> DeviceService:
        """Return a client of the local service, to be used as an async context."""
        return DeviceService(self.service_url, transport=self.service_transport)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Ask again and again until it holds; fail when the patience ends."""
        pause = 0.001 if self.simulated else 0.25
        with anyio.fail_after(self.patience_seconds):
            while not await holds():  # noqa: ASYNC110  # a board tells nobody when it is done
                await anyio.sleep(pause)
