"""One board and the local service, as typed objects: one method per row of the tables.

Methods stand in the order of the vendor's categories. Each object belongs to one board: address,
connection and API version are its own, never shared. What a value means for a recipe is the
steps' business.
"""

import re
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID

from orchestrator.domain.errors import NotSupported, StationMisuse
from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.errors import refusal_from
from orchestrator.transport.client import HttpClient, Progress, Transport
from orchestrator.transport.endpoint import Empty, Endpoint
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.text import printable

SERVER_NAME = "*.devices.sphere.azure.local"
"""The name every board's certificate carries, asked for literally as the vendor's client does."""

LINK_BYTES_PER_SECOND = 80_000
"""What the service UART carries at 921,600 baud after SLIP, TCP and TLS."""

STAGE_BASE_SECONDS = 20.0
_STAGE_MARGIN = 1.5

_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")


def stage_deadline_seconds(size_bytes: int) -> float:
    """Return how long an upload of `size_bytes` may take over the service link."""
    return STAGE_BASE_SECONDS + _STAGE_MARGIN * size_bytes / LINK_BYTES_PER_SECOND


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _component(component_id: str) -> dict[str, str]:
    """Return the path parameters for a component, in the one spelling of its id."""
    try:
        return {"componentID": str(UUID(component_id))}
    except ValueError as error:
        raise StationMisuse(
            f'"{printable(component_id, 60)}" is no component id',
            remedy="Give 8-4-4-4-12 hexadecimal digits, as the image package shows them",
        ) from error


class SphereDevice:
    """One board. Use it as an async context, or close it with `aclose`.

    Every method raises LinkFault, DeadlineExceeded, UnusableAnswer, DeviceRefusal or BoardFault
    (see `errors`), and NotSupported before anything is sent when the board's API version, once
    known, is older than the call. Certificate and name are always verified; the name says that a
    board answers, not which one: that is `get_security_state`.
    """

    def __init__(
        self,
        address: str,
        *,
        context: ssl.SSLContext | None,
        https_port: int = 443,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._api_version: str | None = None
        self._http = HttpClient(
            f"https://{address}:{https_port}",
            peer=f"board {address}",
            context=context,
            server_name=SERVER_NAME,
            transport=transport,
            refuse=refusal_from,
            observe=self._observe,
            retry=retry,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection to the board."""
        await self._http.aclose()

    @property
    def api_version(self) -> str | None:
        """The interface version the board's last reply named, for instance `4.6.0`."""
        return self._api_version

    def _observe(self, headers: Mapping[str, str]) -> None:
        version = headers.get("rest-api-version", "").strip()
        if _VERSION.fullmatch(version):
            self._api_version = version

    async def _call(self, endpoint: Endpoint, **options: Any) -> Any:
        known = self._api_version
        if known and endpoint.since and _as_numbers(known) < _as_numbers(endpoint.since):
            raise NotSupported(
                f"{endpoint.label} needs device API {endpoint.since}, this board answers {known}",
                remedy="Update the board's OS, or choose a recipe step that older boards know",
                code="api_version",
            )
        return await self._http.call(endpoint, **options)

    # App

    async def get_app_status(self, component_id: str) -> models.AppStatus:
        """Return the state of an application; one that the board lacks is `notPresent`."""
        answer: models.AppStatus = await self._call(
            endpoints.GET_APP_STATUS, path=_component(component_id)
        )
        return answer

    async def set_app_status(
        self, component_id: str, trigger: Literal["start", "startDebug", "stop"]
    ) -> models.AppTriggerAnswer:
        """Start or stop an application; needs the application development capability."""
        answer: models.AppTriggerAnswer = await self._call(
            endpoints.SET_APP_STATUS,
            path=_component(component_id),
            body=models.AppTrigger(trigger=trigger),
        )
        return answer

    # Capability

    async def get_device_capabilities(self) -> models.DeviceCapabilities:
        """Return the capability numbers; a Blank board always shows 12 (RF test)."""
        answer: models.DeviceCapabilities = await self._call(endpoints.GET_DEVICE_CAPABILITIES)
        return answer

    # Device

    async def get_device_status(self) -> models.DeviceStatus:
        """Return the seconds since boot. Smaller than before is the proof of a restart."""
        answer: models.DeviceStatus = await self._call(endpoints.GET_DEVICE_STATUS)
        return answer

    async def get_os_version(self) -> models.OsVersion:
        """Return the OS release, for instance `22.09`; boards know it since API 4.5.0."""
        answer: models.OsVersion = await self._call(endpoints.GET_OS_VERSION)
        return answer

    async def get_security_state(self, fresh: bool = False) -> models.SecurityState:
        """Return the identity in silicon; `fresh` asks over a connection of its own."""
        answer: models.SecurityState = await self._call(endpoints.GET_SECURITY_STATE, fresh=fresh)
        return answer

    async def restart_device(self) -> models.RestartAnswer:
        """Restart the board. It answers first and goes down afterwards."""
        answer: models.RestartAnswer = await self._call(endpoints.RESTART_DEVICE)
        return answer

    async def get_abi_versions(self) -> models.AbiVersions:
        """Return the runtime versions that an image's needs are compared with."""
        answer: models.AbiVersions = await self._call(endpoints.GET_ABI_VERSIONS)
        return answer

    # Image

    async def get_images(self) -> models.Images:
        """Return all components, staged leftovers and whether an update runs."""
        answer: models.Images = await self._call(endpoints.GET_IMAGES)
        return answer

    # Manufacturing

    async def get_manufacturing_state(self, fresh: bool = False) -> models.ManufacturingState:
        """Return the manufacturing state; never locked. `Unknown` is a failed read."""
        answer: models.ManufacturingState = await self._call(
            endpoints.GET_MANUFACTURING_STATE, fresh=fresh
        )
        return answer

    async def set_manufacturing_state(self, state: models.TargetState) -> Empty:
        """Move the board forward for good. Sent once, over a connection of its own."""
        answer: Empty = await self._call(
            endpoints.SET_MANUFACTURING_STATE,
            body=models.ManufacturingStateChange(manufacturingState=state),
            fresh=True,
        )
        return answer

    # Sideload

    async def delete_image(self, component_id: str) -> models.RestartAnswer:
        """Delete a component; one that the board lacks is a success too."""
        answer: models.RestartAnswer = await self._call(
            endpoints.DELETE_IMAGE, path=_component(component_id)
        )
        return answer

    async def install_images(
        self, mode: Literal["Auto", "Manual"] = "Auto"
    ) -> models.RestartAnswer:
        """Install whatever is staged; `Manual` leaves the applications stopped."""
        answer: models.RestartAnswer = await self._call(
            endpoints.INSTALL_IMAGES, body=models.InstallRequest(appControlMode=mode)
        )
        return answer

    async def stage_image(self, content: bytes, progress: Progress | None = None) -> Empty:
        """Upload an image package. The deadline follows its size.

        `progress` is called with the bytes sent so far and their total.
        """
        answer: Empty = await self._call(
            endpoints.STAGE_IMAGE,
            body=content,
            timeout_seconds=stage_deadline_seconds(len(content)),
            progress=progress,
        )
        return answer

    # Wi-Fi

    async def list_wifi_networks(self) -> models.WifiNetworks:
        """Return the configured networks; refused (13.18) while the interface is down."""
        answer: models.WifiNetworks = await self._call(endpoints.LIST_WIFI_NETWORKS)
        return answer


class DeviceService:
    """The local service that lists the boards attached to this machine. Plain HTTP on loopback.

    Raises LinkFault, DeadlineExceeded, UnusableAnswer and Refusal.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._http = HttpClient(url, peer=f"service {url}", transport=transport, retry=retry)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

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
