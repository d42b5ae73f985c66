"""Category Devices: the local service that lists the boards attached to this machine."""

from anyio.abc import AsyncResource

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.retry import RetryPolicy


class DeviceService(AsyncResource):
    """The local service that lists the boards attached to this machine. Plain HTTP on loopback.

    Raises LinkFault, DeadlineExceeded, UnusableAnswer and Refusal.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._http = HttpClient(
            url,
            peer=f"service {url}",
            transport=transport,
            retry=retry,
            exchanged=exchanged,
        )

    async def aclose(self) -> None:
        """Close the connection to the service."""
        await self._http.aclose()

    async def get_attached_devices(self) -> list[models.AttachedDevice]:
        """Return what is attached right now: USB path (the slot) and address."""
        answer: models.AttachedDevices = await self._http.call(endpoints.GET_ATTACHED_DEVICES)
        return answer.root

    async def rescan_devices(self) -> int:
        """Have the service look again; returns how many boards it found."""
        answer: models.DeviceCount = await self._http.call(endpoints.RESCAN_DEVICES)
        return answer.root
