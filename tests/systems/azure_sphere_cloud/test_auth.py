"""Signing in: four ways through the vendor's library, one renewal for all, and no secret shown."""

import logging
import pickle
import threading

import anyio
import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConfigurationMistakes,
    DeadlineExceeded,
    ErrorClass,
    LinkFault,
    OrchestratorError,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_cloud.auth import (
    APPLICATION_SCOPE,
    AUTHORITY_HOST,
    CLIENT_ID,
    DIRECTORY,
    USER_SCOPE,
    Flow,
    MsalSource,
    SignIn,
    SignInOptions,
)
from orchestrator.systems.azure_sphere_cloud.auth.source import Tell, Token
from orchestrator.systems.azure_sphere_cloud.errors import CloudRefusal, SignInFailed
from tests.patience import PATIENCE_SECONDS
from tests.systems.azure_sphere_cloud.authority import (
    OWN,
    SECRET,
    UNATTENDED,
    bench_and_authority,
)
from tests.systems.azure_sphere_cloud.clouds import Bench, Watch
from tests.systems.azure_sphere_cloud.material import pem


def test_defaults_are_the_documented_values() -> None:
    """Application, directory, scope and sign-in host are the vendor's."""
    options = SignInOptions()
    assert options.client_id == CLIENT_ID == "0b1c8f7e-28d2-4378-97e2-7d7d63f7c87f"
    assert options.directory == DIRECTORY == "7d71c83c-ccdf-45b7-b3c9-9c41b94406d9"
    assert options.scopes == (USER_SCOPE,) == ("https://sphere.azure.net/api/user_impersonation",)
    assert options.authority == f"https://{AUTHORITY_HOST}/{DIRECTORY}"
    assert UNATTENDED.scopes == (APPLICATION_SCOPE,)
    assert SECRET.get_secret_value() not in repr(UNATTENDED)


@pytest.mark.parametrize("flow", ["client_secret", "client_certificate"])
def test_unattended_sign_in_needs_its_secret_and_an_own_application(flow: Flow) -> None:
    """Mistakes in the settings show before anybody is asked."""
    with pytest.raises(ConfigurationMistakes, match="needs the"):
        SignInOptions(flow, client_id=OWN)
    with pytest.raises(ConfigurationMistakes, match="own directory"):
        SignInOptions(flow, secret=SECRET, certificate=SECRET)


async def test_client_secret_gets_a_token_that_the_cloud_takes() -> None:
    """Nobody is needed, and only the configured host is asked."""
    bench, authority = bench_and_authority()
    sign_in = SignIn(MsalSource(UNATTENDED, transport=authority.transport), clock=bench.watch)
    bench = Bench(bench.spec, authorize=sign_in, watch=bench.watch)
    bench.cloud.tokens = authority.directory.cloud.tokens
    assert await bench.public.check_access() == "Contoso"
    assert {url.host for url in authority.seen} == {AUTHORITY_HOST}
    assert authority.directory.asked == {"client_credentials": 1}


async def test_client_certificate_signs_its_request() -> None:
    """A PEM with key and certificate is enough; one without the key is a mistake."""
    bench, authority = bench_and_authority()
    options = SignInOptions(
        "client_certificate", client_id=OWN, directory=OWN, certificate=SecretStr(pem())
    )
    sign_in = SignIn(MsalSource(options, transport=authority.transport), clock=bench.watch)
    assert (await sign_in())["Authorization"].startswith("Bearer token-")
    wrong = SignInOptions(
        "client_certificate", client_id=OWN, directory=OWN, certificate=SecretStr("none")
    )
    with pytest.raises(ConfigurationMistakes, match="no PEM") as caught:
        await SignIn(MsalSource(wrong, transport=authority.transport))()
    assert "none" not in str(caught.value).split()


async def test_device_code_is_shown_and_later_renewed_without_a_person() -> None:
    """The code is typed elsewhere; the refresh token does the rest."""
    bench, authority = bench_and_authority()
    authority.directory.pending = 1
    told: list[str] = []
    source = MsalSource(SignInOptions(), transport=authority.transport)
    sign_in = SignIn(source, clock=bench.watch)
    with pytest.raises(SignInFailed, match="Nobody is signed in") as caught:
        await sign_in()
    assert caught.value.kind is ErrorClass.RIGHTS
    await sign_in.sign_in(told.append)
    assert told == ["Open https://microsoft.com/devicelogin and type the code A1B2C3"]
    first = await sign_in()
    bench.watch.seconds += 3400
    second = await sign_in()
    assert second != first
    assert authority.directory.asked["refresh_token"] == 1


async def test_code_that_nobody_types_is_a_sentence() -> None:
    """The wait is bounded by the caller."""
    bench, authority = bench_and_authority()
    authority.directory.pending = 10**6
    source = MsalSource(SignInOptions(), transport=authority.transport)
    with pytest.raises(SignInFailed, match="Nobody typed the code in time"):
        await SignIn(source, clock=bench.watch).sign_in(lambda _: None, 0.05)


async def test_interactive_opens_a_browser_through_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The library does the round through the browser; we give it scopes and a bound."""
    import msal

    given: list[object] = []

    def acquire(_app: object, scopes: list[str], **options: object) -> dict[str, object]:
        given.extend((scopes, options))
        return {"access_token": "t", "expires_in": 3600}

    monkeypatch.setattr(msal.PublicClientApplication, "acquire_token_interactive", acquire)
    bench, authority = bench_and_authority()
    source = MsalSource(SignInOptions("interactive"), transport=authority.transport)
    sign_in = SignIn(source, clock=bench.watch)
    await sign_in.sign_in(lambda _: None, 60)
    assert given == [[USER_SCOPE], {"prompt": "select_account", "timeout": 60}]
    assert await sign_in() == {"Authorization": "Bearer t"}


class Source:
    """Numbered tokens from nowhere; `failure` is raised instead, `gate` holds a renewal up."""

    def __init__(self, seconds: float = 3600) -> None:
        self.seconds, self.number = seconds, 0
        self.failure: OrchestratorError | None = None
        self.gate: threading.Event | None = None

    def silent(self, *, renew: bool) -> Token | None:
        """Return the next token."""
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        self.number += 1
        return Token(f"token-{self.number}", self.seconds)

    def with_person(self, tell: Tell, seconds: float) -> Token:
        """Return a token as well."""
        tell("sign in")
        return Token("person", self.seconds)


async def test_fifty_callers_share_one_renewal() -> None:
    """They wait for the one that asks, and get its token."""
    source, watch = Source(), Watch()
    sign_in = SignIn(source, clock=watch)
    got: list[object] = []

    async def ask() -> None:
        got.append(await sign_in())

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(ask)
    assert source.number == 1
    assert got == [{"Authorization": "Bearer token-1"}] * 50


async def test_refused_token_is_renewed_once_for_everybody_who_had_it() -> None:
    """Those who come with the old token later get the new one without another renewal."""
    source = Source()
    sign_in = SignIn(source, clock=Watch())
    old = await sign_in()
    answers: list[object] = []

    async def refused() -> None:
        answers.append(await sign_in(old))

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(refused)
    assert source.number == 2
    assert answers == [{"Authorization": "Bearer token-2"}] * 20


async def test_good_token_is_used_while_another_caller_renews_it() -> None:
    """Nobody waits for a renewal that came early."""
    source, watch = Source(), Watch()
    sign_in = SignIn(source, clock=watch)
    await sign_in()
    watch.seconds += 3400
    source.gate = threading.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(sign_in)
        await anyio.wait_all_tasks_blocked()
        with anyio.fail_after(PATIENCE_SECONDS):
            assert await sign_in() == {"Authorization": "Bearer token-1"}
        source.gate.set()
    assert await sign_in() == {"Authorization": "Bearer token-2"}


async def test_failed_renewal_matters_only_when_the_token_has_ended() -> None:
    """An outage of the directory is survived on the old token, and tried again."""
    source, watch = Source(), Watch()
    sign_in = SignIn(source, clock=watch)
    first = await sign_in()
    source.failure = Unreachable("the directory is away")
    watch.seconds += 3400
    assert await sign_in() == first
    assert await sign_in() == first
    watch.seconds += 3600
    with pytest.raises(Unreachable, match="away"):
        await sign_in()
    source.failure = None
    assert await sign_in() != first


async def test_short_token_is_not_renewed_with_every_call() -> None:
    """A token shorter than the margin is used for half its life."""
    source, watch = Source(60), Watch()
    sign_in = SignIn(source, clock=watch)
    await sign_in()
    watch.seconds += 29
    await sign_in()
    assert source.number == 1
    watch.seconds += 2
    await sign_in()
    assert source.number == 2


async def test_expiry_in_the_middle_of_a_run_is_invisible() -> None:
    """The cloud refuses the old token, the call is made again with a new one."""
    bench, authority = bench_and_authority(token_seconds=600)
    sign_in = SignIn(MsalSource(UNATTENDED, transport=authority.transport), clock=Watch())
    line = Bench(authorize=sign_in, watch=bench.watch)
    line.cloud.tokens = authority.directory.cloud.tokens
    for _ in range(5):
        await line.api.count_devices()
        bench.watch.seconds += 700  # the cloud's clock moves on, the station's stands still
    assert line.statuses() == [200, *(401, 200) * 4]


async def test_revoked_sign_in_stops_with_a_sentence_that_blames_no_unit() -> None:
    """The directory gives no other token: a person has to act."""
    bench, authority = bench_and_authority()
    sign_in = SignIn(MsalSource(UNATTENDED, transport=authority.transport), clock=bench.watch)
    line = Bench(authorize=sign_in, watch=bench.watch)
    line.cloud.tokens = authority.directory.cloud.tokens
    await line.api.count_devices()
    for token in line.cloud.tokens:
        line.cloud.tokens[token] = 0.0
    authority.directory.refuse = "invalid_grant"
    with pytest.raises(SignInFailed, match=r"ended or was withdrawn \(invalid_grant, AADSTS50173"):
        await line.api.count_devices()


async def test_cloud_that_refuses_every_token_is_a_sentence_too() -> None:
    """After one renewal the refusal stands; the PC's clock may be the reason."""
    line = Bench(authorize=SignIn(Source(), clock=Watch()))
    line.cloud.revoke_all()
    with pytest.raises(CloudRefusal, match="does not accept the sign-in") as caught:
        await line.api.count_devices()
    assert caught.value.kind is ErrorClass.RIGHTS
    assert "clock" in caught.value.remedy
    assert line.statuses() == [401, 401]


@pytest.mark.parametrize(
    ("instead", "kind", "words"),
    [
        (httpx.ConnectError("refused"), Unreachable, "No connection"),
        (httpx.ReadTimeout("slow"), DeadlineExceeded, "in time"),
        (httpx.Response(200, html="<html>Welcome to the hotel"), UnusableAnswer, "answer that is"),
        (
            httpx.Response(302, headers={"location": "https://evil.example/"}),
            UnusableAnswer,
            "none",
        ),
        (httpx.Response(200, content=b"x" * (1 << 20) + b"x"), UnusableAnswer, "longer than"),
        (
            httpx.Response(503, json={"error": "temporarily_unavailable"}),
            Unreachable,
            "failed by itself",
        ),
        (httpx.Response(200, json=[]), UnusableAnswer, "answer that is none"),
        (
            httpx.Response(200, content=b"x", headers={"content-encoding": "br"}),
            UnusableAnswer,
            "packed",
        ),
    ],
)
async def test_sign_in_service_that_goes_wrong_is_a_typed_error(
    instead: httpx.Response | Exception, kind: type[OrchestratorError], words: str
) -> None:
    """Refused, slow, a captive portal, a redirect, a flood: each says what to do."""
    bench, authority = bench_and_authority()
    authority.instead = instead
    with pytest.raises(kind, match=words) as caught:
        await SignIn(MsalSource(UNATTENDED, transport=authority.transport), clock=bench.watch)()
    assert caught.value.remedy
    assert all(url.host == AUTHORITY_HOST for url in authority.seen)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_client", SignInFailed),
        ("interaction_required", SignInFailed),
        ("never_heard_of", SignInFailed),
        ("temporarily_unavailable", LinkFault),
        ("a b\x1b[2J", UnusableAnswer),
    ],
)
async def test_refusals_carry_codes_and_none_of_the_directorys_prose(
    error: str, kind: type[OrchestratorError], caplog: pytest.LogCaptureFixture
) -> None:
    """A directory that repeats the secret in its words does not get it into a message or a log."""
    caplog.set_level(logging.DEBUG)
    bench, authority = bench_and_authority()
    authority.directory.refuse = error
    source = MsalSource(UNATTENDED, transport=authority.transport)
    with pytest.raises(kind) as caught:
        await SignIn(source, clock=bench.watch)()
    shown = f"{caught.value!r} {caught.value} {caught.value.code} {caplog.text}"
    assert SECRET.get_secret_value() not in shown
    assert caught.value.__cause__ is None


async def test_no_token_in_repr_or_log(caplog: pytest.LogCaptureFixture) -> None:
    """Objects that hold a token show nothing of it."""
    caplog.set_level(logging.DEBUG)
    bench, authority = bench_and_authority()
    source = MsalSource(UNATTENDED, transport=authority.transport)
    sign_in = SignIn(source, clock=bench.watch)
    token = (await sign_in())["Authorization"].removeprefix("Bearer ")
    bench.watch.seconds += 3400
    authority.directory.refuse = "invalid_grant"
    await sign_in()
    shown = f"{sign_in!r} {source!r} {Token(token, 1)!r} {vars(sign_in)!r} {caplog.text}"
    assert token not in shown
    assert SECRET.get_secret_value() not in shown
    assert "could not be renewed yet" in caplog.text


def test_token_is_not_printed_by_accident() -> None:
    """Its repr and str are stars; it is still a plain pair."""
    token = Token("secret", 5)
    assert "secret" not in f"{token} {token!r} {[token]}"
    assert pickle.loads(pickle.dumps(token)).value == "secret"
