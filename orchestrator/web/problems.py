"""Refusals and faults as `application/problem+json` (RFC 9457): what happened and what to do.

The errors of the house become a status by their class; nothing of what was sent is repeated, and
an unknown fault says nothing of its inside.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from orchestrator.domain.errors import (
    AuditUnavailable,
    ConfigurationMistakes,
    DeadlineExceeded,
    InputMistakes,
    OrchestratorError,
    StationBusy,
)
from orchestrator.station.answers import AnswerRefused
from orchestrator.station.commands import CommandRefused
from orchestrator.station.decisions import DecisionRefused
from orchestrator.station.scanning import ScanRefused
from orchestrator.web.problem_kinds import KINDS

MEDIA_TYPE = "application/problem+json"
TYPES = "/help/problems/"
"""Where the kinds of problems are explained, on the station itself."""


class Pointed(BaseModel):
    """One thing that is wrong with a request, and where: a JSON pointer or a parameter.

    The empty pointer is the whole body.
    """

    model_config = ConfigDict(frozen=True)

    pointer: str
    message: str


class Problem(BaseModel):
    """Why a request was refused or failed, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="Address of the page that explains this kind of problem.")
    title: str = Field(description="The kind of problem in a few words.")
    status: int
    detail: str = Field(description="What happened, in a sentence.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="Short code of the kind of problem.")
    what_to_do: str = ""
    errors: list[Pointed] = []


class ProblemAnswer(JSONResponse):
    """The answer that tells `problem`; `extra` are the headers that belong to it."""

    def __init__(self, problem: Problem, extra: Mapping[str, str] | None = None) -> None:
        self.problem = problem
        self.extra = dict(extra or {})
        super().__init__(problem.model_dump(), problem.status, self.extra, MEDIA_TYPE)


class Refused(OrchestratorError):
    """The web refuses a request. `status` is that of the answer, `code` its kind."""

    def __init__(
        self,
        status: int,
        code: str,
        what: str,
        remedy: str = "",
        *,
        errors: Sequence[Pointed] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, remedy=remedy, code=code)
        self.status = status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def status_of(error: OrchestratorError) -> tuple[int, str]:
    """Return the status and the code that an error of the house is answered with."""
    if isinstance(error, Refused):
        return error.status, error.code
    by_class: tuple[tuple[type[OrchestratorError], int, str], ...] = (
        (AuditUnavailable, 503, "audit_unavailable"),
        (DecisionRefused, 409, "decision_refused"),
        (CommandRefused, 409, "command_refused"),
        (AnswerRefused, 409, "answer_refused"),
        (ScanRefused, 409, "scan_refused"),
        (StationBusy, 409, "busy"),
        (ConfigurationMistakes, 503, "configuration"),
        (InputMistakes, 422, "input"),
        (DeadlineExceeded, 504, "deadline"),
    )
    for kind, status, code in by_class:
        if isinstance(error, kind):
            return status, code
    return 409, "refused"


def problem_at(
    path: str,
    status: int,
    code: str,
    detail: str,
    remedy: str = "",
    *,
    errors: Sequence[Pointed] = (),
    headers: Mapping[str, str] | None = None,
) -> ProblemAnswer:
    """Return the answer that tells a problem with what lies at `path`."""
    problem = Problem(
        type=TYPES + code,
        title=KINDS[code].title,
        status=status,
        detail=detail,
        instance=path,
        code=code,
        what_to_do=remedy,
        errors=list(errors),
    )
    return ProblemAnswer(problem, headers)


async def house_error(request: Request, error: Exception) -> ProblemAnswer:
    """Answer an error of the house with its sentence and remedy."""
    assert isinstance(error, OrchestratorError)
    status, code = status_of(error)
    what = error.what if error.what.endswith((".", "?")) else f"{error.what}."
    refused = error if isinstance(error, Refused) else None
    return problem_at(
        request.url.path,
        status,
        code,
        what,
        error.remedy,
        errors=refused.errors if refused else (),
        headers=refused.headers if refused else None,
    )


async def wrong_input(request: Request, error: Exception) -> ProblemAnswer:
    """Answer a request that does not fit its description; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    return problem_at(
        request.url.path,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "input",
        "The request does not fit its description.",
        "Correct what is listed under errors.",
        errors=[_pointed(mistake) for mistake in error.errors()],
    )


def _pointed(mistake: Any) -> Pointed:
    place, *inner = (str(part) for part in mistake["loc"])
    message = str(mistake["msg"])
    if mistake["type"] == "json_invalid":
        # What follows is no place in the document: there is none.
        message, inner = f"This is no JSON: it goes wrong at character {int(inner[0]) + 1}", []
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in inner)
    where = pointer if place == "body" else f"{place}:{'.'.join(inner)}"
    return Pointed(pointer=where[:200], message=message[:200])


_WORDS = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method", "This address does not know that method."),
    413: ("too_large", "The request is too large."),
}


async def http_error(request: Request, error: Exception) -> ProblemAnswer:
    """Answer what the framework refuses."""
    assert isinstance(error, HTTPException)
    code, detail = _WORDS.get(error.status_code, ("http", str(error.detail)))
    return problem_at(request.url.path, error.status_code, code, detail, headers=error.headers)


async def unknown_error(request: Request, error: Exception) -> ProblemAnswer:
    """Answer what nobody expected; the guard tells the log."""
    del error
    return our_fault(request.url.path)


def our_fault(path: str) -> ProblemAnswer:
    """Return the answer to a request that the program itself failed at."""
    return problem_at(
        path,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "program",
        "The program itself failed at this request.",
        "Report it with the time; the station's log says more.",
    )
