"""What a host's refusals mean for the person in front of it.

Four forms of body become one tree:

    HostRefusal           StationFault -> ERROR  whatever has no class of its own
      NotSupportedHere      the host has no such thing, or no data of it: 404 or 204. An answer of
                            its own; `supported` makes None of it where a caller can do without
      AppliedWithErrors     the host did it in part; `leaves_unknown` is true
      RequestInvalid        a value is wrong; nothing was applied
      SignInRefused         wrong name or password
        AccountLocked         too many wrong ones
      TokenRefused          the token is not good for this call
        TokenExpired          its time is over
      PermissionMissing     the account may not do this
        PasswordMustChange    before it has another password than the documented one

The forms are `{"Code", "Message"}` (401), `{"code", "message"}` (admin password), `{"errors":
{module: words}}`, and `{"message"}` (EdgeHub, remote desktop). The rows stand in `error_catalogue`.
Nothing that a host refuses says by itself that the unit is bad, so none of it is FAIL.
"""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    Refusal,
    UnusableAnswer,
)
from orchestrator.systems.advantech_portal import endpoints, models
from orchestrator.systems.advantech_portal.error_catalogue import (
    EXPIRED,
    LOCKED,
    MESSAGE,
    MUST_CHANGE,
    NO_TOKEN,
    NOT_THERE,
    ROWS,
    WRONG_PASSWORD,
    Meaning,
    Row,
    SignInRow,
)
from orchestrator.transport.client import Answer, is_page
from orchestrator.transport.decode import read_json
from orchestrator.transport.endpoint import Endpoint, WireModel
from orchestrator.transport.text import printable

T = TypeVar("T")

_LONGEST_WORDS = 300
_BY_PLACE = {(row.status, row.place): row for row in ROWS}
_SIGN_IN = {endpoints.GET_TOKEN.name, endpoints.LOGIN.name}
_PAGE = (b"<!doctype", b"<html")


class Said(NamedTuple):
    """What a body says: the place of its words (empty: in no known form), and the words."""

    place: str
    words: str


class HostRefusal(Refusal):
    """The host answered and said no. `status` is the HTTP status, `words` what it said."""

    def __init__(self, row: Row, said: Said, status: int) -> None:
        detail = f": {said.words}" if said.words else ""
        super().__init__(
            f"{row.sentence} (status {status}){detail}",
            remedy=row.remedy,
            code=f"{status}.{said.place}" if said.place else f"http.{status}",
        )
        self.status = status
        self.place = said.place
        self.words = said.words
        self._row = row

    def again(self) -> "HostRefusal":
        """Return a new error that says the same, for a call that is not made for that reason."""
        return type(self)(self._row, Said(self.place, self.words), self.status)

    @property
    def kind(self) -> ErrorClass:
        """What can be done, decided by status and module."""
        return self._row.error_class

    @property
    def leaves_unknown(self) -> bool:
        """True when something may have been applied: in part, or before the host failed."""
        return self._row.meaning in {Meaning.APPLIED, Meaning.FAILED} or self.status >= 500


class NotSupportedHere(HostRefusal):
    """The host has no such thing, or no data of it. Another host of the line may have it."""


class AppliedWithErrors(HostRefusal):
    """The host began, and did not do all of it. What is true now has to be read."""


class RequestInvalid(HostRefusal):
    """A value of the request is wrong; nothing was applied."""


class PermissionMissing(HostRefusal):
    """The account may not do this (403)."""


class PasswordMustChange(PermissionMissing):
    """The admin account still has its documented password, and may do nothing but change it."""


class TokenRefused(HostRefusal):
    """The host does not take the token for this call (401)."""


class TokenExpired(TokenRefused):
    """The token's time is over, and nobody here can renew it."""


class SignInRefused(HostRefusal):
    """The host does not accept the account's name and password."""


class AccountLocked(SignInRefused):
    """The host does not let the account in for a while: too many wrong passwords."""


_KINDS: dict[Meaning, type[HostRefusal]] = {
    Meaning.APPLIED: AppliedWithErrors,
    Meaning.INVALID: RequestInvalid,
    Meaning.RIGHTS: PermissionMissing,
}


async def supported(call: Awaitable[T]) -> T | None:
    """Return what `call` answers, None where the host has no such thing."""
    try:
        return await call
    except NotSupportedHere:
        return None


def refusal_from(answer: Answer) -> OrchestratorError:
    """Return the error that a host's unsuccessful answer stands for.

    A page for people, and the forms of other servers where the host says nothing, are
    UnusableAnswer.
    """
    status, row = answer.status, answer.endpoint
    if is_page(answer) or answer.body.lstrip()[:15].lower().startswith(_PAGE):
        return UnusableAnswer(
            f"A web page came instead of the host's answer (status {status})",
            remedy="Check that the address and port belong to an Advantech Platform Portal",
            code=f"http.{status}",
        )
    said = heard = _said(answer)
    if row.confidential and heard.words:
        said = Said(heard.place, "")  # it may repeat a secret
    words = heard.words.casefold()
    absent = status in endpoints.NOT_HERE.get(row.name, ()) and (
        said.place or not answer.body.strip()
    )
    # Some modules have no status for it and say so in words.
    if absent or (status == HTTPStatus.UNPROCESSABLE_ENTITY and _says(NOT_THERE, words)):
        return NotSupportedHere(_not_here(answer), said, status)
    if status == HTTPStatus.NOT_FOUND:
        return _no_call(answer, said)
    rights = _rights(answer, said, words)
    if rights is not None:
        return rights
    found = _BY_PLACE.get((status, said.place)) or _BY_PLACE.get((status, ""))
    if found is None:
        return HostRefusal(_unlisted(answer), said, status)
    return _KINDS.get(found.meaning, HostRefusal)(found, said, status)


_FORMS: tuple[tuple[type[WireModel], str], ...] = (
    (models.ErrorsByModule, "errors"),
    (models.AuthError, "Message"),
    (models.AccountAuthError, MESSAGE),
)


def _said(answer: Answer) -> Said:
    """Return the words of a body of one of the four forms, else the beginning of the body."""
    try:
        value = read_json(answer.body, confidential=True)
    except UnusableAnswer:
        value = None
    for model, place in _FORMS:
        try:
            told = getattr(model.model_validate(value), place)
        except ValidationError:
            continue
        return _first(told) if isinstance(told, dict) else Said(place, _shown(told))
    text = answer.body[: 4 * _LONGEST_WORDS].decode("utf-8", "replace").strip()
    return Said("", _shown(text))


def _shown(words: str) -> str:
    return printable(words, _LONGEST_WORDS)


def _first(errors: dict[str, str]) -> Said:
    """Return the one module of an answer; of several the first, with the words of all."""
    if not errors:
        return Said("", "")
    words = "; ".join(word for word in errors.values() if word)
    return Said(printable(next(iter(errors)), 40), _shown(words))


def _not_here(answer: Answer) -> Row:
    return Row(
        answer.status,
        "",
        Meaning.OTHER,
        f"The host has nothing to answer {answer.endpoint.label} with",
        "Take it out of the recipe for this model, or use a host that has it; the profile of the"
        " host says what is there",
        ErrorClass.STATION,
    )


def _no_call(answer: Answer, said: Said) -> HostRefusal:
    """Tell a host that is too old for a call from a peer that is no such host."""
    since = answer.endpoint.since
    named = ", or nothing of that name" if "{" in answer.endpoint.path else ""
    sentence = f"The host has no call {answer.endpoint.label}{named}"
    if since:
        needs = f"Update the host's portal: the call needs {since}"
        row = Row(404, "", Meaning.OTHER, sentence, needs, ErrorClass.STATION)
        return NotSupportedHere(row, said, answer.status)
    remedy = "Check that the address and port belong to an Advantech Platform Portal"
    row = Row(404, "", Meaning.OTHER, sentence, remedy, ErrorClass.STATION)
    return HostRefusal(row, said, answer.status)


def _says(signs: tuple[str, ...], words: str) -> bool:
    return any(sign in words for sign in signs)


def _rights(answer: Answer, said: Said, words: str) -> HostRefusal | None:
    """Return what an account may not; the words decide between what shares a status."""
    status = answer.status
    if status == HTTPStatus.FORBIDDEN:
        if not _says(MUST_CHANGE.signs, words):
            return None
        kind: tuple[type[HostRefusal], SignInRow] = PasswordMustChange, MUST_CHANGE
    elif status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.LOCKED}:
        return None
    elif _says(LOCKED.signs, words) or status == HTTPStatus.LOCKED:
        kind = AccountLocked, LOCKED
    elif answer.endpoint.name in _SIGN_IN:
        kind = SignInRefused, WRONG_PASSWORD
    elif _says(EXPIRED.signs, words):
        kind = TokenExpired, EXPIRED
    else:
        kind = TokenRefused, NO_TOKEN
    return _signed(*kind, said, status)


def no_account(endpoint: Endpoint) -> HostRefusal:
    """Return the error for a call that needs an account where none is given. Nothing was sent."""
    row = Row(
        401,
        "",
        Meaning.RIGHTS,
        f"No account is given for {endpoint.label}, which needs one",
        "Name an account of the host in the settings",
        ErrorClass.RIGHTS,
    )
    return TokenRefused(row, Said("", ""), 401)


def _signed(kind: type[HostRefusal], why: SignInRow, said: Said, status: int) -> HostRefusal:
    row = Row(status, "", Meaning.RIGHTS, why.sentence, why.remedy, ErrorClass.RIGHTS)
    return kind(row, said, status)


def _unlisted(answer: Answer) -> Row:
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _BY_PLACE[500, ""]
    return Row(
        answer.status,
        "",
        Meaning.OTHER,
        "The host refused in a way that its document does not know",
        "Report it with this message",
        ErrorClass.REPORT,
    )
