"""The EdgeHub agent of a host: connection states, settings, tags, AppHub, broker, PEM files."""

import base64

import pytest

from tests.systems.advantech_portal.simulator.bench import Bench

HUB = "/edgehub/api"
BROKER = {
    "username": "u",
    "password": "canary",
    "mqttHost": "broker.test",
    "mqttPort": 8883,
    "enableTLS": True,
    "overWebSocket": False,
}
TOKEN = {"deviceTokenCredential": "canary", "skipCertVerify": False}


async def state(bench: Bench) -> tuple[bool, str]:
    """Return whether the connection is wanted, and how it is."""
    found = await bench.get(f"{HUB}/connection")
    return found["enabled"], found["status"]


async def test_a_connection_takes_its_time_and_can_be_ended() -> None:
    """It needs a setting, comes about later, and starts anew with the host."""
    bench = await Bench().log_in()
    assert await state(bench) == (False, "disconnected")
    assert (await bench.ask("GET", f"{HUB}/conncfg")).status == 404
    answer = await bench.ask("POST", f"{HUB}/conncfg", BROKER)
    assert (answer.status, answer.said) == (200, BROKER)
    assert (await bench.ask("POST", f"{HUB}/connection", {"op": "connect"})).status == 200
    assert await state(bench) == (True, "disconnected")
    bench.watch.seconds += 2
    assert await state(bench) == (True, "connected")
    assert (await bench.ask("POST", f"{HUB}/data", {"t": 1, "u": "x", "v": True})).status == 201
    assert bench.host.edgehub.sent == 3
    bench.host.reboot()
    bench.watch.seconds += 5
    assert await state(bench) == (True, "disconnected")
    bench.watch.seconds += 2
    assert await state(bench) == (True, "connected")
    await bench.ask("POST", f"{HUB}/connection", {"op": "disconnect", "conncfg": TOKEN})
    assert await state(bench) == (False, "disconnected")
    assert (await bench.get(f"{HUB}/conncfg"))["mqttHost"] == "broker.test"
    assert (await bench.ask("DELETE", f"{HUB}/conncfg")).status == 200
    assert (await bench.ask("GET", f"{HUB}/conncfg")).status == 404


async def test_a_connect_may_bring_its_setting() -> None:
    """The world log tells the setting without its secrets."""
    bench = await Bench().log_in()
    body = {"op": "connect", "conncfg": TOKEN}
    assert (await bench.ask("POST", f"{HUB}/connection", body)).status == 200
    bench.watch.seconds += 2
    assert await state(bench) == (True, "connected")
    shown = await bench.get(f"{HUB}/conncfg")
    assert shown["deviceTokenCredential"] == "canary"
    assert "canary" not in str(bench.happened)


@pytest.mark.parametrize(
    "spec", [{"edgehub_hosts": ("other.test",)}, {"certificate_revoked": True}], ids=str
)
async def test_some_connections_never_come_about(spec: dict[str, object]) -> None:
    """A broker out of reach, or a certificate that was revoked."""
    bench = await Bench(**spec).log_in()
    await bench.ask("POST", f"{HUB}/connection", {"op": "connect", "conncfg": BROKER})
    bench.watch.seconds += 1000
    assert await state(bench) == (True, "disconnected")
    found = await bench.get(f"{HUB}/connection")
    assert found["certRevoked"] is bench.host.spec.certificate_revoked


async def test_a_host_may_keep_the_secrets_of_its_setting() -> None:
    """They read as empty then."""
    bench = await Bench(conncfg_shows_secrets=False).log_in()
    await bench.ask("POST", f"{HUB}/conncfg", BROKER)
    assert (await bench.get(f"{HUB}/conncfg"))["password"] == ""


async def test_apphub_and_broker_can_be_switched() -> None:
    """Each tells its state."""
    bench = await Bench().log_in()
    assert await bench.get(f"{HUB}/apphub/status") == {"status": "running"}
    assert (await bench.ask("PUT", f"{HUB}/apphub/service", {"action": "stop"})).status == 204
    assert await bench.get(f"{HUB}/apphub/status") == {"status": "stopped"}
    log = {"logLevel": "info"}
    assert (await bench.ask("PUT", f"{HUB}/apphub/log/config", log)).status == 204
    assert bench.host.edgehub.apphub_log == log
    bench.watch.seconds += 100
    broker = await bench.get(f"{HUB}/edgebus/status")
    assert broker["mqttBrokerStatus"]["uptime"] == 100
    for enabled in (False, True):
        answer = await bench.ask("PUT", f"{HUB}/edgebus/config", {"enabled": enabled})
        assert answer.said == {"enabled": enabled}
    assert (await bench.get(f"{HUB}/edgebus/status"))["mqttBrokerStatus"]["uptime"] == 0
    await bench.ask("PUT", f"{HUB}/edgebus/config", {"enabled": False})
    assert await bench.get(f"{HUB}/edgebus/status") == {"enabled": False}


async def test_a_pem_file_comes_back_in_base64() -> None:
    """With its kind; anything else is refused."""
    bench = await Bench().log_in()

    async def upload(content: bytes) -> object:
        form = (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.pem"\r\n\r\n'
            + content
            + b"\r\n--b--\r\n"
        )
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await bench.ask("POST", f"{HUB}/pem/temp", raw=form, headers=headers)
        return answer.said if answer.status == 200 else answer.status

    pem = b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"
    assert await upload(pem) == {"type": "PRIVATE KEY", "data": base64.b64encode(pem).decode()}
    assert await upload(b"no pem") == 422


async def test_mass_deployment_takes_a_token() -> None:
    """It is kept from the world log."""
    bench = await Bench().log_in()
    answer = await bench.ask("PUT", f"{HUB}/bootstrap/config", {"tenantToken": "canary"})
    assert answer.status == 201
    assert bench.told("bootstrapped")
    assert "canary" not in str(bench.happened)
