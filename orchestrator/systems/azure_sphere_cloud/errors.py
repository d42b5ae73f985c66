"""What the cloud's refusals mean for the person in front of it.

    NotOurs           ProductFault -> FAIL    the device belongs to another tenant, or its id is
                                              unknown (the cloud does not say which): set it aside
    CloudRefusal      StationFault -> ERROR   every other no; `kind` says what can be done
      NotThere          an unknown tenant, product, group, device, image or operation
        WrongTenant       the account does not see the tenant of the settings
        UnknownProduct    no product of that name or id
        UnknownGroup      no device group of that name or id
      GroupFull         the device group takes no more devices
      RightsWithdrawn   403: the account may not do it (any more)
    OperationFailed   StationFault -> ERROR   what the cloud had accepted came to nothing
    OperationUnfinished  TIMEOUT              it was accepted, and its end is unknown
    SignInFailed      StationFault -> ERROR   no token can be had without a person

Only a device that cannot be had is against the unit. `kind` of a refusal is decided by its row in
`error_catalogue`.
"""

from collections.abc import Callable
from http import HTTPStatus

from orchestrator.domain.errors import (
    DeadlineExceeded,
    ErrorClass,
    OrchestratorError,
    ProductFault,
    Refusal,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.error_catalogue import (
    AT_ITS_LIMIT,
    OPERATION_ROWS,
    STATUS_ROWS,
    THINGS,
    OperationRow,
    StatusRow,
    Thing,
)
from orchestrator.transport.client import Answer, is_page
from orchestrator.transport.decode import read_model
from orchestrator.transport.text import printable

_BY_STATUS = {row.status: row for row in STATUS_ROWS}
_BY_NUMBER = {row.number: row for row in OPERATION_ROWS}
_LONGEST_WORDS = 300
_MOVES = {"move_device", "update_device", "claim_devices"}


def status_row(status: int) -> StatusRow:
    """Return what a status stands for; one that no row lists keeps its number."""
    return _BY_STATUS.get(status) or StatusRow(
        status, "", "The cloud refused with a status that is not listed",
        "Report it with this message", ErrorClass.REPORT,
    )  # fmt: skip


def operation_row(number: int | None) -> OperationRow:
    """Return what the number of a failed operation stands for."""
    return _BY_NUMBER.get(-1 if number is None else number) or OperationRow(
        -1 if number is None else number, "", "The cloud gives a number that is not listed",
        "Report it with the operation's id", ErrorClass.REPORT,
    )  # fmt: skip


class CloudRefusal(Refusal):
    """The cloud answered and said no. `symbol` and `words` are its own, empty without any."""

    def __init__(self, row: StatusRow, symbol: str = "", words: str = "", what: str = "") -> None:
        own = ": ".join(part for part in (symbol, words) if part)
        number = f"HTTP {row.status}" + (f" {row.name}" if row.name else "")
        super().__init__(
            f"{what or row.sentence} ({number}{'; ' if own else ''}{own})",
            remedy=row.remedy,
            code=symbol or f"http.{row.status}",
        )
        self.status = row.status
        self.symbol = symbol
        self.words = words
        self._kind = row.error_class

    @property
    def kind(self) -> ErrorClass:
        """What can be done, decided by the status."""
        return self._kind

    @property
    def leaves_unknown(self) -> bool:
        """A cloud that fails by itself (5xx) may have done what it was asked before."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class NotThere(CloudRefusal):
    """What the request names is not in the cloud. `thing` is the word for it."""

    thing = "thing"


class WrongTenant(NotThere):
    """The tenant or catalog of the settings is none that the account sees."""

    thing = "tenant"


class UnknownProduct(NotThere):
    """No product of that name or id."""

    thing = "product"


class UnknownGroup(NotThere):
    """No device group of that name or id."""

    thing = "device group"


class UnknownDevice(NotThere):
    """The tenant has no such device: not claimed, claimed elsewhere, or an id nobody knows."""

    thing = "device"


class GroupFull(CloudRefusal):
    """The device group, or its product, takes no more devices."""


class RightsWithdrawn(CloudRefusal):
    """The account may not do this, perhaps since a moment ago."""


class OperationFailed(Refusal):
    """An accepted request came to nothing. `number` is the reference's, `operation_id` the cloud's.

    The cloud ended it, so whether something was applied is known: a partial failure
    (`partly`) did some of it, and each device has to be asked for.
    """

    def __init__(
        self, kind: str, operation_id: str, number: int | None, message: str | None, *, partly: bool
    ) -> None:
        self.meaning = operation_row(number)
        words = printable(message or "", _LONGEST_WORDS)
        name = self.meaning.name or f"number {self.meaning.number}"
        super().__init__(
            f"The cloud's operation {kind} {'ended with errors' if partly else 'failed'}: "
            f"{self.meaning.sentence} ({name}" + (f": {words})" if words else ")"),
            remedy=self.meaning.remedy,
            code=self.meaning.name or f"operation.{self.meaning.number}",
            where={"operation": operation_id},
        )
        self.number = self.meaning.number
        self.operation_id = operation_id
        self.partly = partly
        self.words = words

    @property
    def kind(self) -> ErrorClass:
        """What can be done, decided by the number."""
        return self.meaning.error_class

    @property
    def leaves_unknown(self) -> bool:
        """Only a partial failure leaves open what was done."""
        return self.partly


class OperationUnfinished(DeadlineExceeded):
    """The cloud accepted a request, and its end did not come in time. `operation_id` names it."""

    def __init__(self, operation_id: str, kind: str, seconds: float) -> None:
        super().__init__(
            f"The cloud's operation {kind} did not end within {seconds:g} s",
            remedy="Hold the unit, and ask later what the cloud has; do not repeat it blindly",
            code="operation.unfinished",
            where={"operation": operation_id},
        )
        self.operation_id = operation_id


class NotOurs(ProductFault):
    """The device cannot be claimed: another tenant has it, or nobody knows its id.

    The cloud answers both alike. `elsewhere` is True where it named another owner.
    """

    def __init__(self, device_id: str, owner: str, *, elsewhere: bool, words: str = "") -> None:
        reason = (
            "it is claimed by another tenant"
            if elsewhere
            else "another tenant has claimed it, or the cloud does not know its id"
        )
        own = f" ({printable(words, _LONGEST_WORDS)})" if words else ""
        super().__init__(
            f"The device cannot be claimed into {owner}: {reason}{own}",
            remedy="Set the unit aside and ask whoever bought or used it before; a claim cannot"
            " be moved by this station",
            code="claimed_elsewhere" if elsewhere else "claim_refused",
            where={"device": device_id},
        )
        self.device_id = device_id
        self.elsewhere = elsewhere


class SignInFailed(Refusal):
    """No token can be had until a person does something: sign in, renew a secret, give a right."""

    error_class = ErrorClass.RIGHTS


def read_words(answer: Answer) -> tuple[str, str]:
    """Return the cloud's own name for an error and its words, from either form of the body."""
    shown = "" if answer.endpoint.confidential else answer.shown
    try:
        details = read_model(models.ErrorDetails, answer.body)
    except UnusableAnswer:
        details = None
    if isinstance(details, models.ErrorDetails) and details.root:
        first = details.root[0]
        words = " ".join(part for part in (first.Title, first.Detail) if part)
        more = f" and {len(details.root) - 1} more" if len(details.root) > 1 else ""
        return _short(first.ErrorCode), printable(words + more, _LONGEST_WORDS)
    try:
        older = read_model(models.OlderError, answer.body)
    except UnusableAnswer:
        return "", shown if answer.body else ""
    assert isinstance(older, models.OlderError)
    if older.Code is None and older.Message is None:
        return "", shown if answer.body else ""
    return _short(older.Code), printable(older.Message or "", _LONGEST_WORDS)


Words = Callable[[Answer], tuple[str, str]]
"""Reads the service's own name for an error and its words."""


def _short(name: object) -> str:
    return "" if name is None else printable(str(name), 60)


_NOT_THERE: dict[str, type[NotThere]] = {
    "tenant": WrongTenant,
    "product": UnknownProduct,
    "device group": UnknownGroup,
    "device": UnknownDevice,
}


def not_there(thing: Thing, row: StatusRow, symbol: str = "", words: str = "") -> NotThere:
    """Return the error for an unknown thing."""
    made = _NOT_THERE.get(thing.word, NotThere)(
        row._replace(remedy=thing.remedy), symbol, words, f"The cloud has no such {thing.word}"
    )
    made.thing = thing.word
    return made


def typed(answer: Answer, row: StatusRow, symbol: str, words: str) -> CloudRefusal:
    """Return the narrowest refusal that status, call and words give."""
    path, name = answer.endpoint.path, answer.endpoint.name
    if row.status == HTTPStatus.NOT_FOUND:
        named = ((t, f"{{{parameter}}}") for t in THINGS for parameter in t.parameters)
        thing = next((t for t, parameter in named if parameter in path), None)
        if name.endswith("claim_device") or thing is None:
            return CloudRefusal(row, symbol, words)
        return not_there(thing, row, symbol, words)
    if row.status == HTTPStatus.FORBIDDEN:
        return RightsWithdrawn(row, symbol, words)
    full = AT_ITS_LIMIT.search(f"{symbol} {words}")
    if row.status in {HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST} and name in _MOVES and full:
        remedy = "Let the recipe use another device group, or make room in this one"
        return GroupFull(
            row._replace(remedy=remedy), symbol, words, "The device group takes no more devices"
        )
    return CloudRefusal(row, symbol, words)


def refusal_from(answer: Answer, read: Words = read_words) -> OrchestratorError:
    """Return the error that an unsuccessful answer stands for, of the public API by default."""
    row = status_row(answer.status)
    if is_page(answer) and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnusableAnswer(
            f"A web page with status {answer.status} came instead of the cloud's answer",
            remedy="Check the network: a proxy or a sign-in page may stand in between",
            code="answer.html",
        )
    if is_page(answer):
        return CloudRefusal(row)
    symbol, words = read(answer)
    return typed(answer, row, symbol, words)
