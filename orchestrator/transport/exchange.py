"""What is told of each exchange with an outside system: for figures and lamps, never to decide by.

Nothing of a unit is in it: no address, no path, no parameter, no word of the answer.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from orchestrator.domain.errors import OrchestratorError

_NOT_LET_IN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}


class Exchange(NamedTuple):
    """One request that was sent, and what came of it after `seconds`.

    `endpoint` is the name of the row that was called. `code` is empty for an answer as agreed;
    else it is a code or class of the house's errors, or `http.4xx` for a refusal: there are only
    so many. `works` is False when the system was not reached, gave no usable answer, failed by
    itself or did not know who asks; a refusal of anything else shows a system at work.
    """

    endpoint: str
    seconds: float
    code: str
    works: bool


Exchanged = Callable[[Exchange], None]
"""Told of every exchange, in the event loop; must neither wait nor raise."""


def code_of(error: OrchestratorError) -> str:
    """Return the code of an error, or its class when it has none."""
    return error.code or error.kind.value


def class_of(status: int) -> str:
    """Return the class of a status that is a refusal: `http.4xx`."""
    return f"http.{status // 100}xx"


def works_after(status: int) -> bool:
    """Say whether a system that answered with `status` is at work for this station."""
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NOT_LET_IN
