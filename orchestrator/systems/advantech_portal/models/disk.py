"""Category Disk: disks, their partitions and their S.M.A.R.T. values."""

from typing import Annotated

from pydantic import Field

from orchestrator.transport.endpoint import WireModel, WireRoot


class Partition(WireModel):
    """One mounted partition: bytes, and percent for `usedPercent`."""

    mountPoint: str
    sizeBytes: int
    freeBytes: int
    usedBytes: int
    usedPercent: float
    readOnly: bool


class Partitions(WireRoot[list[Partition]]):
    """`GET /platform/api/perif/disk/partition`."""


class SmartAttribute(WireModel):
    """One S.M.A.R.T. attribute. `value` and `worst` are normalized and must not reach `threshold`.

    A threshold of 0 is no limit. `rawData` are six bytes, the lowest first.
    """

    id: int
    name: str
    statusFlags: int
    value: int
    worst: int
    threshold: int
    rawData: Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=6, max_length=6)]

    @property
    def raw(self) -> int:
        """The six bytes as one number."""
        return int.from_bytes(bytes(self.rawData), "little")

    @property
    def is_past_threshold(self) -> bool:
        """True when the attribute has a limit and has reached it."""
        return self.threshold > 0 and min(self.value, self.worst) <= self.threshold


class Disk(WireModel):
    """One disk; S.M.A.R.T. values when it has any."""

    name: str
    sizeBytes: int
    partitions: list[Partition]
    physicalBlockSizeBytes: int | None = None
    removable: bool | None = None
    vendor: str | None = None
    model: str | None = None
    serialNumber: str | None = None
    firmwareRevision: str | None = None
    mediaType: str | None = None
    smartAttributes: list[SmartAttribute] | None = None


class Disks(WireRoot[list[Disk]]):
    """`GET /platform/api/perif/disk`, and the event `diskdrives`."""
