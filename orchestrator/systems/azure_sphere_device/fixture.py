"""Azure Sphere boards on a fixture: the local service says what is attached, a client opens each.

The USB path is the port and belongs to the slot; the address is asked for anew on every poll. The
identity is what the silicon says, always over a fresh connection.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from orchestrator.domain.errors import DeadlineExceeded, LinkFault, UnusableAnswer
from orchestrator.domain.fixture import Attached, UnitLink
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.systems.azure_sphere_device.client import DeviceService, SphereDevice
from orchestrator.transport.client import Transport
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.text import printable
from orchestrator.transport.tls import pinned_context

SYSTEM = "azure_sphere"
"""The naming system of the identities read here."""

_CHECK_SERVICE = "Start the local device service, or correct its address in the settings"

Transports = Callable[[str], Transport | None]
"""Gives what stands in for the network to a base URL; None leaves the network."""


def _real_network(_url: str) -> None:
    """Use the network for every address."""


class SphereLink:
    """An open link to one board; what a step may ask for is its `SphereDevice`."""

    def __init__(self, device: SphereDevice) -> None:
        self._device = device

    @property
    def resources(self) -> Mapping[type[Any], object]:
        """The board's client, keyed by its class."""
        return {SphereDevice: self._device}

    async def identity(self) -> DeviceIdentity:
        """Read the identity from silicon over a fresh connection. Raises StationFault."""
        state = await self._device.get_security_state(fresh=True)
        return DeviceIdentity(SYSTEM, state.deviceIdentifier)


class SphereFixture:
    """The boards that a local service lists.

    `service_url` is where the service answers (`http://localhost:48938`), `ca_file` the pinned
    certificate (PEM) of all boards, read once. Raises ConfigurationMistakes for an unusable file.
    `exchanged` is told of what service and boards answer. Nothing stays open between two polls.
    """

    def __init__(
        self,
        *,
        service_url: str,
        ca_file: Path | str,
        https_port: int = 443,
        transports: Transports | None = None,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._service_url = service_url.rstrip("/")
        self._https_port = https_port
        self._transports = transports or _real_network
        self._exchanged = exchanged
        self._context = pinned_context(Path(ca_file))

    async def attached(self) -> list[Attached]:
        """Return what the service lists right now. Raises StationFault."""
        async with self._service() as service:
            listed = await service.get_attached_devices()
        return [
            Attached(port=device.DeviceConnectionPath, address=self._address(device.IpAddress))
            for device in listed
        ]

    async def rescan(self) -> None:
        """Have the service look for boards again. Raises StationFault."""
        async with self._service() as service:
            await service.rescan_devices()

    def connect(self, attached: Attached) -> AbstractAsyncContextManager[UnitLink]:
        """Return a context that holds a link to the board at `attached.address`."""
        return self._connect(attached)

    @asynccontextmanager
    async def _connect(self, attached: Attached) -> AsyncIterator[UnitLink]:
        device = SphereDevice(
            attached.address,
            context=self._context,
            https_port=self._https_port,
            transport=self._transports(f"https://{attached.address}:{self._https_port}"),
            exchanged=self._exchanged,
        )
        async with device:
            yield SphereLink(device)

    @asynccontextmanager
    async def _service(self) -> AsyncIterator[DeviceService]:
        transport = self._transports(self._service_url)
        service = DeviceService(self._service_url, transport=transport, exchanged=self._exchanged)
        async with service:
            try:
                yield service
            except (LinkFault, DeadlineExceeded) as fault:
                fault.remedy = _CHECK_SERVICE
                raise

    def _address(self, text: str) -> str:
        try:
            return str(IPv4Address(text))
        except ValueError as error:
            raise UnusableAnswer(
                f'The service lists a board at "{printable(text, 60)}", which is no IPv4 address',
                remedy="Restart the local device communication service and scan again",
                where={"peer": f"service {self._service_url}"},
                code="answer.address",
            ) from error
