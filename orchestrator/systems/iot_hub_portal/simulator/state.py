"""What a pretend portal knows: models, devices, concentrators, gateways, deployments.

It knows nothing of HTTP. Changes go only through its methods, and each one that was really made is
reported to the world log, whatever the answer said.
"""

import base64
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator.domain.clock import timestamp
from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.simulator.refusals import (
    Refused,
    exists,
    invalid,
    unknown,
)
from orchestrator.systems.iot_hub_portal.simulator.spec import PortalSpec
from orchestrator.transport.serving import Happening, World

STOCK_PICTURE = "https://portal.invalid/avatars/default.png"
_EUI = re.compile(r"[A-F0-9]{16}")
_LARGEST_PORT = 223
_METHODS = ("RestartModule", "GetModuleLogs", "ping")


def everybody(name: str) -> bool:
    """Say that whoever is registered can connect."""
    return True


@dataclass(slots=True)
class Registered:
    """Something that the hub's registry holds: a device, a concentrator or a gateway."""

    body: models.DeviceDetails | models.Concentrator | models.Gateway
    created_at: float
    enabled: bool = True
    commands: list[str] = field(default_factory=list)


class Portal:
    """One portal as it is now. `applied` counts what was really done, by operation and id.

    `reaches` says whether a unit of that id could connect at all: for portals that are part of a
    larger story.
    """

    def __init__(
        self,
        spec: PortalSpec,
        world: World | None = None,
        reaches: Callable[[str], bool] = everybody,
    ) -> None:
        self.spec = spec
        self._reaches = reaches
        self.world = world or World()
        self.device_models: dict[str, models.DeviceModel] = {
            model.modelId or model.name: model for model in spec.device_models
        }
        self.pictures: dict[str, bytes] = {}
        self.registry: dict[str, Registered] = {}
        self.configs = {item.configurationID or "": item for item in spec.configs}
        self.applied: Counter[tuple[str, str]] = Counter()
        self._made_up = 0

    # Registry -----------------------------------------------------------------------------------

    def register(
        self, body: models.DeviceDetails | models.Concentrator | models.Gateway, what: str
    ) -> None:
        """Put something new into the hub's registry. Raises Refused when its id is taken."""
        name = _id_of(body)
        if name in self.registry:
            raise exists(name)
        enabled = True if isinstance(body, models.Gateway) else body.isEnabled
        self.registry[name] = Registered(body, self.world.clock.monotonic(), enabled)
        self._report(f"{what}_created", name)

    def change(
        self, body: models.DeviceDetails | models.Concentrator | models.Gateway, what: str
    ) -> None:
        """Put `body` in the place of what has its id. Raises Refused."""
        found = self.find(_id_of(body), type(body), what)
        found.body = body
        if not isinstance(body, models.Gateway):
            found.enabled = body.isEnabled
        self._report(f"{what}_changed", _id_of(body))

    def remove(self, name: str, kind: type, what: str) -> None:
        """Take something out of the registry. Raises Refused."""
        self.find(name, kind, what)
        del self.registry[name]
        self._report(f"{what}_deleted", name)

    def find(self, name: str, kind: type, what: str) -> Registered:
        """Return what has that id and is of that kind. Raises Refused."""
        found = self.registry.get(name)
        if found is None or not isinstance(found.body, kind):
            raise unknown(what, name)
        return found

    def all_of(self, kind: type) -> list[Registered]:
        """Return everything of that kind, in the order of its registration."""
        return [found for found in self.registry.values() if isinstance(found.body, kind)]

    def is_connected(self, found: Registered) -> bool:
        """Say whether it has shown up at the hub: some time after it was registered."""
        after = self.spec.connects_after_seconds
        if after is None or not found.enabled:
            return False
        old_enough = self.world.clock.monotonic() - found.created_at >= after
        return old_enough and self._reaches(_id_of(found.body))

    # Devices ------------------------------------------------------------------------------------

    def check_device(self, device: models.DeviceDetails) -> None:
        """Refuse what a portal's validation refuses. Raises Refused with the members."""
        if not _EUI.fullmatch(device.deviceID):
            raise invalid(DeviceID="DeviceID must contain 16 hexadecimal characters")
        if not device.deviceName.strip():
            raise invalid(DeviceName="The device name is required")
        if self.spec.refuses_unknown_models and device.modelId not in self.device_models:
            raise Refused(400, f"The device model {device.modelId} does not exist")

    def check_concentrator(self, concentrator: models.Concentrator) -> None:
        """Refuse what a portal's validation refuses. Raises Refused with the members."""
        if not _EUI.fullmatch(concentrator.deviceId):
            raise invalid(DeviceId="DeviceID must contain 16 hexadecimal characters")
        if concentrator.loraRegion not in self.spec.regions:
            raise invalid(LoraRegion=f"The region {concentrator.loraRegion} is not known")

    def details(self, found: Registered) -> models.DeviceDetails:
        """Return a device as the portal shows it now."""
        assert isinstance(found.body, models.DeviceDetails)
        model = self.device_models.get(found.body.modelId or "")
        commands = [
            models.Command(commandId=command.name, frame=command.frame)
            for command in (model.commands or [] if model else [])
        ]
        return found.body.model_copy(
            update={
                "isConnected": self.is_connected(found),
                "isEnabled": found.enabled,
                "alreadyLoggedInOnce": self.is_connected(found),
                "statusUpdatedTime": timestamp(self.world.clock.now()),
                "imageUrl": self.picture_of(found.body.modelId or ""),
                "commands": commands,
            }
        )

    def send_command(self, name: str, command: str) -> None:
        """Send a command to a device; commands are looked up by name over all models."""
        found = self.find(name, models.DeviceDetails, "device")
        known = [
            declared.name
            for model in self.device_models.values()
            for declared in model.commands or []
        ]
        if command not in known:
            raise Refused(400, f"The command {command} does not exist")
        if self.spec.command_needs_connection and not self.is_connected(found):
            raise Refused(400, f"The device {name} cannot be reached by the network server")
        found.commands.append(command)
        self._report("command_sent", name, command=command)

    # Concentrators and gateways -----------------------------------------------------------------

    def concentrator(self, found: Registered) -> models.Concentrator:
        """Return a concentrator as the portal shows it: with the region's own router settings."""
        assert isinstance(found.body, models.Concentrator)
        stock = models.RouterConfig(region=found.body.loraRegion, hwspec="sx1301/1")
        return found.body.model_copy(
            update={
                "isConnected": self.is_connected(found),
                "isEnabled": found.enabled,
                "alreadyLoggedInOnce": self.is_connected(found),
                "deviceType": "LoRa Concentrator",
                "routerConfig": stock,
            }
        )

    def gateway(self, found: Registered) -> models.Gateway:
        """Return a gateway as the portal shows it; its key is never shown here."""
        assert isinstance(found.body, models.Gateway)
        connected = self.is_connected(found)
        modules = [
            models.GatewayModule(moduleName=name, status="running" if connected else "unknown")
            for name in ("edgeAgent", "edgeHub")
        ]
        return models.Gateway(
            deviceId=found.body.deviceId,
            type=found.body.type,
            environment=found.body.environment,
            status=found.body.status or "Enabled",
            connectionState="Connected" if connected else "Disconnected",
            runtimeResponse="running" if connected else None,
            nbModules=len(modules),
            modules=modules,
            lastDeployment=models.ConfigItem(dateCreation="0001-01-01T00:00:00Z"),
        )

    def key_of(self, name: str, group: str) -> str:
        """Return the symmetric key that the enrolment group derives for a gateway."""
        self.find(name, models.Gateway, "device")
        secret = hashlib.sha256(f"group/{self.spec.seed}/{group}".encode()).digest()
        return base64.b64encode(hmac.digest(secret, name.encode(), "sha256")).decode()

    def call_module(self, name: str, module: str, method: str) -> models.MethodResult:
        """Run a direct method through the edge agent, which answers for its modules."""
        found = self.find(name, models.Gateway, "device")
        if not self.is_connected(found):
            raise Refused(404, f"The operation failed because the device {name} is not online.")
        if method not in _METHODS:
            return models.MethodResult(payload='{"message": "unknown method"}', status=400)
        self._report("method_called", name, module=module, method=method)
        return models.MethodResult(payload='{"message": "done"}', status=200)

    # Device models ------------------------------------------------------------------------------

    def model(self, name: str) -> models.DeviceModel:
        """Return a device model. Raises Refused."""
        found = self.device_models.get(name)
        if found is None:
            raise unknown("model", name)
        return found.model_copy(update={"imageUrl": self.picture_of(name)})

    def keep_model(self, model: models.DeviceModel) -> None:
        """Insert or replace a device model; one without an id gets one that nobody is told."""
        for command in model.commands or []:
            self.check_command(command)
        name = model.modelId
        if not name:
            self._made_up += 1
            digest = hashlib.sha256(f"model/{self.spec.seed}/{self._made_up}".encode()).hexdigest()
            name = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
        self.device_models[name] = model.model_copy(update={"modelId": name})
        self._report("model_kept", name)

    def remove_model(self, name: str) -> None:
        """Delete a device model. Raises Refused while a device uses it."""
        self.model(name)
        users = [
            found
            for found in self.all_of(models.DeviceDetails)
            if isinstance(found.body, models.DeviceDetails) and found.body.modelId == name
        ]
        if users:
            raise Refused(401, "This model is already in use by a device and cannot be deleted")
        del self.device_models[name]
        self.pictures.pop(name, None)
        self._report("model_deleted", name)

    def check_command(self, command: models.DeviceModelCommand) -> None:
        """Refuse a port that LoRa has not. Raises Refused."""
        if not 1 <= command.port <= _LARGEST_PORT:
            raise invalid(Port="The field Port must be between 1 and 223.")

    def add_command(self, model: str, command: models.DeviceModelCommand) -> None:
        """Add a command to a model, in the place of one of the same name. Raises Refused."""
        self.check_command(command)
        found = self.device_models.get(model)
        if found is None:
            raise unknown("model", model)
        others = [known for known in found.commands or [] if known.name != command.name]
        self.device_models[model] = found.model_copy(update={"commands": [*others, command]})
        self._report("command_added", model, command=command.name)

    def remove_command(self, model: str, name: str) -> None:
        """Delete a command of a model. Raises Refused."""
        found = self.device_models.get(model)
        left = [known for known in (found.commands or [] if found else []) if known.name != name]
        if found is None or len(left) == len(found.commands or []):
            raise unknown("command", name)
        self.device_models[model] = found.model_copy(update={"commands": left})
        self._report("command_deleted", model, command=name)

    def picture_of(self, model: str) -> str:
        """Return the address of a model's picture."""
        return (
            f"https://portal.invalid/avatars/{model}" if model in self.pictures else STOCK_PICTURE
        )

    def keep_picture(self, model: str, content: bytes) -> str:
        """Store a picture. Raises Refused for an unknown model."""
        self.model(model)
        self.pictures[model] = content
        self._report("picture_kept", model, size_bytes=len(content))
        return self.picture_of(model)

    def remove_picture(self, model: str) -> None:
        """Forget a picture; nothing happens without one. Raises Refused for an unknown model."""
        self.model(model)
        if self.pictures.pop(model, None) is not None:
            self._report("picture_deleted", model)

    def _report(self, what: str, name: str, **detail: object) -> None:
        self.applied[what, name] += 1
        self.world.report(Happening(self.world.clock.now(), name, what, detail))


def _id_of(body: models.DeviceDetails | models.Concentrator | models.Gateway) -> str:
    return body.deviceID if isinstance(body, models.DeviceDetails) else body.deviceId
