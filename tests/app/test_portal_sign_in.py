"""Signing in by the portal's own settings: found when needed, renewed, and no secret shown."""

import logging
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from orchestrator.app.portal_sign_in import PortalSignIn
from orchestrator.app.services import open_services
from orchestrator.domain.errors import (
    ConfigurationMistakes,
    OrchestratorError,
    StationFault,
    StationMisuse,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.station.settings import Settings
from orchestrator.station.settings_services import PortalSection
from orchestrator.systems.azure_sphere_cloud.errors import SignInFailed
from orchestrator.systems.azure_sphere_cloud.simulator import Cloud, CloudSpec
from orchestrator.systems.azure_sphere_cloud.simulator.directory import Directory
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.errors import PortalRefusal
from orchestrator.systems.iot_hub_portal.simulator import Portal, PortalServer, PortalSpec
from orchestrator.transport.in_process import InProcessTransport, NotReachable
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.serving import World
from tests.systems.azure_sphere_cloud.authority import Answering
from tests.systems.iot_hub_portal.portals import Watch

SECRET = "canary-secret-77aa"
CLIENT = "11111111-1111-4111-8111-111111111111"
URL = "https://portal.test"
HOST = "sign-in.test"
SECTION = PortalSection.model_validate(
    {"url": URL, "oidc_client": CLIENT, "oidc_secret": {"env": "UNUSED"}}
)
ONCE = RetryPolicy(attempts=1)


class Plant:
    """A portal, the directory whose tokens it takes, and a client that signs in by discovery."""

    def __init__(self, secret: str = SECRET, seconds: float = 3600, **spec: Any) -> None:
        self.watch = Watch()
        world = World(self.watch, self.watch.sleep)
        directory = Cloud(CloudSpec(token=""), world)
        directory.tokens["nobody's"] = 0.0
        self.directory = Directory(directory, token_seconds=seconds, secret=SECRET)
        self.answering = Answering(self.directory)
        self.tokens = directory.tokens
        spec = {"authority": f"https://{HOST}/tenant/v2.0", **spec}
        self.server = PortalServer(Portal(PortalSpec(tokens=self.tokens, **spec), world))
        self.asked: list[str] = []
        self.down = False
        self.knocked = 0
        transport = InProcessTransport(self._portal)
        self.sign_in = PortalSignIn(
            SECTION,
            SecretStr(secret),
            context=None,
            transport=transport,
            directory=self.answering.transport,
            clock=self.watch,
        )
        self.client = IotHubPortal(URL, transport=transport, authorize=self.sign_in, retry=ONCE)

    async def _portal(self, scope: Any, receive: Any, send: Any) -> None:
        if self.down:
            self.knocked += 1
            raise NotReachable("the portal is down")
        self.asked.append(scope["path"])
        await self.server(scope, receive, send)

    async def refused(self, kind: type[OrchestratorError], words: str) -> OrchestratorError:
        """Make a call that fails so, with a remedy and without the secret; return the error."""
        with pytest.raises(kind, match=words) as caught:
            await self.client.list_devices()
        assert caught.value.remedy
        assert SECRET not in f"{caught.value} {caught.value!r} {caught.value.where}"
        return caught.value


async def test_a_token_is_got_where_the_portal_says() -> None:
    """As an application, for the portal's own scope, from that host alone, once."""
    plant = Plant()
    for _ in range(3):
        assert list(await plant.client.list_devices()) == []
    assert plant.asked.count("/OIDCSettings") == 1
    assert {url.host for url in plant.answering.seen} == {HOST}
    assert plant.directory.asked == {"client_credentials": 1}
    assert (plant.answering.forms[-1]["client_id"], plant.answering.forms[-1]["scope"]) == (
        CLIENT,
        "api://portal/.default",
    )


async def test_units_that_come_together_ask_the_portal_once() -> None:
    """One finds the directory and gets the token, the others wait for it."""
    plant = Plant()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(plant.client.list_devices)
    assert plant.asked.count("/OIDCSettings") == 1
    assert plant.directory.asked == {"client_credentials": 1}


async def test_a_token_is_renewed_before_it_ends() -> None:
    """Nobody sees a refusal, however long the shift."""
    plant = Plant(seconds=600)
    for number in range(1, 5):
        await plant.client.list_devices()
        assert plant.directory.asked["client_credentials"] == number
        plant.watch.seconds += 500
    assert plant.asked.count("/OIDCSettings") == 1


async def test_a_token_that_the_portal_refuses_is_renewed_once() -> None:
    """It was withdrawn; a portal that takes none of them is told with a remedy."""
    plant = Plant()
    await plant.client.list_devices()
    plant.tokens.update(dict.fromkeys(plant.tokens, 0.0))
    await plant.client.list_devices()
    assert plant.directory.asked["client_credentials"] == 2
    plant.directory.cloud.tokens = {}
    plant.tokens.update(dict.fromkeys(plant.tokens, 0.0))
    await plant.refused(PortalRefusal, "401")


async def test_a_wrong_secret_is_told_without_showing_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The directory repeats it in its words; message and log do not."""
    caplog.set_level(logging.DEBUG)
    plant = Plant()
    plant.directory.secret = "another"
    error = await plant.refused(SignInFailed, "does not accept the application's secret")
    assert "invalid_client" in str(error)
    assert SECRET not in caplog.text
    assert SECRET not in f"{plant.sign_in!r}"


async def test_a_portal_that_is_down_is_asked_again_with_the_next_call() -> None:
    """It keeps nobody from starting, and needs no new start."""
    plant = Plant()
    plant.down = True
    await plant.refused(Unreachable, "No connection")
    assert plant.knocked == 1
    plant.down = False
    assert list(await plant.client.list_devices()) == []


@pytest.mark.parametrize(
    ("instead", "kind"),
    [
        (httpx.ConnectError("refused"), Unreachable),
        (httpx.Response(503), Unreachable),
        (httpx.Response(404, json={"error": "invalid_tenant"}), UnusableAnswer),
        (httpx.Response(200, html="<html>Welcome to the hotel"), UnusableAnswer),
        (httpx.Response(200, json={"issuer": f"https://{HOST}/tenant/v2.0"}), UnusableAnswer),
    ],
    ids=["unreachable", "failed", "no directory", "page", "no endpoints"],
)
async def test_a_directory_that_goes_wrong_is_a_typed_error(
    instead: httpx.Response | Exception, kind: type[OrchestratorError]
) -> None:
    """The step says so; when the directory is back, the next one goes on."""
    plant = Plant()
    plant.answering.instead = instead
    await plant.refused(kind, "sign-in")
    plant.answering.instead = None
    assert list(await plant.client.list_devices()) == []


async def test_a_directory_that_names_another_host_gets_no_secret() -> None:
    """Its document is another issuer's: nothing is sent there."""
    plant = Plant()
    base = "https://evil.test/tenant"
    plant.answering.instead = httpx.Response(
        200,
        json={
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        },
    )
    error = await plant.refused(StationMisuse, "evil.test, which is not allowed")
    assert isinstance(error, StationFault)
    assert {url.host for url in plant.answering.seen} == {HOST}


@pytest.mark.parametrize(
    "authority",
    ["", "http://sign-in.test/tenant", "https://sign-in.test", "https://sign-in.test:x/tenant",
     "https://[broken/tenant", "https://a:b@sign-in.test/tenant", "ftp://sign-in.test/tenant"],
)  # fmt: skip
async def test_a_sign_in_that_cannot_be_used_is_told(authority: str) -> None:
    """Without TLS, without a directory, no address at all: the directory is not asked."""
    plant = Plant(authority=authority)
    error = await plant.refused(SignInFailed, "as its sign-in, which cannot be used")
    assert "portal.token" in error.remedy
    assert plant.answering.seen == []


async def test_a_directory_may_answer_on_a_port_of_its_own() -> None:
    """As those inside a plant do."""
    plant = Plant(authority=f"https://{HOST}:8443/tenant")
    assert list(await plant.client.list_devices()) == []
    assert {(url.host, url.port) for url in plant.answering.seen} == {(HOST, 8443)}


def settings(folder: Path) -> Settings:
    """Return settings whose portal answers nobody."""
    return Settings(
        station={"name": "st1", "data_dir": folder},
        recipes={"files": [folder / "none.yaml"]},
        fixture={"azure_sphere": {"ca_file": "none.pem"}},
        portal={
            "url": "http://127.0.0.1:1",
            "oidc_client": CLIENT,
            "oidc_secret": {"file": folder / "portal.secret"},
        },
    )


async def test_a_station_starts_while_its_portal_is_down(tmp_path: Path) -> None:
    """Only the secret has to be there; the steps say what does not answer."""
    with pytest.raises(ConfigurationMistakes, match=r"portal.oidc_secret.*nothing readable"):
        async with open_services(settings(tmp_path), lambda _: None):
            raise AssertionError("opened without a secret")
    (tmp_path / "portal.secret").write_text(SECRET, encoding="utf-8")
    async with open_services(settings(tmp_path), lambda _: None) as services:
        portal = services[IotHubPortal]
        assert isinstance(portal, IotHubPortal)
        with pytest.raises(Unreachable):
            await portal.list_devices()
