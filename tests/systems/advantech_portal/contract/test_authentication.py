"""Category Authentication."""

import pytest
from pydantic import SecretStr

from orchestrator.systems.advantech_portal.auth import Account, admin
from orchestrator.systems.advantech_portal.errors import (
    AccountLocked,
    HostRefusal,
    PasswordMustChange,
    SignInRefused,
    TokenRefused,
)
from tests.systems.advantech_portal.contract.target import Target
from tests.systems.advantech_portal.hosts import NEW_PASSWORD, PASSWORD


@pytest.mark.operations("authPing", "authAgentInfo", "authApiVersion", "getCertificate")
async def test_the_server_tells_about_itself_without_an_account(target: Target) -> None:
    """Alive, two versions, and the certificate of its tokens."""
    async with target.stranger(None) as host:
        assert await host.auth_ping() == "pong"
        assert (await host.auth_agent_info()).version.startswith("v")
        assert (await host.auth_api_version()).version >= 1.0
        assert b"BEGIN CERTIFICATE" in await host.get_certificate()


@pytest.mark.operations("getToken", "login", "logout", "getHostInfo")
async def test_either_sign_in_gives_a_token_that_opens(target: Target) -> None:
    """By basic authentication and by JSON; after a logout one signs in again."""
    async with target.client() as host:
        for sign_in in (host.get_token, host.login):
            result = await sign_in()
            assert result.token.get_secret_value()
            assert (await host.get_host_info()).hostname
            assert (await host.logout()).code == 200
        assert (await host.get_host_info()).hostname


@pytest.mark.operations("login", "getToken")
async def test_a_wrong_password_is_refused(target: Target) -> None:
    """By either call, once each."""
    wrong = Account(target.account.username, SecretStr("certainly-not-it"))
    async with target.stranger(wrong) as host:
        with pytest.raises(SignInRefused):
            await host.login()
        with pytest.raises(SignInRefused):
            await host.get_token()


@pytest.mark.simulated
@pytest.mark.operations("login")
async def test_too_many_wrong_passwords_lock_the_account(target: Target) -> None:
    """Then the right one is refused as well, until its time is over."""
    assert target.bench is not None
    wrong = Account(target.account.username, SecretStr("certainly-not-it"))
    async with target.stranger(wrong) as host:
        for _ in range(5):
            with pytest.raises(SignInRefused):
                await host.login()
        with pytest.raises(AccountLocked):
            await host.login()
    async with target.client() as host:
        with pytest.raises(AccountLocked):
            await host.get_host_info()
        target.bench.watch.seconds += 301
        assert await host.get_host_info()


@pytest.mark.simulated
@pytest.mark.operations("changeAdminPassword", "resetAdminPassword", "login")
async def test_the_admin_password_is_changed_and_reset(target: Target) -> None:
    """The new one signs in, the old one does not; a reset brings the documented one back."""
    async with target.admin() as host:
        await host.change_admin_password(SecretStr(PASSWORD), SecretStr(NEW_PASSWORD))
        await host.login(admin(SecretStr(NEW_PASSWORD)))
        with pytest.raises(SignInRefused):
            await host.login(admin(SecretStr(PASSWORD)))
        with pytest.raises(HostRefusal):
            await host.change_admin_password(SecretStr(PASSWORD), SecretStr("another"))
        await host.reset_admin_password()
        await host.login(admin())
        with pytest.raises(PasswordMustChange):
            await host.get_host_info()


@pytest.mark.operations("changeAdminPassword", "resetAdminPassword")
async def test_the_admin_password_needs_the_admin_account(target: Target) -> None:
    """A token of the operating system's account is refused by the host itself."""
    async with target.client() as host:
        host._need_admin = lambda: None  # type: ignore[method-assign]  # past our own check
        with pytest.raises(TokenRefused):
            await host.change_admin_password(SecretStr("a"), SecretStr("b"))
        with pytest.raises(TokenRefused):
            await host.reset_admin_password()
