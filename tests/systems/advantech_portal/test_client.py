"""The client against a host that answers the document's examples: requests, limits, and secrets."""

import json
import logging
import traceback
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConfigurationMistakes,
    ConnectionLost,
    NotSupported,
    OrchestratorError,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.systems.advantech_portal import endpoints, models
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.errors import TokenRefused
from orchestrator.transport.endpoint import Endpoint
from tests.contracts.openapi import Exchange
from tests.systems.advantech_portal.hosts import (
    ADDRESS,
    ADMIN,
    CALLS,
    NEW_PASSWORD,
    OPERATOR,
    PASSWORD,
    SECRETS,
    TOKEN,
    Call,
    Documented,
    host,
)

PLAIN = [row for row in HOST_ENDPOINTS if not row.door]
SIGNED = [row for row in PLAIN if row.lock not in {endpoints.OPEN, endpoints.BASIC}]
CHANGES = [row for row in PLAIN if row.answer is None and row.method != "GET"]


def who(row: Endpoint) -> Any:
    """Return the account that a row needs."""
    return ADMIN if row.lock == endpoints.ADMIN else OPERATOR


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
async def test_request_is_as_agreed_and_the_example_is_understood(row: Endpoint) -> None:
    """One request goes out, it fits the contract, and the documented answer is taken."""
    documented = Documented()
    async with host(documented, account=who(row)) as client:
        await CALLS[row.name](client)
    made = documented.asked[-1]
    exchange = Exchange(
        made.method,
        made.url.path,
        made.headers.get("content-type", ""),
        made.read(),
        query=dict(made.url.params),
        request_headers={name.lower(): value for name, value in made.headers.items()},
    )
    assert [found.what for found in documented.contract.findings(exchange)] == []
    operation = documented.contract.operation(made.method, made.url.path)
    assert operation is not None
    assert operation.operation_id == row.operation_id


@pytest.mark.parametrize("row", SIGNED, ids=lambda row: row.name)
async def test_signed_calls_carry_the_token_and_others_do_not(row: Endpoint) -> None:
    """A call signs in first, by itself and once."""
    documented = Documented()
    async with host(documented, account=who(row)) as client:
        await CALLS[row.name](client)
        await CALLS[row.name](client)
    signed = [request.headers.get("authorization") for request in documented.asked]
    assert signed == [None, f"Bearer {TOKEN}", f"Bearer {TOKEN}"]


@pytest.mark.parametrize("row", [r for r in PLAIN if r not in SIGNED], ids=lambda row: row.name)
async def test_open_calls_need_no_account(row: Endpoint) -> None:
    """Pings and versions are asked without a token; only signing in needs an account."""
    async with host(Documented(), account=None) as client:
        if row.name in {"get_token", "login"}:
            with pytest.raises(StationMisuse):
                await CALLS[row.name](client)
        else:
            await CALLS[row.name](client)


@pytest.mark.parametrize(
    "row", [*SIGNED, *(r for r in HOST_ENDPOINTS if r.door)], ids=lambda r: r.name
)
async def test_without_an_account_nothing_is_sent(row: Endpoint) -> None:
    """What needs a token is refused here, with a remedy."""
    documented = Documented()
    async with host(documented, account=None) as client:
        with pytest.raises(TokenRefused) as caught:
            await CALLS[row.name](client)
    assert documented.asked == []
    assert "settings" in caught.value.remedy


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
async def test_web_page_is_no_answer(row: Endpoint) -> None:
    """The login page of a network is never taken for success."""

    def page(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(row.success[0], html="<!DOCTYPE html><p>Sign in")

    async with host(page, account=who(row)) as client:
        if row.name == "get_screenshot_file":
            return  # a picture is bytes that nobody looks into
        with pytest.raises(UnusableAnswer):
            await CALLS[row.name](client)


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.name)
async def test_undocumented_bodies_of_success_are_left_alone(row: Endpoint) -> None:
    """Where the document shows no body, any that is no page is as good as none."""
    answers = {row.operation_id: httpx.Response(row.success[0], json={"result": "ok"})}
    async with host(Documented(answers), account=who(row)) as client:
        assert await CALLS[row.name](client) is None


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
async def test_only_repeatable_calls_are_repeated(row: Endpoint) -> None:
    """After a broken link a call goes out again exactly when its row says so."""
    documented = Documented()
    asked: list[str] = []

    def breaking(request: httpx.Request) -> httpx.Response:
        operation = documented.contract.operation(request.method, request.url.path)
        if operation is not None and operation.operation_id == row.operation_id:
            asked.append(request.url.path)
            raise httpx.ReadError("broken")
        return documented(request)

    async with host(breaking, account=who(row)) as client:
        with pytest.raises(ConnectionLost) as caught:
            await CALLS[row.name](client)
    assert len(asked) == (4 if row.idempotent else 1)
    assert caught.value.where == {"peer": "host host.test", "endpoint": row.label}


LIMITS: dict[str, Call] = {
    "led below 0": lambda h: h.get_led(-1),
    "led that is a bool": lambda h: h.set_led(True, True),
    "pin beyond": lambda h: h.get_gpio_pin(2**31),
    "level 2": lambda h: h.set_gpio_level(0, 2),  # type: ignore[arg-type]  # what is tried
    "direction -1": lambda h: h.set_gpio_direction(0, -1),  # type: ignore[arg-type]  # as above
    "display below 0": lambda h: h.get_screenshot(-1),
    "service list": lambda h: h.get_service("list"),
    "empty service": lambda h: h.control_service(" ", "start"),
    "service that is a folder": lambda h: h.get_service(".."),
    "service with a control character": lambda h: h.get_service("a\x1b[2J"),
    "watchdog below 0": lambda h: h.set_watchdog(True, -1),
    "timeout that is a bool": lambda h: h.set_watchdog_timeout(True),
    "no route": lambda h: h.set_route_order([]),
    "route with a twin": lambda h: h.set_route_order(["a", "a"]),
    "address that is none": lambda h: h.set_ipv4_config(
        1, ADDRESS.model_copy(update={"ipAddress": "192.168.6.256"})
    ),
    "name server that is none": lambda h: h.set_ipv4_config(
        1, ADDRESS.model_copy(update={"secondaryDNS": "dns"})
    ),
    "empty profile": lambda h: h.delete_wifi_profile("{A}", ""),
    "pid below 0": lambda h: h.kill_process(-4),
    "space beyond": lambda h: h.set_etp_user_data("ä" * 65, ""),
    "space with a zero": lambda h: h.set_etp_user_data("", "a\x00"),
    "no lock password": lambda h: h.set_etp_lock(True, SecretStr("")),
    "lock password beyond": lambda h: h.set_etp_lock(True, SecretStr("canary-99")),
    "no tags": lambda h: h.send_data({}),
    "no log setting": lambda h: h.set_apphub_log(models.ApphubLogConfig()),
    "no PEM": lambda h: h.upload_pem(b"MZ"),
    "the old password": lambda h: h.change_admin_password(SecretStr("a"), SecretStr("a")),
    "no such event": lambda h: _iterated(h, ["weather"]),
    "no event": lambda h: _iterated(h, []),
}


async def _iterated(client: AdvantechHost, names: list[str]) -> None:
    await anext(client.stream_events(names))


@pytest.mark.parametrize("what", LIMITS)
async def test_limits_are_checked_before_anything_is_sent(what: str) -> None:
    """What no host takes is refused here; no message shows a secret."""
    documented = Documented()
    async with host(documented, account=ADMIN) as client:
        with pytest.raises(StationMisuse) as caught:
            await LIMITS[what](client)
    assert documented.asked == []
    assert caught.value.remedy
    assert "canary" not in str(caught.value)
    assert str(caught.value).isprintable()


async def test_limits_themselves_are_taken() -> None:
    """128 bytes of a space, 8 of a password, and a name with blanks and slashes."""
    documented = Documented()
    async with host(documented) as client:
        await client.set_etp_user_data("ä" * 64, "")
        await client.set_etp_lock(True, SecretStr("12345678"))
        await client.get_service("Print / Spooler %2f?")
    assert documented.asked[-1].url.raw_path.endswith(b"/Print%20%2F%20Spooler%20%252f%3F")


async def test_an_older_component_is_asked_nothing_that_it_lacks() -> None:
    """Once its version is known, a call that came later is refused here."""
    old = {"platformAgentInfo": httpx.Response(200, json={"version": "v0.14.1"})}
    documented = Documented(old)
    async with host(documented) as client:
        await client.list_services()
        await client.platform_agent_info()
        assert client.versions == {"rest-server": "0.14.1"}
        with pytest.raises(NotSupported, match=r"rest-server 1\.0\.1"):
            await client.list_services()
        with pytest.raises(NotSupported):
            await client.open_terminal()
        await client.get_display_count()
        await client.get_profile()
        assert client.versions["rest-server"] == "1.0.1"
        await client.list_services()


async def test_versions_that_are_only_longer_are_not_newer() -> None:
    """`0.12.1.0` is `0.12.1`."""
    same = {"platformAgentInfo": httpx.Response(200, json={"version": "v0.12.1"})}
    async with host(Documented(same)) as client:
        await client.platform_agent_info()
        assert await client.get_display_count() == 1


async def test_every_agent_tells_its_version() -> None:
    """Four components, four versions."""
    async with host(Documented()) as client:
        for name in ("auth", "platform", "portal", "edgehub"):
            await CALLS[f"{name}_agent_info"](client)
        assert client.versions == {
            "auth-server": "1.8.1",
            "rest-server": "0.14.1",
            "portal-service": "0.14.1",
            "edgehub-agent": "0.15.1",
        }


async def test_admin_account_is_named_by_m_and_others_by_nothing() -> None:
    """Hosts before 1.8.1 do not know the parameter."""
    for account, wanted in ((ADMIN, "m=2"), (OPERATOR, "")):
        documented = Documented()
        async with host(documented, account=account) as client:
            await client.login()
            await client.get_token()
        assert [request.url.query.decode() for request in documented.asked] == [wanted, wanted]


async def test_display_switch_is_there_or_not() -> None:
    """204 says yes, 404 says no: neither is a failure."""
    async with host(Documented()) as client:
        assert await client.has_display_switch() is True
    absent = {"hasDisplaySwitch": httpx.Response(404)}
    async with host(Documented(absent)) as client:
        assert await client.has_display_switch() is False


async def test_a_file_that_is_no_certificate_is_no_answer() -> None:
    """The certificate of the tokens is PEM."""
    answers = {"getCertificate": httpx.Response(200, content=b"\x30\x82")}
    async with host(Documented(answers)) as client:
        with pytest.raises(UnusableAnswer, match="PEM"):
            await client.get_certificate()


ECHOES = {
    "refused": lambda request: httpx.Response(
        422, json={"errors": {"ETP": request.content.decode("latin-1")}}
    ),
    "message": lambda request: httpx.Response(
        422, json={"message": request.content.decode("latin-1")}
    ),
    "unauthorized": lambda request: httpx.Response(
        401,
        json={"Code": 401, "Message": request.content.decode("latin-1") or str(request.headers)},
    ),
    "no JSON": lambda request: httpx.Response(200, content=request.content[:-1] or b"canary"),
    "wrong members": lambda request: httpx.Response(200, json=[request.content.decode("latin-1")]),
    "page": lambda request: httpx.Response(500, html="<p>" + request.content.decode("latin-1")),
}


def told(error: BaseException) -> str:
    """Return everything that a log with a traceback would hold of an error."""
    lines = traceback.format_exception(error)
    source = "\n".join(line for line in lines if "File " not in line)
    return source + repr(error) + str(vars(error))


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("row", [row for row in PLAIN if row.confidential], ids=lambda r: r.name)
async def test_no_message_repeats_a_secret(
    row: Endpoint, echo: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a host makes of a password, nobody reads it here."""
    caplog.set_level(logging.DEBUG, "orchestrator")
    documented = Documented()

    def answer(request: httpx.Request) -> httpx.Response:
        operation = documented.contract.operation(request.method, request.url.path)
        if operation is not None and operation.operation_id == row.operation_id:
            request.read()
            return ECHOES[echo](request)
        return documented(request)

    async with host(answer, account=who(row)) as client:
        try:
            await CALLS[row.name](client)
        except OrchestratorError as error:
            text = told(error)
            for secret in (*SECRETS, TOKEN):
                assert secret not in text
    assert not any(secret in caplog.text for secret in SECRETS)


def test_every_call_with_a_secret_is_confidential() -> None:
    """A row whose request or answer has a secret is marked: no message quotes its bodies."""
    secret = {
        row.name
        for row in PLAIN
        for model in (row.request, row.answer)
        if isinstance(model, type)
        and '"format": "password"' in json.dumps(model.model_json_schema())
    }
    assert secret
    assert secret <= {row.name for row in PLAIN if row.confidential}


async def test_password_of_the_account_follows_its_change() -> None:
    """After a change the object signs in with the new password, after a reset with the default."""
    documented = Documented()
    async with host(documented, account=ADMIN) as client:
        await client.change_admin_password(SecretStr(PASSWORD), SecretStr(NEW_PASSWORD))
        assert client.account is not None
        assert client.account.password.get_secret_value() == NEW_PASSWORD
        await client.reset_admin_password()
        assert client.account.password.get_secret_value() == "p@ssw0rd"
    async with host(documented, account=OPERATOR) as client:
        with pytest.raises(StationMisuse, match="admin"):
            await client.reset_admin_password()


@pytest.mark.parametrize("url", ["http://host.test", "host.test", "", "HTTP://host.test"])
def test_hosts_are_spoken_to_over_tls_alone(url: str) -> None:
    """Passwords and tokens go over it."""
    with pytest.raises(ConfigurationMistakes, match="address"):
        AdvantechHost(url, context=None)
