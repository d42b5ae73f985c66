"""What can be set about the panel and the station API: where they listen, who must sign in.

A panel that other machines can reach needs TLS and people who sign in; anything else is a mistake
of the settings. Accounts are no settings: they lie in the data folder.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.station.settings_base import Section, Text
from orchestrator.station.settings_screen import ScreenSection

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Addresses that no other machine can reach."""

_HOST = r"^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$|^::1?$"

HostName = Annotated[str, Field(min_length=1, max_length=253, pattern=_HOST)]


class WebSection(Section):
    """The panel and the station API. Without this section neither is served."""

    host: HostName = Field(
        default="localhost",
        description="Address to listen on. Any other than `localhost`, `127.0.0.1` and `::1` needs "
        "TLS, people who sign in, and at least one account.",
    )
    port: int = Field(
        default=8460, ge=0, le=65535, description="Port to listen on; 0: any that is free."
    )
    tls_certificate: Path | None = Field(
        default=None,
        description="Certificate (PEM, with its chain) of the panel; relative to the settings "
        "file.",
    )
    tls_key: Path | None = Field(
        default=None, description="Key (PEM) of that certificate; readable for the service alone."
    )
    hosts: list[HostName] = Field(
        default=[],
        max_length=32,
        description="Names under which browsers ask for the panel, besides the loopback ones and "
        "`host`; requests for another name are refused.",
    )
    sign_in: bool = Field(
        default=True,
        description="true: whoever starts, answers or scans has signed in; false: everybody at "
        "this machine may work as an operator.",
    )
    look: Literal["anyone", "signed_in"] = Field(
        default="anyone",
        description="Who may look: `anyone`, or from other machines only who has signed in.",
    )
    badge_alone: bool = Field(
        default=False, description="true: operators sign in by their badge without a PIN."
    )
    operator_idle_minutes: float = Field(
        default=10,
        ge=1,
        le=720,
        description="An operator who does nothing for so long is signed out.",
    )
    idle_minutes: float = Field(
        default=30, ge=1, le=720, description="The same for everybody else who signs in."
    )
    session_hours: float = Field(
        default=12, gt=0, le=12, description="Longest time between signing in and signing in again."
    )
    connections_per_client: int = Field(
        default=32, ge=4, le=1024, description="Most open connections of one address."
    )
    connections: int = Field(default=256, ge=4, le=4096, description="Most open connections.")
    streams_per_client: int = Field(
        default=8, ge=1, le=1024, description="Most open event streams of one address."
    )
    title: Text = Field(
        default="", description="What the panel is headed with, instead of the station's name."
    )
    language: Literal["en", "de"] = Field(default="en", description="Language of the panel.")
    scan_gap_milliseconds: int = Field(
        default=30,
        ge=5,
        le=200,
        description="Longest average time between two characters of a scanner; slower is typing.",
    )
    screen: ScreenSection = ScreenSection()

    @property
    def tls(self) -> bool:
        """True when the panel is served with TLS."""
        return self.tls_certificate is not None

    @property
    def loopback(self) -> bool:
        """True when no other machine can reach the panel."""
        return self.host in LOOPBACK or self.host.startswith("127.")

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("`tls_certificate` and `tls_key` are given together or not at all")
        return self

    @model_validator(mode="after")
    def _others_need_tls_and_sign_in(self) -> Self:
        if not self.loopback and not (self.tls and self.sign_in):
            raise ValueError(
                f"other machines can reach {self.host}: give `tls_certificate` and `tls_key`, and "
                "leave `sign_in` true, or listen on localhost"
            )
        return self
