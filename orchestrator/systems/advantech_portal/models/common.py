"""What several categories share: versions, names of states, and the four error bodies."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from orchestrator.transport.endpoint import WireModel, WireRoot

ServiceState = Literal["running", "stopped", "disabled", "unknown"]
Action = Literal["start", "stop", "restart"]
Scalar = str | bool | int | float
Count = Annotated[int, Field(ge=0)]


class AgentInfo(WireModel):
    """`GET .../agentinfo`: the version of one component, with a leading v."""

    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]+(\.[0-9]+)*$", max_length=60)]


class AnyValue(WireRoot[Any]):
    """A JSON value about whose form the document says nothing."""


class AuthError(WireModel):
    """401 of nearly all operations: member names with capitals."""

    Code: int
    Message: str


class AccountAuthError(WireModel):
    """400 and 401 of the admin password: small letters, and `code` may be missing."""

    message: str
    code: int | None = None


class MessageError(WireModel):
    """What EdgeHub and the remote desktop refuse with."""

    message: str


class ErrorsByModule(WireModel):
    """What all other operations refuse with: one text under the name of the module.

    The names are `validator`, `Host`, `DevMgr`, `Service`, `LED`, `WDT`, `GPIO`, `Brightness`,
    `networking`, `Net`, `WiFi`, `Processes`, `Control` and `ETP`.
    """

    errors: dict[str, str]
