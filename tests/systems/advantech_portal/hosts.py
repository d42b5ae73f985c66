"""One harmless call of every method of the client, and a host that answers the document's examples.

The documented host keeps no state and knows nothing of our tables: it answers what the contract
shows, so that calls, models and errors can be tried one by one. Times and waits are a test's own.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.client import AdvantechHost, HostEvent
from orchestrator.systems.advantech_portal.client.streams import HostStream
from orchestrator.transport.retry import RetryPolicy
from tests import contracts
from tests.contracts.openapi import Contract

CONTRACT_FILE = Path(contracts.__path__[0]) / "advantech-portal.openapi.yaml"
URL = "https://host.test"
QUICK = RetryPolicy(first_wait_seconds=0.001, longest_wait_seconds=0.002, jitter_seconds=0.001)

PASSWORD, NEW_PASSWORD = "canary-password", "canary-new-password"
LOCK_PASSWORD, TENANT, CREDENTIAL = "canary-8"[:8], "canary-tenant", "canary-credential"
SECRETS = (PASSWORD, NEW_PASSWORD, LOCK_PASSWORD, TENANT, CREDENTIAL)
TOKEN = "canary.token.1"
OPERATOR = Account("line", SecretStr(PASSWORD))
ADMIN = Account("admin", SecretStr(PASSWORD), models.ADMIN_ACCOUNT)
DESKTOP = models.RemoteDesktop(
    id="5b306b78-d720-4dac-984e-a1f1ca9cd963", password=SecretStr("EmzE4lo0")
)
ADDRESS = models.Ipv4Config(
    ipAddress="192.168.6.50",
    subnetMask="255.255.255.0",
    defaultGateway="192.168.6.1",
    primaryDNS="192.168.6.1",
)
BY_TOKEN = models.ConnCfgToken(deviceTokenCredential=SecretStr(CREDENTIAL), skipCertVerify=False)
PEM = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
ADAPTER = "{94CDC116-21A5-4419-90AF-F0626B643566}"


class Watch:
    """A clock that stands still until a sleep, or a test, moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return wall time."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)
        self.seconds += seconds


def host(handler: Callable[[httpx.Request], Any], **options: Any) -> AdvantechHost:
    """Return a client whose requests are answered by `handler`."""
    given: dict[str, Any] = {"account": OPERATOR, "retry": QUICK, "context": None, **options}
    return AdvantechHost(URL, transport=httpx.MockTransport(handler), **given)


def login_result(token: str = TOKEN, seconds: float = 3600.0) -> dict[str, object]:
    """Return the answer of a sign-in at the moment at which a `Watch` begins."""
    expire = datetime(2026, 11, 21, 0, 16, 40, tzinfo=UTC) + timedelta(seconds=seconds)
    return {"code": 200, "expire": expire.isoformat(), "token": token}


class Documented:
    """Answers what the contract shows for a request; signing in gives a token. Notes requests."""

    contract = Contract(CONTRACT_FILE)

    def __init__(self, answers: Mapping[str, httpx.Response] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to one request."""
        self.asked.append(request)
        path = request.url.raw_path.partition(b"?")[0].decode()
        operation = self.contract.operation(request.method, path)
        assert operation is not None, request.url.path
        name = operation.operation_id
        if name in self.answers:
            return self.answers[name]
        if name in {"login", "getToken"}:
            return httpx.Response(200, json=login_result())
        statuses = operation.node["responses"]
        status = next(code for code in ("200", "201", "204") if code in statuses)
        content = dict(statuses[status].get("content", {}))
        content.pop("text/event-stream", None)
        return _written(int(status), content)


def _written(status: int, content: dict[str, Any]) -> httpx.Response:
    for kind, shown in content.items():
        example = shown.get("example")
        for one in shown.get("examples", {}).values():
            example = one["value"] if example is None else example
        body = PEM if example is None else json.dumps(example).encode()
        body = b"pong" if kind == "text/plain" else body
        return httpx.Response(status, content=body, headers={"Content-Type": kind})
    return httpx.Response(status)


async def first(stream: HostStream) -> object:
    """Return the first value of a stream that the host told by itself."""
    async with stream:
        async for news in stream:
            if isinstance(news, HostEvent) and not news.asked:
                return news
    return None


async def _terminal(host: AdvantechHost) -> None:
    async with await host.open_terminal() as terminal:
        await terminal.ping()


async def _desktop(host: AdvantechHost) -> None:
    async with await host.open_remote_desktop(DESKTOP) as desktop:
        await desktop.send(b"RFB 003.008\n")


Call = Callable[[AdvantechHost], Awaitable[object]]
CALLS: dict[str, Call] = {
    "auth_ping": lambda h: h.auth_ping(),
    "auth_agent_info": lambda h: h.auth_agent_info(),
    "auth_api_version": lambda h: h.auth_api_version(),
    "get_token": lambda h: h.get_token(),
    "login": lambda h: h.login(),
    "logout": lambda h: h.logout(),
    "get_certificate": lambda h: h.get_certificate(),
    "change_admin_password": lambda h: h.change_admin_password(
        SecretStr(PASSWORD), SecretStr(NEW_PASSWORD)
    ),
    "reset_admin_password": lambda h: h.reset_admin_password(),
    "get_hw_monitor": lambda h: h.get_hw_monitor(),
    "stream_hw_monitor": lambda h: first(h.stream_hw_monitor()),
    "get_temperatures": lambda h: h.get_temperatures(),
    "get_voltages": lambda h: h.get_voltages(),
    "get_currents": lambda h: h.get_currents(),
    "get_fan_speeds": lambda h: h.get_fan_speeds(),
    "platform_ping": lambda h: h.platform_ping(),
    "platform_agent_info": lambda h: h.platform_agent_info(),
    "portal_ping": lambda h: h.portal_ping(),
    "portal_agent_info": lambda h: h.portal_agent_info(),
    "irtm_ping": lambda h: h.irtm_ping(),
    "get_host_info": lambda h: h.get_host_info(),
    "get_display_count": lambda h: h.get_display_count(),
    "get_screenshot": lambda h: h.get_screenshot(0),
    "get_screenshot_file": lambda h: h.get_screenshot_file(0),
    "get_system_perf": lambda h: h.get_system_perf(),
    "get_cpu": lambda h: h.get_cpu(),
    "get_memory": lambda h: h.get_memory(),
    "list_hw_devices": lambda h: h.list_hw_devices(),
    "list_services": lambda h: h.list_services(),
    "get_service": lambda h: h.get_service("AppHubEdgeService"),
    "control_service": lambda h: h.control_service("AppHubEdgeService", "restart"),
    "get_terminal_info": lambda h: h.get_terminal_info(),
    "open_terminal": _terminal,
    "list_leds": lambda h: h.list_leds(),
    "get_led": lambda h: h.get_led(0),
    "set_led": lambda h: h.set_led(0, True),
    "get_watchdog": lambda h: h.get_watchdog(),
    "set_watchdog": lambda h: h.set_watchdog(True, 15),
    "set_watchdog_timeout": lambda h: h.set_watchdog_timeout(15),
    "list_disks": lambda h: h.list_disks(),
    "stream_disks": lambda h: first(h.stream_disks()),
    "list_partitions": lambda h: h.list_partitions(),
    "get_redundant_power": lambda h: h.get_redundant_power(),
    "stream_redundant_power": lambda h: first(h.stream_redundant_power()),
    "get_gpio_count": lambda h: h.get_gpio_count(),
    "list_gpio_pins": lambda h: h.list_gpio_pins(),
    "get_gpio_pin": lambda h: h.get_gpio_pin(0),
    "get_gpio_direction": lambda h: h.get_gpio_direction(0),
    "set_gpio_direction": lambda h: h.set_gpio_direction(0, 0),
    "get_gpio_level": lambda h: h.get_gpio_level(0),
    "set_gpio_level": lambda h: h.set_gpio_level(0, 1),
    "get_brightness": lambda h: h.get_brightness(),
    "set_brightness": lambda h: h.set_brightness(1),
    "list_interfaces": lambda h: h.list_interfaces(),
    "stream_interfaces": lambda h: first(h.stream_interfaces()),
    "set_route_order": lambda h: h.set_route_order([ADAPTER]),
    "set_ipv4_config": lambda h: h.set_ipv4_config(2, ADDRESS),
    "enable_dhcp": lambda h: h.enable_dhcp(2),
    "list_wifi_adapters": lambda h: h.list_wifi_adapters(),
    "list_wifi_networks": lambda h: h.list_wifi_networks(ADAPTER),
    "delete_wifi_profile": lambda h: h.delete_wifi_profile(ADAPTER, "SQA_2.4G"),
    "list_processes": lambda h: h.list_processes(),
    "stream_processes": lambda h: first(h.stream_processes()),
    "kill_process": lambda h: h.kill_process(416),
    "reboot": lambda h: h.reboot(),
    "shutdown": lambda h: h.shutdown(),
    "has_display_switch": lambda h: h.has_display_switch(),
    "switch_display": lambda h: h.switch_display("off"),
    "create_remote_desktop": lambda h: h.create_remote_desktop(),
    "open_remote_desktop": _desktop,
    "stream_events": lambda h: first(h.stream_events()),
    "get_etp_device_data": lambda h: h.get_etp_device_data(),
    "get_etp_user_data": lambda h: h.get_etp_user_data(),
    "set_etp_user_data": lambda h: h.set_etp_user_data("lot 7", "line 2"),
    "get_etp_lock": lambda h: h.get_etp_lock(),
    "set_etp_lock": lambda h: h.set_etp_lock(True, SecretStr(LOCK_PASSWORD)),
    "edgehub_ping": lambda h: h.edgehub_ping(),
    "edgehub_agent_info": lambda h: h.edgehub_agent_info(),
    "get_mac_address": lambda h: h.get_mac_address(),
    "get_connection": lambda h: h.get_connection(),
    "set_connection": lambda h: h.set_connection(True, BY_TOKEN),
    "get_connection_config": lambda h: h.get_connection_config(),
    "set_connection_config": lambda h: h.set_connection_config(BY_TOKEN),
    "clear_connection_config": lambda h: h.clear_connection_config(),
    "get_profile": lambda h: h.get_profile(),
    "send_data": lambda h: h.send_data({"temperature": 21.5, "state": "on", "good": True}),
    "get_apphub_status": lambda h: h.get_apphub_status(),
    "control_apphub": lambda h: h.control_apphub("start"),
    "set_apphub_log": lambda h: h.set_apphub_log(models.ApphubLogConfig(logLevel="info")),
    "get_edgebus_status": lambda h: h.get_edgebus_status(),
    "set_edgebus": lambda h: h.set_edgebus(False),
    "upload_pem": lambda h: h.upload_pem(PEM),
    "set_bootstrap": lambda h: h.set_bootstrap(SecretStr(TENANT)),
}
"""By the name of the row, in its order."""
