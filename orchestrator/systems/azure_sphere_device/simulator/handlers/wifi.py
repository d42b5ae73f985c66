"""Category Wi-Fi: the configured networks. With wlan0 down nobody can tell, and boards say so."""

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.board import SimulatedBoard
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.wire import Answer, Request


async def list_wifi_networks(board: SimulatedBoard, _request: Request) -> Answer:
    """Answer the networks that are configured; their keys are never part of it."""
    if not board.wifi_up:
        raise Refused(refusals.WIFI_DISABLED)
    networks = [
        models.WifiNetwork(
            id=number,
            ssid=ssid,
            configState="enabled",
            connectionState="disconnected",
            securityState="psk",
            targetedScan=False,
        )
        for number, ssid in enumerate(board.wifi_networks)
    ]
    return Answer(models.WifiNetworks(values=networks))
