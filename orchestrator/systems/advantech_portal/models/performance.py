"""Category System Performance: processor and memory."""

from orchestrator.transport.endpoint import WireModel


class CpuInfo(WireModel):
    """What the processor is. `mhz` is its clock in MHz, `cacheSize` is in KiB."""

    cpu: int | None = None
    vendorId: str | None = None
    family: str | None = None
    model: str | None = None
    stepping: int | None = None
    physicalId: str | None = None
    coreId: str | None = None
    cores: int | None = None
    modelName: str | None = None
    mhz: float | None = None
    cacheSize: int | None = None
    flags: list[str] | None = None
    microcode: str | None = None


class Cpu(WireModel):
    """`GET /platform/api/systemperf/cpu`. `usage` is percent, one for each logical processor."""

    info: CpuInfo
    usage: list[float]


class Memory(WireModel):
    """`GET /platform/api/systemperf/memory`: bytes, and percent for `usedPercent`.

    The document says that there are more members and does not name them.
    """

    total: int
    available: int
    used: int
    usedPercent: float
    free: int


class SystemPerf(WireModel):
    """`GET /platform/api/systemperf`."""

    cpu: Cpu
    memory: Memory
