"""How a board says no: HTTP status and error number, as real boards pair them.

The numbers are `category << 20 | id`. Proven rows were seen by the vendor's own tests on boards;
all others are the natural status, or the number that fits best, and a rack file may replace
either. Sentences for people are the business of the client's side.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One way to refuse: its name, the HTTP status, the device's error number, and when."""

    name: str
    status: int
    number: int
    when: str = ""
    proven: bool = False

    @property
    def dotted(self) -> str:
        """The number as people write it: category and id."""
        return f"{self.number >> 20}.{self.number & 0xFFFFF}"


def _row(
    name: str, status: int, category: int, identifier: int, when: str, *, proven: bool = False
) -> RefusalRow:
    return RefusalRow(name, status, (category << 20) | identifier, when, proven)


# One refusal reads as one row.
# fmt: off
UNKNOWN_URI = _row("unknown_uri", 404, 15, 2, "no such address, or a newer API's", proven=True)
APP_NOT_PRESENT = _row(
    "app_not_present", 409, 14, 12, "start or stop of an unknown app", proven=True,
)
QUOTA_NOT_PRESENT = _row("quota_not_present", 404, 14, 12, "quota of an unknown app", proven=True)
WIFI_DISABLED = _row("wifi_disabled", 500, 13, 18, "wlan0 is down", proven=True)
NETWORK_NOT_FOUND = _row("network_not_found", 404, 13, 3, "no network of that id", proven=True)
PSK_TOO_SHORT = _row("psk_too_short", 400, 13, 25, "fewer than 8 characters", proven=True)
CERTIFICATE_NOT_FOUND = _row(
    "certificate_not_found", 404, 37, 7, "no such certificate", proven=True,
)

LOCKED = _row("locked", 403, 10, 18, "the board's lock closes the call")
DEVELOPMENT_NEEDED = _row("development_needed", 403, 1, 20, "capability 11 is missing")
DELETE_NOT_PERMITTED = _row(
    "delete_not_permitted", 403, 7, 37, "an OS part, or without capability 11",
)
WRONG_METHOD = _row("wrong_method", 405, 15, 1, "the address has no such method")
WRONG_CONTENT_TYPE = _row("wrong_content_type", 415, 10, 1, "another media type, since 4.2.0")
NOT_JSON = _row("not_json", 400, 10, 1, "the body is no JSON")
WRONG_JSON = _row("wrong_json", 400, 10, 2, "JSON of another shape")
STATE_MOVES_BACK = _row("state_moves_back", 400, 10, 2, "a manufacturing state that may not follow")
BUSY = _row("busy", 503, 10, 5, "what the fault `busy` answers")
TOO_LARGE_REQUEST = _row("too_large_request", 413, 10, 17, "a body beyond what the server reads")
BAD_COMPONENT_ID = _row("bad_component_id", 400, 14, 15, "a component id that is no GUID")
NO_DEBUGGER = _row("no_debugger", 409, 3, 10, "startDebug without the debug server")

NOT_AN_IMAGE = _row("not_an_image", 400, 7, 18, "staged bytes are no image package; or 16.3")
UNTRUSTED_IMAGE = _row("untrusted_image", 400, 7, 15, "signed with an unknown key; or 14.17")
SDK_IMAGE_NOT_ALLOWED = _row(
    "sdk_image_not_allowed", 403, 7, 15, "SDK-signed without 11; or 7.37, 0.13",
)
IMAGE_TOO_LARGE = _row("image_too_large", 400, 7, 19, "beyond `component_limit_bytes`")
TYPE_TOO_LARGE = _row("type_too_large", 400, 7, 42, "beyond the limit of its image type")
NO_FREE_SPACE = _row("no_free_space", 500, 14, 18, "the flash is full; or 7.2")
ONE_COMPONENT_ONLY = _row("one_component_only", 400, 7, 43, "two board configurations staged")
UPDATE_RUNNING = _row("update_running", 409, 7, 39, "an over-the-air update runs")
EMPTY_COMPONENT_ID = _row("empty_component_id", 400, 7, 47, "a package with the nil component id")
UNSUPPORTED_TYPE = _row("unsupported_type", 400, 16, 2, "an image type that is not sideloaded")
RUNTIME_TOO_OLD = _row("runtime_too_old", 500, 3, 22, "the image needs a newer runtime; or 7.40")
STORAGE_REQUEST_TOO_LARGE = _row(
    "storage_request_too_large", 500, 2, 34, "MutableStorage beyond the limit",
)

IDENTIFIER_INVALID = _row("identifier_invalid", 400, 37, 2, "other than letters, digits and . _ -")
IDENTIFIER_TOO_LONG = _row("identifier_too_long", 400, 37, 4, "beyond 16 characters")
CERTIFICATE_STORE_FULL = _row("certificate_store_full", 500, 37, 11, "no room in the store")
CERTIFICATE_TYPE_INVALID = _row(
    "certificate_type_invalid", 400, 37, 12, "neither client nor rootca",
)
PUBLIC_INVALID = _row("public_certificate_invalid", 400, 37, 13, "no PEM certificate")
PUBLIC_TOO_LONG = _row("public_certificate_too_long", 400, 37, 14, "beyond 8192 characters")
KEY_INVALID = _row("private_key_invalid", 400, 37, 15, "no PEM key, or it is missing")
KEY_LOCKED = _row("private_key_locked", 400, 37, 15, "encrypted, and no or the wrong password")
KEY_TOO_LONG = _row("private_key_too_long", 400, 37, 16, "beyond 8192 characters")
KEY_NOT_ALLOWED = _row("private_key_not_allowed", 400, 37, 17, "a key with a root certificate")
PASSWORD_TOO_LONG = _row("password_too_long", 400, 37, 18, "beyond 256 characters")
PASSWORD_NOT_ALLOWED = _row(
    "password_not_allowed", 400, 37, 19, "a password with a root certificate",
)
KEY_MISMATCH = _row("private_key_mismatch", 400, 37, 20, "the key of another certificate")
PASSWORD_NOT_NEEDED = _row("password_not_needed", 400, 37, 21, "a password for an open key")

NETWORK_EXISTS = _row("network_exists", 409, 13, 2, "the same network again, where that is refused")
WIFI_REQUEST_INVALID = _row(
    "wifi_request_invalid", 400, 13, 8, "a member is missing or has a wrong value",
)
SSID_TOO_LONG = _row("ssid_too_long", 400, 13, 15, "beyond 32 bytes")
PSK_TOO_LONG = _row("psk_too_long", 400, 13, 16, "beyond 63 characters")
WIFI_TRY_AGAIN = _row(
    "wifi_try_again", 500, 13, 17, "the interface still initialises after the start",
)
NETWORK_LIMIT = _row("network_limit", 500, 13, 22, "as many networks as a board keeps")
CONFIG_NAME_NOT_UNIQUE = _row("config_name_not_unique", 400, 13, 23, "where names must differ")
CLIENT_CERTIFICATE_MISSING = _row(
    "client_certificate_missing", 400, 13, 24, "eaptls without its certificate",
)
TARGETED_SCAN_NOT_BOOLEAN = _row(
    "targeted_scan_not_boolean", 400, 10, 9, "targetedScan is no boolean",
)
CERTIFICATE_NAME_TOO_LONG = _row(
    "certificate_name_too_long", 400, 10, 12, "of a network, beyond 16 characters",
)
CONFIG_NAME_TOO_LONG = _row("config_name_too_long", 400, 10, 16, "empty, or beyond 16 characters")
POWER_SAVINGS_NOT_BOOLEAN = _row(
    "power_savings_not_boolean", 400, 10, 30, "enablePowerSavings is no boolean",
)

MAC_INVALID = _row("mac_invalid", 400, 30, 6, "a hardware address that is none")
UNKNOWN_INTERFACE = _row(
    "unknown_interface", 404, 15, 2, "reading an interface that is not there", proven=True,
)
INVALID_INTERFACE = _row(
    "invalid_interface", 404, 30, 14, "changing an interface that is not there",
)
INTERFACE_NOT_PERMITTED = _row(
    "interface_not_permitted", 400, 30, 15, "an interface that may not change",
)
PROXY_INVALID = _row("proxy_invalid", 400, 10, 2, "a proxy setting beyond its limits")
# fmt: on

ROWS: dict[str, RefusalRow] = {
    row.name: row for row in list(globals().values()) if isinstance(row, RefusalRow)
}
"""Every refusal by its name, in the order of this file."""


class Refused(Exception):
    """The board refuses the request; the server answers with `row`."""

    def __init__(self, row: RefusalRow) -> None:
        super().__init__(f"{row.status} with error {row.number}")
        self.row = row


class LinkDropped(ConnectionError):
    """The link to the board is down or breaks now: no answer leaves it.

    On real sockets the server cuts the connection; in process the caller sees this error.
    `afterwards` is what the board still does with the request behind the broken link: whoever
    carries the link runs it beside everything else.
    """

    def __init__(self, why: str, afterwards: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__(why)
        self.afterwards = afterwards
