"""What can be set about the fixture: which kind of units it holds, and how they are reached.

One model per kind. What every kind has (how often it is looked at, how long a unit may be away) is
read from whichever is given, so that nobody else has to ask for the kind.
"""

from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.station.settings_base import PORT_LENGTH, SecretReference, Section
from orchestrator.station.settings_portal import ComputerPortalSection

MOST_HOSTS = 256
_NAME = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
_ADDRESS = rf"^({_NAME}|\[[0-9A-Fa-f:.]{{2,45}}\])(:\d{{1,5}})?$"


def _is_address(text: str) -> str:
    """Return `text`. Raises ValueError for brackets around what is no IPv6 address."""
    if text.startswith("["):
        IPv6Address(text[1 : text.index("]")])
    return text


HostPort = Annotated[str, Field(min_length=1, max_length=PORT_LENGTH)]
HostAddress = Annotated[str, Field(max_length=260, pattern=_ADDRESS), AfterValidator(_is_address)]


class AzureSphereSection(Section):
    """The Azure Sphere fixture: the local device service and the boards behind it."""

    service_url: str = Field(
        default="http://127.0.0.1:48938",
        pattern=r"^http://[^/\s]+/?$",
        description="Address of the local device service.",
    )
    ca_file: Path = Field(
        description="Certificate (PEM) that boards must prove themselves with; relative to the "
        "settings file."
    )
    https_port: int = Field(default=443, ge=1, le=65535, description="Port on which boards answer.")
    poll_seconds: float = Field(
        default=0.5, ge=0.05, le=60, description="Time between two looks at the list of boards."
    )
    gone_seconds: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="How long a board must be missing from the list before it counts as taken out; "
        "longer than a restart where the list leaves out restarting boards.",
    )
    ready_seconds: float = Field(
        default=60.0,
        ge=1,
        le=900,
        description="How long a board may take to answer after it was put in.",
    )
    swap_check_seconds: float = Field(
        default=5.0,
        ge=0.1,
        le=300,
        description="Time between two looks at the identity of a board that waits after its run.",
    )


class AdvantechSection(ComputerPortalSection):
    """Edge computers on the network ports of a fixture, each with its own portal."""

    hosts: dict[HostPort, HostAddress] = Field(
        default={},
        max_length=MOST_HOSTS,
        description="Address behind each network port, as `HOST` or `HOST:PORT`, an IPv6 address "
        "in brackets. Every port that is listed here becomes a slot when a computer answers there.",
    )
    addresses: str = Field(
        default="",
        max_length=64,
        description="Range that is searched for computers besides `hosts`, as `192.168.10.0/26` "
        f"or `192.168.10.11-192.168.10.60`, at most {MOST_HOSTS}; each address is a port.",
    )
    labels: bool = Field(
        default=False,
        description="true: a port may also get its address from a scanned address label.",
    )
    https_port: int = Field(
        default=443, ge=1, le=65535, description="Port on which computers answer unless one says."
    )
    password_after: SecretReference | None = Field(
        default=None,
        description="Where the password is that a recipe gives the account; it is tried when "
        "`password` is refused.",
    )
    poll_seconds: float = Field(
        default=5.0, ge=0.05, le=60, description="Time between two looks at all addresses."
    )
    gone_seconds: float = Field(
        default=45.0,
        ge=0,
        le=900,
        description="How long a computer must be silent before it counts as taken out; less than "
        "a minute, so that a lost request is cleared up when it is back.",
    )
    restart_seconds: float = Field(
        default=300.0,
        ge=1,
        le=3600,
        description="How long a computer may be silent that a recipe has restarted.",
    )
    ready_seconds: float = Field(
        default=180.0,
        ge=1,
        le=900,
        description="How long a computer may take to say who it is after it was put in.",
    )
    swap_check_seconds: float = Field(
        default=60.0,
        ge=0.1,
        le=300,
        description="Time between two looks at the identity of a computer that waits after its "
        "run; each look logs in.",
    )

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if not (self.hosts or self.addresses or self.labels):
            raise ValueError("give `hosts`, `addresses`, or `labels = true`")
        return self


class FixtureSection(Section):
    """What holds the units. Exactly one kind."""

    azure_sphere: AzureSphereSection | None = None
    advantech: AdvantechSection | None = None

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        if (self.azure_sphere is None) == (self.advantech is None):
            names = " and ".join(f"[fixture.{name}]" for name in type(self).model_fields)
            raise ValueError(f"give exactly one of {names}")
        return self

    @property
    def pace(self) -> AzureSphereSection | AdvantechSection:
        """The section of the kind that is given, for what all kinds have."""
        kind = self.azure_sphere or self.advantech
        assert kind is not None
        return kind
