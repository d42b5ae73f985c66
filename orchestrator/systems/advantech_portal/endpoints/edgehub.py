"""EdgeHub: the connection to the cloud, and what hangs on it."""

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.bounds import (
    OPEN,
    SETTLE_SECONDS,
    SLOW_SECONDS,
    TOKEN,
)
from orchestrator.transport.endpoint import Endpoint

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
EDGEHUB_PING = Endpoint(
    "edgehub_ping", "edgehubPing", "EdgeHub", "GET",
    "/edgehub/api/ping", "text",
    lock=OPEN, idempotent=True,
)
EDGEHUB_AGENT_INFO = Endpoint(
    "edgehub_agent_info", "edgehubAgentInfo", "EdgeHub", "GET",
    "/edgehub/api/agentinfo", models.AgentInfo,
    since="edgehub-agent 0.15.1", lock=OPEN, idempotent=True,
)
GET_MAC_ADDRESS = Endpoint(
    "get_mac_address", "getMacAddress", "EdgeHub", "GET",
    "/edgehub/api/macaddr", "text",
    lock=TOKEN, idempotent=True,
)
GET_CONNECTION = Endpoint(
    "get_connection", "getConnection", "EdgeHub", "GET",
    "/edgehub/api/connection", models.ConnectionState,
    lock=TOKEN, idempotent=True,
)
SET_CONNECTION = Endpoint(
    "set_connection", "setConnection", "EdgeHub", "POST",
    "/edgehub/api/connection", None, models.ConnectionRequest,
    lock=TOKEN, timeout_seconds=SLOW_SECONDS, settle_seconds=SETTLE_SECONDS, confidential=True,
)
GET_CONNECTION_CONFIG = Endpoint(
    "get_connection_config", "getConnectionConfig", "EdgeHub", "GET",
    "/edgehub/api/conncfg", models.ConnCfg,
    lock=TOKEN, idempotent=True, confidential=True,
)
SET_CONNECTION_CONFIG = Endpoint(
    "set_connection_config", "setConnectionConfig", "EdgeHub", "POST",
    "/edgehub/api/conncfg", models.ConnCfg, models.ConnCfgSent,
    lock=TOKEN, idempotent=True, confidential=True,
)
CLEAR_CONNECTION_CONFIG = Endpoint(
    "clear_connection_config", "clearConnectionConfig", "EdgeHub", "DELETE",
    "/edgehub/api/conncfg", None,
    lock=TOKEN, settle_seconds=SETTLE_SECONDS,
)
GET_PROFILE = Endpoint(
    "get_profile", "getProfile", "EdgeHub", "GET",
    "/edgehub/api/profile", models.Profile,
    since="edgehub-agent 1.0.1", lock=TOKEN, idempotent=True,
)
SEND_DATA = Endpoint(
    "send_data", "sendData", "EdgeHub", "POST",
    "/edgehub/api/data", None, models.TagData,
    since="edgehub-agent 1.0.1", lock=TOKEN, success=(201,), settle_seconds=SETTLE_SECONDS,
)
GET_APPHUB_STATUS = Endpoint(
    "get_apphub_status", "getApphubStatus", "EdgeHub", "GET",
    "/edgehub/api/apphub/status", models.ApphubStatus,
    since="edgehub-agent 1.0.1", lock=TOKEN, idempotent=True,
)
CONTROL_APPHUB = Endpoint(
    "control_apphub", "controlApphub", "EdgeHub", "PUT",
    "/edgehub/api/apphub/service", None, models.ServiceAction,
    since="edgehub-agent 1.0.1", lock=TOKEN, success=(204,), timeout_seconds=SLOW_SECONDS,
    settle_seconds=SETTLE_SECONDS,
)
SET_APPHUB_LOG = Endpoint(
    "set_apphub_log", "setApphubLog", "EdgeHub", "PUT",
    "/edgehub/api/apphub/log/config", None, models.ApphubLogConfig,
    since="edgehub-agent 1.0.1", lock=TOKEN, idempotent=True, success=(204,),
)
GET_EDGEBUS_STATUS = Endpoint(
    "get_edgebus_status", "getEdgebusStatus", "EdgeHub", "GET",
    "/edgehub/api/edgebus/status", models.EdgebusStatus,
    since="edgehub-agent 1.0.1", lock=TOKEN, idempotent=True,
)
SET_EDGEBUS = Endpoint(
    "set_edgebus", "setEdgebus", "EdgeHub", "PUT",
    "/edgehub/api/edgebus/config", models.EdgebusConfig, models.EdgebusConfig,
    since="edgehub-agent 1.0.1", lock=TOKEN, idempotent=True,
)
UPLOAD_PEM = Endpoint(
    "upload_pem", "uploadPem", "EdgeHub", "POST",
    "/edgehub/api/pem/temp", models.PemResult, "multipart",
    since="edgehub-agent 1.1.0", lock=TOKEN, idempotent=True, confidential=True,
)
SET_BOOTSTRAP = Endpoint(
    "set_bootstrap", "setBootstrap", "EdgeHub", "PUT",
    "/edgehub/api/bootstrap/config", None, models.BootstrapConfig,
    since="edgehub-agent 1.5.1, edgehub-suite 1.4.0", lock=TOKEN, success=(201,),
    timeout_seconds=SLOW_SECONDS, settle_seconds=SETTLE_SECONDS, confidential=True,
)
