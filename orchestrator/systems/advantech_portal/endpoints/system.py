"""What the computer is told: Networking to ETP."""

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.bounds import (
    LONG_LIST_BYTES,
    PERMISSION,
    SETTLE_SECONDS,
    SLOW_SECONDS,
    TOKEN,
)
from orchestrator.transport.endpoint import Endpoint

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
LIST_INTERFACES = Endpoint(
    "list_interfaces", "listInterfaces", "Networking", "GET",
    "/platform/api/networking/interfaces", models.NetInterfaces,
    lock=TOKEN, idempotent=True,
)
STREAM_INTERFACES = Endpoint(
    "stream_interfaces", "streamInterfaces", "Networking", "GET",
    "/platform/api/networking/interfaces", models.NetInterfaces,
    lock=TOKEN, door="SSE",
)
SET_ROUTE_ORDER = Endpoint(
    "set_route_order", "setRouteOrder", "Networking", "POST",
    "/platform/api/networking/interfaces/route", None, models.RouteOrder,
    lock=TOKEN, idempotent=True, success=(201,), timeout_seconds=SLOW_SECONDS,
)
SET_IPV4_CONFIG = Endpoint(
    "set_ipv4_config", "setIpv4Config", "Networking", "PUT",
    "/platform/api/networking/ipv4config/{ifIndex}", models.Ipv4Config, models.Ipv4Config,
    lock=TOKEN, timeout_seconds=SLOW_SECONDS, settle_seconds=SETTLE_SECONDS,
)
ENABLE_DHCP = Endpoint(
    "enable_dhcp", "enableDhcp", "Networking", "DELETE",
    "/platform/api/networking/ipv4config/{ifIndex}", None,
    lock=TOKEN, timeout_seconds=SLOW_SECONDS, settle_seconds=SETTLE_SECONDS,
)
LIST_WIFI_ADAPTERS = Endpoint(
    "list_wifi_adapters", "listWifiAdapters", "Networking", "GET",
    "/platform/api/networking/wifi/interfaces", models.WifiAdapters,
    lock=TOKEN, idempotent=True,
)
LIST_WIFI_NETWORKS = Endpoint(
    "list_wifi_networks", "listWifiNetworks", "Networking", "GET",
    "/platform/api/networking/wifi/networks/{uuid}", models.WifiNetworks,
    lock=TOKEN, idempotent=True, timeout_seconds=SLOW_SECONDS,
)
DELETE_WIFI_PROFILE = Endpoint(
    "delete_wifi_profile", "deleteWifiProfile", "Networking", "DELETE",
    "/platform/api/networking/wifi/interface/{uuid}/profile/{name}", None,
    lock=TOKEN, settle_seconds=SETTLE_SECONDS,
)
LIST_PROCESSES = Endpoint(
    "list_processes", "listProcesses", "Process Manager", "GET",
    "/platform/api/processes", models.Processes,
    lock=TOKEN, idempotent=True, answer_cap_bytes=LONG_LIST_BYTES,
)
STREAM_PROCESSES = Endpoint(
    "stream_processes", "streamProcesses", "Process Manager", "GET",
    "/platform/api/processes", models.Processes,
    lock=TOKEN, answer_cap_bytes=LONG_LIST_BYTES, door="SSE",
)
KILL_PROCESS = Endpoint(
    "kill_process", "killProcess", "Process Manager", "DELETE",
    "/platform/api/processes/{pid}", None,
    lock=TOKEN, settle_seconds=SETTLE_SECONDS,
)
REBOOT = Endpoint(
    "reboot", "reboot", "Remote Control", "POST",
    "/platform/api/control/reboot", None,
    lock=PERMISSION, settle_seconds=SETTLE_SECONDS,
)
SHUTDOWN = Endpoint(
    "shutdown", "shutdown", "Remote Control", "POST",
    "/platform/api/control/shutdown", None,
    lock=PERMISSION, settle_seconds=SETTLE_SECONDS,
)
HAS_DISPLAY_SWITCH = Endpoint(
    "has_display_switch", "hasDisplaySwitch", "Remote Control", "GET",
    "/platform/api/control/display", None,
    since="rest-server 1.0.1", lock=TOKEN, idempotent=True, success=(204,),
)
SWITCH_DISPLAY = Endpoint(
    "switch_display", "switchDisplay", "Remote Control", "PUT",
    "/platform/api/control/display", None, models.DisplaySwitch,
    since="rest-server 1.0.1", lock=TOKEN, idempotent=True,
)
CREATE_REMOTE_DESKTOP = Endpoint(
    "create_remote_desktop", "createRemoteDesktop", "Remote Desktop", "POST",
    "/platform/api/rdesk/config", models.RemoteDesktop,
    lock=TOKEN, settle_seconds=SETTLE_SECONDS, confidential=True,
)
OPEN_REMOTE_DESKTOP = Endpoint(
    "open_remote_desktop", "openRemoteDesktop", "Remote Desktop", "GET",
    "/platform/api/rdesk/{id}", None,
    lock=TOKEN, door="WebSocket",
)
STREAM_EVENTS = Endpoint(
    "stream_events", "streamEvents", "Events", "GET",
    "/platform/api/events", models.AnyValue,
    lock=TOKEN, answer_cap_bytes=LONG_LIST_BYTES, door="SSE",
)
GET_ETP_DEVICE_DATA = Endpoint(
    "get_etp_device_data", "getEtpDeviceData", "ETP", "GET",
    "/platform/api/etp/devicedata", models.EtpDeviceData,
    lock=TOKEN, idempotent=True,
)
GET_ETP_USER_DATA = Endpoint(
    "get_etp_user_data", "getEtpUserData", "ETP", "GET",
    "/platform/api/etp/userdata", models.EtpUserData,
    lock=TOKEN, idempotent=True,
)
SET_ETP_USER_DATA = Endpoint(
    "set_etp_user_data", "setEtpUserData", "ETP", "PUT",
    "/platform/api/etp/userdata", models.EtpUserSpaces, models.EtpUserSpaces,
    lock=TOKEN, idempotent=True, settle_seconds=SETTLE_SECONDS,
)
GET_ETP_LOCK = Endpoint(
    "get_etp_lock", "getEtpLock", "ETP", "GET",
    "/platform/api/etp/userdata/lockstatus", models.EtpLock,
    lock=TOKEN, idempotent=True,
)
SET_ETP_LOCK = Endpoint(
    "set_etp_lock", "setEtpLock", "ETP", "PUT",
    "/platform/api/etp/userdata/lockstatus", models.EtpLock, models.EtpLockSet,
    lock=TOKEN, settle_seconds=SETTLE_SECONDS, confidential=True,
)
