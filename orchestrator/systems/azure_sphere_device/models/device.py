"""Category Device: uptime, OS, identity, restart and what images are compared with."""

from typing import Literal

from orchestrator.systems.azure_sphere_device.models.common import DeviceId
from orchestrator.transport.endpoint import WireModel


class OsVersion(WireModel):
    """`GET /osversion`, since 4.5.0: for instance `22.09`."""

    osversion: str


class SecurityState(WireModel):
    """`GET /device/security_state`: the identity in silicon. Production boards read SECURE."""

    securityState: Literal["TEST", "BLANK", "SECURE", "EOL", "UNKNOWN"]
    deviceIdentifier: DeviceId
    deviceIdentityPublicKey: str | None = None


class DeviceStatus(WireModel):
    """`GET /status`: seconds since boot."""

    uptime: int


class RestartAnswer(WireModel):
    """Answer of install, image deletion and restart: true when the board goes down now."""

    restartingSystem: bool = False


class AbiVersions(WireModel):
    """`GET /abi_versions`: what an image's ABI needs are compared with."""

    SecureWorldRuntime: int
    OSRuntime: int
    ApplicationRuntime: int
