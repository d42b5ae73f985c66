"""Opens the web services that the settings name: signed in, paced, ready for the steps.

The clients are shared by all units of a station and closed with it. Steps ask for them by their
type; a station without the section does not provide it, and says so at the step.
"""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from orchestrator.app.portal_sign_in import PortalSignIn
from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.station.figures import Observers, nobody
from orchestrator.station.prepare import Pins, secret_value
from orchestrator.station.services import Services
from orchestrator.station.settings import EvidenceSettings
from orchestrator.station.settings_base import SecretReference
from orchestrator.station.settings_services import CloudSection, PortalSection
from orchestrator.systems.azure_sphere_cloud.arm import ARM_URL, ArmCloud, CatalogId, SphereArmApi
from orchestrator.systems.azure_sphere_cloud.auth import (
    ARM_SCOPE,
    AUTHORITY_HOST,
    CLIENT_ID,
    DIRECTORY,
    EncryptedFile,
    FixedToken,
    MsalSource,
    SignIn,
    SignInOptions,
)
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.client.calls import PUBLIC_URL
from orchestrator.systems.azure_sphere_cloud.cloud import SphereCloud
from orchestrator.systems.azure_sphere_cloud.follow import Patience
from orchestrator.systems.azure_sphere_cloud.public import PublicCloud
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.transport.client import Authorize
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.tls import pinned_context, public_context

Tell = Callable[[str], None]
"""Shows a person what to do to sign in."""

CONNECTIONS = 8

CLOUD, PORTAL = SERVICES = "azure_sphere_cloud", "iot_hub_portal"
"""The systems that all units of a station share, by the names of their folders."""


def pins(settings: EvidenceSettings) -> Pins:
    """Return what recipes must agree with: the tenant that this station works for."""
    if settings.cloud is None or not settings.cloud.tenant:
        return {}
    return {("cloud.claim", "tenant"): settings.cloud.tenant}


def service_secrets(settings: EvidenceSettings) -> set[str]:
    """Return every secret of the services that can be read, for the log to hide."""
    references: list[SecretReference | None] = []
    if settings.cloud is not None:
        sign_in = settings.cloud.sign_in
        references += [sign_in.secret, sign_in.token, sign_in.cache_key]
    if settings.portal is not None:
        references += [settings.portal.token, settings.portal.oidc_secret]
    return {value for one in references if one is not None and (value := secret_value(one))}


@asynccontextmanager
async def open_services(
    settings: EvidenceSettings, tell: Tell, observers: Observers = nobody
) -> AsyncIterator[Services]:
    """Give the clients of the services in the settings, signed in, until the block ends.

    `observers` gives what is told of their exchanges.

    Raises ConfigurationMistakes for settings that cannot be used, SignInFailed when no token can
    be had. A service that is down is not asked here: the steps say so when they need it.
    """
    services: dict[type[object], object] = {}
    async with AsyncExitStack() as stack:
        if settings.cloud is not None:
            services[SphereCloud] = await _cloud(settings.cloud, tell, stack, observers(CLOUD))
        if settings.portal is not None:
            services[IotHubPortal] = _portal(settings.portal, stack, observers(PORTAL))
        yield services


def _secret(reference: SecretReference, key: str) -> SecretStr:
    value = secret_value(reference)
    if not value:
        source = f"file {reference.file}" if reference.file else f"variable {reference.env}"
        raise ConfigurationMistakes(
            f"`{key}`: {source} holds nothing readable",
            remedy="Put the secret there, or correct the reference",
        )
    return SecretStr(value)


def _context(url: str, ca_file: Path | None) -> ssl.SSLContext | None:
    if ca_file is not None:
        return pinned_context(ca_file)
    return public_context() if url.startswith("https:") else None


# Cloud


async def _cloud(
    section: CloudSection, tell: Tell, stack: AsyncExitStack, exchanged: Exchanged
) -> SphereCloud:
    authorize = await _signed_in(section, tell)
    limit = RateLimit("the cloud", per_second=section.requests_per_second, failures=5)
    if section.service == "resource_manager":
        return _successor(section, authorize, limit, stack, exchanged)
    api = SpherePublicApi(
        section.tenant,
        authorize=authorize,
        base_url=section.url or PUBLIC_URL,
        context=pinned_context(section.ca_file) if section.ca_file else None,
        limit=limit,
        connections=CONNECTIONS,
        exchanged=exchanged,
    )
    cloud = PublicCloud(api, Patience(settle=section.settle_seconds))
    stack.push_async_callback(cloud.aclose)
    return cloud


def _successor(
    section: CloudSection,
    authorize: Authorize,
    limit: RateLimit,
    stack: AsyncExitStack,
    exchanged: Exchanged,
) -> SphereCloud:
    """Return the catalog of the service that follows the public API."""
    api = SphereArmApi(
        CatalogId(section.subscription, section.resource_group, section.catalog),
        authorize=authorize,
        base_url=section.url or ARM_URL,
        context=pinned_context(section.ca_file) if section.ca_file else None,
        limit=limit,
        connections=CONNECTIONS,
        exchanged=exchanged,
    )
    cloud = ArmCloud(api, Patience(settle=section.settle_seconds))
    stack.push_async_callback(cloud.aclose)
    return cloud


async def _signed_in(cloud: CloudSection, tell: Tell) -> Authorize:
    section = cloud.sign_in
    if section.token is not None:
        return FixedToken(_secret(section.token, "cloud.sign_in.token"))
    secret = _secret(section.secret, "cloud.sign_in.secret") if section.secret else None
    successor = cloud.service == "resource_manager"
    by_certificate = section.flow == "client_certificate"
    options = SignInOptions(
        flow=section.flow,
        client_id=section.client_id or CLIENT_ID,
        directory=section.directory or DIRECTORY,
        authority_host=section.authority_host or AUTHORITY_HOST,
        scopes=(ARM_SCOPE,) if successor else (),
        secret=None if by_certificate else secret,
        certificate=secret if by_certificate else None,
    )
    cache = None
    if section.cache_file is not None and section.cache_key is not None:
        cache = EncryptedFile(section.cache_file, _secret(section.cache_key, "cache_key"))
    signed = SignIn(MsalSource(options, file=cache))
    if not options.unattended:
        await signed.sign_in(tell)
    return signed


# Portal


def _portal(section: PortalSection, stack: AsyncExitStack, exchanged: Exchanged) -> IotHubPortal:
    context = _context(section.url, section.ca_file)
    authorize: Authorize | None = None
    if section.token is not None:
        authorize = FixedToken(_secret(section.token, "portal.token"))
    elif section.oidc_secret is not None:
        secret = _secret(section.oidc_secret, "portal.oidc_secret")
        authorize = PortalSignIn(section, secret, context=context)
    portal = IotHubPortal(
        section.url,
        context=context,
        authorize=authorize,
        limit=RateLimit("the portal", per_second=section.requests_per_second, failures=5),
        connections=CONNECTIONS,
        exchanged=exchanged,
    )
    stack.push_async_callback(portal.aclose)
    return portal
