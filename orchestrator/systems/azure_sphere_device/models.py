"""What goes over the wire to and from a board, member names as the vendor spells them.

The API mixes three spellings (snake_case in `/images`, PascalCase in quota, space and ABI,
camelCase elsewhere); each model keeps its own. Source: interface description 4.6.0.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from orchestrator.transport.endpoint import WireModel

Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{128}$")]
ManufacturingStateName = Literal["Blank", "Module1Complete", "DeviceComplete", "Unknown"]
TargetState = Literal["Module1Complete", "DeviceComplete"]
AppStateName = Literal["running", "stopped", "debugging", "notPresent"]


class ErrorAnswer(WireModel):
    """The body of every refusal: one int32, category in the upper bits (`error >> 20`)."""

    error: int


class DeviceStatus(WireModel):
    """`GET /status`: seconds since boot."""

    uptime: int


class OsVersion(WireModel):
    """`GET /osversion`, since 4.5.0: for instance `22.09`."""

    osversion: str


class SecurityState(WireModel):
    """`GET /device/security_state`: the identity in silicon. Production boards read SECURE."""

    securityState: Literal["TEST", "BLANK", "SECURE", "EOL", "UNKNOWN"]
    deviceIdentifier: DeviceId
    deviceIdentityPublicKey: str | None = None


class DeviceCapabilities(WireModel):
    """`GET /device/capabilities`: numbers; empty means none. Blank boards always show 12."""

    device_capabilities: list[int]


class AbiVersions(WireModel):
    """`GET /abi_versions`: what an image's ABI needs are compared with."""

    SecureWorldRuntime: int
    OSRuntime: int
    ApplicationRuntime: int


class ManufacturingState(WireModel):
    """`GET /device/manufacturing_state`."""

    manufacturingState: ManufacturingStateName


class ManufacturingStateChange(WireModel):
    """`PUT /device/manufacturing_state`: only forward, never back."""

    manufacturingState: TargetState


class ImageDetails(WireModel):
    """One image of a component. Application components have exactly one."""

    uid: str
    length_in_bytes: int
    uncompressed_length_in_bytes: int
    replica_type: int | None = None


class ComponentDetails(WireModel):
    """One component on the board; `image_type` 10 is an application."""

    uid: str
    image_type: int
    is_update_staged: bool
    does_image_type_require_restart: bool
    images: list[ImageDetails]
    name: str | None = None


class Images(WireModel):
    """`GET /images`: all components, staged leftovers and whether an OTA update runs."""

    is_ota_update_in_progress: bool
    has_staged_updates: bool
    restart_required: bool
    components: list[ComponentDetails]


class InstallRequest(WireModel):
    """`POST /update/install`: with Manual the applications stay stopped."""

    appControlMode: Literal["Auto", "Manual"] = "Auto"


class RestartAnswer(WireModel):
    """Answer of install, image deletion and restart: true when the board goes down now."""

    restartingSystem: bool = False


class AppStatus(WireModel):
    """`GET /app/status/{componentId}`: an unknown component is 200 with notPresent."""

    state: AppStateName


class AppTrigger(WireModel):
    """`PATCH /app/status/{componentId}`."""

    trigger: Literal["start", "startDebug", "stop"]


class AppTriggerAnswer(WireModel):
    """Answer of `PATCH /app/status/{componentId}`; the ports only when debugging."""

    state: AppStateName
    realTimeCore: int | None = None
    gdbPort: int | None = None
    outPort: int | None = None


class WifiNetwork(WireModel):
    """One configured Wi-Fi network. Never contains the key."""

    id: int
    configState: Literal["unknown", "enabled", "disabled", "temp-disabled"]
    connectionState: Literal["unknown", "disconnected", "connected"]
    securityState: Literal["unknown", "open", "psk", "eaptls"]
    targetedScan: bool
    ssid: str | None = None
    configName: str | None = None
    clientIdentity: str | None = None
    clientCertStoreIdentifier: str | None = None
    rootCaCertStoreIdentifier: str | None = None


class WifiNetworks(WireModel):
    """`GET /wifi/config/networks`. Refused with 13.18 while wlan0 is down: then nobody knows."""

    values: list[WifiNetwork]


class AttachedDevice(WireModel):
    """One entry of the local service: the address now, and the USB path that is the slot."""

    IpAddress: Annotated[str, Field(min_length=1)]
    DeviceConnectionPath: str
