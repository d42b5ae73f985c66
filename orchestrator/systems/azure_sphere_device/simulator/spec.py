"""What a simulated board is at the start and how it misbehaves, as values.

A spec describes; `board.py` brings it to life. Everything that no source settles about real
boards is a member here, so a rack file can switch it.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.systems.azure_sphere_device.models import AbiVersions, ManufacturingStateName
from orchestrator.systems.azure_sphere_device.simulator.faults import Fault
from orchestrator.systems.azure_sphere_device.simulator.recording import spec_members
from orchestrator.systems.azure_sphere_device.simulator.refusals import RefusalRow
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    LeftoverImage,
    ProxySetting,
    RadioNetwork,
    Recorded,
    SavedNetwork,
    StoredCertificate,
)
from orchestrator.transport.recording import Recording

SecurityStateName = Literal["TEST", "BLANK", "SECURE", "EOL", "UNKNOWN"]

_NAMES = uuid.UUID("5b0f3f6e-55c0-4f3b-8f0e-0d4b8f6a7c21")

CERTIFICATE_NAME = "*.devices.sphere.azure.local"
"""The name that clients look for in a board's certificate; the same for all boards."""

RF_TEST_SERVER = "508eddf2-b8c3-4a99-93d9-a045d9a060eb"
"""Component of the RF test server, which must not leave the factory on a board."""


@dataclass(frozen=True, slots=True)
class OsRelease:
    """One OS version with the API and the ABI that come with it (pairs are assumed)."""

    api_version: str
    application_runtime: int


OS_RELEASES: dict[str, OsRelease] = {
    "21.08": OsRelease("4.2.0", 12),
    "22.02": OsRelease("4.3.0", 13),
    "22.07": OsRelease("4.4.0", 14),
    "22.09": OsRelease("4.5.0", 15),
    "22.11": OsRelease("4.6.0", 16),
    "23.05": OsRelease("4.6.0", 17),
    "24.03": OsRelease("4.6.0", 18),
}
# Assumed; images that a line sideloads ask for the application runtime only.
_SECURE_WORLD_RUNTIME, _OS_RUNTIME = 6, 10
DEFAULT_OS_VERSION = "22.11"
NEWEST_RELEASE = OS_RELEASES["24.03"]

OS_PARTS: tuple[tuple[str, int], ...] = (
    ("1bl", 1),
    ("pluton-runtime", 2),
    ("n9-wifi-firmware", 3),
    ("security-monitor", 4),
    ("a7-nw-loader", 5),
    ("a7-nw-dtb", 6),
    ("a7-nw-kernel", 7),
    ("a7-nw-root-filesystem", 8),
    ("gatewayd", 9),
    ("networkd", 9),
    ("azured", 9),
    ("update-cert-store", 22),
    ("trusted-keystore", 19),
)
"""Name and image type of every OS component that `/images` lists."""


def os_component_id(name: str) -> str:
    """Return the component id of an OS part: the same in every release, as on real boards."""
    return str(uuid.uuid5(_NAMES, name))


def os_image_id(version: str, name: str) -> str:
    """Return the image id of an OS part in one release."""
    return str(uuid.uuid5(_NAMES, f"{version}/{name}"))


def os_catalogue(versions: tuple[str, ...] = tuple(OS_RELEASES)) -> dict[str, object]:
    """Return the simulated releases in the shape of the vendor's list of OS versions."""
    return {
        "versions": [
            {
                "name": version,
                "images": [
                    {"cid": os_component_id(name), "iid": os_image_id(version, name)}
                    for name, _ in OS_PARTS
                ],
            }
            for version in versions
        ]
    }


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """How one board is when the rack starts. Times in seconds, sizes and rates in bytes.

    `link_bytes_per_second` 0 means as fast as it goes; `api_version` empty means that of the OS.
    `staged` are images that somebody staged and never installed. `radio` are the Wi-Fi networks
    in reach. `attach_after_seconds` and `detach_after_seconds` count from the start of the rack,
    0: there from the start, and for good. `refusals` replace those of the same name. The members
    that decide what no source settles are explained in `inferences.py`.
    """

    slot_path: str = "1111"
    seed: int = 0
    generation: int = 0
    device_id: str = ""
    os_version: str = DEFAULT_OS_VERSION
    api_version: str = ""
    security_state: SecurityStateName = "SECURE"
    manufacturing_state: ManufacturingStateName = "Blank"
    capabilities: tuple[int, ...] = ()
    images: tuple[LeftoverImage, ...] = ()
    staged: tuple[LeftoverImage, ...] = ()
    certificates: tuple[StoredCertificate, ...] = ()
    wifi_networks: tuple[str | SavedNetwork, ...] = ()
    radio: tuple[RadioNetwork, ...] = ()
    wifi_up: bool = True
    ethernet: bool = False
    power_savings: bool = False
    proxy: ProxySetting | None = None
    log_bytes: int = 4096
    telemetry_bytes: int = 256
    uptime_seconds: float = 90.0
    boot_seconds: float = 1.0
    restart_delay_seconds: float = 0.1
    answer_seconds: float = 0.0
    install_seconds: float = 0.0
    wifi_connect_seconds: float = 3.0
    wifi_initialising_seconds: float = 0.0
    interface_change_seconds: float = 0.5
    link_bytes_per_second: int = 0
    component_limit_bytes: int = 1 << 20
    image_type_limits: tuple[tuple[int, int], ...] = ()
    application_flash_bytes: int = 1 << 20
    mutable_storage_limit_kb: int = 64
    certificate_store_bytes: int = 24514
    certificate_overhead_bytes: int = 0
    certificate_replaced: bool = True
    certificate_type_any_case: bool = True
    wifi_network_limit: int = 37
    wifi_down_refuses_all: bool = True
    unique_networks: bool = False
    unique_config_names: bool = False
    patchable_interfaces: tuple[str, ...] = ("wlan0", "eth0")
    update_seconds: float = 0.0
    update_after_seconds: float = 0.0
    unreachable: bool = False
    untrusted_certificate: bool = False
    certificate_name: str = CERTIFICATE_NAME
    listed_while_restarting: bool = True
    attach_after_seconds: float = 0.0
    detach_after_seconds: float = 0.0
    direct_device_complete: bool = True
    state_change_locked: bool = True
    rf_test_states: tuple[ManufacturingStateName, ...] = ("Blank",)
    reopening_capabilities: tuple[int, ...] = (11, 13)
    closed_to_servicing: tuple[str, ...] = ()
    app_control_needs_capability: bool = False
    os_delete_refused: bool = True
    bad_image_stays_staged: bool = True
    faults: tuple[Fault, ...] = ()
    refusals: tuple[RefusalRow, ...] = ()
    recorded: Recorded | None = None

    @classmethod
    def from_recording(cls, recording: Recording, **own: Any) -> "BoardSpec":
        """Return a board that starts as the recorded one was; members in `own` win.

        Raises InputMistakes when the recording cannot be used.
        """
        return cls(**{**spec_members(recording), **own})

    @property
    def identity(self) -> str:
        """The device id: as given, else derived from seed, slot and generation."""
        if self.device_id:
            return self.device_id.lower()
        source = f"{self.seed}/{self.slot_path}/{self.generation}"
        return hashlib.sha512(source.encode()).hexdigest()

    @property
    def release(self) -> OsRelease:
        """The OS release, the newest known one for a version that is not in the table."""
        return OS_RELEASES.get(self.os_version, NEWEST_RELEASE)

    @property
    def abi_versions(self) -> AbiVersions:
        """What this OS offers to images."""
        recorded = self.recorded.abi_versions if self.recorded else None
        return recorded or AbiVersions(
            SecureWorldRuntime=_SECURE_WORLD_RUNTIME,
            OSRuntime=_OS_RUNTIME,
            ApplicationRuntime=self.release.application_runtime,
        )


def slot_path(index: int) -> str:
    """Return the USB path of the `index`-th slot, four ports to a hub: 1111, 1112, 1113 ..."""
    digits = ""
    while index or len(digits) < 4:
        digits = str(index % 4 + 1) + digits
        index //= 4
    return digits
