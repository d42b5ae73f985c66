"""The device API and the local service as tables, in the order of the vendor's document.

`lock` is the interface description's authorizer: `open` is never locked, `rest` is closed on a
DeviceComplete board without a capability, `development` needs capability 11. Irreversible is what
the step says; a row says only whether a lost request may be repeated.
"""

from pydantic import ConfigDict, RootModel

from orchestrator.systems.azure_sphere_device import models
from orchestrator.transport.endpoint import Empty, Endpoint

OPEN, REST, DEVELOPMENT = "open", "rest", "development"


class AttachedDevices(RootModel[list[models.AttachedDevice]]):
    """`GET /api/service/devices`: a bare list."""

    model_config = ConfigDict(strict=True)


class DeviceCount(RootModel[int]):
    """`PUT /api/service/devices/rescan`: a bare number, how many boards are attached."""

    model_config = ConfigDict(strict=True)


_MANUFACTURING_STATE = "/device/manufacturing_state"

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
GET_APP_STATUS = Endpoint(
    "get_app_status", "getAppStatus", "App", "GET", "/app/status/{componentID}",
    models.AppStatus, since="2.0.0", lock=REST, idempotent=True,
)
SET_APP_STATUS = Endpoint(
    "set_app_status", "setAppStatus", "App", "PATCH", "/app/status/{componentID}",
    models.AppTriggerAnswer, models.AppTrigger, since="2.0.0", lock=REST, idempotent=True,
)
GET_DEVICE_CAPABILITIES = Endpoint(
    "get_device_capabilities", "getDeviceCapabilities", "Capability", "GET",
    "/device/capabilities", models.DeviceCapabilities, since="3.1.0", lock=OPEN, idempotent=True,
)
GET_DEVICE_STATUS = Endpoint(
    "get_device_status", "getDeviceStatus", "Device", "GET", "/status",
    models.DeviceStatus, lock=OPEN, idempotent=True,
)
GET_OS_VERSION = Endpoint(
    "get_os_version", "getDeviceOsVersion", "Device", "GET", "/osversion",
    models.OsVersion, since="4.5.0", lock=OPEN, idempotent=True,
)
GET_SECURITY_STATE = Endpoint(
    "get_security_state", "getDeviceSecurityState", "Device", "GET", "/device/security_state",
    models.SecurityState, lock=OPEN, idempotent=True,
)
RESTART_DEVICE = Endpoint(
    "restart_device", "restartDevice", "Device", "POST", "/restart",
    models.RestartAnswer, lock=REST, settle_seconds=5.0,
)
GET_ABI_VERSIONS = Endpoint(
    "get_abi_versions", "", "Device", "GET", "/abi_versions",
    models.AbiVersions, since="3.1.0", lock=OPEN, idempotent=True,
)
GET_IMAGES = Endpoint(
    "get_images", "getImages", "Image", "GET", "/images",
    models.Images, lock=REST, idempotent=True,
)
GET_MANUFACTURING_STATE = Endpoint(
    "get_manufacturing_state", "getManufacturingState", "Manufacturing", "GET",
    _MANUFACTURING_STATE, models.ManufacturingState, since="3.1.0", lock=OPEN, idempotent=True,
)
SET_MANUFACTURING_STATE = Endpoint(
    "set_manufacturing_state", "setManufacturingState", "Manufacturing", "PUT",
    _MANUFACTURING_STATE, Empty, models.ManufacturingStateChange, since="3.1.0", lock=REST,
    settle_seconds=3.0,
)
DELETE_IMAGE = Endpoint(
    "delete_image", "deleteImage", "Sideload", "DELETE", "/app/image/{componentID}",
    models.RestartAnswer, since="2.0.0", lock=REST, idempotent=True,
)
INSTALL_IMAGES = Endpoint(
    "install_images", "installImages", "Sideload", "POST", "/update/install",
    models.RestartAnswer, models.InstallRequest, since="3.0.0", lock=REST,
    timeout_seconds=60.0, settle_seconds=10.0,
)
STAGE_IMAGE = Endpoint(
    "stage_image", "stageImage", "Sideload", "PUT", "/update/stage",
    Empty, "bytes", since="3.0.0", lock=REST, idempotent=True,
)
LIST_WIFI_NETWORKS = Endpoint(
    "list_wifi_networks", "listWifiNetworks", "Wi-Fi", "GET", "/wifi/config/networks",
    models.WifiNetworks, lock=REST, idempotent=True,
)

# fmt: on

DEVICE_ENDPOINTS: tuple[Endpoint, ...] = (
    GET_APP_STATUS,
    SET_APP_STATUS,
    GET_DEVICE_CAPABILITIES,
    GET_DEVICE_STATUS,
    GET_OS_VERSION,
    GET_SECURITY_STATE,
    RESTART_DEVICE,
    GET_ABI_VERSIONS,
    GET_IMAGES,
    GET_MANUFACTURING_STATE,
    SET_MANUFACTURING_STATE,
    DELETE_IMAGE,
    INSTALL_IMAGES,
    STAGE_IMAGE,
    LIST_WIFI_NETWORKS,
)

# fmt: off
GET_ATTACHED_DEVICES = Endpoint(
    "get_attached_devices", "getAttachedDevices", "Devices", "GET", "/api/service/devices",
    AttachedDevices, idempotent=True, timeout_seconds=5.0,
)
RESCAN_DEVICES = Endpoint(
    "rescan_devices", "", "Devices", "PUT", "/api/service/devices/rescan",
    DeviceCount, idempotent=True, timeout_seconds=30.0,
)

# fmt: on

SERVICE_ENDPOINTS: tuple[Endpoint, ...] = (GET_ATTACHED_DEVICES, RESCAN_DEVICES)
