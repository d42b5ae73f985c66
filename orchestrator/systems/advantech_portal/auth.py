"""Signing in to a host: one token for all calls of an object, renewed before it ends.

How long a token lasts is measured between the host's own moments, its `expire` and the `Date` of
the same answer, since the clock of a new host may be wrong. A token whose life cannot be told is
used until the host refuses it. After a refused sign-in no other is tried by itself for a while:
every attempt with a wrong password brings the account nearer to being locked.
"""

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import anyio
from pydantic import SecretStr

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import OrchestratorError, StationMisuse, UnusableAnswer
from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.errors import SignInRefused

DEFAULT_ADMIN_PASSWORD = SecretStr("p@ssw0rd")
"""What every new host is documented to have, and what a reset sets again."""

EARLY_SECONDS = 60.0
"""A token is renewed this long before it ends."""

HOLD_SECONDS = 60.0
"""After a refused sign-in none is tried by itself for this long."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")

Carrier = Literal["header", "cookie", "query"]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a host: of its operating system, or the portal's admin account.

    `sign_in` is the call that fetches a token. `carrier` and `stream_carrier` say how calls and
    event streams carry it; the document shows the query for streams of a browser, which can set no
    header.
    """

    username: str
    password: SecretStr = field(repr=False)
    type: models.AccountType = models.OS_ACCOUNT
    sign_in: Literal["json", "basic"] = "json"
    carrier: Literal["header", "cookie"] = "header"
    stream_carrier: Carrier = "header"

    @property
    def is_admin(self) -> bool:
        """True for the portal's admin account."""
        return self.type == models.ADMIN_ACCOUNT

    def basic(self) -> Mapping[str, str]:
        """Return the header of a basic sign-in. Raises StationMisuse for a name with a colon."""
        if ":" in self.username:
            raise StationMisuse(
                "A name with a colon cannot be sent by basic authentication",
                remedy='Use the sign-in "json" for this account',
                code="account",
            )
        pair = f"{self.username}:{self.password.get_secret_value()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def admin(password: SecretStr = DEFAULT_ADMIN_PASSWORD) -> Account:
    """Return the portal's admin account, whose name the document gives."""
    return Account("admin", password, models.ADMIN_ACCOUNT)


Fetch = Callable[[Account], Awaitable[tuple[models.LoginResult, Mapping[str, str]]]]
"""Signs in and returns the result and the headers of the answer, names in lower case."""


class Session:
    """The token of one object (`transport.client.Authorize`). Its repr shows no secret."""

    def __init__(
        self,
        account: Account | None,
        fetch: Fetch,
        *,
        clock: Clock | None = None,
        early_seconds: float = EARLY_SECONDS,
    ) -> None:
        self._account = account
        self._fetch = fetch
        self._clock = clock or SystemClock()
        self._early = early_seconds
        self._lock = anyio.Lock()
        self._token: str | None = None
        self._ends: float | None = None
        self._renew_at: float | None = None
        self._refusal: SignInRefused | None = None
        self._held_until = 0.0

    def __repr__(self) -> str:
        return f"Session({'signed in' if self._token else 'signed out'})"

    @property
    def account(self) -> Account | None:
        """The account that this object signs in with."""
        return self._account

    def use(self, account: Account | None) -> None:
        """Go on with another account, or another password of the same one."""
        self._account = account
        self._refusal = None
        self.forget()

    def use_password(self, password: SecretStr) -> None:
        """Go on with another password; the token stays as long as the host takes it."""
        if self._account is not None:
            self._account = replace(self._account, password=password)
            self._refusal = None

    def forget(self) -> None:
        """Drop the token; the next call signs in again."""
        self._token = self._ends = self._renew_at = None

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header of a call; `refused` is one that the host has answered with 401.

        Raises what the sign-in raises. Without an account there is no header.
        """
        if self._account is None:
            return {}
        return self._carried(await self._good_token(refused), self._account.carrier)

    async def for_stream(
        self, refused: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return header and query of a stream or WebSocket, as `__call__` does."""
        if self._account is None:
            return {}, {}
        token = await self._good_token(refused)
        if self._account.stream_carrier == "query":
            return {}, {"token": token}
        return self._carried(token, self._account.stream_carrier), {}

    def cookie(self) -> Mapping[str, str]:
        """Return the cookie of the token, which a logout takes; nothing without a token."""
        return self._carried(self._token, "cookie") if self._token else {}

    def keep(self, result: models.LoginResult, headers: Mapping[str, str]) -> None:
        """Use the token of a sign-in. Raises UnusableAnswer for one that cannot be sent."""
        token = result.token.get_secret_value()
        if not _TOKEN.fullmatch(token):
            raise UnusableAnswer(
                "The host signed the account in, but gave no token that can be sent",
                remedy="Report the version of the host's portal with this message",
                code="token",
            )
        now, life = self._clock.monotonic(), self._life(result, headers)
        self._token = token
        self._refusal = None
        self._ends = self._renew_at = None
        if life is not None:
            self._ends = now + life
            # A token that is short from the start would else be renewed with every call.
            self._renew_at = now + max(life - self._early, life / 2)

    def _life(self, result: models.LoginResult, headers: Mapping[str, str]) -> float | None:
        try:
            sent = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            sent = self._clock.now()
        sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
        life = (result.expires_at - sent).total_seconds()
        return life if life > 0 else None

    async def _good_token(self, refused: Mapping[str, str] | None) -> str:
        if refused is None and self._is_good(renewing=self._lock.locked()):
            assert self._token is not None
            return self._token
        async with self._lock:
            # Another caller may have renewed it in the meantime.
            if not self._is_good() or self._is_in(self._token, refused):
                await self._renew(refused=refused is not None)
            while self._token is None and self._account is not None:
                # Somebody has gone on to another account in the meantime.
                await self._renew(refused=False)
        assert self._token is not None
        return self._token

    async def _renew(self, *, refused: bool) -> None:
        account = self._account
        assert account is not None
        now = self._clock.monotonic()
        if self._refusal is not None and now < self._held_until:
            raise self._refusal.again()
        try:
            fetched = await self._fetch(account)
            if account is self._account:
                self.keep(*fetched)
        except OrchestratorError as error:
            if isinstance(error, SignInRefused) and account is self._account:
                self._refusal, self._held_until = error, now + HOLD_SECONDS
            if refused or not self._is_alive():
                raise
            # The old token is still good: those who hold it go on, and renewal is tried later.
            assert self._ends is not None
            self._renew_at = now + (self._ends - now) / 2

    def _is_alive(self) -> bool:
        if self._token is None:
            return False
        return self._ends is None or self._clock.monotonic() < self._ends

    def _is_good(self, *, renewing: bool = False) -> bool:
        """Tell whether the token needs nothing, or is good while another caller renews it."""
        if not self._is_alive():
            return False
        due = self._renew_at is not None and self._clock.monotonic() >= self._renew_at
        return renewing or not due

    @staticmethod
    def _is_in(token: str | None, refused: Mapping[str, str] | None) -> bool:
        """Tell whether `token` is the one that was refused."""
        return token is not None and any(token in value for value in (refused or {}).values())

    @staticmethod
    def _carried(token: str, place: Carrier) -> Mapping[str, str]:
        if place == "cookie":
            return {"Cookie": f"jwt={token}"}
        return {"Authorization": f"Bearer {token}"}
