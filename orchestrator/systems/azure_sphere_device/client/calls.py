"""What the calls of every category stand on: the connection to one board and its API version."""

import re
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from anyio.abc import AsyncResource

from orchestrator.domain.errors import NotSupported
from orchestrator.systems.azure_sphere_device import endpoints
from orchestrator.systems.azure_sphere_device.errors import refusal_from
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.retry import RetryPolicy

SERVER_NAME = "*.devices.sphere.azure.local"
"""The name every board's certificate carries, asked for literally as the vendor's client does."""

_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")

_INSTEAD = {endpoints.GET_OS_VERSION.name: " or use expect_os with an OS catalogue"}


@lru_cache(maxsize=256)
def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class BoardCalls(AsyncResource):
    """The connection to one board. Certificate and name are always verified.

    The name says that a board answers, not which one: that is `get_security_state`.
    """

    def __init__(
        self,
        address: str,
        *,
        context: ssl.SSLContext | None,
        https_port: int = 443,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._address = address
        self._peer = f"board {address}"
        self._api_version: str | None = None
        self._http = HttpClient(
            f"https://{address}:{https_port}",
            peer=self._peer,
            context=context,
            server_name=SERVER_NAME,
            transport=transport,
            refuse=refusal_from,
            observe=self._observe,
            retry=retry,
            exchanged=exchanged,
        )

    async def aclose(self) -> None:
        """Close the connection to the board."""
        await self._http.aclose()

    @property
    def address(self) -> str:
        """The address that all calls of this object go to."""
        return self._address

    @property
    def api_version(self) -> str | None:
        """The interface version the board's last reply named, for instance `4.6.0`."""
        return self._api_version

    def _observe(self, headers: Mapping[str, str]) -> None:
        version = headers.get("rest-api-version", "").strip()
        if _VERSION.fullmatch(version):
            self._api_version = version

    def _need(self, endpoint: Endpoint, since: str, instead: str = "") -> None:
        """Raise NotSupported when the board is known to be older than `since`."""
        known = self._api_version
        if known and since and _as_numbers(known) < _as_numbers(since):
            raise NotSupported(
                f"{endpoint.label} needs device API {since}, this board answers {known}; "
                f"update the OS{instead}",
                where={"peer": self._peer},
                code="api_version",
            )

    async def _call(self, endpoint: Endpoint, **options: Any) -> Any:
        self._need(endpoint, endpoint.since, _INSTEAD.get(endpoint.name, ""))
        return await self._http.call(endpoint, **options)
