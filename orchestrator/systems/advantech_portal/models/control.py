"""Categories Remote Control and Remote Desktop: display, and a desktop over a WebSocket."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

DesktopId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]


class DisplaySwitch(WireModel):
    """`PUT /platform/api/control/display`."""

    status: Literal["on", "off"]


class RemoteDesktop(SecretModel):
    """`POST /platform/api/rdesk/config`: the connection to open, and its VNC password."""

    id: DesktopId
    password: SentSecret
    os: str | None = None
