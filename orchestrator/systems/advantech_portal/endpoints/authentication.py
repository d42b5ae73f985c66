"""Authentication: accounts, tokens, and the password of the admin account."""

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.endpoints.bounds import (
    ADMIN,
    BASIC,
    OPEN,
    SETTLE_SECONDS,
)
from orchestrator.transport.endpoint import Endpoint

# One operation reads as one row: the formatter would give each member a line of its own.
# fmt: off
AUTH_PING = Endpoint(
    "auth_ping", "authPing", "Authentication", "GET",
    "/auth/ping", "text",
    lock=OPEN, idempotent=True,
)
AUTH_AGENT_INFO = Endpoint(
    "auth_agent_info", "authAgentInfo", "Authentication", "GET",
    "/auth/agentinfo", models.AgentInfo,
    since="auth-server 1.8.1", lock=OPEN, idempotent=True,
)
AUTH_API_VERSION = Endpoint(
    "auth_api_version", "authApiVersion", "Authentication", "GET",
    "/auth/version", models.ApiVersion,
    since="auth-server 1.7.1", lock=OPEN, idempotent=True,
)
GET_TOKEN = Endpoint(
    "get_token", "getToken", "Authentication", "GET",
    "/auth/token", models.LoginResult,
    since="auth-server 1.7.1, API version 1.1", lock=BASIC, idempotent=True, confidential=True,
)
LOGIN = Endpoint(
    "login", "login", "Authentication", "POST",
    "/auth/login", models.LoginResult, models.Credentials,
    lock=OPEN, idempotent=True, confidential=True,
)
LOGOUT = Endpoint(
    "logout", "logout", "Authentication", "POST",
    "/auth/logout", models.LogoutResult,
    lock=OPEN, idempotent=True,
)
GET_CERTIFICATE = Endpoint(
    "get_certificate", "getCertificate", "Authentication", "GET",
    "/auth/certificate", None,
    lock=OPEN, idempotent=True,
)
CHANGE_ADMIN_PASSWORD = Endpoint(
    "change_admin_password", "changeAdminPassword", "Authentication", "PUT",
    "/auth/user/admin/password", None, models.PasswordChange,
    since="auth-server 1.8.1, API version 1.2", lock=ADMIN, settle_seconds=SETTLE_SECONDS,
    confidential=True,
)
RESET_ADMIN_PASSWORD = Endpoint(
    "reset_admin_password", "resetAdminPassword", "Authentication", "DELETE",
    "/auth/user/admin/password", None,
    since="auth-server 1.8.1, API version 1.2", lock=ADMIN, settle_seconds=SETTLE_SECONDS,
    confidential=True,
)
