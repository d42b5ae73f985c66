"""What several categories share: ids as the API writes them, and the two forms of an error body."""

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from orchestrator.transport.endpoint import WireModel, WireRoot

Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{128}$")]
ShortName = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class Page(WireModel):
    """What all paged lists have: a token for the next page, None or empty on the last."""

    ContinuationToken: str | None = None


class Count(WireRoot[Annotated[int, Field(ge=0)]]):
    """A bare number."""


class ErrorDetail(WireModel):
    """One item of the usual error body, which is an array of these."""

    ErrorCode: str | None = None
    Title: str | None = None
    Status: int | None = None
    Detail: str | None = None
    Instance: str | None = None
    Extensions: dict[str, JsonValue] | None = None


class ErrorDetails(WireRoot[list[ErrorDetail]]):
    """The usual error body."""


class OlderError(WireModel):
    """The other error body, an object; seen together with status 410."""

    Code: str | int | None = None
    Message: str | None = None
