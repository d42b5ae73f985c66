"""Signing in: tokens that are renewed in time, refused, shared by many calls, and never shown."""

import base64
import json
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import ConnectionLost, StationMisuse, UnusableAnswer
from orchestrator.systems.advantech_portal.auth import Account, Session, admin
from orchestrator.systems.advantech_portal.errors import (
    AccountLocked,
    SignInRefused,
    TokenExpired,
    TokenRefused,
)
from tests.systems.advantech_portal.hosts import (
    ADMIN,
    OPERATOR,
    PASSWORD,
    Documented,
    Watch,
    host,
    login_result,
)

PATH = "/platform/api/host/info"
EXPIRED = {"Code": 401, "Message": "Token is expired"}


class Door:
    """A host that counts sign-ins, gives a new token with each, and takes those in `good`."""

    def __init__(self, watch: Watch, seconds: float = 3600.0) -> None:
        self.watch = watch
        self.seconds = seconds
        self.documented = Documented()
        self.logins = 0
        self.good: set[str] = set()
        self.seen: list[str] = []
        self.refusal: httpx.Response | Exception | None = None
        self.headers: dict[str, str] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a sign-in, or a call by its token."""
        if request.url.path in {"/auth/login", "/auth/token"}:
            self.logins += 1
            if isinstance(self.refusal, Exception):
                raise self.refusal
            if self.refusal is not None:
                return self.refusal
            token = f"token.{self.logins}"
            self.good.add(token)
            left = self.seconds + self.watch.seconds - 1000
            return httpx.Response(200, json=login_result(token, left), headers=self.headers)
        permit = request.headers.get("authorization") or request.headers.get("cookie", "")
        token = permit.removeprefix("Bearer ").removeprefix("jwt=")
        self.seen.append(permit)
        if token not in self.good:
            return httpx.Response(401, json=EXPIRED)
        return self.documented(request)


@pytest.fixture
def watch() -> Watch:
    """A clock that the test moves."""
    return Watch()


@pytest.fixture
def door(watch: Watch) -> Door:
    """A host whose tokens last an hour."""
    return Door(watch)


def client(door: Door, **options: Any) -> Any:
    """Return a client of `door` on its clock."""
    return host(door, clock=door.watch, **options)


async def test_token_is_renewed_before_it_ends(door: Door, watch: Watch) -> None:
    """A minute before its end a new one is fetched, and no call is refused."""
    async with client(door) as one:
        for seconds, logins in ((0, 1), (3530, 1), (20, 2), (3500, 2), (100, 3)):
            watch.seconds += seconds
            await one.get_host_info()
            assert door.logins == logins
    assert door.seen[-1] == "Bearer token.3"


async def test_a_short_token_is_renewed_at_half_its_life(door: Door, watch: Watch) -> None:
    """One that lasts less than the early minute is not fetched with every call."""
    door.seconds = 40.0
    async with client(door) as one:
        for seconds, logins in ((0, 1), (15, 1), (10, 2)):
            watch.seconds += seconds
            await one.get_host_info()
            assert door.logins == logins


async def test_the_hosts_own_clock_measures_the_life_of_its_token(door: Door, watch: Watch) -> None:
    """A host that lives in 2019 gives tokens that last as long as those of others."""
    door.headers = {"Date": "Tue, 01 Jan 2019 00:00:00 GMT"}
    expire = {"code": 200, "expire": "2019-01-01T01:00:00+00:00", "token": "token.1"}
    door.refusal = httpx.Response(200, json=expire, headers=door.headers)
    door.good.add("token.1")
    async with client(door) as one:
        await one.get_host_info()
        watch.seconds += 3500
        await one.get_host_info()
        assert door.logins == 1
        watch.seconds += 60
        await one.get_host_info()
    assert door.logins == 2


async def test_a_token_without_a_known_life_is_used_until_it_is_refused(door: Door) -> None:
    """An end that lies in the past says nothing when the host does not say what time it is."""
    door.seconds = -1e6
    async with client(door) as one:
        await one.get_host_info()
        await one.get_host_info()
        assert door.logins == 1
        door.good.clear()
        await one.get_host_info()
    assert door.logins == 2


async def test_refused_token_is_renewed_once(door: Door) -> None:
    """A token that the host forgot is replaced; a second refusal is told."""
    async with client(door) as one:
        await one.get_host_info()
        door.good.clear()
        await one.get_host_info()
        assert door.logins == 2
        door.refusal = httpx.Response(200, json=login_result("token.bad"))
        door.good.clear()
        with pytest.raises(TokenExpired) as caught:
            await one.get_host_info()
    assert "clock" in caught.value.remedy


async def test_fifty_refused_calls_sign_in_once(door: Door) -> None:
    """One of them renews the token for all."""
    async with client(door) as one:
        await one.get_host_info()
        door.good.clear()
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(one.get_host_info)
    assert door.logins == 2


async def test_fifty_first_calls_sign_in_once(door: Door) -> None:
    """Nobody has a token, and one is fetched."""
    async with client(door) as one, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(one.get_host_info)
    assert door.logins == 1


async def test_wrong_password_is_tried_once_a_minute(door: Door, watch: Watch) -> None:
    """Many calls with a wrong password do not lock the account; each says why it was not made."""
    door.refusal = httpx.Response(401, json={"Code": 401, "Message": "incorrect"})
    async with client(door) as one:
        for _ in range(5):
            with pytest.raises(SignInRefused) as caught:
                await one.get_host_info()
            assert "password" in caught.value.what
        assert door.logins == 1
        assert door.seen == []
        watch.seconds += 61
        with pytest.raises(SignInRefused):
            await one.get_host_info()
        assert door.logins == 2
        with pytest.raises(SignInRefused):
            await one.login()
        assert door.logins == 3
        door.refusal = None
        await one.login()
        await one.get_host_info()
    assert PASSWORD not in str(caught.value)


async def test_locked_account_is_told_apart(door: Door) -> None:
    """The remedy is to wait, not to correct the password."""
    door.refusal = httpx.Response(401, json={"Code": 401, "Message": "account is locked"})
    async with client(door) as one:
        with pytest.raises(AccountLocked) as caught:
            await one.get_host_info()
        with pytest.raises(AccountLocked):
            await one.get_host_info()
    assert "Wait" in caught.value.remedy
    assert door.logins == 1


async def test_another_account_may_try_at_once(door: Door) -> None:
    """The rest after a refusal belongs to the account that was refused."""
    door.refusal = httpx.Response(401, json={"Code": 401, "Message": "incorrect"})
    async with client(door) as one:
        with pytest.raises(SignInRefused):
            await one.get_host_info()
        door.refusal = None
        one.use(ADMIN)
        await one.get_host_info()
        assert one.account == ADMIN
        one.use(None)
        with pytest.raises(TokenRefused):
            await one.get_host_info()


async def test_a_token_belongs_to_the_account_that_fetched_it(door: Door) -> None:
    """One that comes when another account is in use already is dropped."""
    names: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/login":
            names.append(json.loads(request.content)["username"])
            if len(names) == 1:
                one.use(ADMIN)
        return door(request)

    one = host(answer, clock=door.watch)
    async with one:
        await one.get_host_info()
    assert names == [OPERATOR.username, ADMIN.username]
    assert door.seen == ["Bearer token.2"]


async def test_a_good_token_outlasts_a_failed_renewal(door: Door, watch: Watch) -> None:
    """While it lasts, calls go on; renewal is tried again later."""
    async with client(door) as one:
        await one.get_host_info()
        watch.seconds += 3550
        door.refusal = httpx.ReadError("broken")
        await one.get_host_info()
        failed = door.logins
        await one.get_host_info()
        assert door.logins == failed
        watch.seconds += 30
        await one.get_host_info()
        assert door.logins > failed
        watch.seconds += 30
        with pytest.raises(ConnectionLost):
            await one.get_host_info()


async def test_signing_in_by_either_call(door: Door) -> None:
    """By a JSON body, or by basic authentication with name and password in base64."""
    for account, path in (
        (OPERATOR, "/auth/login"),
        (Account("line", SecretStr("pä:ss"), sign_in="basic"), "/auth/token"),
    ):
        asked: list[httpx.Request] = []

        def noting(request: httpx.Request, asked: list[httpx.Request] = asked) -> httpx.Response:
            asked.append(request)
            return door(request)

        async with host(noting, account=account, clock=door.watch) as one:
            await one.get_host_info()
        assert [request.url.path for request in asked] == [path, PATH]
    value = asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(value).decode() == "line:pä:ss"


async def test_a_name_with_a_colon_needs_the_json_form(door: Door) -> None:
    """Basic authentication could not tell name from password."""
    account = Account("a:b", SecretStr(PASSWORD), sign_in="basic")
    async with client(door, account=account) as one:
        with pytest.raises(StationMisuse):
            await one.get_host_info()
    assert door.logins == 0


async def test_token_in_the_cookie(door: Door) -> None:
    """The cookie that a login sets authorizes calls as well."""
    account = Account("line", SecretStr(PASSWORD), carrier="cookie")
    async with client(door, account=account) as one:
        await one.get_host_info()
    assert door.seen == ["jwt=token.1"]


async def test_logout_gives_the_cookie_and_drops_the_token(door: Door) -> None:
    """Afterwards the next call signs in again."""
    async with client(door) as one:
        await one.get_host_info()
        await one.logout()
        assert door.seen[-1] == "jwt=token.1"
        await one.get_host_info()
    assert door.logins == 2


async def test_signing_somebody_else_in_changes_nothing(door: Door) -> None:
    """A password can be tried without using its token afterwards."""
    async with client(door) as one:
        await one.get_host_info()
        result = await one.login(admin(SecretStr("other")))
        assert result.token.get_secret_value() == "token.2"
        await one.get_host_info()
    assert door.seen[-1] == "Bearer token.1"


@pytest.mark.parametrize("token", ["", "a b", "a\nX: y", "ä", "a" * 9000])
async def test_a_token_that_cannot_be_sent_is_no_answer(door: Door, token: str) -> None:
    """The host's fault, told as such and without the token."""
    door.refusal = httpx.Response(200, json=login_result(token))
    async with client(door) as one:
        with pytest.raises(UnusableAnswer, match="no token"):
            await one.get_host_info()


async def test_nothing_shows_a_secret(door: Door) -> None:
    """Account, session and client have no word of password or token in their texts."""
    async with client(door) as one:
        await one.get_host_info()
        shown = f"{OPERATOR!r} {one!r} {one._session!r} {one._session}"
    assert PASSWORD not in shown
    assert "token.1" not in shown
    assert "signed in" in shown


async def test_streams_may_carry_the_token_in_the_query(door: Door, watch: Watch) -> None:
    """As the document shows it for browsers; calls still use their own carrier."""

    async def fetch(_account: Account) -> Any:
        raise AssertionError

    session = Session(
        Account("line", SecretStr(PASSWORD), stream_carrier="query"), fetch, clock=watch
    )
    async with client(door) as one:
        session.keep(await one.login(), {})
    assert await session.for_stream() == ({}, {"token": "token.1"})
    assert await session() == {"Authorization": "Bearer token.1"}
    empty = Session(None, fetch, clock=watch)
    assert await empty.for_stream() == ({}, {})
    assert await empty() == {}
    assert "signed out" in repr(empty)
