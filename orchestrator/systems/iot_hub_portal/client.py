"""The client of one portal: a method per operation, in the order of the table.

It follows the document, and takes what portals answer where the document declares nothing: no body,
a text, a JSON string, or an object of the registry behind. `bulk` of a registry is looked into,
since a portal answers 200 although its registry refused.
"""

import json
import ssl
from collections.abc import Sequence
from typing import Any

from anyio.abc import AsyncResource
from pydantic import SecretStr

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.iot_hub_portal import checks, endpoints, models
from orchestrator.systems.iot_hub_portal.errors import PortalRefusal, refusal_from, web_page
from orchestrator.transport.body import Form, FormFile
from orchestrator.transport.client import HttpClient, Transport
from orchestrator.transport.decode import read_json
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.text import printable

_LONGEST_TEXT = 2048


def _text(body: bytes, endpoint: Endpoint) -> str:
    """Return a text that came as JSON or as it is. Raises UnusableAnswer."""
    try:
        plain = body.decode().strip()
    except UnicodeDecodeError as error:
        raise _no_text(endpoint) from (None if endpoint.confidential else error)
    quoted = plain.startswith('"')
    value: Any = read_json(body, confidential=endpoint.confidential) if quoted else plain
    if not isinstance(value, str) or not value or len(value) > _LONGEST_TEXT or value[0] in "<{[":
        raise _no_text(endpoint)
    return value


def _no_text(endpoint: Endpoint) -> UnusableAnswer:
    return UnusableAnswer(
        "The portal's answer is not the text that it should be",
        remedy="Check that the address belongs to an IoT Hub Portal of version 1.0",
        where={"endpoint": endpoint.label},
        code="answer.text",
    )


def _refused_by_registry(body: bytes) -> list[str]:
    """Return what the registry behind a portal refused, as a bulk result says it."""
    try:
        value = json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict) or value.get("isSuccessful", True):
        return []
    errors = value.get("errors")
    found = errors if isinstance(errors, list) else []
    words = [
        f"{error.get('errorCode', '')} {error.get('errorStatus', '')}".strip()
        for error in found
        if isinstance(error, dict)
    ]
    return words or ["no reason given"]


class IotHubPortal(AsyncResource):
    """One portal. Use it as an async context, or close it with `aclose`."""

    def __init__(
        self,
        base_url: str,
        *,
        context: ssl.SSLContext | None = None,
        transport: Transport | None = None,
        retry: RetryPolicy | None = None,
        **http: Any,
    ) -> None:
        self._http = HttpClient(
            base_url,
            peer=f"portal {base_url}",
            context=context,
            transport=transport,
            refuse=refusal_from,
            retry=retry,
            **http,
        )

    async def aclose(self) -> None:
        """Close the connections to the portal."""
        await self._http.aclose()

    async def _done(self, endpoint: Endpoint, **options: Any) -> bytes:
        """Make a call whose answer says nothing that matters but success."""
        body: bytes = await self._http.call(endpoint, **options)
        page = web_page(body, 200)
        if page is not None:
            raise page.at(endpoint=endpoint.label)
        refused = _refused_by_registry(body)
        if refused:
            words = printable("; ".join(refused), 300)
            raise PortalRefusal(400, f"the registry behind it refused: {words}").at(
                endpoint=endpoint.label
            )
        return body

    # Commands

    async def add_model_command(self, model_id: str, *, name: str, frame: str, port: int) -> None:
        """Add a command to a device model; one of the same name is replaced or refused."""
        body = models.DeviceModelCommand(
            name=checks.segment(name, "command name"), frame=frame, port=checks.port(port)
        )
        path = {"modelId": checks.segment(model_id, "model id")}
        await self._done(endpoints.ADD_MODEL_COMMAND, path=path, body=body)

    async def delete_model_command(self, model_id: str, command_id: str) -> None:
        """Delete a command of a device model; its id is its name."""
        path = {
            "modelId": checks.segment(model_id, "model id"),
            "commandId": checks.segment(command_id, "command"),
        }
        await self._done(endpoints.DELETE_MODEL_COMMAND, path=path)

    # Concentrators

    async def list_concentrators(self) -> Sequence[models.Concentrator]:
        """Return all LoRa concentrators."""
        answer: models.Concentrators = await self._http.call(endpoints.LIST_CONCENTRATORS)
        return answer.root

    async def update_concentrator(self, concentrator: models.Concentrator) -> None:
        """Change the concentrator that has the id in the body."""
        checks.eui(concentrator.deviceId, "concentrator id")
        await self._done(endpoints.UPDATE_CONCENTRATOR, body=concentrator)

    async def create_concentrator(self, concentrator: models.Concentrator) -> None:
        """Register a concentrator. The router configuration becomes the region's stock one.

        Raises AlreadyThere for an id that is registered.
        """
        checks.eui(concentrator.deviceId, "concentrator id")
        await self._done(endpoints.CREATE_CONCENTRATOR, body=concentrator)

    async def get_concentrator(self, device_id: str, fresh: bool = False) -> models.Concentrator:
        """Return one concentrator. Raises NotThere."""
        path = {"deviceId": checks.eui(device_id, "concentrator id")}
        answer: models.Concentrator = await self._http.call(
            endpoints.GET_CONCENTRATOR, path=path, fresh=fresh
        )
        return answer

    async def delete_concentrator(self, device_id: str) -> None:
        """Delete a concentrator."""
        path = {"deviceId": checks.eui(device_id, "concentrator id")}
        await self._done(endpoints.DELETE_CONCENTRATOR, path=path)

    # Configs

    async def list_configs(self) -> Sequence[models.ConfigListItem]:
        """Return the hub's deployments; their modules carry only names."""
        answer: models.Configs = await self._http.call(endpoints.LIST_CONFIGS)
        return answer.root

    async def get_config(self, configuration_id: str) -> models.ConfigListItem:
        """Return one deployment with its modules. Raises NotThere."""
        path = {"configurationID": checks.segment(configuration_id, "configuration id")}
        answer: models.ConfigListItem = await self._http.call(endpoints.GET_CONFIG, path=path)
        return answer

    # DeviceModels

    async def list_device_models(self) -> Sequence[models.DeviceModel]:
        """Return all device models."""
        answer: models.DeviceModels = await self._http.call(endpoints.LIST_DEVICE_MODELS)
        return answer.root

    async def update_device_model(self, model: models.DeviceModel) -> None:
        """Put a device model in the place of the one with its id. Raises StationMisuse without."""
        if not model.modelId:
            raise checks.misuse(
                "a device model without an id cannot be changed", "Give the model's id"
            )
        await self._done(endpoints.UPDATE_DEVICE_MODEL, body=model)

    async def create_device_model(self, model: models.DeviceModel) -> None:
        """Create a device model. Portals do not return the id that they make up: give one."""
        await self._done(endpoints.CREATE_DEVICE_MODEL, body=model)

    async def get_device_model(self, model_id: str) -> models.DeviceModel:
        """Return one device model. Raises NotThere."""
        path = {"modelID": checks.segment(model_id, "model id")}
        answer: models.DeviceModel = await self._http.call(endpoints.GET_DEVICE_MODEL, path=path)
        return answer

    async def get_device_model_avatar(self, model_id: str) -> str:
        """Return the address of the model's picture, of a stock picture when it has none."""
        path = {"modelID": checks.segment(model_id, "model id")}
        row = endpoints.GET_DEVICE_MODEL_AVATAR
        return _text(await self._http.call(row, path=path), row)

    async def set_device_model_avatar(
        self, model_id: str, content: bytes, *, file_name: str = "avatar.png"
    ) -> str:
        """Upload the model's picture (PNG or JPEG) and return its address."""
        path = {"modelID": checks.segment(model_id, "model id")}
        row = endpoints.SET_DEVICE_MODEL_AVATAR
        form = Form((FormFile("file", file_name, checks.picture(content)),))
        return _text(await self._http.call(row, path=path, body=form), row)

    async def delete_device_model_avatar(self, model_id: str) -> None:
        """Delete the model's picture; without one this is a success as well."""
        path = {"modelID": checks.segment(model_id, "model id")}
        await self._done(endpoints.DELETE_DEVICE_MODEL_AVATAR, path=path)

    async def delete_device_model(self, model_id: str) -> None:
        """Delete a device model with its commands and picture. Refused while a device uses it."""
        path = {"deviceModelID": checks.segment(model_id, "model id")}
        await self._done(endpoints.DELETE_DEVICE_MODEL, path=path)

    # Devices

    async def list_devices(self) -> Sequence[models.DeviceListItem]:
        """Return all devices in short form, without concentrators."""
        answer: models.Devices = await self._http.call(endpoints.LIST_DEVICES)
        return answer.root

    async def update_device(self, device: models.DeviceDetails) -> None:
        """Change the device that has the id in the body, and its twin."""
        checks.eui(device.deviceID)
        await self._done(endpoints.UPDATE_DEVICE, body=device)

    async def create_device(self, device: models.DeviceDetails) -> None:
        """Register a LoRa device. Raises AlreadyThere for an id that is registered."""
        checks.eui(device.deviceID)
        await self._done(endpoints.CREATE_DEVICE, body=device)

    async def get_device(self, device_id: str, fresh: bool = False) -> models.DeviceDetails:
        """Return one device. Raises NotThere."""
        path = {"deviceID": checks.eui(device_id)}
        answer: models.DeviceDetails = await self._http.call(
            endpoints.GET_DEVICE, path=path, fresh=fresh
        )
        return answer

    async def delete_device(self, device_id: str) -> None:
        """Delete a device."""
        await self._done(endpoints.DELETE_DEVICE, path={"deviceID": checks.eui(device_id)})

    async def execute_device_command(self, device_id: str, command_id: str) -> bytes:
        """Send a command of the device's model to the device; return what the network answered."""
        path = {
            "deviceId": checks.eui(device_id),
            "commandId": checks.segment(command_id, "command"),
        }
        return await self._done(endpoints.EXECUTE_DEVICE_COMMAND, path=path)

    # Gateways

    async def list_gateways(self) -> Sequence[models.GatewayListItem]:
        """Return all edge gateways in short form."""
        answer: models.Gateways = await self._http.call(endpoints.LIST_GATEWAYS)
        return answer.root

    async def create_gateway(self, gateway: models.Gateway) -> None:
        """Create an edge gateway; portals use its id, environment and type only.

        Raises AlreadyThere for an id that is registered.
        """
        checks.hub_id(gateway.deviceId)
        await self._done(endpoints.CREATE_GATEWAY, body=gateway)

    async def get_gateway(self, device_id: str, fresh: bool = False) -> models.Gateway:
        """Return one gateway. Raises NotThere."""
        path = {"deviceId": checks.hub_id(device_id)}
        answer: models.Gateway = await self._http.call(
            endpoints.GET_GATEWAY, path=path, fresh=fresh
        )
        return answer

    async def delete_gateway(self, device_id: str) -> None:
        """Delete a gateway."""
        await self._done(endpoints.DELETE_GATEWAY, path={"deviceId": checks.hub_id(device_id)})

    async def get_gateway_connection_string(self, device_id: str, device_type: str) -> SecretStr:
        """Return the gateway's connection secret: a symmetric key in portals of the time."""
        path = {
            "deviceId": checks.hub_id(device_id),
            "deviceType": checks.segment(device_type, "device type"),
        }
        row = endpoints.GET_GATEWAY_CONNECTION_STRING
        return SecretStr(_text(await self._http.call(row, path=path), row))

    async def update_gateway(self, gateway: models.Gateway) -> None:
        """Change a gateway's status and environment; portals find it by the id in the body."""
        path = {"gateway": checks.hub_id(gateway.deviceId)}
        await self._done(endpoints.UPDATE_GATEWAY, path=path, body=gateway)

    async def execute_gateway_module_method(
        self, device_id: str, method_name: str, module: models.GatewayModule
    ) -> models.MethodResult:
        """Run a direct method on a module of a gateway; `module` names it (portals read the body).

        Raises StationMisuse for a module without a name.
        """
        path = {
            "deviceId": checks.hub_id(device_id),
            "moduleId": checks.segment(module.moduleName or "", "module name"),
            "methodName": checks.segment(method_name, "method name"),
        }
        answer: models.MethodResult = await self._http.call(
            endpoints.EXECUTE_GATEWAY_MODULE_METHOD, path=path, body=module
        )
        return answer

    # OIDCSettings

    async def get_oidc_settings(self) -> models.OidcSettings:
        """Return how the portal's own web client signs in."""
        answer: models.OidcSettings = await self._http.call(endpoints.GET_OIDC_SETTINGS)
        return answer
