"""Pretend hosts in process with a client before them, on a clock that only waiting moves."""

from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from orchestrator.systems.advantech_portal import models
from orchestrator.systems.advantech_portal.auth import Account, admin
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.simulator import (
    ACCOUNTS,
    Fault,
    HostApp,
    HostSpec,
    SimulatedHost,
)
from orchestrator.transport.in_process_stream import StreamingTransport
from orchestrator.transport.serving import Happening, World
from orchestrator.transport.websocket import in_process_sockets
from tests.contracts.openapi import Exchange, Recorded
from tests.systems.advantech_portal.hosts import (
    ADDRESS,
    BY_TOKEN,
    CALLS,
    NEW_PASSWORD,
    PASSWORD,
    QUICK,
    URL,
    Call,
    Watch,
)

ENGINEER = Account(ACCOUNTS[0].name, SecretStr(ACCOUNTS[0].password))
VIEWER = Account(ACCOUNTS[1].name, SecretStr(ACCOUNTS[1].password))
ADMIN = admin(SecretStr(PASSWORD))


class Bench:
    """A host with a client before it; everything that really happened is in `happened`."""

    def __init__(self, *, faults: Sequence[Fault] = (), **spec: Any) -> None:
        self.watch = Watch()
        self.happened: list[Happening] = []
        self.exchanges: list[Exchange] = []
        world = World(self.watch, self.watch.sleep, self.happened.append)
        given = {"admin_password": PASSWORD, "faults": tuple(faults), **spec}
        self.host = SimulatedHost(HostSpec(**given), world)
        self.app = HostApp(self.host)
        self.client = self.signed_in(ENGINEER)

    def signed_in(self, account: Account | None, **options: Any) -> AdvantechHost:
        """Return another client of the same host."""
        given: dict[str, Any] = {"retry": QUICK, "clock": self.watch, **options}
        return AdvantechHost(
            URL,
            context=None,
            account=account,
            transport=StreamingTransport(Recorded(self.app, self.exchanges)),
            sockets=in_process_sockets(self.app),
            sleep=self.watch.sleep,
            **given,
        )

    async def call(self, name: str) -> object:
        """Make the harmless call of a row, with the account that it needs."""
        needs_admin = name in {"change_admin_password", "reset_admin_password"}
        async with self.signed_in(ADMIN if needs_admin else ENGINEER) as client:
            return await (FITTING.get(name) or CALLS[name])(client)


async def _service(host: AdvantechHost) -> str:
    return (await host.list_services())[0].name


async def _adapter(host: AdvantechHost) -> models.WifiAdapter:
    return (await host.list_wifi_adapters())[0]


async def _process(host: AdvantechHost) -> int:
    return max(one.pid for one in await host.list_processes())


async def _get_service(host: AdvantechHost) -> object:
    return await host.get_service(await _service(host))


async def _control_service(host: AdvantechHost) -> object:
    await host.control_service(await _service(host), "restart")
    return None


async def _set_route_order(host: AdvantechHost) -> object:
    await host.set_route_order([one.uuid for one in await host.list_interfaces()])
    return None


async def _set_ipv4_config(host: AdvantechHost) -> object:
    return await host.set_ipv4_config((await host.list_interfaces())[1].ifIndex, ADDRESS)


async def _enable_dhcp(host: AdvantechHost) -> object:
    await host.enable_dhcp((await host.list_interfaces())[1].ifIndex)
    return None


async def _list_wifi_networks(host: AdvantechHost) -> object:
    return await host.list_wifi_networks((await _adapter(host)).uuid)


async def _delete_wifi_profile(host: AdvantechHost) -> object:
    adapter = await _adapter(host)
    await host.delete_wifi_profile(adapter.uuid, adapter.profiles[0].name)
    return None


async def _kill_process(host: AdvantechHost) -> object:
    await host.kill_process(await _process(host))
    return None


async def _open_remote_desktop(host: AdvantechHost) -> object:
    async with await host.open_remote_desktop(await host.create_remote_desktop()) as desktop:
        return await desktop.receive(5)


async def _connected(host: AdvantechHost) -> None:
    await host.set_connection(True, BY_TOKEN)


async def _get_connection_config(host: AdvantechHost) -> object:
    await _connected(host)
    return await host.get_connection_config()


async def _send_data(host: AdvantechHost) -> object:
    await _connected(host)
    await host._sleep(10)
    return await CALLS["send_data"](host)


async def _change_admin_password(host: AdvantechHost) -> object:
    await host.change_admin_password(SecretStr(PASSWORD), SecretStr(NEW_PASSWORD))
    return None


FITTING: dict[str, Call] = {
    "get_service": _get_service,
    "control_service": _control_service,
    "set_route_order": _set_route_order,
    "set_ipv4_config": _set_ipv4_config,
    "enable_dhcp": _enable_dhcp,
    "list_wifi_networks": _list_wifi_networks,
    "delete_wifi_profile": _delete_wifi_profile,
    "kill_process": _kill_process,
    "open_remote_desktop": _open_remote_desktop,
    "get_connection_config": _get_connection_config,
    "send_data": _send_data,
    "change_admin_password": _change_admin_password,
}
"""Calls that name something which a pretend host has."""
