"""The device API and the local service as tables, in the order of the vendor's document.

`lock` is the interface description's authorizer: `open` is never locked, `rest` is closed on a
DeviceComplete board without a capability, `development` needs capability 11. Irreversible is what
the step says; a row says only whether a lost request may be repeated.
"""

from dataclasses import dataclass

from orchestrator.systems.azure_sphere_device import models
from orchestrator.transport.endpoint import Empty, Endpoint

OPEN, REST, DEVELOPMENT = "open", "rest", "development"

_COMPONENT = "{componentID}"
_CERTIFICATES = "/certstore/certs"
_CERTIFICATE = "/certstore/certs/{identifier}"
_TELEMETRY = "/telemetry"
_MANUFACTURING_STATE = "/device/manufacturing_state"
_PROXY = "/net/proxy"
_INTERFACES = "/net/interfaces"
_INTERFACE = "/net/interfaces/{networkInterfaceName}"
_FAILURES = "/wifi/diagnostics/networks"
_NETWORKS = "/wifi/config/networks"
_NETWORK = "/wifi/config/networks/{id}"
_WIFI_INTERFACE = "/wifi/interface"

_LOG_CAP_BYTES = 8 << 20
_BLOB_SECONDS = 60.0  # a megabyte takes 13 s over the service link

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
GET_APP_QUOTA = Endpoint(
    "get_app_quota", "getAppQuota", "App", "GET", f"/app/quota/{_COMPONENT}",
    models.AppQuota, since="3.1.0", lock=REST, idempotent=True,
)
GET_APP_STATUS = Endpoint(
    "get_app_status", "getAppStatus", "App", "GET", f"/app/status/{_COMPONENT}",
    models.AppStatus, since="2.0.0", lock=REST, idempotent=True,
)
GET_MEMORY_STATISTICS = Endpoint(
    "get_memory_statistics", "getMemoryStatistics", "App", "GET",
    "/stats/memory/groups/applications", models.MemoryStatistics, since="4.3.0",
    lock=DEVELOPMENT, idempotent=True,
)
SET_APP_STATUS = Endpoint(
    "set_app_status", "setAppStatus", "App", "PATCH", f"/app/status/{_COMPONENT}",
    models.AppTriggerAnswer, models.AppTrigger, since="2.0.0", lock=REST, idempotent=True,
)
GET_DEVICE_CAPABILITIES = Endpoint(
    "get_device_capabilities", "getDeviceCapabilities", "Capability", "GET",
    "/device/capabilities", models.DeviceCapabilities, since="3.1.0", lock=OPEN, idempotent=True,
)
ADD_CERTIFICATE = Endpoint(
    "add_certificate", "addCertificate", "Certificate", "POST", _CERTIFICATE,
    Empty, models.CertificateUpload, lock=REST, confidential=True,
)
LIST_CERTIFICATES = Endpoint(
    "list_certificates", "listCertificates", "Certificate", "GET", _CERTIFICATES,
    models.CertificateIdentifiers, lock=REST, idempotent=True,
)
GET_CERTIFICATE = Endpoint(
    "get_certificate", "getCertificate", "Certificate", "GET", _CERTIFICATE,
    models.CertificateDetails, lock=REST, idempotent=True,
)
GET_CERTIFICATE_SPACE = Endpoint(
    "get_certificate_space", "getCertificateSpace", "Certificate", "GET", "/certstore/space",
    models.CertificateSpace, lock=REST, idempotent=True,
)
REMOVE_CERTIFICATE = Endpoint(  # repeated after success it would be refused: not found
    "remove_certificate", "removeCertificate", "Certificate", "DELETE", _CERTIFICATE,
    Empty, lock=REST,
)
CLEAR_ERROR_REPORT_DATA = Endpoint(
    "clear_error_report_data", "clearErrorReportData", "Device", "DELETE", _TELEMETRY,
    Empty, since="3.1.0", lock=REST, idempotent=True,
)
GET_OS_VERSION = Endpoint(
    "get_os_version", "getDeviceOsVersion", "Device", "GET", "/osversion",
    models.OsVersion, since="4.5.0", lock=OPEN, idempotent=True,
)
GET_SECURITY_STATE = Endpoint(
    "get_security_state", "getDeviceSecurityState", "Device", "GET", "/device/security_state",
    models.SecurityState, lock=OPEN, idempotent=True,
)
GET_DEVICE_STATUS = Endpoint(
    "get_device_status", "getDeviceStatus", "Device", "GET", "/status",
    models.DeviceStatus, lock=OPEN, idempotent=True,
)
GET_DIAGNOSTIC_LOG = Endpoint(
    "get_diagnostic_log", "getDiagnosticLog", "Device", "GET", "/log",
    None, since="1.2.0", lock=REST, idempotent=True,
    timeout_seconds=_BLOB_SECONDS, answer_cap_bytes=_LOG_CAP_BYTES,
)
GET_ERROR_REPORT_DATA = Endpoint(
    "get_error_report_data", "getErrorReportData", "Device", "GET", _TELEMETRY,
    None, since="3.1.0", lock=REST, idempotent=True, timeout_seconds=_BLOB_SECONDS,
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
CONFIGURE_PROXY = Endpoint(
    "configure_proxy", "configureProxy", "Network", "POST", _PROXY,
    models.NetworkProxy, models.ProxyConfiguration, lock=REST, idempotent=True,
    confidential=True,
)
DELETE_NETWORK_PROXY = Endpoint(
    "delete_network_proxy", "deleteNetworkProxy", "Network", "DELETE", _PROXY,
    Empty, lock=REST, idempotent=True,
)
LIST_CONNECTION_FAILURES = Endpoint(
    "list_connection_failures", "listConnectionFailures", "Network", "GET", _FAILURES,
    models.ConnectionFailures, lock=REST, idempotent=True,
)
LIST_NETWORK_INTERFACES = Endpoint(
    "list_network_interfaces", "listNetworkInterfaces", "Network", "GET", _INTERFACES,
    models.NetworkInterfaces, since="3.1.0", lock=REST, idempotent=True,
)
GET_CONNECTION_FAILURE = Endpoint(
    "get_connection_failure", "getConnectionFailure", "Network", "GET", _FAILURES + "/{id}",
    models.ConnectionFailure, lock=REST, idempotent=True,
)
GET_FIREWALL_RULESETS = Endpoint(
    "get_firewall_rulesets", "getFirewallRulesets", "Network", "GET", "/net/firewall/rulesets",
    models.FirewallRulesets, since="4.1.0", lock=REST, idempotent=True,
)
GET_NETWORK_INTERFACE = Endpoint(
    "get_network_interface", "getNetworkInterface", "Network", "GET", _INTERFACE,
    models.NetworkInterface, since="3.1.0", lock=REST, idempotent=True,
)
GET_NETWORK_PROXY = Endpoint(
    "get_network_proxy", "getNetworkProxy", "Network", "GET", _PROXY,
    models.NetworkProxy, lock=REST, idempotent=True, confidential=True,
)
GET_NETWORK_STATUS = Endpoint(
    "get_network_status", "getNetworkStatus", "Network", "GET", "/net/status",
    models.NetworkStatus, since="3.1.0", lock=OPEN, idempotent=True,
)
SET_NETWORK_INTERFACE = Endpoint(  # the vendor's client says 3.1.0; the version history, 4.3.0
    "set_network_interface", "setNetworkInterface", "Network", "PATCH", _INTERFACE,
    Empty, models.NetworkInterfaceChange, since="4.3.0", lock=REST, idempotent=True,
    settle_seconds=5.0,
)
DELETE_IMAGE = Endpoint(
    "delete_image", "deleteImage", "Sideload", "DELETE", f"/app/image/{_COMPONENT}",
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
ADD_WIFI_NETWORK = Endpoint(  # the document says GET and 200; boards take POST and answer 201
    "add_wifi_network", "addWifiNetwork", "Wi-Fi", "POST", _NETWORKS,
    models.WifiNetwork, models.WifiNetworkRequest, lock=REST, success=(200, 201),
    confidential=True,
)
CHANGE_WIFI_NETWORK = Endpoint(
    "change_wifi_network", "changeWifiNetwork", "Wi-Fi", "PATCH", _NETWORK,
    models.WifiNetwork, models.WifiNetworkChange, lock=REST, idempotent=True, confidential=True,
)
CHANGE_WIFI_INTERFACE_STATE = Endpoint(
    "change_wifi_interface_state", "changeWifiInterfaceState", "Wi-Fi", "PATCH", _WIFI_INTERFACE,
    Empty, models.WifiInterfaceChange, lock=REST, idempotent=True, settle_seconds=5.0,
)
LIST_WIFI_NETWORKS = Endpoint(
    "list_wifi_networks", "listWifiNetworks", "Wi-Fi", "GET", _NETWORKS,
    models.WifiNetworks, lock=REST, idempotent=True,
)
GET_WIFI_NETWORK = Endpoint(
    "get_wifi_network", "getWifiNetwork", "Wi-Fi", "GET", _NETWORK,
    models.WifiNetwork, lock=REST, idempotent=True,
)
GET_WIFI_INTERFACE_STATE = Endpoint(
    "get_wifi_interface_state", "getWifiInterfaceState", "Wi-Fi", "GET", _WIFI_INTERFACE,
    models.WifiInterface, lock=REST, idempotent=True,
)
GET_WIFI_SCAN = Endpoint(
    "get_wifi_scan", "getWifiScan", "Wi-Fi", "GET", "/wifi/scan",
    models.WifiScan, lock=REST, idempotent=True, timeout_seconds=30.0,
)
REMOVE_WIFI_NETWORK = Endpoint(  # repeated after success it would be refused: not found
    "remove_wifi_network", "removeWifiNetwork", "Wi-Fi", "DELETE", _NETWORK,
    Empty, since="3.0.0", lock=REST,
)

# fmt: on

DEVICE_ENDPOINTS: tuple[Endpoint, ...] = (
    GET_APP_QUOTA,
    GET_APP_STATUS,
    GET_MEMORY_STATISTICS,
    SET_APP_STATUS,
    GET_DEVICE_CAPABILITIES,
    ADD_CERTIFICATE,
    LIST_CERTIFICATES,
    GET_CERTIFICATE,
    GET_CERTIFICATE_SPACE,
    REMOVE_CERTIFICATE,
    CLEAR_ERROR_REPORT_DATA,
    GET_OS_VERSION,
    GET_SECURITY_STATE,
    GET_DEVICE_STATUS,
    GET_DIAGNOSTIC_LOG,
    GET_ERROR_REPORT_DATA,
    RESTART_DEVICE,
    GET_ABI_VERSIONS,
    GET_IMAGES,
    GET_MANUFACTURING_STATE,
    SET_MANUFACTURING_STATE,
    CONFIGURE_PROXY,
    DELETE_NETWORK_PROXY,
    LIST_CONNECTION_FAILURES,
    LIST_NETWORK_INTERFACES,
    GET_CONNECTION_FAILURE,
    GET_FIREWALL_RULESETS,
    GET_NETWORK_INTERFACE,
    GET_NETWORK_PROXY,
    GET_NETWORK_STATUS,
    SET_NETWORK_INTERFACE,
    DELETE_IMAGE,
    INSTALL_IMAGES,
    STAGE_IMAGE,
    ADD_WIFI_NETWORK,
    CHANGE_WIFI_NETWORK,
    CHANGE_WIFI_INTERFACE_STATE,
    LIST_WIFI_NETWORKS,
    GET_WIFI_NETWORK,
    GET_WIFI_INTERFACE_STATE,
    GET_WIFI_SCAN,
    REMOVE_WIFI_NETWORK,
)

# fmt: off
GET_ATTACHED_DEVICES = Endpoint(
    "get_attached_devices", "getAttachedDevices", "Devices", "GET", "/api/service/devices",
    models.AttachedDevices, idempotent=True, timeout_seconds=5.0,
)
RESCAN_DEVICES = Endpoint(
    "rescan_devices", "", "Devices", "PUT", "/api/service/devices/rescan",
    models.DeviceCount, idempotent=True, timeout_seconds=30.0,
)

# fmt: on

SERVICE_ENDPOINTS: tuple[Endpoint, ...] = (GET_ATTACHED_DEVICES, RESCAN_DEVICES)


@dataclass(frozen=True, slots=True)
class MemberOperation:
    """A documented operation without a request of its own: a member of the client does it.

    `member` is that member's dotted name, `endpoint` the row whose call it makes, None where
    nothing is sent.
    """

    operation_id: str
    category: str
    member: str
    reason: str
    endpoint: Endpoint | None = None


LOCAL_OPERATIONS: tuple[MemberOperation, ...] = (
    MemberOperation(
        "getDeviceRestApiVersion",
        "Device",
        "SphereDevice.get_device_rest_api_version",
        "the version is a header of every reply; the vendor's function asks for the status",
        GET_DEVICE_STATUS,
    ),
    MemberOperation(
        "getActiveDeviceIpAddress",
        "Devices",
        "SphereDevice.address",
        "each object belongs to one board for good",
    ),
    MemberOperation(
        "setActiveDeviceIpAddress",
        "Devices",
        "SphereDevice",
        "another board is another object; a shared active address mixes boards up",
    ),
)
"""With these and the two tables, the document's 45 operations are complete."""
