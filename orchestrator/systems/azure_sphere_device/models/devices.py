"""Category Devices: what the local service of this machine lists."""

from typing import Annotated

from pydantic import ConfigDict, FailFast, Field, RootModel

from orchestrator.transport.endpoint import WireModel


class AttachedDevice(WireModel):
    """One entry of the local service: the address now, and the USB path that is the slot."""

    IpAddress: Annotated[str, Field(min_length=1)]
    DeviceConnectionPath: str


class AttachedDevices(RootModel[Annotated[list[AttachedDevice], FailFast()]]):
    """`GET /api/service/devices`: a bare list."""

    model_config = ConfigDict(strict=True)


class DeviceCount(RootModel[int]):
    """`PUT /api/service/devices/rescan`: a bare number, how many boards are attached."""

    model_config = ConfigDict(strict=True)
