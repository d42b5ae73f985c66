"""Category Process Manager: what runs on the computer."""

from orchestrator.transport.endpoint import WireModel, WireRoot


class Process(WireModel):
    """One process. `memUsage` is bytes, `elapsedTime` seconds since it began."""

    pid: int
    name: str
    memUsage: int
    cpuPercent: float
    username: str
    elapsedTime: int
    ppid: int | None = None
    numThreads: int | None = None
    path: str | None = None
    cmdline: str | None = None


class Processes(WireRoot[list[Process]]):
    """`GET /platform/api/processes`, and the event `processes`."""
