"""Category Authentication: tokens, the certificate behind them, and the admin password."""

from dataclasses import replace

from pydantic import SecretStr

from orchestrator.domain.errors import StationMisuse, UnusableAnswer
from orchestrator.systems.advantech_portal import checks, endpoints, models
from orchestrator.systems.advantech_portal.auth import DEFAULT_ADMIN_PASSWORD, Account
from orchestrator.systems.advantech_portal.client.calls import HostCalls


class AuthenticationCalls(HostCalls):
    """Who may ask."""

    async def auth_ping(self) -> str:
        """Return `pong` when the auth server lives."""
        answer: str = await self._call(endpoints.AUTH_PING)
        return answer

    async def auth_agent_info(self) -> models.AgentInfo:
        """Return the version of the auth server."""
        answer: models.AgentInfo = await self._call(endpoints.AUTH_AGENT_INFO)
        self._note_version("auth-server", answer.version)
        return answer

    async def auth_api_version(self) -> models.ApiVersion:
        """Return the version of the API."""
        answer: models.ApiVersion = await self._call(endpoints.AUTH_API_VERSION)
        return answer

    async def get_token(self, account: Account | None = None) -> models.LoginResult:
        """Sign in by basic authentication; without `account` with this object's own.

        The token of this object's own account is kept for later calls. Raises SignInRefused,
        AccountLocked, and StationMisuse without any account.
        """
        return await self._sign_in(account, "basic")

    async def login(self, account: Account | None = None) -> models.LoginResult:
        """Sign in with a JSON body; otherwise as `get_token`."""
        return await self._sign_in(account, "json")

    async def logout(self) -> models.LogoutResult:
        """Log out and drop the token. The next call that needs one signs in again."""
        answer: models.LogoutResult = await self._call(
            endpoints.LOGOUT, headers=self._session.cookie()
        )
        self._session.forget()
        return answer

    async def get_certificate(self) -> bytes:
        """Return the certificate of the host's tokens, PEM. Raises UnusableAnswer."""
        body: bytes = await self._call(endpoints.GET_CERTIFICATE)
        if b"-----BEGIN " not in body:
            raise UnusableAnswer(
                "The host's certificate file is no PEM",
                remedy="Report the version of the host's portal with this message",
                where={"peer": self._peer, "endpoint": endpoints.GET_CERTIFICATE.label},
                code="answer.pem",
            )
        return body

    async def change_admin_password(self, old: SecretStr, new: SecretStr) -> None:
        """Set the password of the admin account, which this object must be signed in with.

        This object goes on with the new one. Whether a lost answer meant success shows by signing
        in with either password.
        """
        self._need_admin()
        body = models.PasswordChange(old=old, new=checks.new_password(old, new))
        await self._done(endpoints.CHANGE_ADMIN_PASSWORD, body=body, fresh=True)
        self._session.use_password(new)

    async def reset_admin_password(self) -> None:
        """Set the documented default password again; this object goes on with it."""
        self._need_admin()
        await self._done(endpoints.RESET_ADMIN_PASSWORD, fresh=True)
        self._session.use_password(DEFAULT_ADMIN_PASSWORD)

    def _need_admin(self) -> None:
        account = self._session.account
        if account is not None and not account.is_admin:
            raise StationMisuse(
                "The admin password needs a token of the admin account",
                remedy="Use the admin account in this step",
                where={"peer": self._peer},
                code="account",
            )

    async def _sign_in(self, account: Account | None, way: str) -> models.LoginResult:
        own = self._session.account
        chosen = account or own
        if chosen is None:
            raise StationMisuse(
                "Nobody can be signed in without an account",
                remedy="Name an account of the host in the settings",
                where={"peer": self._peer},
                code="account",
            )
        by = replace(chosen, sign_in="basic" if way == "basic" else "json")
        result, headers = await self._fetch_token(by)
        if chosen == own:
            self._session.keep(result, headers)
        return result
