"""Pretend portals in process, and one harmless call of every method of the client."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.simulator import Portal, PortalServer, PortalSpec
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.serving import Fault, FaultPlan, Happening, World
from tests.contracts.openapi import Exchange, Recorded

DEVICE, OTHER = "00DF3A5C7E9B1D20", "00DF3A5C7E9B1D21"
CONCENTRATOR = "24E124FFFEF0A1B2"
GATEWAY = "edge-07"
MODEL = "5f2f0b0e-2b0e-4c55-9d70-6f0f8a0f6d10"
KEY = "appkey-of-the-line"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(32)
QUICK = RetryPolicy(first_wait_seconds=0.001, longest_wait_seconds=0.002, jitter_seconds=0.001)

COMMAND = models.DeviceModelCommand(name="reboot", frame="A0FF", port=2)
DEVICE_MODEL = models.DeviceModel(
    name="Guardian", appEUI="70B3D57ED0000000", modelId=MODEL, commands=[COMMAND]
)
CONFIG = models.ConfigListItem(
    configurationID="edge-base",
    conditions="tags.env='prod'",
    creationDate="2022-02-12T10:00:00Z",
    modules=[models.GatewayModule(moduleName="LoRaWanNetworkSrvModule", version="2.1.0")],
)


class Watch:
    """A clock that stands still until a sleep, or a test, moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return wall time."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds


def device(name: str = DEVICE, **members: object) -> models.DeviceDetails:
    """Return a device that a portal takes."""
    given = {
        "deviceID": name,
        "deviceName": "Guardian 7",
        "appEUI": "70B3D57ED0000000",
        "modelName": "Guardian",
        "modelId": MODEL,
        "isEnabled": True,
        "appKey": KEY,
        **members,
    }
    return models.DeviceDetails.model_validate(given)


def concentrator() -> models.Concentrator:
    """Return a concentrator that a portal takes."""
    return models.Concentrator(
        deviceId=CONCENTRATOR, deviceName="Roof", loraRegion="EU_863_870", isEnabled=True
    )


def gateway(**members: object) -> models.Gateway:
    """Return a gateway that a portal takes."""
    given = {"deviceId": GATEWAY, "type": "Line", "environment": "prod", **members}
    return models.Gateway.model_validate(given)


class Bench:
    """A portal with a client before it; everything that really happened is in `happened`."""

    def __init__(self, spec: PortalSpec | None = None, faults: Sequence[Fault] = ()) -> None:
        self.watch = Watch()
        self.happened: list[Happening] = []
        self.exchanges: list[Exchange] = []
        world = World(self.watch, self.watch.sleep, self.happened.append)
        default = PortalSpec(device_models=(DEVICE_MODEL,), configs=(CONFIG,))
        self.portal = Portal(spec or default, world)
        self.server = PortalServer(self.portal, FaultPlan(faults, "bench"))
        self.token: str | None = None
        transport = httpx.ASGITransport(Recorded(self.server, self.exchanges))
        self.client = IotHubPortal(
            "https://portal.test", transport=transport, retry=QUICK, authorize=self._permit
        )

    async def _permit(self, refused: object = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def filled(self) -> "Bench":
        """Register one of each kind and let it connect."""
        await self.client.create_device(device())
        await self.client.create_concentrator(concentrator())
        await self.client.create_gateway(gateway())
        self.watch.seconds += 10
        return self


CALLS: dict[str, Callable[[IotHubPortal], Awaitable[object]]] = {
    "add_model_command": lambda p: p.add_model_command(MODEL, name="ping", frame="01", port=3),
    "delete_model_command": lambda p: p.delete_model_command(MODEL, "reboot"),
    "list_concentrators": lambda p: p.list_concentrators(),
    "update_concentrator": lambda p: p.update_concentrator(concentrator()),
    "create_concentrator": lambda p: p.create_concentrator(concentrator()),
    "get_concentrator": lambda p: p.get_concentrator(CONCENTRATOR.lower()),
    "delete_concentrator": lambda p: p.delete_concentrator(CONCENTRATOR),
    "list_configs": lambda p: p.list_configs(),
    "get_config": lambda p: p.get_config("edge-base"),
    "list_device_models": lambda p: p.list_device_models(),
    "update_device_model": lambda p: p.update_device_model(DEVICE_MODEL),
    "create_device_model": lambda p: p.create_device_model(DEVICE_MODEL),
    "get_device_model": lambda p: p.get_device_model(MODEL),
    "get_device_model_avatar": lambda p: p.get_device_model_avatar(MODEL),
    "set_device_model_avatar": lambda p: p.set_device_model_avatar(MODEL, PICTURE),
    "delete_device_model_avatar": lambda p: p.delete_device_model_avatar(MODEL),
    "delete_device_model": lambda p: p.delete_device_model(MODEL),
    "list_devices": lambda p: p.list_devices(),
    "update_device": lambda p: p.update_device(device(deviceName="Guardian 8")),
    "create_device": lambda p: p.create_device(device(OTHER)),
    "get_device": lambda p: p.get_device(DEVICE),
    "delete_device": lambda p: p.delete_device(DEVICE),
    "execute_device_command": lambda p: p.execute_device_command(DEVICE, "reboot"),
    "list_gateways": lambda p: p.list_gateways(),
    "create_gateway": lambda p: p.create_gateway(gateway(deviceId="edge-08")),
    "get_gateway": lambda p: p.get_gateway(GATEWAY),
    "delete_gateway": lambda p: p.delete_gateway(GATEWAY),
    "get_gateway_connection_string": lambda p: p.get_gateway_connection_string(GATEWAY, "edge"),
    "update_gateway": lambda p: p.update_gateway(gateway(environment="test")),
    "execute_gateway_module_method": lambda p: p.execute_gateway_module_method(
        GATEWAY, "ping", models.GatewayModule(moduleName="edgeAgent")
    ),
    "get_oidc_settings": lambda p: p.get_oidc_settings(),
}
