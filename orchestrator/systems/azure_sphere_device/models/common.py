"""What several categories share: ids as the API writes them, and the one error body."""

from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.transport.endpoint import WireModel

Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
DeviceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{128}$")]


class ErrorAnswer(WireModel):
    """The body of every refusal: one int32, category in the upper bits (`error >> 20`)."""

    error: Annotated[int, Field(ge=-(2**31), lt=2**31)]
