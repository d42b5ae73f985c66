"""What a host refuses with, as rows a person can read from top to bottom.

A host has no numbers. What it means follows from the HTTP status and from where its words stand:
under the name of a module in `errors`, or in `message` (`Message` for a sign-in). Which statuses
mean "applied, but with errors" differs between modules; the document decides. Sentences are for
operators. Source: the vendor's document; rows without a place in it say so.
"""

from enum import StrEnum
from typing import NamedTuple

from orchestrator.domain.errors import ErrorClass

MESSAGE = "message"
"""The place of the words in the answers of EdgeHub, the remote desktop and the admin password."""

VALIDATOR = "validator"
"""The place of the words when the body of a request lacks something."""


class Meaning(StrEnum):
    """What a refusal says about the request."""

    APPLIED = "applied, but with errors"
    INVALID = "not valid, nothing was applied"
    RIGHTS = "not allowed, nothing was applied"
    FAILED = "failed by itself, unknown what was applied"
    OTHER = "not known"


class Row(NamedTuple):
    """One refusal: HTTP status, place of the words (empty: any), and what to tell a person."""

    status: int
    place: str
    meaning: Meaning
    sentence: str
    remedy: str
    error_class: ErrorClass


_APPLIED, _INVALID, _RIGHTS = Meaning.APPLIED, Meaning.INVALID, Meaning.RIGHTS
_INPUT, _BOARD, _BUSY = ErrorClass.INPUT, ErrorClass.BOARD, ErrorClass.BUSY

_VALUE = "Correct the value in the recipe"
_LOOK = "Read what the host says now before trying again; the host's own words say what failed"
_REBOOT = "Restart the host and try again; if it stays, set the host aside"

# One refusal reads as one row: the formatter would give each member a line of its own.
# fmt: off
ROWS: tuple[Row, ...] = (
    Row(400, "LED", _INVALID, "The host has no LED of that number", _VALUE, _INPUT),
    Row(400, "GPIO", _INVALID, "The host has no pin of that number", _VALUE, _INPUT),
    Row(400, "WiFi", _INVALID, "That is no name of a Wi-Fi profile", _VALUE, _INPUT),
    Row(400, "Processes", _INVALID, "That is no process id", _VALUE, _INPUT),
    Row(400, "networking", _APPLIED, "The host could not order its interfaces as asked",
        _LOOK, _BOARD),
    Row(400, "ETP", _APPLIED, "The host could not read or write its ETP memory",
        "Read the lock and the data before trying again: a locked area takes nothing", _BOARD),
    Row(400, MESSAGE, _INVALID, "The host does not take these values", _VALUE, _INPUT),
    Row(403, "", _RIGHTS, "The account may not do this",
        "Use an account of the host's operating system that has admin permission",
        ErrorClass.RIGHTS),
    Row(405, "", Meaning.OTHER, "The host has no such call",
        "Check that the address belongs to an Advantech Platform Portal", ErrorClass.STATION),
    Row(408, "", Meaning.FAILED, "The host waited too long for the request", "Try again", _BUSY),
    Row(413, "", _INVALID, "The host finds the request too large", "Send a smaller file", _INPUT),
    Row(415, "", _INVALID, "The host does not take this form of request",
        "Check the version of the host's portal", ErrorClass.STATION),
    Row(422, VALIDATOR, _INVALID, "The host misses something in the request", _VALUE, _INPUT),
    Row(422, "Host", _APPLIED, "The host could not take a picture of its display",
        "Check that a display of that number is attached and that the host shows a desktop",
        _BOARD),
    Row(422, "DevMgr", _APPLIED, "The host could not list its hardware", _REBOOT, _BOARD),
    Row(422, "Service", _APPLIED, "The host's services do not obey or the service is not there",
        "Check the name of the service in the list of services", _BOARD),
    Row(422, "LED", _APPLIED, "The LED could not be set", _REBOOT, _BOARD),
    Row(422, "WDT", _APPLIED, "The hardware watchdog could not be read or set",
        "Use a time within the watchdog's own limits; restart the host if it stays", _BOARD),
    Row(422, "GPIO", _APPLIED, "The pin could not be read or set",
        "Check the direction of the pin; restart the host if it stays", _BOARD),
    Row(422, "Brightness", _APPLIED, "The brightness could not be read or set",
        "Use a value within the display's own limits; check that the display is built in", _BOARD),
    Row(422, "networking", _INVALID, "The host needs the ids of interfaces to order them",
        _VALUE, _INPUT),
    Row(422, "Net", _APPLIED, "The interface could not be set as asked",
        "Check the number of the interface and the addresses in the recipe", _BOARD),
    Row(422, "WiFi", _APPLIED, "The Wi-Fi adapter does not obey or is not there",
        "Check the id of the adapter in the list of Wi-Fi adapters", _BOARD),
    Row(422, "Processes", _APPLIED, "The process could not be killed",
        "List the processes: it may have ended by itself, or belong to the system", _BOARD),
    Row(422, "Control", _APPLIED, "The host could not restart, shut down or switch its display",
        _LOOK, _BOARD),
    Row(422, "ETP", _INVALID, "The host does not take these ETP values",
        "A user space holds at most 128 bytes, the password of the lock has 1 to 8", _INPUT),
    Row(422, MESSAGE, _APPLIED, "The host did not do all of what it was asked", _LOOK, _BOARD),
    # The document knows none of the following.
    Row(429, "", _INVALID, "The host is asked too often", "Wait a moment, then try again", _BUSY),
    Row(500, "", Meaning.FAILED, "The host failed by itself", "Try again; " + _REBOOT, _BUSY),
    Row(502, "", Meaning.FAILED, "A part of the host's portal does not answer",
        "Try again in a minute, while it may still be starting", _BUSY),
    Row(503, "", Meaning.FAILED, "The host's portal is not ready",
        "Try again in a minute, while it may still be starting", _BUSY),
    Row(504, "", Meaning.FAILED, "A part of the host's portal did not answer in time",
        "Try again in a minute, while it may still be starting", _BUSY),
)
# fmt: on
"""Every refusal that has a sentence of its own, but signing in and what a host has not."""


NOT_THERE = ("not supported", "not installed")
"""Words with which a module that has no status for it says that the host has no such thing."""


class SignInRow(NamedTuple):
    """Why a host does not take a sign-in or a token: words that say so, and what to do."""

    signs: tuple[str, ...]
    sentence: str
    remedy: str


WRONG_PASSWORD = SignInRow(
    (),
    "The host does not accept the account's name and password",
    "Correct the account in the settings; a new admin account has the documented default password",
)
LOCKED = SignInRow(
    ("locked", "lockout", "too many", "blocked"),
    "The account is locked",
    "Wait until the host unlocks it, or unlock it on the host; signing in again makes it longer",
)
EXPIRED = SignInRow(
    ("expired",),
    "The token has run out",
    "Sign in again; check the clocks of the host and of the station if it stays",
)
NO_TOKEN = SignInRow(
    (),
    "The host does not accept the token, or there is none",
    "Sign in with the account that the call needs: the admin account for its own password",
)
MUST_CHANGE = SignInRow(
    ("default password", "must be changed", "change the password"),
    "The admin account still has its documented password, which must be changed first",
    "Set another password of the admin account, then sign in again",
)
