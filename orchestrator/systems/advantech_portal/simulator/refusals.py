"""How a host says no: HTTP status and one of the four error bodies, as the document pairs them.

Documented rows have status and body from the document; in all others at least one of them is
assumed, and a host's spec may replace either. The document gives no words: those here are what
such programs say. Sentences for people are the business of the client's side.
"""

from dataclasses import dataclass
from typing import Literal

Form = Literal["none", "capitals", "small", "errors", "message", "text"]
"""The body: none, `Code` and `Message`, `code` and `message`, `errors` by module, `message` alone,
or plain text."""


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One way to refuse: its name, status, form of body, the module's key, words, and when."""

    name: str
    status: int
    form: Form
    key: str = ""
    words: str = ""
    when: str = ""
    documented: bool = True

    def body(self, words: str = "") -> object:
        """Return the JSON value of the body, None for forms that have none."""
        said = words or self.words
        match self.form:
            case "capitals":
                return {"Code": self.status, "Message": said}
            case "small":
                return {"code": self.status, "message": said}
            case "errors":
                return {"errors": {self.key: said}}
            case "message":
                return {"message": said}
        return None


def _capitals(name: str, words: str, when: str, *, documented: bool = True) -> RefusalRow:
    return RefusalRow(name, 401, "capitals", "", words, when, documented)


def _errors(
    name: str, status: int, key: str, words: str, when: str, *, documented: bool = True
) -> RefusalRow:
    return RefusalRow(name, status, "errors", key, words, when, documented)


def _message(
    name: str, status: int, words: str, when: str, *, documented: bool = True
) -> RefusalRow:
    return RefusalRow(name, status, "message", "", words, when, documented)


_REQUIRED = "Field validation failed on the 'required' tag"

# One refusal reads as one row.
# fmt: off
NO_TOKEN = _capitals("no_token", "auth header is empty", "no token in header, cookie or query")
BAD_TOKEN = _capitals("bad_token", "signature is invalid", "a token that this host never gave")
EXPIRED_TOKEN = _capitals("expired_token", "Token is expired", "a token past its end")
LOGIN_FAILED = _capitals(
    "login_failed", "incorrect Username or Password", "an unknown name or a wrong password",
)
LOGIN_INCOMPLETE = _capitals(
    "login_incomplete", "missing Username or Password", "a login without name or password",
)
ACCOUNT_LOCKED = _capitals(
    "account_locked", "account is locked, try again later", "after too many wrong passwords",
    documented=False,
)
BAD_ACCOUNT_TYPE = _capitals(
    "bad_account_type", "invalid account type", "a login with another m than 0 and 2",
    documented=False,
)
DEFAULT_PASSWORD = RefusalRow(
    "default_password", 403, "capitals", "", "the default password must be changed",
    "a call with the admin account while it has its default password", documented=False,
)
NOT_ADMIN = RefusalRow(
    "not_admin", 401, "small", "", "admin account required", "the token is an OS account's",
)
WRONG_OLD = RefusalRow(
    "wrong_old_password", 400, "small", "", "incorrect old password", "the old password is wrong",
)
BAD_NEW = RefusalRow(
    "bad_new_password", 400, "small", "", "invalid new password",
    "the new password is empty, beyond its limit, or the old one",
)
PASSWORD_INCOMPLETE = _errors(
    "password_incomplete", 422, "validator", _REQUIRED, "old or new is missing",
)
NO_PERMISSION = RefusalRow(
    "no_permission", 403, "none", when="the account is no administrator of the computer",
)

NOT_AVAILABLE = RefusalRow("not_available", 404, "none", when="the host has no such thing")
NO_DEVICE_DATA = RefusalRow("no_device_data", 204, "none", when="the host has no ETP")
ETP_NOT_SUPPORTED = _errors(
    "etp_not_supported", 404, "ETP", "not supported", "the host has no ETP",
)

NO_DISPLAY = _errors("no_display", 422, "Host", "invalid display index", "no display of that index")
UNKNOWN_SERVICE = _errors(
    "unknown_service", 422, "Service", "the service does not exist", "no service of that name",
)
SERVICE_DISABLED = _errors(
    "service_disabled", 422, "Service", "the service is disabled", "start of a disabled service",
)
SERVICE_INCOMPLETE = _errors(
    "service_incomplete", 422, "Service", "invalid action", "no action, or an unknown one",
)

BAD_LED = _errors("bad_led", 400, "LED", "invalid parameter", "no LED of that id")
LED_INCOMPLETE = _errors("led_incomplete", 422, "validator", _REQUIRED, "no status in the body")
WATCHDOG_INCOMPLETE = _errors(
    "watchdog_incomplete", 422, "WDT", _REQUIRED, "a member is missing or no fitting value",
)
WATCHDOG_RANGE = _errors(
    "watchdog_range", 422, "WDT", "timeout out of range", "seconds beyond the limits",
)
BAD_PIN = _errors("bad_pin", 400, "GPIO", "invalid parameter", "no pin of that id")
GPIO_INCOMPLETE = _errors(
    "gpio_incomplete", 422, "validator", _REQUIRED, "a member is missing or no fitting value",
)
NOT_AN_OUTPUT = _errors(
    "not_an_output", 422, "GPIO", "the pin is an input", "a level for an input", documented=False,
)
NO_BRIGHTNESS = _errors(
    "no_brightness", 422, "Brightness", "not supported", "no display that can be dimmed",
    documented=False,
)
BRIGHTNESS_INCOMPLETE = _errors(
    "brightness_incomplete", 422, "Brightness", _REQUIRED, "no value in the body",
    documented=False,
)
BRIGHTNESS_RANGE = _errors(
    "brightness_range", 422, "Brightness", "value out of range", "a value beyond the limits",
)

ROUTE_INCOMPLETE = _errors(
    "route_incomplete", 422, "validator", _REQUIRED, "a member is missing or no fitting value",
)
ROUTE_EMPTY = _errors("route_empty", 422, "networking", "empty list", "an empty list")
UNKNOWN_ROUTE = _errors(
    "unknown_route", 400, "networking", "interface not found", "a uuid that no interface has",
)
IPV4_INCOMPLETE = _errors(
    "ipv4_incomplete", 422, "validator", _REQUIRED, "a member is missing or no fitting value",
)
UNKNOWN_INTERFACE = _errors(
    "unknown_interface", 422, "Net", "interface not found", "no interface of that index",
)
BAD_ADDRESS = _errors("bad_address", 422, "Net", "invalid address", "an address that is none")
UNKNOWN_ADAPTER = _errors(
    "unknown_adapter", 422, "WiFi", "adapter not found", "no Wi-Fi adapter of that uuid",
)
EMPTY_PROFILE = _errors(
    "empty_profile", 400, "WiFi", "invalid profile name", "a profile name of blanks",
)
UNKNOWN_PROFILE = _errors(
    "unknown_profile", 422, "WiFi", "profile not found", "no profile of that name",
)

BAD_PID = _errors("bad_pid", 400, "Processes", "Invalid PID", "a pid that is no number above 0")
UNKNOWN_PID = _errors("unknown_pid", 422, "Processes", "process not found", "no such process")
PROTECTED_PID = _errors(
    "protected_pid", 422, "Processes", "Access is denied", "a process of the system's core",
)
DISPLAY_FIXED = _errors(
    "display_fixed", 422, "Control", "not supported", "no display that can be switched",
    documented=False,
)
DISPLAY_INCOMPLETE = _errors(
    "display_incomplete", 422, "Control", "invalid status", "neither on nor off",
    documented=False,
)
NO_DESKTOP = _message("no_desktop", 422, "no display to share", "the host has no display")
UNKNOWN_DESKTOP = RefusalRow(
    "unknown_desktop", 404, "none", when="no connection of that id was prepared, or too long ago",
    documented=False,
)
NO_UPGRADE = RefusalRow(
    "no_upgrade", 400, "text", "", "Bad Request", "a plain call of the remote desktop",
    documented=False,
)

ETP_INCOMPLETE = _errors("etp_incomplete", 422, "validator", _REQUIRED, "a member is missing")
SPACE_TOO_LONG = _errors(
    "space_too_long", 422, "ETP", "The maximum length of UserSpace1 is 128", "beyond 128 bytes",
)
ETP_PASSWORD_LENGTH = _errors(
    "etp_password_length", 422, "ETP", "The length of the password must be 1 to 8",
    "a password of no or more than 8 bytes",
)
ETP_LOCKED = _errors("etp_locked", 400, "ETP", "user area is locked", "writing a locked area")
ETP_WRONG_PASSWORD = _errors(
    "etp_wrong_password", 400, "ETP", "wrong password", "another password than that of the lock",
)

NO_MAC_ADDRESS = RefusalRow("no_mac_address", 404, "none", when="no interface has an address")
NO_CONNECTION_SETTING = RefusalRow(
    "no_connection_setting", 404, "none", when="no setting of the cloud connection",
)
CONNECTION_INVALID = _message(
    "connection_invalid", 422, "invalid connection setting", "a member is missing or does not fit",
)
DATA_INVALID = _message("data_invalid", 400, "invalid data", "no tags, or values of another form")
NOT_CONNECTED = _message("not_connected", 422, "not connected", "data without a connection")
APPHUB_MISSING = RefusalRow("apphub_missing", 404, "none", when="AppHub is not installed")
APPHUB_UNAVAILABLE = _message(
    "apphub_unavailable", 422, "AppHub is not installed", "control of AppHub that is not there",
)
APPHUB_ACTION = _message("apphub_action", 422, "invalid action", "no action, or an unknown one")
APPHUB_LOG_INVALID = _message(
    "apphub_log_invalid", 400, "invalid log setting", "neither member, or a wrong value",
)
EDGEBUS_MISSING = RefusalRow("edgebus_missing", 404, "none", when="there is no embedded broker")
EDGEBUS_UNAVAILABLE = _message(
    "edgebus_unavailable", 422, "EdgeBus is not supported", "switching a broker that is not there",
)
EDGEBUS_INVALID = _message("edgebus_invalid", 422, "invalid setting", "no enabled in the body")
NO_PEM = _message("no_pem", 422, "no PEM file", "a form without a PEM file")
BOOTSTRAP_INVALID = _message(
    "bootstrap_invalid", 422, "invalid tenant token", "no token, or an empty one",
)

NO_PATH = RefusalRow(
    "no_path", 404, "text", "", "404 page not found", "no such address, or a newer version's",
    documented=False,
)
NO_METHOD = RefusalRow(
    "no_method", 405, "text", "", "405 method not allowed", "an address for other methods",
    documented=False,
)
TOO_LARGE = RefusalRow(
    "too_large", 413, "text", "", "request body too large", "a body beyond 4 MiB",
    documented=False,
)
# fmt: on

ROWS: dict[str, RefusalRow] = {
    row.name: row for row in list(globals().values()) if isinstance(row, RefusalRow)
}
"""Every refusal by its name, in the order of this file."""


class Refused(Exception):
    """The host refuses the request; the server answers with `row`, and `words` in its body."""

    def __init__(self, row: RefusalRow, words: str = "") -> None:
        super().__init__(f"{row.status} {row.name}")
        self.row = row
        self.words = words


class LinkDropped(ConnectionError):
    """The link to the host breaks now: no answer leaves it.

    On real sockets the server cuts the connection; in process the caller sees this error.
    """
