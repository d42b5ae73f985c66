"""What the computer is and does: H/W Monitor to Terminal."""

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.bounds import (
    LONG_LIST_BYTES,
    OPEN,
    PICTURE_BYTES,
    SETTLE_SECONDS,
    SLOW_SECONDS,
    TOKEN,
)
from orchestrator.transport.endpoint import Endpoint

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
GET_HW_MONITOR = Endpoint(
    "get_hw_monitor", "getHwMonitor", "H/W Monitor", "GET",
    "/platform/api/hwmon", models.HwMonitor,
    lock=TOKEN, idempotent=True,
)
STREAM_HW_MONITOR = Endpoint(
    "stream_hw_monitor", "streamHwMonitor", "H/W Monitor", "GET",
    "/platform/api/hwmon", models.HwMonitor,
    lock=TOKEN, door="SSE",
)
GET_TEMPERATURES = Endpoint(
    "get_temperatures", "getTemperatures", "H/W Monitor", "GET",
    "/platform/api/hwmon/temperatures", models.HwReadings,
    lock=TOKEN, idempotent=True,
)
GET_VOLTAGES = Endpoint(
    "get_voltages", "getVoltages", "H/W Monitor", "GET",
    "/platform/api/hwmon/voltages", models.HwReadings,
    lock=TOKEN, idempotent=True,
)
GET_CURRENTS = Endpoint(
    "get_currents", "getCurrents", "H/W Monitor", "GET",
    "/platform/api/hwmon/currents", models.HwReadings,
    lock=TOKEN, idempotent=True,
)
GET_FAN_SPEEDS = Endpoint(
    "get_fan_speeds", "getFanSpeeds", "H/W Monitor", "GET",
    "/platform/api/hwmon/fanspeeds", models.HwReadings,
    lock=TOKEN, idempotent=True,
)
PLATFORM_PING = Endpoint(
    "platform_ping", "platformPing", "Platform", "GET",
    "/platform/api/ping", "text",
    lock=OPEN, idempotent=True,
)
PLATFORM_AGENT_INFO = Endpoint(
    "platform_agent_info", "platformAgentInfo", "Platform", "GET",
    "/platform/api/agentinfo", models.AgentInfo,
    since="rest-server 0.14.1", lock=OPEN, idempotent=True,
)
PORTAL_PING = Endpoint(
    "portal_ping", "portalPing", "Portal", "GET",
    "/api/ping", "text",
    lock=OPEN, idempotent=True,
)
PORTAL_AGENT_INFO = Endpoint(
    "portal_agent_info", "portalAgentInfo", "Portal", "GET",
    "/api/agentinfo", models.AgentInfo,
    since="portal-service 0.14.1", lock=OPEN, idempotent=True,
)
IRTM_PING = Endpoint(
    "irtm_ping", "irtmPing", "Portal", "GET",
    "/api/irtm/ping", "text",
    lock=OPEN, idempotent=True,
)
GET_HOST_INFO = Endpoint(
    "get_host_info", "getHostInfo", "Host Information", "GET",
    "/platform/api/host/info", models.HostInfo,
    lock=TOKEN, idempotent=True,
)
GET_DISPLAY_COUNT = Endpoint(
    "get_display_count", "getDisplayCount", "Host Information", "GET",
    "/platform/api/host/display/count", models.DisplayCount,
    since="rest-server 0.12.1.0", lock=TOKEN, idempotent=True,
)
GET_SCREENSHOT = Endpoint(
    "get_screenshot", "getScreenshot", "Host Information", "GET",
    "/platform/api/host/screenshot/{index}", models.Screenshot,
    since="rest-server 0.12.1.0", lock=TOKEN, idempotent=True, timeout_seconds=SLOW_SECONDS,
    answer_cap_bytes=PICTURE_BYTES,
)
GET_SCREENSHOT_FILE = Endpoint(
    "get_screenshot_file", "getScreenshotFile", "Host Information", "GET",
    "/platform/api/host/screenshot/{index}/file", None,
    since="rest-server 0.12.1.0", lock=TOKEN, idempotent=True, timeout_seconds=SLOW_SECONDS,
    answer_cap_bytes=PICTURE_BYTES,
)
GET_SYSTEM_PERF = Endpoint(
    "get_system_perf", "getSystemPerf", "System Performance", "GET",
    "/platform/api/systemperf", models.SystemPerf,
    lock=TOKEN, idempotent=True,
)
GET_CPU = Endpoint(
    "get_cpu", "getCpu", "System Performance", "GET",
    "/platform/api/systemperf/cpu", models.Cpu,
    lock=TOKEN, idempotent=True,
)
GET_MEMORY = Endpoint(
    "get_memory", "getMemory", "System Performance", "GET",
    "/platform/api/systemperf/memory", models.Memory,
    lock=TOKEN, idempotent=True,
)
LIST_HW_DEVICES = Endpoint(
    "list_hw_devices", "listHwDevices", "System Devices", "GET",
    "/platform/api/devmgr", models.HwDevices,
    lock=TOKEN, idempotent=True, timeout_seconds=SLOW_SECONDS, answer_cap_bytes=LONG_LIST_BYTES,
)
LIST_SERVICES = Endpoint(
    "list_services", "listServices", "Service", "GET",
    "/platform/api/service/list", models.Services,
    since="rest-server 1.0.1", lock=TOKEN, idempotent=True, answer_cap_bytes=LONG_LIST_BYTES,
)
GET_SERVICE = Endpoint(
    "get_service", "getService", "Service", "GET",
    "/platform/api/service/{name}", models.ServiceStatus,
    since="rest-server 1.0.1", lock=TOKEN, idempotent=True,
)
CONTROL_SERVICE = Endpoint(
    "control_service", "controlService", "Service", "PUT",
    "/platform/api/service/{name}", None, models.ServiceAction,
    since="rest-server 1.0.1", lock=TOKEN, success=(204,), timeout_seconds=SLOW_SECONDS,
    settle_seconds=SETTLE_SECONDS,
)
GET_TERMINAL_INFO = Endpoint(
    "get_terminal_info", "getTerminalInfo", "Terminal", "GET",
    "/platform/api/term/ws", models.TerminalInfo,
    since="rest-server 1.0.1", lock=TOKEN, idempotent=True,
)
OPEN_TERMINAL = Endpoint(
    "open_terminal", "openTerminal", "Terminal", "GET",
    "/platform/api/term/ws", None,
    since="rest-server 1.0.1", lock=TOKEN, door="WebSocket",
)
