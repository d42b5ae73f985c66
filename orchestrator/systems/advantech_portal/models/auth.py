"""Category Authentication: accounts, tokens, and the password of the admin account."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

AccountType = Literal[0, 2]
"""Value of `m`: 0 is an account of the operating system, 2 the admin account of the portal."""

OS_ACCOUNT: AccountType = 0
ADMIN_ACCOUNT: AccountType = 2


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class ApiVersion(WireModel):
    """`GET /auth/version`: the version of the API as a number, such as 1.2."""

    version: float


class Credentials(SecretModel):
    """`POST /auth/login`."""

    username: str
    password: SentSecret


class LoginResult(SecretModel):
    """A token and the moment at which it runs out, with its offset from UTC."""

    code: Literal[200]
    expire: Moment
    token: SentSecret

    @property
    def expires_at(self) -> datetime:
        """The end of the token's life."""
        return datetime.fromisoformat(self.expire)


class LogoutResult(WireModel):
    """`POST /auth/logout`."""

    code: Literal[200]


class PasswordChange(SecretModel):
    """`PUT /auth/user/admin/password`."""

    old: SentSecret
    new: SentSecret
