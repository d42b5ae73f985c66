"""How a board says no: HTTP status and error number, as real boards pair them.

The numbers are `category << 20 | id`. Which status goes with a number is proven for some pairs by
the vendor's own tests and assumed for the rest; the fact is noted at each row. Sentences for
people are the business of the client's side.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One way to refuse: the HTTP status and the device's error number."""

    status: int
    number: int


def _row(status: int, category: int, identifier: int) -> RefusalRow:
    return RefusalRow(status, (category << 20) | identifier)


# Proven by the vendor's tests on boards.
UNKNOWN_URI = _row(404, 15, 2)
APP_NOT_PRESENT = _row(409, 14, 12)
WIFI_DISABLED = _row(500, 13, 18)

# Assumed: the natural status, or the only one that the interface description leaves.
LOCKED = _row(403, 10, 18)
DEVELOPMENT_NEEDED = _row(403, 1, 20)
DELETE_NOT_PERMITTED = _row(403, 7, 37)
WRONG_METHOD = _row(405, 15, 1)
WRONG_CONTENT_TYPE = _row(415, 10, 1)
NOT_JSON = _row(400, 10, 1)
WRONG_JSON = _row(400, 10, 2)
BUSY = _row(503, 10, 5)
TOO_LARGE_REQUEST = _row(413, 10, 17)
BAD_COMPONENT_ID = _row(400, 14, 15)
NO_DEBUGGER = _row(409, 3, 10)

NOT_AN_IMAGE = _row(400, 7, 18)
UNTRUSTED_IMAGE = _row(400, 7, 15)
SDK_IMAGE_NOT_ALLOWED = _row(403, 7, 15)
IMAGE_TOO_LARGE = _row(400, 7, 19)
NO_FREE_SPACE = _row(500, 14, 18)
ONE_COMPONENT_ONLY = _row(400, 7, 43)
UPDATE_RUNNING = _row(409, 7, 39)
EMPTY_COMPONENT_ID = _row(400, 7, 47)
UNSUPPORTED_TYPE = _row(400, 16, 2)
RUNTIME_TOO_OLD = _row(500, 3, 22)


class Refused(Exception):
    """The board refuses the request; the server answers with `row`."""

    def __init__(self, row: RefusalRow) -> None:
        super().__init__(f"{row.status} with error {row.number}")
        self.row = row


class LinkDropped(ConnectionError):
    """The link to the board is down or breaks now: no answer leaves it.

    On real sockets the server cuts the connection; in process the caller sees this error.
    """
