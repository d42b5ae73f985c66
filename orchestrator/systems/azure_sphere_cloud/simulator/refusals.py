"""How the pretend cloud says no: a status and the vendor's usual error body, or the older one.

The statuses are the documented ones; 401 and 403 are not among them although a token is needed.
The names in `ErrorCode` are assumed throughout: no document lists any.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One way to refuse: its name on the wire, the status, and the vendor's kind of sentence."""

    name: str
    status: int
    title: str


BAD_REQUEST = RefusalRow("InvalidRequest", 400, "The request is malformed.")
BAD_TOKEN = RefusalRow("InvalidContinuationToken", 400, "The continuation token is invalid.")
UNAUTHORIZED = RefusalRow("Unauthorized", 401, "The token is missing, wrong or has expired.")
FORBIDDEN = RefusalRow("Forbidden", 403, "The user has no role that allows this.")
NO_PATH = RefusalRow("NotFound", 404, "No such resource.")
NO_TENANT = RefusalRow("TenantNotFound", 404, "The tenant was not found.")
NO_PRODUCT = RefusalRow("ProductNotFound", 404, "The product was not found.")
NO_GROUP = RefusalRow("DeviceGroupNotFound", 404, "The device group was not found.")
NO_DEVICE = RefusalRow("DeviceNotFound", 404, "The device was not found in the tenant.")
NO_IMAGE = RefusalRow("ImageNotFound", 404, "The image was not found.")
NO_OPERATION = RefusalRow("OperationNotFound", 404, "The operation was not found.")
WRONG_METHOD = RefusalRow("MethodNotAllowed", 405, "The resource has no such method.")
TWIN_NAME = RefusalRow("NameInUse", 409, "The name is in use.")
GROUP_FULL = RefusalRow("DeviceGroupLimitReached", 409, "The device group is at its limit.")
CLAIM_CONFLICT = RefusalRow("ClaimConflict", 409, "The device cannot be claimed.")
CLAIM_NOT_FOUND = RefusalRow("ClaimNotFound", 404, "The device cannot be claimed.")
TOO_LARGE = RefusalRow("RequestTooLarge", 413, "The request is too large.")
WRONG_TYPE = RefusalRow("UnsupportedMediaType", 415, "The media type is not supported.")
THROTTLED = RefusalRow("TooManyRequests", 429, "Too many requests.")


class Refused(Exception):
    """The cloud refuses the request; the server answers with `row`."""

    def __init__(self, row: RefusalRow, detail: str = "", retry_after: str | None = None) -> None:
        super().__init__(row.name)
        self.row = row
        self.detail = detail
        self.retry_after = retry_after
