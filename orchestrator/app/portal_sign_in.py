"""Signs in where the portal's own web client does, as an application with a secret.

The portal is asked where that is when its first call needs a token, not at the start: a portal that
is down keeps no station from starting. What it answers counts until the station ends.
"""

import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import anyio
from pydantic import SecretStr

from orchestrator.domain.clock import Clock
from orchestrator.station.settings_services import PortalSection
from orchestrator.systems.azure_sphere_cloud.auth import MsalSource, SignIn, SignInOptions
from orchestrator.systems.azure_sphere_cloud.errors import SignInFailed
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.models import OidcSettings
from orchestrator.transport.client import Transport
from orchestrator.transport.library import LibraryTransport
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.text import printable


class PortalSignIn:
    """Gives the header of each call to a portal (`transport.client.Authorize`).

    `transport` and `directory` stand in for the networks of the portal and of its directory.
    """

    def __init__(
        self,
        section: PortalSection,
        secret: SecretStr,
        *,
        context: ssl.SSLContext | None,
        transport: Transport | None = None,
        directory: LibraryTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._section = section
        self._secret = secret
        self._context = context
        self._transport = transport
        self._directory = directory
        self._clock = clock
        self._lock = anyio.Lock()
        self._signed: SignIn | None = None

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header; `refused` is one that the portal has answered with 401.

        Raises SignInFailed when the directory refuses the application or cannot be used, other
        StationFaults when portal or directory cannot be asked.
        """
        return await (await self._sign_in())(refused)

    async def _sign_in(self) -> SignIn:
        async with self._lock:
            if self._signed is None:
                self._signed = await self._found()
        return self._signed

    async def _found(self) -> SignIn:
        # Once: the call that needs the token is repeated itself, and others wait for this answer.
        portal = IotHubPortal(
            self._section.url,
            context=self._context,
            transport=self._transport,
            retry=RetryPolicy(attempts=1),
        )
        async with portal:
            found = await portal.get_oidc_settings()
        options = _options(found, self._section.oidc_client, self._secret)
        return SignIn(MsalSource(options, transport=self._directory), clock=self._clock)


def _options(found: OidcSettings, client_id: str, secret: SecretStr) -> SignInOptions:
    """Return how to sign in by what the portal says. Raises SignInFailed for an unusable place."""
    try:
        place = urlsplit(found.authority)
        usable = place.scheme == "https" and place.hostname and place.port != 0
    except ValueError:
        usable = False
    directory = place.path.strip("/").removesuffix("/v2.0") if usable else ""
    if not directory or "@" in place.netloc:
        raise SignInFailed(
            f'The portal names "{printable(found.authority, 80)}" as its sign-in, which cannot be'
            " used",
            remedy="Give a token with `portal.token`, or ask the portal's administrator",
            code="authority",
        )
    application = found.scope.rpartition("/")[0] or found.clientId
    return SignInOptions(
        flow="client_secret",
        client_id=client_id,
        directory=directory,
        authority_host=place.netloc,
        scopes=(f"{application}/.default",),
        secret=secret,
    )
