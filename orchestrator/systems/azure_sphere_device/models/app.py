"""Category App: quota, state and memory of the applications on the board."""

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.transport.endpoint import WireModel

AppStateName = Literal["running", "stopped", "debugging", "notPresent"]
Bytes = Annotated[int, Field(ge=0)]


class AppQuota(WireModel):
    """`GET /app/quota/{componentID}`: mutable storage in KiB, both 0 for an app without any."""

    UsageKB: Annotated[int, Field(ge=0)]
    LimitKB: Annotated[int, Field(ge=0)]


class AppStatus(WireModel):
    """`GET /app/status/{componentID}`: an unknown component is 200 with notPresent."""

    state: AppStateName


class MemoryTotals(WireModel):
    """What all applications use together."""

    currentMemoryUsageInBytes: Bytes
    userModeMemoryUsageInBytes: Bytes
    peakUserModeMemoryUsageInBytes: Bytes


class HeapUser(WireModel):
    """The heap that one library of a process uses."""

    name: str
    usageInBytes: int


class AppProcess(WireModel):
    """One process of an application."""

    pid: int
    heapUsageByCaller: list[HeapUser] = Field(default_factory=list)


class AppMemory(WireModel):
    """One application in the memory statistics."""

    componentId: str
    processes: list[AppProcess] = Field(default_factory=list)


class MemoryStatistics(WireModel):
    """`GET /stats/memory/groups/applications`; only the totals are always there."""

    memoryStats: MemoryTotals
    apps: list[AppMemory] = Field(default_factory=list)


class AppTrigger(WireModel):
    """`PATCH /app/status/{componentID}`."""

    trigger: Literal["start", "startDebug", "stop"]


class AppTriggerAnswer(WireModel):
    """Answer of `PATCH /app/status/{componentID}`; the ports only when debugging."""

    state: AppStateName
    realTimeCore: int | None = None
    gdbPort: int | None = None
    outPort: int | None = None
