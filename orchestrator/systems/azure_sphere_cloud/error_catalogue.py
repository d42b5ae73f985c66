"""What the cloud refuses with, as rows a person can read from top to bottom.

Sources: the vendor's overview names six statuses (400, 404, 409, 410, 429, 500) and says what to do
about them; 401, 403, 413, 415 and the gateway's 502 to 504 are HTTP's own. The numbers of a failed
operation are the reference's. Words of the vendor's error bodies are in no document.
"""

import re
from typing import NamedTuple

from orchestrator.domain.errors import ErrorClass

_REPORT = "This is a defect of the program: report it with this message"
_ADMINISTRATOR = "Ask the tenant's administrator to give the account the role Contributor"
_LATER = "Wait a minute and try again; if it stays, look at the service's status page"


class StatusRow(NamedTuple):
    """One HTTP status: the vendor's or HTTP's name, what to tell a person, and the class."""

    status: int
    name: str
    sentence: str
    remedy: str
    error_class: ErrorClass


_INPUT, _RIGHTS, _BUSY = ErrorClass.INPUT, ErrorClass.RIGHTS, ErrorClass.BUSY
_STATION = ErrorClass.STATION

# fmt: off
STATUS_ROWS: tuple[StatusRow, ...] = (
    StatusRow(400, "Bad Request", "The cloud finds the request malformed",
              "Correct the recipe or the settings; the cloud's own words say what is wrong",
              _INPUT),
    StatusRow(401, "Unauthorized", "The cloud does not accept the sign-in",
              "Sign in again; check the settings of the sign-in and the PC's clock", _RIGHTS),
    StatusRow(403, "Forbidden", "The account may not do this in this tenant",
              _ADMINISTRATOR, _RIGHTS),
    StatusRow(404, "Not Found", "The cloud does not know what the request names",
              "Check the names and ids in the recipe and the tenant in the settings", _INPUT),
    StatusRow(405, "Method Not Allowed", "The cloud has no such call",
              "Check the address in the settings", _STATION),
    StatusRow(409, "Conflict", "The request conflicts with what the cloud has",
              "Look at what the cloud has, then correct the recipe or try again", _INPUT),
    StatusRow(410, "Gone", "The cloud no longer offers this, or not to a client this old",
              "Update this program, or move to the successor service in the settings", _STATION),
    StatusRow(413, "Content Too Large", "The cloud finds the request too large",
              "Make the image or the batch smaller", _INPUT),
    StatusRow(415, "Unsupported Media Type", "The cloud does not take this kind of content",
              _REPORT, ErrorClass.REPORT),
    StatusRow(429, "Too Many Requests", "The cloud is asked too often",
              "Wait a minute; lower the rate in the settings if it stays", _BUSY),
    StatusRow(500, "Internal Server Error", "The cloud failed by itself", _LATER, _BUSY),
    StatusRow(502, "Bad Gateway", "The cloud does not answer behind its gateway", _LATER, _BUSY),
    StatusRow(503, "Service Unavailable", "The cloud is not available now", _LATER, _BUSY),
    StatusRow(504, "Gateway Timeout", "The cloud did not answer its gateway in time",
              _LATER, _BUSY),
)
# fmt: on
"""Every status that the cloud is known to refuse with."""


class OperationRow(NamedTuple):
    """One number of a failed operation: the vendor's name, what to tell a person, the class."""

    number: int
    name: str
    sentence: str
    remedy: str
    error_class: ErrorClass


# fmt: off
OPERATION_ROWS: tuple[OperationRow, ...] = (
    OperationRow(0, "OperationFailed", "The cloud gives no reason",
                 "Try again; if it stays, report it with the operation's id", ErrorClass.REPORT),
    OperationRow(1, "TenantInMigration", "The tenant is being moved", "Wait until the vendor has"
                 " moved the tenant, then try again", _STATION),
    OperationRow(2, "TenantMigrationRequired", "The tenant has to be moved first",
                 "Let the tenant's administrator move it", _STATION),
    OperationRow(3, "ClientUpdateRequired", "This program is too old for the cloud",
                 "Update this program, or move to the successor service in the settings",
                 _STATION),
    OperationRow(4, "InternalServerError", "The cloud failed by itself", _LATER, _BUSY),
    OperationRow(5, "BadRequest", "The cloud finds the request malformed",
                 "Correct the recipe or the settings", _INPUT),
    OperationRow(6, "Forbidden", "The account may not do this in this tenant",
                 _ADMINISTRATOR, _RIGHTS),
    OperationRow(7, "Conflict", "It conflicts with what the cloud has",
                 "Look at what the cloud has, then correct the recipe or try again", _INPUT),
    OperationRow(8, "NotFound", "The cloud does not know what the request names",
                 "Check the names and ids in the recipe", _INPUT),
)
# fmt: on
"""Every number of the reference."""


class Thing(NamedTuple):
    """What a path may name: its parameters, the word for people, and what to do when unknown."""

    parameters: tuple[str, ...]
    word: str
    remedy: str


# fmt: off
THINGS: tuple[Thing, ...] = (
    Thing(("operationId",), "operation", "Ask what the cloud has instead of how far it is"),
    Thing(("imageId",), "image", "Upload the image, or correct its id in the recipe"),
    Thing(
        ("deviceId", "deviceName"),
        "device",
        "Claim the device first; check that the tenant is the right one",
    ),
    Thing(
        ("deviceGroupId", "deviceGroupName"),
        "device group",
        "Create the group, or correct its name in the recipe",
    ),
    Thing(
        ("productId", "productName"),
        "product",
        "Create the product, or correct its name in the recipe",
    ),
    Thing(
        ("tenantId", "catalogName"),
        "tenant",
        "Correct the tenant in the settings, or ask for access to it",
    ),
)
"""From the narrowest to the widest: an unknown path is blamed on the first that it has."""

AT_ITS_LIMIT = re.compile(r"limit|quota|maximum|too many devices|exceed", re.IGNORECASE)
"""How a full device group or product is told from other conflicts. Not settled: the documents name
no words for it, so any of these in the vendor's own text is taken."""
