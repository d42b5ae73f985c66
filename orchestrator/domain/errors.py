"""Every error the house raises on purpose, cut by what the person in front of it can do.

    OrchestratorError
    ├── InputMistakes            what somebody wrote is wrong; nothing was started
    │   ├── RecipeMistakes         a recipe               (exit 65)
    │   └── ConfigurationMistakes  settings, a rack file  (exit 78)
    ├── ProductFault             the unit is not good                     -> FAIL
    │   ├── Mismatch               what was read is not what the recipe expects
    │   └── LimitBroken            a measurement lies outside its limit
    └── StationFault             the station could not judge              -> ERROR
        ├── LinkFault              the request may not have arrived
        │   ├── Unreachable          nobody answered; certainly nothing was applied
        │   ├── UntrustedPeer        the peer could not prove who it is; nothing was sent
        │   └── ConnectionLost       the link broke while the request was on its way
        ├── DeadlineExceeded       no complete answer in time             -> TIMEOUT
        ├── UnusableAnswer         an answer came that does not fit the contract
        ├── Refusal                the other side said no (rooms of `systems` subclass this)
        ├── NotSupported           this peer's version has no such call; nothing was sent
        ├── UnitChanged            another unit sits in the slot than the one the run began with
        ├── GateClosed             an irreversible step was not allowed to begin
        ├── AuditUnavailable       evidence cannot be written: the line stops
        ├── StationBusy            a lock or a port is held by someone else (exit 75)
        └── StationMisuse          a step or recipe used the station wrongly at run time

An error that `leaves_unknown` whether the request was applied (a broken link, a missed deadline,
an answer that cannot be read, a server's own failure) makes the engine settle and probe after an
irreversible step. `ErrorClass` is the word a recipe's `retry.on` uses and the audit stores.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Self


class ErrorClass(StrEnum):
    """What the caller can do about an error: the words of `retry: {on: [...]}` and of the audit."""

    INPUT = "input"  # correct the recipe or the settings
    PRODUCT = "product"  # set the unit aside
    LINK = "link"  # retry, check the cable
    TIMEOUT = "timeout"  # retry with more time
    BUSY = "busy"  # retry with back-off
    ANSWER = "answer"  # the peer talks nonsense: report it
    RIGHTS = "rights"  # unlock, sign in, fetch a capability
    IMAGE = "image"  # fix the image, stop the lot
    BOARD = "board"  # fix the board, then retry
    STATION = "station"  # fix the station
    UNIT = "unit"  # the unit left or was swapped
    AUDIT = "audit"  # evidence cannot be written
    REPORT = "report"  # unknown: report it


class OrchestratorError(Exception):
    """Root of the tree. Its text says what happened, where, and what to do next.

    `what` and `remedy` are sentences for people; `where` are the places known so far, from wide
    to narrow (station, slot, unit, step, endpoint ...); `code` is the vendor's or our short code.
    """

    error_class: ClassVar[ErrorClass] = ErrorClass.REPORT
    unknown: ClassVar[bool] = False

    def __init__(
        self,
        what: str,
        *,
        remedy: str = "",
        where: Mapping[str, str] | None = None,
        code: str = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.where: dict[str, str] = dict(where or {})
        self.code = code

    @property
    def kind(self) -> ErrorClass:
        """The class of this error; a `Refusal` decides it by the vendor's code."""
        return self.error_class

    @property
    def leaves_unknown(self) -> bool:
        """True when the other side may have applied the request all the same."""
        return self.unknown

    def at(self, **places: str) -> Self:
        """Add places to `where` (those already known win) and return the same error."""
        self.where = {**places, **self.where}
        return self

    def __str__(self) -> str:
        places = ", ".join(f"{name} {place}" for name, place in self.where.items())
        text = f"{self.what} ({places})" if places else self.what
        end = "" if text.endswith("?") else "."
        return f"{text}{end} {self.remedy}" if self.remedy else text


class InputMistakes(OrchestratorError):
    """Something that a person wrote is wrong. All mistakes are reported at once."""

    error_class = ErrorClass.INPUT


class RecipeMistakes(InputMistakes):
    """A recipe has mistakes; the command line exits with 65."""


class ConfigurationMistakes(InputMistakes):
    """Settings or a rack file are wrong; the command line exits with 78."""


class ProductFault(OrchestratorError):
    """The unit is not good: the step and the run end FAIL."""

    error_class = ErrorClass.PRODUCT


class Mismatch(ProductFault):
    """What was read from the unit is not what the recipe expects."""


class LimitBroken(ProductFault):
    """A measurement lies outside the limit that the recipe declares."""


class StationFault(OrchestratorError):
    """The station could not judge the unit: the step and the run end ERROR."""

    error_class = ErrorClass.STATION


class LinkFault(StationFault):
    """The exchange with the other side broke. Whether a request was applied is unknown."""

    error_class = ErrorClass.LINK
    unknown = True


class Unreachable(LinkFault):
    """No connection could be made. Nothing was applied."""

    unknown = False


class UntrustedPeer(LinkFault):
    """The peer's certificate is not the pinned one. Nothing was sent."""

    error_class = ErrorClass.STATION
    unknown = False


class ConnectionLost(LinkFault):
    """The connection broke after the request had begun to leave."""


class DeadlineExceeded(StationFault):
    """No complete answer came before the deadline. Whether it was applied is unknown."""

    error_class = ErrorClass.TIMEOUT
    unknown = True


class UnusableAnswer(StationFault):
    """An answer came that does not fit the contract (size, encoding, JSON, members)."""

    error_class = ErrorClass.ANSWER
    unknown = True


class Refusal(StationFault):
    """The other side answered and said no. `code` carries its own number or word."""

    error_class = ErrorClass.REPORT


class NotSupported(StationFault):
    """This peer has no such call (version too old, feature absent). Nothing was sent."""


class UnitChanged(StationFault):
    """Another unit, or none, sits in the slot than the one this run began with."""

    error_class = ErrorClass.UNIT


class GateClosed(StationFault):
    """An irreversible step may not begin: a required step before it has not passed."""


class AuditUnavailable(StationFault):
    """The audit cannot be written. The line stops at the next step boundary."""

    error_class = ErrorClass.AUDIT


class StationBusy(StationFault):
    """Something this process needs is held by another one (data directory, port)."""


class StationMisuse(StationFault):
    """A step or a recipe asked the station for something impossible at run time."""
