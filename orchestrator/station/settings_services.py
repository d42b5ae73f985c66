"""What can be set about the web services that a station works with: cloud and IoT portal.

One model per section. Where the secrets are is said here, never the secrets.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from orchestrator.station.settings_base import SecretReference, Section, Text

_HTTP = r"^https?://[^/\s]+(/\S*)?$"
_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class SignInSection(Section):
    """How the station signs in to the cloud."""

    flow: Literal["device_code", "interactive", "client_secret", "client_certificate"] = Field(
        default="device_code",
        description="`device_code` and `interactive` need a person at the start; `client_secret` "
        "and `client_certificate` need nobody, but an application of your own directory.",
    )
    client_id: Text = Field(
        default="", description="Client id of the application; empty: the vendor's public one."
    )
    directory: Text = Field(
        default="", description="Directory that is signed in to; empty: the vendor's."
    )
    authority_host: Text = Field(
        default="", description="Host of the sign-in service; empty: the vendor's."
    )
    secret: SecretReference | None = Field(
        default=None, description="Where the client secret, or the certificate with its key, is."
    )
    token: SecretReference | None = Field(
        default=None,
        description="Where a ready-made token is, for pretend clouds; the other keys are not used.",
    )
    cache_file: Path | None = Field(
        default=None,
        description="File that keeps the sign-in between starts, encrypted; relative to the "
        "settings file. Without it the sign-in is kept in memory.",
    )
    cache_key: SecretReference | None = Field(
        default=None, description="Where the key of `cache_file` is."
    )

    @model_validator(mode="after")
    def _file_needs_a_key(self) -> Self:
        if (self.cache_file is None) != (self.cache_key is None):
            raise ValueError("`cache_file` and `cache_key` are given together or not at all")
        return self


class CloudSection(Section):
    """The cloud that units are claimed into. One station works for one tenant or catalog."""

    service: Literal["public", "resource_manager"] = Field(
        default="public",
        description="`public`: the Azure Sphere public API v2; `resource_manager`: its successor.",
    )
    tenant: str = Field(
        default="",
        pattern=_GUID + "|^$",
        description="Tenant (GUID) of the public API; recipes that name another are refused.",
    )
    subscription: Text = Field(default="", description="Subscription of the successor's catalog.")
    resource_group: Text = Field(
        default="", description="Resource group of the successor's catalog."
    )
    catalog: Text = Field(default="", description="Name of the successor's catalog.")
    url: str = Field(
        default="", pattern=_HTTP + "|^$", description="Address; empty: the vendor's own."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) that the service must prove itself with, for pretend "
        "clouds; without it the machine's own trust store counts.",
    )
    requests_per_second: float = Field(
        default=20.0, ge=0.1, le=1000, description="Most requests per second of this station."
    )
    settle_seconds: float = Field(
        default=20.0,
        ge=0,
        le=600,
        description="How long a claim whose answer was lost may stay invisible before it counts as "
        "not made.",
    )
    sign_in: SignInSection = SignInSection()

    @model_validator(mode="after")
    def _owner_is_named(self) -> Self:
        if self.service == "public" and not self.tenant:
            raise ValueError("the public API needs the key `tenant`")
        names = (self.subscription, self.resource_group, self.catalog)
        if self.service == "resource_manager" and not all(names):
            raise ValueError("the successor needs `subscription`, `resource_group` and `catalog`")
        return self


class PortalSection(Section):
    """The IoT portal that units are registered in."""

    url: str = Field(pattern=_HTTP, description="Address of the portal.")
    ca_file: Path | None = Field(
        default=None,
        description="Certificate (PEM) that the portal must prove itself with; without it the "
        "machine's own trust store counts.",
    )
    token: SecretReference | None = Field(
        default=None, description="Where a bearer token is; without it the portal asks for none."
    )
    oidc_client: Text = Field(
        default="",
        description="Client id for signing in by the portal's own OpenID Connect settings.",
    )
    oidc_secret: SecretReference | None = Field(
        default=None, description="Where the secret of `oidc_client` is."
    )
    requests_per_second: float = Field(
        default=20.0, ge=0.1, le=1000, description="Most requests per second of this station."
    )

    @model_validator(mode="after")
    def _client_needs_a_secret(self) -> Self:
        if bool(self.oidc_client) != (self.oidc_secret is not None):
            raise ValueError("`oidc_client` and `oidc_secret` are given together or not at all")
        return self
