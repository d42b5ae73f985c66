"""Category Networking: interfaces, routes, addresses that are applied after the answer, Wi-Fi."""

from orchestrator.systems.advantech_portal.simulator.call import Call
from orchestrator.systems.advantech_portal.simulator.host import SimulatedHost
from orchestrator.systems.advantech_portal.simulator.network import checked
from orchestrator.systems.advantech_portal.simulator.refusals import (
    IPV4_INCOMPLETE,
    ROUTE_EMPTY,
    ROUTE_INCOMPLETE,
    Refused,
)
from orchestrator.transport.serving import Reply


async def list_interfaces(host: SimulatedHost, call: Call) -> Reply:
    """List the interfaces."""
    return Reply(host.network.shown(host.now()))


async def set_route_order(host: SimulatedHost, call: Call) -> Reply:
    """Prefer interfaces in that order."""
    body = await call.members(ROUTE_INCOMPLETE)
    if not body["sortedGUIDList"]:
        raise Refused(ROUTE_EMPTY)
    host.network.order_routes(body["sortedGUIDList"])
    return Reply(status=201)


async def set_ipv4_config(host: SimulatedHost, call: Call) -> Reply:
    """Promise a fixed address and apply it soon."""
    interface = host.network.find(call.parameter("ifIndex"))
    body = await call.members(IPV4_INCOMPLETE)
    setting = checked(body)
    host.soon(host.spec.network_apply_seconds, lambda: host.network.apply(interface, setting))
    names = ("ipAddress", "subnetMask", "defaultGateway", "primaryDNS", "secondaryDNS")
    return Reply({name: body[name] for name in names if name in body})


async def enable_dhcp(host: SimulatedHost, call: Call) -> Reply:
    """Promise to ask for an address and do it soon."""
    interface = host.network.find(call.parameter("ifIndex"))
    host.soon(host.spec.network_apply_seconds, lambda: host.network.enable_dhcp(interface))
    return Reply()


async def list_wifi_adapters(host: SimulatedHost, call: Call) -> Reply:
    """List the Wi-Fi adapters, none where there are none."""
    return Reply(host.network.adapters())


async def list_wifi_networks(host: SimulatedHost, call: Call) -> Reply:
    """List the Wi-Fi networks in sight."""
    host.network.adapter(call.parameter("uuid"))
    return Reply(host.network.in_sight())


async def delete_wifi_profile(host: SimulatedHost, call: Call) -> Reply:
    """Forget a Wi-Fi profile."""
    host.network.adapter(call.parameter("uuid"))
    host.network.forget_profile(call.parameter("name"))
    return Reply()
