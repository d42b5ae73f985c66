"""What runs on a host: services, and processes that start and die."""

from dataclasses import dataclass
from typing import Any

from orchestrator.systems.advantech_portal.simulator.drift import share, wander
from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    BAD_PID,
    PROTECTED_PID,
    SERVICE_DISABLED,
    UNKNOWN_PID,
    UNKNOWN_SERVICE,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import ServiceAtStart

_S = ServiceAtStart
LINUX_SERVICES: tuple[ServiceAtStart, ...] = (
    _S("AppHubEdgeService", "AppHub-Edge Service", process="apphub-edge"),
    _S("chrony", "chrony", "NTP client and server", process="chronyd"),
    _S("docker", "Docker", "Application container engine", process="dockerd"),
    _S("ssh", "OpenSSH", "Secure shell server", process="sshd"),
    _S("ModemManager", "Modem Manager", status="stopped", process="ModemManager"),
    _S("bluetooth", "Bluetooth", status="disabled", process="bluetoothd"),
)
WINDOWS_SERVICES: tuple[ServiceAtStart, ...] = (
    _S("AppHubEdgeService", "AppHub-Edge Service", process="AppHubEdge.exe"),
    _S("ALG", "Application Layer Gateway Service", status="stopped", process="alg.exe"),
    _S("W32Time", "Windows Time", "Keeps date and time", process="svchost.exe"),
    _S("Spooler", "Print Spooler", process="spoolsv.exe"),
    _S("RemoteRegistry", "Remote Registry", status="disabled", process="svchost.exe"),
)
_LINUX_CORE = ((1, "systemd", "/sbin/init splash"), (2, "kthreadd", ""))
_WINDOWS_CORE = ((4, "System", ""), (100, "Registry", ""), (416, "smss.exe", ""))


@dataclass(slots=True)
class Service:
    """A service as it is now. `pid` is 0 while it does not run."""

    start: ServiceAtStart
    status: str
    pid: int = 0


@dataclass(slots=True)
class Program:
    """A running process. `service` is the name of the one that it belongs to."""

    pid: int
    name: str
    user: str
    command: str
    began_at: float
    service: str = ""
    core: bool = False


class Software:
    """The services by name, and the processes by pid."""

    def __init__(self, spec: HostSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        windows = spec.os == "windows"
        own = WINDOWS_SERVICES if windows else LINUX_SERVICES
        self._root = "NT AUTHORITY\\SYSTEM" if windows else "root"
        self._core = _WINDOWS_CORE if windows else _LINUX_CORE
        self.services = {one.name: Service(one, one.status) for one in (*own, *spec.services)}
        self.processes: dict[int, Program] = {}
        self._last_pid = 1000

    def start_up(self, at: float) -> None:
        """Start what starts with the computer."""
        self.processes = {
            pid: Program(pid, name, self._root, command, at, core=True)
            for pid, name, command in self._core
        }
        for name in ("rest-server", "auth-server", "portal-service", "edgehub-agent"):
            self._run(name, at)
        for service in self.services.values():
            service.status, service.pid = service.start.status, 0
            if service.status == "running":
                self._begin(service, at)

    def service(self, name: str) -> Service:
        """Return the service of that name. Raises Refused."""
        found = self.services.get(name)
        if found is None:
            raise Refused(UNKNOWN_SERVICE)
        return found

    def control(self, service: Service, action: str, at: float) -> None:
        """Start, stop or restart a service. Raises Refused."""
        if action != "stop" and service.status == "disabled":
            raise Refused(SERVICE_DISABLED)
        if action in {"stop", "restart"} and service.pid:
            self._end(service)
        if action in {"start", "restart"} and not service.pid:
            self._begin(service, at)
        self._report("service", name=service.start.name, action=action, status=service.status)

    def die(self, name: str) -> None:
        """Let the program of a service end by itself."""
        service = self.services[name]
        if service.pid:
            self._end(service)
            self._report("service_died", name=name)

    def program(self, text: str) -> Program:
        """Return the process of that pid. Raises Refused."""
        if not text.isascii() or not text.isdigit() or not 0 < int(text[:12]) < 1 << 31:
            raise Refused(BAD_PID)
        found = self.processes.get(int(text))
        if found is None:
            raise Refused(UNKNOWN_PID)
        return found

    def kill(self, program: Program) -> None:
        """End a process; the service it belongs to stops. Raises Refused for the core."""
        if program.core:
            raise Refused(PROTECTED_PID)
        if program.service:
            self._end(self.services[program.service])
        else:
            del self.processes[program.pid]
        self._report("process_killed", pid=program.pid, name=program.name)

    def shown_services(self) -> list[dict[str, str]]:
        """Return all services as the wire shows them."""
        return [
            {
                "name": one.start.name,
                "displayName": one.start.display_name or one.start.name,
                "description": one.start.description,
                "status": one.status,
            }
            for one in self.services.values()
        ]

    def shown_processes(self, at: float) -> list[dict[str, Any]]:
        """Return all processes as the wire shows them, `at` seconds after the start."""
        return [_shown(one, at) for one in self.processes.values()]

    def _begin(self, service: Service, at: float) -> None:
        name = service.start.process or service.start.name
        service.pid = self._run(name, at, service.start.name)
        service.status = "running"

    def _end(self, service: Service) -> None:
        self.processes.pop(service.pid, None)
        service.pid, service.status = 0, "stopped"

    def _run(self, name: str, at: float, service: str = "") -> int:
        self._last_pid += 1 + int(7 * share(f"{self._spec.index}/{name}/{self._last_pid}"))
        pid = self._last_pid
        self.processes[pid] = Program(pid, name, self._root, f"/usr/bin/{name}", at, service)
        return pid


def _shown(one: Program, at: float) -> dict[str, Any]:
    key = f"{one.name}/{one.pid}"
    found: dict[str, Any] = {
        "pid": one.pid,
        "name": one.name,
        "numThreads": 1 + int(12 * share(key)),
        "memUsage": 0 if one.core else (4 << 20) + int((64 << 20) * share(key)),
        "cpuPercent": round(max(0.0, wander(key, at)), 3),
        "username": one.user,
        "elapsedTime": max(0, int(at - one.began_at)),
    }
    if one.command and not one.core:
        found |= {"ppid": 1, "path": one.command, "cmdline": one.command}
    return found
