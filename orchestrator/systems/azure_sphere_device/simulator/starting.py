"""What is on a board, and around it, when it starts: values that a rack file writes down.

Each has the members of one table of the rack file. A recording of a real board is turned into the
same values, so a board that starts from one answers like the board it was taken from.
"""

from dataclasses import dataclass, field
from typing import Literal

from orchestrator.systems.azure_sphere_device import models

SecurityName = Literal["open", "psk", "eaptls"]
CertificateKind = Literal["client", "rootca"]


@dataclass(frozen=True, slots=True)
class LeftoverImage:
    """A component that is already on the board, known by its ids alone.

    `mutable_storage_kb` is the quota of the application, `used_kb` what it has used of it.
    `temporary` components disappear when the board starts again.
    """

    name: str
    component_id: str
    image_id: str
    size_bytes: int = 16384
    image_type: int = 10
    mutable_storage_kb: int = 0
    used_kb: int = 0
    stopped: bool = False
    temporary: bool = False
    data_bytes: int = 0
    replica_type: int = 1


@dataclass(frozen=True, slots=True)
class SavedNetwork:
    """A Wi-Fi network that somebody configured before. `id` -1 takes the next free number."""

    ssid: str
    security: SecurityName = "psk"
    psk: str = field(default="", repr=False)
    config_name: str = ""
    enabled: bool = True
    targeted_scan: bool = False
    client_identity: str = ""
    client_certificate: str = ""
    root_certificate: str = ""
    connected: bool = False
    id: int = -1


@dataclass(frozen=True, slots=True)
class RadioNetwork:
    """A Wi-Fi network in reach of the board.

    `psk` empty lets every key in. A `hidden` one shows an SSID of one NUL in scans and is found by
    targeted scans alone. `signal_level` in dBm, `freq` in MHz. `internet` tells whether the
    board reaches the internet through it.
    """

    ssid: str
    bssid: str = "02:00:00:00:00:01"
    freq: int = 2437
    signal_level: int = -55
    security: SecurityName = "psk"
    psk: str = field(default="", repr=False)
    hidden: bool = False
    internet: bool = True


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """A certificate in the board's store; `size_bytes` is the room it takes there."""

    identifier: str
    kind: CertificateKind = "client"
    subject_name: str = "/CN=left"
    issuer_name: str = "/CN=left"
    not_before: str = "2026-01-01T00:00:00"
    not_after: str = "2036-01-01T00:00:00"
    size_bytes: int = 1024


@dataclass(frozen=True, slots=True)
class ProxySetting:
    """The board's proxy. Credentials belong to `basic` alone."""

    address: str
    port: int = 8080
    enabled: bool = True
    no_proxy_addresses: tuple[str, ...] = ()
    authentication: Literal["anonymous", "basic"] = "anonymous"
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What only a recording of a real board can say, in the models of the wire.

    None or empty: the board makes up its own. Interfaces and network status follow later changes.
    """

    os_parts: tuple[models.ComponentDetails, ...] = ()
    abi_versions: models.AbiVersions | None = None
    firewall: tuple[models.FirewallRuleset, ...] = ()
    interfaces: tuple[models.NetworkInterface, ...] = ()
    failures: tuple[models.ConnectionFailure, ...] = ()
    network_status: models.NetworkStatus | None = None
    wifi_interface: models.WifiInterface | None = None
    memory: models.MemoryStatistics | None = None
    log: bytes | None = None
    telemetry: bytes | None = None
