"""Category Devices, and the capability files that are made for one."""

from base64 import b64decode
from typing import Annotated

from pydantic import Field

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.azure_sphere_cloud.models.common import DeviceId, Guid, Page
from orchestrator.transport.endpoint import WireModel, WireRoot


class Device(WireModel):
    """A device. Tenant, product and group are null until it is claimed and put into a group."""

    DeviceId: DeviceId
    TenantId: str | None = None
    ProductId: Guid | None = None
    DeviceGroupId: Guid | None = None
    ChipSku: int | None = None
    LastAvailableOSVersion: str | None = None
    LastInstalledOSVersion: str | None = None
    LastOSUpdateUTC: str | None = None
    LastUpdateRequestUTC: str | None = None


class DeviceCollection(Page):
    """A page of devices."""

    Items: list[Device]


class DeviceIds(WireRoot[Annotated[list[DeviceId], Field(min_length=1, max_length=1000)]]):
    """The body of a bulk claim."""


class DeviceGroupId(WireRoot[Guid]):
    """The body of a move: the id as a bare JSON string."""


class DeviceCapabilityRequest(WireModel):
    """What a capability file is asked for: 11 application development, 13 field servicing."""

    DeviceId: DeviceId
    Capabilities: list[int]


class DeviceCapabilityResponse(WireModel):
    """A signed capability file in base64."""

    SignedDeviceCapabilityImageBytes: str

    @property
    def content(self) -> bytes:
        """The file itself. Raises UnusableAnswer."""
        return from_base64(self.SignedDeviceCapabilityImageBytes)


def from_base64(text: str) -> bytes:
    """Return the bytes of a capability file. Raises UnusableAnswer for anything but base64."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        content = b""
    if not content:
        raise UnusableAnswer(
            "The cloud's capability file is no base64, or empty",
            remedy="Ask for it again; if it stays, report it",
            code="capability.base64",
        )
    return content
