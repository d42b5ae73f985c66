"""The token of a station: one for all callers, renewed by one of them before it ends.

A refused token is renewed once for everybody who had it. When no new one can be had, those who
still hold a good one go on with it; afterwards every call says why, and no unit is blamed.
"""

import logging
from collections.abc import Mapping

import anyio
import anyio.to_thread
from pydantic import SecretStr

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.auth.source import Tell, Token, TokenSource
from orchestrator.systems.azure_sphere_cloud.errors import SignInFailed

EARLY_SECONDS = 300.0
"""A token is renewed this long before it ends."""

PERSON_SECONDS = 900.0
_TRY_AGAIN_SECONDS = 20.0
_LOG = logging.getLogger(__name__)


class FixedToken:
    """A token from elsewhere, which nobody here can renew: for tests and simulators."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header. Raises SignInFailed once it was refused."""
        if refused is not None:
            raise SignInFailed(
                "The token of the settings is not accepted",
                remedy="Renew the token and begin again",
                code="token",
            )
        return _header(self._token.get_secret_value())


def _header(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


class SignIn:
    """Gives the header of each call (`transport.client.Authorize`), and keeps the token good."""

    def __init__(
        self,
        source: TokenSource,
        *,
        clock: Clock | None = None,
        early_seconds: float = EARLY_SECONDS,
    ) -> None:
        self._source = source
        self._clock = clock or SystemClock()
        self._early = early_seconds
        self._lock = anyio.Lock()
        self._token: Token | None = None
        self._ends = 0.0
        self._renew_at = 0.0

    def __repr__(self) -> str:
        return f"SignIn({'signed in' if self._left() > 0 else 'signed out'})"

    async def __call__(self, refused: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header; `refused` is one that the cloud has answered with 401.

        Raises SignInFailed when a person is needed, LinkFault and UnusableAnswer when the
        directory cannot be asked. Nothing has been sent to the cloud then.
        """
        if refused is None and self._good(renewing=self._lock.locked()):
            return self._current()
        async with self._lock:
            if refused is not None and self._left() > 0 and self._current() != refused:
                return self._current()
            if refused is not None or not self._good():
                await self._renew(refused=refused is not None)
        return self._current()

    async def sign_in(self, tell: Tell, seconds: float = PERSON_SECONDS) -> None:
        """Sign in, with a person where the flow needs one. For a start-up, not for a unit."""
        async with self._lock:
            token = await anyio.to_thread.run_sync(
                self._source.with_person, tell, seconds, abandon_on_cancel=True
            )
            self._keep(token)

    async def _renew(self, *, refused: bool) -> None:
        try:
            token = await anyio.to_thread.run_sync(
                lambda: self._source.silent(renew=refused or self._token is not None)
            )
        except OrchestratorError as error:
            if refused or self._left() <= 0:
                raise
            self._renew_at = self._clock.monotonic() + min(_TRY_AGAIN_SECONDS, self._left() / 2)
            _LOG.warning("the token could not be renewed yet: %s", error.code or type(error))
            return
        if token is None:
            raise SignInFailed(
                "Nobody is signed in to the cloud",
                remedy="Start again and sign in when asked",
                code="signed_out",
            )
        self._keep(token)

    def _keep(self, token: Token) -> None:
        now = self._clock.monotonic()
        self._token = token
        self._ends = now + token.seconds
        # A token that is short from the start would else be renewed with every call.
        self._renew_at = now + max(token.seconds - self._early, token.seconds / 2)

    def _left(self) -> float:
        return self._ends - self._clock.monotonic() if self._token is not None else 0.0

    def _good(self, *, renewing: bool = False) -> bool:
        """Tell whether the token needs nothing, or is good while another caller renews it."""
        if self._left() <= 0:
            return False
        return renewing or self._clock.monotonic() < self._renew_at

    def _current(self) -> Mapping[str, str]:
        assert self._token is not None
        return _header(self._token.value)
