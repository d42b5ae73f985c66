"""What a board's error numbers mean for the person in front of it.

A number is `category << 20 | id`, written `category.id` by people. The rows stand in
`error_catalogue`; this file decodes numbers and makes errors of them:

    BoardFault      ProductFault -> FAIL   this board's flash or certificate store has no room
                                           (7.2, 14.18, 37.11): the unit is set aside, the next
                                           board with the same recipe may be good
    DeviceRefusal   StationFault -> ERROR  every other number; `kind` says what can be done

A refusal that another board or another try would not give (wrong image, missing right, busy) says
nothing against the unit, so it is never FAIL.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    ProductFault,
    Refusal,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_device.error_catalogue import BOARD_FAULTS, ROWS, Row
from orchestrator.systems.azure_sphere_device.models import ErrorAnswer
from orchestrator.transport.client import Answer
from orchestrator.transport.decode import read_model

CATEGORIES: dict[int, str] = {
    0: "operating system",
    1: "application manager",
    2: "application manifest",
    3: "application lifetime",
    4: "mounting",
    5: "peripherals",
    7: "image update",
    10: "device interface",
    13: "Wi-Fi",
    14: "application requests",
    15: "HTTP",
    16: "update requests",
    17: "log",
    18: "JSON",
    30: "network configuration",
    37: "certificate store",
    42: "image metadata",
}
"""The parts of a board that number their own errors."""

_BY_NUMBER: dict[int, Row] = {row.number: row for row in ROWS}


@dataclass(frozen=True, slots=True)
class DeviceError:
    """One decoded number. `symbol` is the vendor's name, empty where it is not known."""

    number: int
    symbol: str
    sentence: str
    remedy: str
    error_class: ErrorClass

    @property
    def dotted(self) -> str:
        """The form that people write: `10.18`."""
        bits = self.number & 0xFFFFFFFF  # a negative int32 has a category as well
        return f"{bits >> 20}.{bits & 0xFFFFF}"

    @property
    def numbers(self) -> str:
        """Both forms and the name: `10.18 CommandAuthorizationFailed, 10485778`."""
        name = f" {self.symbol}" if self.symbol else ""
        return f"{self.dotted}{name}, {self.number}"

    @property
    def label(self) -> str:
        """The same as a refusal shows it: `error 10.18 CommandAuthorizationFailed, 10485778`."""
        return f"error {self.numbers}"


def decode(number: int) -> DeviceError:
    """Return what `number` means; one that no catalogue lists still gets its category."""
    row = _BY_NUMBER.get(number)
    if row is not None:
        return DeviceError(row.number, row.symbol, row.sentence, row.remedy, row.error_class)
    part = CATEGORIES.get(number >> 20)
    sentence = (
        f"The board refused with an unlisted number of its {part} part"
        if part
        else ("The board refused with a number that no catalogue lists")
    )
    return DeviceError(
        number,
        "",
        sentence,
        "Report the number; try the unit again after a restart",
        ErrorClass.REPORT,
    )


class DeviceRefusal(Refusal):
    """The board answered and said no, for a reason that is not the board's quality.

    `number` is the board's own, `code` the same as text, `status` the HTTP status (0 unknown).
    """

    def __init__(self, number: int, status: int = 0) -> None:
        self.meaning = decode(number)
        super().__init__(
            f"{self.meaning.sentence} ({self.meaning.label})",
            remedy=self.meaning.remedy,
            code=str(number),
        )
        self.number = number
        self.status = status

    @property
    def kind(self) -> ErrorClass:
        """What can be done, decided by the number."""
        return self.meaning.error_class

    @property
    def leaves_unknown(self) -> bool:
        """A board that fails by itself (5xx) may have done what it was asked before."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


class BoardFault(ProductFault):
    """The board cannot take what every other board takes: the unit is not good.

    It ends in FAIL, so its sentence does not say `error`, the word for what the station could not
    judge.
    """

    error_class: ClassVar[ErrorClass] = ErrorClass.BOARD

    def __init__(self, number: int, status: int = 0) -> None:
        self.meaning = decode(number)
        super().__init__(
            f"{self.meaning.sentence} (board code {self.meaning.numbers})",
            remedy=self.meaning.remedy,
            code=str(number),
        )
        self.number = number
        self.status = status


def refusal_from(answer: Answer) -> OrchestratorError:
    """Return the error that a board's unsuccessful answer stands for.

    A body without a number (empty, HTML, another shape) becomes UnusableAnswer.
    """
    try:
        refused = read_model(ErrorAnswer, answer.body, confidential=True)
    except UnusableAnswer:
        return UnusableAnswer(
            f"The board answered {answer.status} without an error number: {answer.shown}",
            remedy="Try again; if it stays, check that a board of this kind is attached",
            code=f"http.{answer.status}",
        )
    assert isinstance(refused, ErrorAnswer)
    if refused.error in BOARD_FAULTS:
        return BoardFault(refused.error, answer.status)
    return DeviceRefusal(refused.error, answer.status)
