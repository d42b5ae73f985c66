"""What a host is made of at its start: accounts, sensors, disks, ports, radios, programs.

Frozen values, members of `HostSpec`; the parts of the simulator bring them to life.
"""

from dataclasses import dataclass, field
from typing import Literal

Group = Literal["temperature", "voltage", "current", "fanspeed"]
OperatingSystem = Literal["windows", "linux"]
ServiceStatus = Literal["running", "stopped", "disabled", "unknown"]

FACTORY_PASSWORD = "p@ssw0rd"  # noqa: S105  # the documented default of every host


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system. Only an administrator may restart the computer."""

    name: str
    password: str = field(repr=False)
    administrator: bool = False


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor of the hardware monitor: what it shows, and how far it drifts to either side."""

    group: Group
    name: str
    unit: str
    value: float
    spread: float
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Excursion:
    """For some time a sensor shows `by` more than it would. Seconds count from the start."""

    sensor: str
    after_seconds: float
    lasts_seconds: float
    by: float


@dataclass(frozen=True, slots=True)
class DiskAtStart:
    """A disk. `life_percent` falls with every hour; `hours` is how long it has run so far."""

    model: str = "SQF-S25M4-64G-S9C"
    size_bytes: int = 64017354240
    life_percent: float = 98.0
    wear_percent_per_hour: float = 0.002
    hours: float = 9846.0
    power_cycles: int = 219
    used_percent: float = 25.0
    grows_bytes_per_hour: int = 1 << 20
    smart: bool = True
    bad_sectors: int = 0
    serial_number: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """An Ethernet port. An empty `address` means none; then it waits for one by DHCP."""

    address: str = ""
    prefix: int = 24
    gateway: str = ""
    connected: bool = True
    dhcp: bool = True


@dataclass(frozen=True, slots=True)
class Radio:
    """A Wi-Fi network in reach of the host."""

    ssid: str
    strength_dbm: int = -60
    channel: int = 7
    secured: bool = True


@dataclass(frozen=True, slots=True)
class ServiceAtStart:
    """A service. `process` is the program that it runs; it dies after some seconds, 0: never."""

    name: str
    display_name: str = ""
    description: str = ""
    status: ServiceStatus = "running"
    process: str = ""
    dies_after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the terminal knows beside its own: what it prints, and how it ends."""

    line: str
    output: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of the host's components, with a leading v as the host writes them."""

    auth_server: str = "v1.9.1"
    rest_server: str = "v1.0.1"
    portal_service: str = "v1.0.1"
    edgehub_agent: str = "v1.5.1"
    edgex_helper: str = "v0.6.1"
    api: float = 1.2
