"""What a portal's refusals mean for the person in front of it.

The document describes no error body. Portals of the time answer with a text, with a JSON string,
with validation errors by member (`{"errors": {...}}`, problem+json), or with a page of a proxy in
between. The status decides the class, the words of the body are quoted in the sentence, unless they
may repeat a secret.

    PortalRefusal   StationFault -> ERROR   the portal, its rights or the recipe are to blame
    AlreadyThere    a creation whose id the portal knows already; ask what it has before giving up
    NotThere        the portal has no such thing

Nothing that a portal refuses says anything against the unit, so none of it is FAIL.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus

from orchestrator.domain.errors import ErrorClass, OrchestratorError, Refusal, UnusableAnswer
from orchestrator.transport.client import Answer
from orchestrator.transport.decode import NOT_SHOWN
from orchestrator.transport.text import printable

_LONGEST_WORDS = 300
_EXISTS = ("already exist", "already registered", "deviceidalreadyexists")
_PAGE = (b"<!doctype", b"<html")


@dataclass(frozen=True, slots=True)
class Row:
    """What one status stands for: a sentence, what to do, and the class."""

    status: int
    sentence: str
    remedy: str
    error_class: ErrorClass


ROWS: tuple[Row, ...] = (
    Row(
        400,
        "The portal does not take these values",
        "Correct the recipe or the settings; the portal's own words say which value",
        ErrorClass.INPUT,
    ),
    Row(
        401,
        "The portal does not accept the sign-in, or something still uses what is to be deleted",
        "Check the portal's sign-in in the settings; renew the token",
        ErrorClass.RIGHTS,
    ),
    Row(
        403,
        "The portal does not allow this account to do that",
        "Ask the portal's administrator for the right",
        ErrorClass.RIGHTS,
    ),
    Row(
        404,
        "The portal has no such thing",
        "Check the id, and that this is the right portal",
        ErrorClass.INPUT,
    ),
    Row(
        405,
        "The portal has no such call",
        "Check that the address belongs to an IoT Hub Portal of version 1.0",
        ErrorClass.STATION,
    ),
    Row(
        409,
        "The portal has something of that id already",
        "Look at what the portal has before registering again",
        ErrorClass.INPUT,
    ),
    Row(
        413,
        "The portal finds the request too large",
        "Use a smaller picture",
        ErrorClass.INPUT,
    ),
    Row(
        415,
        "The portal does not take this kind of file",
        "Use a PNG or JPEG picture",
        ErrorClass.INPUT,
    ),
    Row(
        429,
        "The portal is asked too often",
        "Wait a moment; lower the rate in the settings if it stays",
        ErrorClass.BUSY,
    ),
    Row(
        500,
        "The portal failed by itself",
        "Try again; if it stays, tell the portal's administrator",
        ErrorClass.BUSY,
    ),
    Row(
        502,
        "The portal does not answer behind its gateway",
        "Try again; if it stays, tell the portal's administrator",
        ErrorClass.BUSY,
    ),
    Row(
        503,
        "The portal is not available now",
        "Try again in a minute",
        ErrorClass.BUSY,
    ),
    Row(
        504,
        "The portal did not answer its gateway in time",
        "Try again; ask what the portal has before registering again",
        ErrorClass.BUSY,
    ),
)
"""Every status that a portal is known to refuse with."""

_BY_STATUS = {row.status: row for row in ROWS}
_OTHER = Row(0, "The portal refused", "Report it with this message", ErrorClass.REPORT)


class PortalRefusal(Refusal):
    """The portal answered and said no. `status` is the HTTP status, `words` what it said."""

    def __init__(self, status: int, words: str = "") -> None:
        row = _BY_STATUS.get(status, _OTHER)
        said = f": {words}" if words else ""
        super().__init__(
            f"{row.sentence} (status {status}){said}", remedy=row.remedy, code=f"http.{status}"
        )
        self.status = status
        self.words = words
        self._class = row.error_class

    @property
    def kind(self) -> ErrorClass:
        """What can be done, decided by the status."""
        return self._class

    @property
    def leaves_unknown(self) -> bool:
        """A portal that fails by itself (5xx) may have done what it was asked before."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class AlreadyThere(PortalRefusal):
    """The portal knows that id already (409, or 400 with words that say so)."""


class NotThere(PortalRefusal):
    """The portal has no such thing (404)."""


def _words(answer: Answer) -> str:
    """Return what the portal said, as one printable text of bounded length."""
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        return "bytes that are no text"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return printable(text.strip(), _LONGEST_WORDS)
    if isinstance(value, dict):
        errors = value.get("errors")
        if isinstance(errors, dict):
            value = "; ".join(f"{name}: {_joined(what)}" for name, what in errors.items())
        else:
            value = value.get("detail") or value.get("title") or value.get("message") or text
    return printable(value if isinstance(value, str) else text.strip(), _LONGEST_WORDS)


def _joined(what: object) -> str:
    return " ".join(map(str, what)) if isinstance(what, list) else str(what)


def _says_exists(words: str) -> bool:
    folded = words.casefold()
    return any(sign in folded for sign in _EXISTS)


def web_page(answer_body: bytes, status: int) -> UnusableAnswer | None:
    """Return the error for a page for people in the place of an answer, None for anything else."""
    if not answer_body.lstrip()[:15].lower().startswith(_PAGE):
        return None
    return UnusableAnswer(
        f"A web page came instead of the portal's answer (status {status})",
        remedy="Check the portal's address, and that no login page of the network stands before it",
        code=f"http.{status}",
    )


def refusal_from(answer: Answer) -> OrchestratorError:
    """Return the error that a portal's unsuccessful answer stands for.

    A page for people (the login of a captive network, an error page of a proxy) is UnusableAnswer.
    """
    page = web_page(answer.body, answer.status)
    if page is not None:
        return page
    words = _words(answer)
    shown = NOT_SHOWN if answer.endpoint.confidential and words else words
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotThere(answer.status, shown)
    conflict = answer.status == HTTPStatus.CONFLICT
    if conflict or (answer.status == HTTPStatus.BAD_REQUEST and _says_exists(words)):
        return AlreadyThere(answer.status, shown)
    return PortalRefusal(answer.status, shown)
