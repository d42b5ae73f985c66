"""Category EdgeHub."""

import base64

import pytest
from pydantic import SecretStr

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.errors import HostRefusal, NotSupportedHere, supported
from tests.systems.advantech_portal.contract.target import Target
from tests.systems.advantech_portal.hosts import BY_TOKEN, CREDENTIAL, PEM, TENANT

BY_BROKER = models.ConnCfgMqtt(
    username="unit-7",
    password=SecretStr("canary-broker"),
    mqttHost="broker.example",
    mqttPort=8883,
    enableTLS=True,
    overWebSocket=False,
)


@pytest.mark.operations("edgehubPing", "edgehubAgentInfo")
async def test_the_agent_lives_and_has_a_version(target: Target) -> None:
    """Without an account."""
    async with target.stranger(None) as host:
        assert await host.edgehub_ping() == "pong"
        assert (await host.edgehub_agent_info()).version.startswith("v")


@pytest.mark.operations("getMacAddress", "getProfile")
async def test_the_profile_says_what_the_host_is(target: Target) -> None:
    """It names the model and the versions of the components."""
    async with target.client() as host:
        assert len(await target.there(host.get_mac_address())) == 17
        profile = await host.get_profile()
    assert profile.model_name
    assert "edgehub-agent" in profile.versions


@pytest.mark.simulated
@pytest.mark.operations(
    "setConnectionConfig",
    "getConnectionConfig",
    "clearConnectionConfig",
    "setConnection",
    "getConnection",
    "sendData",
)
async def test_the_host_connects_and_disconnects(target: Target) -> None:
    """With a setting of either form; without a setting there is none to read."""

    async def connected() -> bool:
        return (await host.get_connection()).status == "connected"

    async def disconnected() -> bool:
        return not await connected()

    async with target.client() as host:
        for config in (BY_BROKER, BY_TOKEN):
            await host.set_connection_config(config)
            shown = await host.get_connection_config()
            assert "canary" not in repr(shown)
            await host.set_connection(True)
            await target.until(connected)
            await host.send_data({"temperature": 21.5})
            await host.set_connection(False)
            await target.until(disconnected)
            with pytest.raises(HostRefusal):
                await host.send_data({"temperature": 21.5})
        assert shown.deviceTokenCredential is not None
        assert shown.deviceTokenCredential.get_secret_value() == CREDENTIAL
        await host.clear_connection_config()
        assert await supported(host.get_connection_config()) is None
        with pytest.raises(NotSupportedHere):
            await host.set_connection(True)


@pytest.mark.operations("getApphubStatus")
async def test_apphub_says_how_it_is(target: Target) -> None:
    """In one of the documented words."""
    async with target.client() as host:
        assert (await target.there(host.get_apphub_status())).status


@pytest.mark.simulated
@pytest.mark.operations("controlApphub", "setApphubLog", "getApphubStatus")
async def test_apphub_stops_and_starts(target: Target) -> None:
    """And takes either part of its log setting."""
    async with target.client() as host:

        async def stands(status: str) -> bool:
            return (await host.get_apphub_status()).status == status

        await host.control_apphub("stop")
        await target.until(lambda: stands("stopped"))
        await host.control_apphub("start")
        await target.until(lambda: stands("running"))
        await host.set_apphub_log(models.ApphubLogConfig(logFile=True))
        await host.set_apphub_log(models.ApphubLogConfig(logLevel="error"))


@pytest.mark.simulated
@pytest.mark.operations("getEdgebusStatus", "setEdgebus")
async def test_the_embedded_broker_is_switched(target: Target) -> None:
    """And says so."""
    async with target.client() as host:
        for enabled in (False, True):
            assert (await host.set_edgebus(enabled)).enabled is enabled
            assert (await host.get_edgebus_status()).enabled is enabled


@pytest.mark.operations("uploadPem")
async def test_a_pem_file_comes_back_with_its_kind(target: Target) -> None:
    """In base64; what is no PEM is refused."""
    async with target.client() as host:
        result = await host.upload_pem(PEM)
        assert result.type == "CERTIFICATE"
        assert b"BEGIN CERTIFICATE" in base64.b64decode(result.data.get_secret_value())
        with pytest.raises(HostRefusal):
            await host.upload_pem(b"-----BEGIN nothing")


@pytest.mark.simulated
@pytest.mark.operations("setBootstrap")
async def test_mass_deployment_takes_a_token(target: Target) -> None:
    """And no empty one."""
    async with target.client() as host:
        await host.set_bootstrap(SecretStr(TENANT))
        with pytest.raises(HostRefusal):
            await host.set_bootstrap(SecretStr(""))
