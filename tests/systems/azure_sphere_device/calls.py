"""One harmless call of every method of the client, for tests that go through all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    SimulatedBoard,
    World,
    board_app,
)
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.retry import RetryPolicy

COMPONENT = "2f074b0f-d99d-4692-82d9-ef93a7d6463c"
IMAGE = "6415a939-c098-48cf-8e5c-02b52a9f0ffb"
SECRETS = ("key-of-the-board", "pass-of-the-key", "psk-of-the-line", "pass-of-the-proxy")
"""What the calls below send as secrets; no message may contain any of them."""

QUICK = RetryPolicy(first_wait_seconds=0.001, longest_wait_seconds=0.002, jitter_seconds=0.001)

PATH = {
    "componentID": COMPONENT,
    "identifier": "RootCA-1",
    "networkInterfaceName": "wlan0",
    "id": "0",
}
"""What stands in the paths of the calls below."""


@dataclass(frozen=True)
class Given:
    """What one method is called with, and the JSON that this must put on the wire."""

    positional: tuple[object, ...] = ()
    named: Mapping[str, object] = field(default_factory=dict)
    body: Mapping[str, object] | None = None


GIVEN: dict[str, Given] = {
    "get_app_quota": Given((COMPONENT,)),
    "get_app_status": Given((COMPONENT,)),
    "set_app_status": Given((COMPONENT, "start"), body={"trigger": "start"}),
    "add_certificate": Given(
        ("RootCA-1",),
        {
            "certificate_type": "client",
            "public_certificate": "PEM",
            "private_key": SECRETS[0],
            "password": SECRETS[1],
        },
        {
            "certType": "client",
            "publicCert": "PEM",
            "privateKey": SECRETS[0],
            "password": SECRETS[1],
        },
    ),
    "get_certificate": Given(("RootCA-1",)),
    "remove_certificate": Given(("RootCA-1",)),
    "set_manufacturing_state": Given(
        ("Module1Complete",), body={"manufacturingState": "Module1Complete"}
    ),
    "configure_proxy": Given(
        (),
        {
            "enabled": True,
            "address": "proxy.line",
            "port": 3128,
            "no_proxy_addresses": ["10.0.0.1"],
            "authentication_type": "basic",
            "username": "line",
            "password": SECRETS[3],
        },
        {
            "enabled": True,
            "address": "proxy.line",
            "port": 3128,
            "noProxyAddresses": ["10.0.0.1"],
            "authenticationType": "basic",
            "username": "line",
            "password": SECRETS[3],
        },
    ),
    "get_connection_failure": Given((0,)),
    "get_network_interface": Given(("wlan0",)),
    "set_network_interface": Given(("wlan0",), {"interface_up": False}, {"interfaceUp": False}),
    "delete_image": Given((COMPONENT,)),
    "install_images": Given(("Manual",), body={"appControlMode": "Manual"}),
    "stage_image": Given((b"x",)),
    "add_wifi_network": Given(
        ("line 3",),
        {"security_state": "psk", "targeted_scan": True, "psk": SECRETS[2]},
        {"ssid": "line 3", "securityState": "psk", "targetedScan": True, "psk": SECRETS[2]},
    ),
    "change_wifi_network": Given((0,), {"psk": SECRETS[2]}, {"psk": SECRETS[2]}),
    "change_wifi_interface_state": Given((), {"reload_config": True}, {"reloadConfig": True}),
    "get_wifi_network": Given((0,)),
    "remove_wifi_network": Given((0,)),
}
"""Methods that are not listed take nothing."""


async def call(device: SphereDevice, row: Endpoint) -> Any:
    """Call the method of a row with what GIVEN holds for it."""
    given = GIVEN.get(row.name, Given())
    return await getattr(device, row.name)(*given.positional, **given.named)


async def no_wait(_seconds: float) -> None:
    """Let a board's time pass at once."""


def simulated(spec: BoardSpec) -> tuple[SimulatedBoard, SphereDevice]:
    """Return a simulated board and the client that speaks to it in process."""
    board = SimulatedBoard(spec, World(sleep=no_wait))
    transport = httpx.ASGITransport(board_app(board))
    return board, SphereDevice("127.0.35.2", context=None, transport=transport, retry=QUICK)


def scripted(handler: Callable[[httpx.Request], httpx.Response]) -> SphereDevice:
    """Return a client whose board is one function."""
    transport = httpx.MockTransport(handler)
    return SphereDevice("127.0.35.2", context=None, transport=transport, retry=QUICK)
