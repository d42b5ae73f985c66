"""Category Terminal: a local shell over a WebSocket.

The numbers of the messages are those of the GoTTY web terminal, whose form they are taken to have:
the number as one character, then the data. The document lost the form.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from orchestrator.transport.endpoint import WireModel


class TerminalInfo(WireModel):
    """`GET /platform/api/term/ws`: which operating system's shell it is."""

    os: Literal["windows", "linux"]


class TerminalSize(WireModel):
    """Size of the window in characters, sent as message 3."""

    columns: Annotated[int, Field(ge=1)]
    rows: Annotated[int, Field(ge=1)]


class TerminalPreferences(WireModel):
    """How the host would like a browser to show the terminal: message 4."""

    font_size: Annotated[int | None, Field(alias="font-size")] = None
    font_family: Annotated[str | None, Field(alias="font-family")] = None

    model_config = ConfigDict(serialize_by_alias=True)
