"""Category Wi-Fi: configured networks, the interface, and what is in the air.

With wlan0 down nobody can tell what is configured, and boards say so.
"""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.handlers.wifi_request import (
    check_psk,
    read_config_state,
    read_network,
)
from orchestrator.systems.azure_sphere_device.simulator.network import WLAN
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.wifi import Network
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request

_POWER_SAVINGS_SINCE = "4.6.0"
_KEY_MANAGEMENT = {"open": "NONE", "psk": "WPA2-PSK", "eaptls": "WPA-EAP"}


def need_wifi(board: SimulatedBoard) -> None:
    """Refuse what wlan0 has to be up and ready for. Raises Refused."""
    if not board.network.is_up(WLAN):
        raise Refused(refusals.WIFI_DISABLED)
    if board.wifi_initialising:
        raise Refused(refusals.WIFI_TRY_AGAIN)


def network_id(request: Request) -> int:
    """Return the network's number of the path. Raises Refused when it is none."""
    text = request.parameters["id"]
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(2**31)):
        raise Refused(refusals.UNKNOWN_URI)
    return int(text)


async def list_wifi_networks(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the networks that are configured; their keys are never part of it."""
    need_wifi(board)
    networks = [_told(network, board.wifi.connection(network)) for network in board.wifi.networks]
    return Answer(models.WifiNetworks(values=networks))


async def add_wifi_network(board: SimulatedBoard, request: Request) -> Answer:
    """Keep a network and answer 201; how it stands with it the board does not know yet."""
    body = await request.table()
    if board.spec.wifi_down_refuses_all:
        need_wifi(board)
    wanted = read_network(body)
    if "targetScan" in body:
        board.report("ignored", member="targetScan", call="add_wifi_network")
    network = board.wifi.add(wanted)
    board.report("wifi_network_added", id=network.id, ssid=network.ssid)
    return Answer(_told(network, "unknown"), status=201)


async def get_wifi_network(board: SimulatedBoard, request: Request) -> Answer:
    """Answer one network."""
    if board.spec.wifi_down_refuses_all:
        need_wifi(board)
    network = board.wifi.get(network_id(request))
    return Answer(_told(network, board.wifi.connection(network)))


async def change_wifi_network(board: SimulatedBoard, request: Request) -> Answer:
    """Change a network and answer it whole; the key is judged before the id is looked up."""
    body = await request.table()
    psk = check_psk(body.get("psk"))
    enabled = read_config_state(body.get("configState"))
    if board.spec.wifi_down_refuses_all:
        need_wifi(board)
    network = board.wifi.get(network_id(request))
    board.wifi.change(network, enabled=enabled, psk=psk)
    board.report("wifi_network_changed", id=network.id, enabled=network.enabled)
    return Answer(_told(network, board.wifi.connection(network)))


async def remove_wifi_network(board: SimulatedBoard, request: Request) -> Answer:
    """Forget a network."""
    need_wifi(board)
    network = board.wifi.remove(network_id(request))
    board.report("wifi_network_removed", id=network.id, ssid=network.ssid)
    return Answer()


async def get_wifi_scan(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer what is in the air; a hidden network shows one NUL for its name."""
    need_wifi(board)
    values = [
        models.WifiInSight(
            bssid=radio.bssid,
            freq=radio.freq,
            signal_level=radio.signal_level,
            ssid=models.HIDDEN_SSID if radio.hidden or not radio.ssid else radio.ssid,
            securityState=radio.security,
        )
        for radio in board.spec.radio
    ]
    return Answer(models.WifiScan(values=values))


async def get_wifi_interface_state(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the interface; members of the network come with a connection."""
    told: dict[str, object] = {"mode": "station", "key_mgmt": "UNKNOWN"}
    wlan = board.network.get(WLAN)
    if wlan is not None and wlan.hardware_address:
        told["address"] = wlan.hardware_address
    joined = board.wifi.joined
    told["wpa_state"] = _phase(board)
    if joined is not None:
        told |= _connection(board, joined)
    if board.since(_POWER_SAVINGS_SINCE):
        told["powerSavingsState"] = "enabled" if board.wifi.power_savings else "disabled"
    return Answer(told)


async def change_wifi_interface_state(board: SimulatedBoard, request: Request) -> Answer:
    """Reload the configuration or change power savings, which older boards do not know."""
    body = await request.table()
    reload, savings = body.get("reloadConfig"), body.get("enablePowerSavings")
    if not isinstance(reload, bool | None):
        raise Refused(refusals.WRONG_JSON)
    if board.since(_POWER_SAVINGS_SINCE) and savings is not None:
        if not isinstance(savings, bool):
            raise Refused(refusals.POWER_SAVINGS_NOT_BOOLEAN)
        board.wifi.power_savings = savings
        board.report("wifi_power_savings", enabled=savings)
    if reload:
        board.wifi.try_again()
        board.report("wifi_reloaded")
    return Answer()


def _told(network: Network, connection: models.WifiConnectionState) -> models.WifiNetwork:
    """Return a network as boards tell it: members without a value are absent."""
    return models.WifiNetwork(
        id=network.id,
        ssid=network.ssid,
        configState="enabled" if network.enabled else "disabled",
        connectionState=connection,
        securityState=network.security,
        targetedScan=network.targeted_scan,
        configName=network.config_name or None,
        clientIdentity=network.client_identity or None,
        clientCertStoreIdentifier=network.client_certificate or None,
        rootCaCertStoreIdentifier=network.root_certificate or None,
    )


def _phase(board: SimulatedBoard) -> str:
    """Return what the interface is doing."""
    if not board.network.is_up(WLAN):
        return "INTERFACE_DISABLED"
    if board.wifi.joined is not None:
        return "COMPLETED"
    if board.wifi.trying:
        return "SCANNING"
    return "DISCONNECTED" if board.wifi.networks else "INACTIVE"


def _connection(board: SimulatedBoard, network: Network) -> dict[str, object]:
    recorded = board.spec.recorded.wifi_interface if board.spec.recorded else None
    heard = board.wifi.heard(network)
    before = recorded if recorded is not None and recorded.id == network.id else None
    freq = heard.freq if heard else None
    address = before.ip_address if before and before.ip_address else "192.168.1.42"
    told = {
        "id": network.id,
        "ssid": network.ssid,
        "configState": "enabled",
        "connectionState": "connected",
        "securityState": network.security,
        "key_mgmt": _KEY_MANAGEMENT[network.security],
        "freq": before.freq if before and before.freq else freq,
        "ip_address": address,
        "configName": network.config_name or None,
    }
    return {name: value for name, value in told.items() if value is not None}
