"""Who asks for tokens and how; the vendor's documented values are the defaults."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import SecretStr

from orchestrator.domain.errors import ConfigurationMistakes

CLIENT_ID = "0b1c8f7e-28d2-4378-97e2-7d7d63f7c87f"
"""The vendor's public client application."""

DIRECTORY = "7d71c83c-ccdf-45b7-b3c9-9c41b94406d9"
"""The directory that people sign in to; not the tenant that the paths of the API name."""

AUTHORITY_HOST = "login.microsoftonline.com"
USER_SCOPE = "https://sphere.azure.net/api/user_impersonation"
APPLICATION_SCOPE = "https://firstparty.sphere.azure.net/api/.default"
"""What an unattended line asks for, signed in to the customer's own directory."""

ARM_SCOPE = "https://management.azure.com/.default"
"""What the successor service is asked with, by people and lines alike."""

Flow = Literal["interactive", "device_code", "client_secret", "client_certificate"]
UNATTENDED = frozenset({"client_secret", "client_certificate"})


@dataclass(frozen=True, slots=True)
class SignInOptions:
    """One way to sign in.

    `interactive` opens a browser on this machine, `device_code` shows a code to be typed on
    another one; the two others need nobody, but an application of the customer's own directory:
    `client_id`, `directory`, and a `secret`, or a `certificate` (PEM: private key and certificate).
    `scopes` is the user's scope, or the application's for the unattended flows, unless given.
    """

    flow: Flow = "device_code"
    client_id: str = CLIENT_ID
    directory: str = DIRECTORY
    authority_host: str = AUTHORITY_HOST
    scopes: tuple[str, ...] = ()
    secret: SecretStr | None = field(default=None, repr=False)
    certificate: SecretStr | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.scopes:
            scope = APPLICATION_SCOPE if self.unattended else USER_SCOPE
            object.__setattr__(self, "scopes", (scope,))
        needs = {"client_secret": self.secret, "client_certificate": self.certificate}
        if self.flow in needs and needs[self.flow] is None:
            raise ConfigurationMistakes(
                f"Signing in with {self.flow} needs the {self.flow.removeprefix('client_')}",
                remedy="Name it in the settings by reference",
                code="sign_in.secret",
            )
        if self.unattended and self.client_id == CLIENT_ID:
            raise ConfigurationMistakes(
                f"Signing in with {self.flow} needs an application of your own directory",
                remedy="Give its client id and directory in the settings",
                code="sign_in.client",
            )

    @property
    def unattended(self) -> bool:
        """True when no person is needed."""
        return self.flow in UNATTENDED

    @property
    def authority(self) -> str:
        """The address of the directory."""
        return f"https://{self.authority_host}/{self.directory}"
