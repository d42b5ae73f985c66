"""What the calls of every category stand on: the way to one host, its token and its versions."""

import re
import ssl
from collections.abc import Mapping
from typing import Any

import anyio
from anyio.abc import AsyncResource

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import ConfigurationMistakes, NotSupported, UnusableAnswer
from orchestrator.systems.advantech_portal import endpoints, models
from orchestrator.systems.advantech_portal.auth import Account, Session
from orchestrator.systems.advantech_portal.errors import no_account, refusal_from
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.exchange import Exchanged
from orchestrator.transport.rate import Sleep
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.sse import StreamPolicy
from orchestrator.transport.text import printable
from orchestrator.transport.websocket import OpenSocket, open_socket

_VERSION = re.compile(r"v?(\d{1,5}(?:\.\d{1,5}){0,5})")
_NEEDED = re.compile(r"([a-z-]+) (\d[\d.]*)")
_WITHOUT_TOKEN = {endpoints.OPEN, endpoints.BASIC}


def _as_numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class HostCalls(AsyncResource):
    """The way to one host. Certificate and name, or fingerprint, are always verified.

    `account` signs in by itself when a call needs it; without one only open calls can be made.
    `transport` replaces the network for calls and event streams, `sockets` for WebSockets.
    """

    def __init__(
        self,
        base_url: str,
        *,
        context: ssl.SSLContext | None,
        account: Account | None = None,
        server_name: str | None = None,
        transport: Transport | None = None,
        sockets: OpenSocket = open_socket,
        clock: Clock | None = None,
        sleep: Sleep = anyio.sleep,
        retry: RetryPolicy | None = None,
        streams: StreamPolicy | None = None,
        exchanged: Exchanged | None = None,
    ) -> None:
        self._base_url = _secure(base_url)
        self._peer = f"host {self._base_url.partition('://')[2]}"
        self._context = context
        self._server_name = server_name
        self._transport = transport
        self._sockets = sockets
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._streams = streams or StreamPolicy()
        self._versions: dict[str, str] = {}
        self._session = Session(account, self._fetch_token, clock=self._clock)
        way: dict[str, Any] = {
            "peer": self._peer,
            "context": context,
            "server_name": server_name,
            "transport": transport,
            "refuse": refusal_from,
            "retry": retry,
            "exchanged": exchanged,
        }
        # Signing in goes another way than the calls that wait for the token.
        self._open = HttpClient(self._base_url, **way)
        self._http = HttpClient(self._base_url, **way, authorize=self._session)

    async def aclose(self) -> None:
        """Close the connections to the host. Nobody is logged out."""
        await self._open.aclose()
        await self._http.aclose()

    @property
    def base_url(self) -> str:
        """The address that all calls of this object go to."""
        return self._base_url

    @property
    def account(self) -> Account | None:
        """The account that this object signs in with."""
        return self._session.account

    def use(self, account: Account | None) -> None:
        """Go on with another account: the next call signs in with it."""
        self._session.use(account)

    @property
    def versions(self) -> Mapping[str, str]:
        """Component to version, as far as the host was asked: `rest-server` to `1.0.1`."""
        return self._versions

    def _note_version(self, component: str, version: str) -> None:
        found = _VERSION.fullmatch(version.strip())
        if found:
            self._versions[component] = found[1]

    def _need(self, endpoint: Endpoint) -> None:
        """Raise NotSupported when a component is known to be older than the call."""
        for component, needed in _NEEDED.findall(endpoint.since):
            known = self._versions.get(component)
            if known is not None and _as_numbers(known) < _as_numbers(needed):
                raise NotSupported(
                    f"{endpoint.label} needs {component} {needed}, this host has {known}",
                    remedy="Update the host's portal, or take the call out of the recipe",
                    where={"peer": self._peer},
                    code="version",
                )

    async def _call(self, endpoint: Endpoint, **options: Any) -> Any:
        self._need(endpoint)
        if endpoint.lock in _WITHOUT_TOKEN:
            return await self._open.call(endpoint, **options)
        if self._session.account is None:
            raise no_account(endpoint).at(peer=self._peer, endpoint=endpoint.label)
        return await self._http.call(endpoint, **options)

    async def _done(self, endpoint: Endpoint, **options: Any) -> None:
        """Make a call of whose success the document describes no body."""
        body: bytes = await self._call(endpoint, **options)
        if body.lstrip()[:1] == b"<":
            raise UnusableAnswer(
                "A web page came instead of the answer",
                remedy="Check the address; a proxy or a sign-in page of the network may answer",
                where={"peer": self._peer, "endpoint": endpoint.label},
                code="answer.html",
            )

    async def _fetch_token(self, account: Account) -> tuple[models.LoginResult, Mapping[str, str]]:
        """Sign in by the call that the account prefers."""
        heard: dict[str, str] = {}
        asked: dict[str, Any] = {"heard": heard.update, "query": _account_type(account)}
        result: models.LoginResult
        if account.sign_in == "basic":
            asked["headers"] = account.basic()
            result = await self._call(endpoints.GET_TOKEN, **asked)
        else:
            asked["body"] = models.Credentials(username=account.username, password=account.password)
            result = await self._call(endpoints.LOGIN, **asked)
        return result, heard


def _secure(base_url: str) -> str:
    """Return the address of a host. Raises ConfigurationMistakes: passwords go over TLS alone."""
    if not base_url.startswith("https://"):
        raise ConfigurationMistakes(
            f'"{printable(base_url, 80)}" is no address of a host',
            remedy="Give an address that begins with https://",
            code="address",
        )
    return base_url.rstrip("/")


def _account_type(account: Account) -> Mapping[str, int | None]:
    """Return the parameter `m`, which older hosts do not know, for the admin account only."""
    return {"m": account.type if account.is_admin else None}
