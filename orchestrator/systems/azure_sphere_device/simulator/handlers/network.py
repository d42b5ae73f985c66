"""Category Network: proxy, interfaces, firewall, connection failures and status."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.handlers.wifi import (
    need_wifi,
    network_id,
)
from orchestrator.systems.azure_sphere_device.simulator.network import (
    ETHERNET,
    WLAN,
    Interface,
)
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.starting import ProxySetting
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

_HARDWARE_ADDRESS_SINCE = "4.3.0"
_MOST_ADDRESS, _MOST_PORT, _MOST_CREDENTIAL = 255, 65535, 63
_LEASED = {WLAN: "192.168.1.42", ETHERNET: "192.168.2.42"}


async def get_network_proxy(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the setting without its password, or nothing at all when there is none."""
    setting = board.network.proxy
    return Answer(_proxy(setting, {}) if setting else {})


async def configure_proxy(board: SimulatedBoard, request: Request) -> Answer:
    """Keep a setting and echo it, the password included, as real boards do."""
    asked: models.ProxyConfiguration = await request.json(models.ProxyConfiguration)
    password = asked.password.get_secret_value() if asked.password else ""
    setting = ProxySetting(
        address=asked.address,
        port=asked.port,
        enabled=asked.enabled,
        no_proxy_addresses=tuple(asked.noProxyAddresses),
        authentication=asked.authenticationType,
        username=asked.username or "",
        password=password,
    )
    _check_proxy(setting)
    board.network.set_proxy(setting)
    board.report("proxy_set", address=setting.address, port=setting.port, enabled=setting.enabled)
    return Answer(_proxy(setting, {"password": password} if password else {}))


async def delete_network_proxy(board: SimulatedBoard, _request: Request) -> Answer:
    """Forget the setting; a success also when there is none."""
    if board.network.delete_proxy():
        board.report("proxy_deleted")
    return Answer()


async def list_connection_failures(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer why networks could not be joined."""
    need_wifi(board)
    return Answer(models.ConnectionFailures(values=board.wifi.failures))


async def get_connection_failure(board: SimulatedBoard, request: Request) -> Answer:
    """Answer why one network could not be joined; not found when it could, or is unknown."""
    need_wifi(board)
    wanted = network_id(request)
    for failure in board.wifi.failures:
        if failure.networkId == wanted:
            return Answer(failure)
    raise Refused(refusals.NETWORK_NOT_FOUND)


async def list_network_interfaces(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer all interfaces, the service link's first."""
    found = [board.network.get(name) for name in board.network.names]
    return Answer(
        models.NetworkInterfaces(interfaces=[_interface(board, one) for one in found if one])
    )


async def get_network_interface(board: SimulatedBoard, request: Request) -> Answer:
    """Answer one interface; an unknown one is an unknown address (15.2)."""
    found = board.network.get(request.parameters["networkInterfaceName"])
    if found is None:
        raise Refused(refusals.UNKNOWN_INTERFACE)
    return Answer(_interface(board, found))


async def set_network_interface(board: SimulatedBoard, request: Request) -> Answer:
    """Take a change; it takes effect in a moment."""
    name = request.parameters["networkInterfaceName"]
    body = await request.table()
    up, address = body.get("interfaceUp"), body.get("hardwareAddress")
    if not isinstance(up, bool | None):
        raise Refused(refusals.WRONG_JSON)
    if not isinstance(address, str | None):
        raise Refused(refusals.MAC_INVALID)
    board.network.change(name, up=up, hardware_address=address)
    if name == WLAN and up is not None:
        (board.wifi.try_again if up else board.wifi.leave)()
    board.report("interface_changed", name=name, up=up, hardware_address=address)
    return Answer()


async def get_firewall_rulesets(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the rules at each hook with their counters."""
    return Answer(models.FirewallRulesets(rulesets=list(board.network.firewall)))


async def get_network_status(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer whether the board is ready for the cloud; open even on a locked board."""
    recorded = board.spec.recorded.network_status if board.spec.recorded else None
    setting = board.network.proxy
    if recorded is not None and setting == board.spec.proxy:
        return Answer(recorded)
    online = _online(board)
    return Answer(
        models.NetworkStatus(
            deviceAuthenticationIsReady=online,
            networkTimeSync="complete" if online else "incomplete",
            proxy="enabled" if setting is not None and setting.enabled else "disabled",
        )
    )


def _online(board: SimulatedBoard) -> bool:
    ethernet = board.network.get(ETHERNET)
    return (ethernet is not None and ethernet.up) or board.wifi.internet


def _interface(board: SimulatedBoard, interface: Interface) -> models.NetworkInterface:
    """Return an interface as the board tells it: addresses come with a connection."""
    joined = interface.up and (
        interface.name == ETHERNET or (interface.name == WLAN and board.wifi.joined is not None)
    )
    leased = interface.addresses or (_LEASED[interface.name],) if joined else ()
    addresses = leased if interface.name in _LEASED else interface.addresses
    address = interface.hardware_address if board.since(_HARDWARE_ADDRESS_SINCE) else ""
    return models.NetworkInterface(
        interfaceName=interface.name,
        interfaceUp=interface.up,
        connectedToNetwork=joined,
        ipAcquired=joined,
        connectedToInternet=joined and (interface.name == ETHERNET or board.wifi.internet),
        ipAddresses=list(addresses),
        ipAssignment=interface.assignment or None,
        hardwareAddress=address or None,
    )


def _proxy(setting: ProxySetting, secret: dict[str, str]) -> dict[str, object]:
    named = {"username": setting.username} if setting.username else {}
    return {
        "address": setting.address,
        "enabled": setting.enabled,
        "port": setting.port,
        "authenticationType": setting.authentication,
        "noProxyAddresses": list(setting.no_proxy_addresses),
        **named,
        **secret,
    }


def _check_proxy(setting: ProxySetting) -> None:
    """Refuse addresses, ports and credentials beyond their limits."""
    texts = (setting.address, *setting.no_proxy_addresses)
    sized = setting.address and all(len(text) <= _MOST_ADDRESS for text in texts)
    secrets = (setting.username, setting.password)
    if setting.authentication == "basic":
        credentials = all(1 <= len(text) <= _MOST_CREDENTIAL for text in secrets)
    else:
        credentials = not any(secrets)
    if not sized or not credentials or not 0 <= setting.port <= _MOST_PORT:
        raise Refused(refusals.PROXY_INVALID)
