"""Category System Devices: the hardware that the operating system knows."""

from typing import Annotated

from pydantic import ConfigDict, Field

from orchestrator.transport.endpoint import WireModel, WireRoot


class HwDevice(WireModel):
    """One device. `class_` is `class` on the wire, `status` running or stopped in the example."""

    class_: Annotated[str, Field(alias="class")]
    instancePath: str
    name: str
    status: str
    vendorID: str | None = None
    deviceID: str | None = None

    model_config = ConfigDict(serialize_by_alias=True)


class HwDevices(WireRoot[list[HwDevice]]):
    """`GET /platform/api/devmgr`."""
