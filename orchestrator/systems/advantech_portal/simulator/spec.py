"""What a simulated host is at the start and how it misbehaves, as values.

A spec describes; `host.py` brings it to life. Everything that no source settles about real hosts
is a member here, explained in `inferences.py`.
"""

import hashlib
import uuid
from dataclasses import dataclass, field

from orchestrator.systems.advantech_portal.simulator.catalogue import FULL, MODELS, Model
from orchestrator.systems.advantech_portal.simulator.faults import Fault
from orchestrator.systems.advantech_portal.simulator.refusals import RefusalRow
from orchestrator.systems.advantech_portal.simulator.starting import (
    FACTORY_PASSWORD,
    Account,
    Command,
    DiskAtStart,
    Excursion,
    OperatingSystem,
    Port,
    Radio,
    ServiceAtStart,
    Versions,
)

FIRST_ADDRESS = "127.0.36.2"
ACCOUNTS = (Account("engineer", "Engineer-1", administrator=True), Account("viewer", "Viewer-1"))
EVENT_PERIODS = (
    ("diskdrives", 60.0),
    ("hwmon", 1.0),
    ("netifaces", 5.0),
    ("processes", 5.0),
    ("pwrstatus", 10.0),
    ("systemperf", 2.0),
)
_MAKER = "00:0b:ab"


@dataclass(frozen=True, slots=True)
class HostSpec:
    """How one host is when it is first switched on. Times in seconds.

    `seed` and `index` make its identities and all its chance; `serial_number`, `hostname` and
    `bios_serial_number` that are empty are made from them, or from the serial number. `address` is
    that of its first port, over which it is managed, and `dhcp_address` the one that this port gets
    by DHCP, empty for the same. `lacks` takes features away from its model.

    `loopback` is a plug that ties pin k to pin k + half of them; `wires` are further ties, each
    from an output to an input. `clock_offset_seconds` is how far its clock goes wrong, and
    `clock_synchronised` whether a time server keeps it. `edgehub_hosts` are the brokers that can
    be reached, empty for all. `etp_password` that is not empty means that its user area is locked.
    `self_signed` hosts have a certificate of their own making. `answer_seconds` is how long every
    answer takes.
    """

    model: str = FULL.name
    lacks: tuple[str, ...] = ()
    seed: int = 0
    index: int = 0
    os: OperatingSystem = "linux"
    serial_number: str = ""
    hostname: str = ""
    bios_serial_number: str = ""
    bios_version: str = "V1.30"
    image_version: str = "6.04 Build 005"
    versions: Versions = field(default_factory=Versions)
    accounts: tuple[Account, ...] = ACCOUNTS
    admin_password: str = field(default=FACTORY_PASSWORD, repr=False)
    address: str = FIRST_ADDRESS
    dhcp_address: str = ""
    ports: tuple[Port, ...] = ()
    radios: tuple[Radio, ...] = (Radio("line-5"), Radio("guests", -85, 11))
    wifi_profiles: tuple[str, ...] = ("line-5",)
    excursions: tuple[Excursion, ...] = ()
    disks: tuple[DiskAtStart, ...] = (DiskAtStart(),)
    power_inputs: tuple[bool, bool] = (True, True)
    loopback: bool = True
    wires: tuple[tuple[int, int], ...] = ()
    services: tuple[ServiceAtStart, ...] = ()
    commands: tuple[Command, ...] = ()
    user_space_1: str = ""
    user_space_2: str = ""
    etp_password: str = field(default="", repr=False)
    edgehub_hosts: tuple[str, ...] = ()
    certificate_revoked: bool = False
    storm_detected: bool = False
    clock_offset_seconds: float = 0.0
    clock_synchronised: bool = True
    utc_offset_minutes: int = 480
    uptime_seconds: float = 851779.0
    boot_count: int = 22862
    answer_seconds: float = 0.0
    self_signed: bool = False

    default_password_closes: bool = True
    attempts_before_lock: int = 5
    lock_seconds: float = 300.0
    token_seconds: float = 3600.0
    login_cookie: bool = True
    logout_ends_token: bool = False
    password_change_ends_tokens: bool = False
    tokens_survive_reboot: bool = True
    longest_password_bytes: int = 64
    collective_values_as_text: bool = True
    collective_spells_vcore: bool = True
    event_ids: bool = True
    kept_events: int = 1024
    event_periods: tuple[tuple[str, float], ...] = EVENT_PERIODS
    stream_begins_with_present: bool = True
    query_token_everywhere: bool = True
    input_level_refused: bool = True
    watchdog_fed_by_agent: bool = True
    watchdog_stays_armed: bool = False
    etp_lock_needs_open: bool = False
    etp_unlocks: bool = True
    conncfg_shows_secrets: bool = True
    edgehub_connect_seconds: float = 2.0
    first_display: int = 0
    desktop_seconds: float = 60.0
    terminal_needs_hello: bool = False
    boot_seconds: float = 5.0
    restart_delay_seconds: float = 0.5
    network_apply_seconds: float = 0.5
    service_seconds: float = 0.2

    faults: tuple[Fault, ...] = ()
    refusals: tuple[RefusalRow, ...] = ()

    @property
    def kind(self) -> Model:
        """The features of its model; a model that is not in the catalogue has everything."""
        return MODELS.get(self.model, FULL)

    @property
    def serial(self) -> str:
        """The serial number: as given, else made from seed and index."""
        return self.serial_number or f"KSA{int(self.digest('serial')[:12], 16) % 10**7:07d}"

    @property
    def name(self) -> str:
        """The host's name in the network."""
        return self.hostname or f"{self.model.split('-')[0].lower()}-{self.serial[-4:].lower()}"

    def has(self, feature: str) -> bool:
        """Tell whether the host has that feature of the catalogue."""
        kind = self.kind
        there = {
            "hwmon": bool(kind.sensors),
            "led": kind.leds > 0,
            "gpio": kind.pins > 0,
            "watchdog": kind.watchdog is not None,
            "brightness": kind.brightness is not None,
            "display": kind.displays > 0,
            "display_switch": kind.display_switch,
            "redundant_power": kind.redundant_power,
            "etp": kind.etp,
            "disk": kind.disks,
            "wifi": kind.wifi,
            "apphub": kind.apphub,
            "edgebus": kind.edgebus,
            "processes": True,
        }
        return there[feature] and feature not in self.lacks

    def digest(self, what: str) -> str:
        """Return hexadecimal digits that belong to `what` on this host, always the same."""
        return hashlib.sha256(f"host/{self.seed}/{self.index}/{what}".encode()).hexdigest()

    def guid(self, what: str) -> str:
        """Return a GUID that belongs to `what` on this host, always the same."""
        return str(uuid.UUID(self.digest(what)[:32], version=4))

    def mac(self, port: int) -> str:
        """Return the hardware address of a port, with colons."""
        tail = self.digest("mac")[:4]
        return f"{_MAKER}:{tail[:2]}:{tail[2:]}:{port:02x}"
