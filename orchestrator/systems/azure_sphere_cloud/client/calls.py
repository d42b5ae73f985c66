"""What the calls of every category stand on: the connection to the service and the one tenant."""

import ssl
from collections.abc import Mapping
from typing import Any

from anyio.abc import AsyncResource

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.errors import refusal_from
from orchestrator.transport.client import Authorize, HttpClient, Transport
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.tls import public_context

PUBLIC_URL = "https://prod.core.sphere.azure.net"
"""Where the vendor runs the public API."""

PATIENT = RetryPolicy(
    attempts=7, first_wait_seconds=0.2, longest_wait_seconds=20.0, jitter_seconds=0.2
)
"""How the cloud is asked again: the vendor says to wait after 429 and to try a few times on 500."""

CONNECTIONS = 8


class TenantCalls(AsyncResource):
    """The connection to the public API, for one tenant that every path names."""

    def __init__(
        self,
        tenant_id: str,
        *,
        authorize: Authorize | None,
        base_url: str = PUBLIC_URL,
        context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
        limit: RateLimit | None = None,
        connections: int = CONNECTIONS,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._tenant_id = checks.guid(tenant_id, "tenant")
        if context is None and transport is None and base_url.startswith("https:"):
            context = public_context()
        self._http = HttpClient(
            base_url,
            peer=f"Azure Sphere tenant {self._tenant_id}",
            context=context,
            transport=transport,
            refuse=refusal_from,
            retry=retry or PATIENT,
            authorize=authorize,
            limit=limit,
            connections=connections,
            exchanged=exchanged,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def tenant_id(self) -> str:
        """The tenant that all calls of this object name."""
        return self._tenant_id

    async def _call(
        self, endpoint: Endpoint, path: Mapping[str, str] | None = None, **options: Any
    ) -> Any:
        tenant = {"tenantId": self._tenant_id} if "{tenantId}" in endpoint.path else {}
        return await self._http.call(endpoint, path={**tenant, **(path or {})}, **options)

    async def _page(
        self,
        endpoint: Endpoint,
        max_page_size: int | None,
        continuation: str | None,
        path: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask for one page of a list: its size in the query, the token of the last in a header."""
        if continuation is not None and not _sendable(continuation):
            raise UnusableAnswer(
                "The cloud's token for the next page cannot be sent back",
                remedy="Report it with this message",
                code="paging.token",
            )
        return await self._call(
            endpoint,
            path,
            query={"maxPageSize": checks.page_size(max_page_size)},
            headers={"Sphere-Continuation": continuation} if continuation else None,
        )


def _sendable(token: str) -> bool:
    return token.isascii() and token.isprintable() and len(token) <= checks.LONGEST_TOKEN
