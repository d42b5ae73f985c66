"""What a pretend portal does with each operation: one function per row, by the row's name.

Statuses and bodies are the document's where it declares them, else those of a public
implementation of the time (`x-reference-behaviour`), so that a client must cope with both.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ValidationError

from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.simulator.refusals import Refused, invalid, unknown
from orchestrator.systems.iot_hub_portal.simulator.state import Portal
from orchestrator.transport.serving import Received, Reply

Handler = Callable[[Portal, Received], Awaitable[Reply]]

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


async def _read(request: Received, model: type[BaseModel]) -> Any:
    """Return the body as `model`. Raises Refused with the members that do not fit."""
    if request.content_type not in {"application/json", "text/json"}:
        raise Refused(415)
    try:
        return model.model_validate(await request.json())
    except ValidationError as error:
        found = {
            ".".join(map(str, mistake["loc"])) or "body": mistake["msg"]
            for mistake in error.errors(include_url=False, include_input=False)
        }
        raise invalid(**found) from None
    except ValueError:
        raise invalid(body="The body is no JSON") from None


def _bulk(portal: Portal) -> Reply:
    """Answer a creation as the registry behind a portal does."""
    if not portal.spec.bulk_results:
        return Reply()
    return Reply({"isSuccessful": True, "errors": [], "warnings": []})


def _deleted(portal: Portal) -> Reply:
    return Reply(status=204) if portal.spec.deletes_with_204 else Reply()


# Commands


async def add_model_command(portal: Portal, request: Received) -> Reply:
    """Store a command under a model."""
    command = await _read(request, models.DeviceModelCommand)
    portal.add_command(request.parameters["modelId"], command)
    return Reply("Command successfully added")


async def delete_model_command(portal: Portal, request: Received) -> Reply:
    """Forget a command of a model."""
    portal.remove_command(request.parameters["modelId"], request.parameters["commandId"])
    return _deleted(portal)


# Concentrators


async def list_concentrators(portal: Portal, request: Received) -> Reply:
    """List concentrators."""
    found = portal.all_of(models.Concentrator)
    return Reply([portal.concentrator(one) for one in found])


async def update_concentrator(portal: Portal, request: Received) -> Reply:
    """Change the concentrator that the body names."""
    body = await _read(request, models.Concentrator)
    portal.check_concentrator(body)
    portal.change(body, "concentrator")
    return Reply("Device updated.")


async def create_concentrator(portal: Portal, request: Received) -> Reply:
    """Register a concentrator."""
    body = await _read(request, models.Concentrator)
    portal.check_concentrator(body)
    portal.register(body, "concentrator")
    return _bulk(portal)


async def get_concentrator(portal: Portal, request: Received) -> Reply:
    """Show a concentrator."""
    name = request.parameters["deviceId"]
    return Reply(portal.concentrator(portal.find(name, models.Concentrator, "device")))


async def delete_concentrator(portal: Portal, request: Received) -> Reply:
    """Delete a concentrator."""
    portal.remove(request.parameters["deviceId"], models.Concentrator, "concentrator")
    return Reply("the device was successfully deleted.")


# Configs


async def list_configs(portal: Portal, request: Received) -> Reply:
    """List deployments; modules carry only names, deployments without modules are left out."""
    shown = [
        item.model_copy(
            update={
                "modules": [
                    models.GatewayModule(moduleName=module.moduleName)
                    for module in item.modules or []
                ]
            }
        )
        for item in portal.configs.values()
        if item.modules
    ]
    return Reply(shown)


async def get_config(portal: Portal, request: Received) -> Reply:
    """Show a deployment."""
    name = request.parameters["configurationID"]
    if name not in portal.configs:
        raise unknown("configuration", name)
    return Reply(portal.configs[name])


# DeviceModels


async def list_device_models(portal: Portal, request: Received) -> Reply:
    """List device models."""
    return Reply([portal.model(name) for name in portal.device_models])


async def update_device_model(portal: Portal, request: Received) -> Reply:
    """Insert or replace a device model."""
    portal.keep_model(await _read(request, models.DeviceModel))
    return Reply()


async def create_device_model(portal: Portal, request: Received) -> Reply:
    """Insert or replace a device model; an id that is made up is not told."""
    portal.keep_model(await _read(request, models.DeviceModel))
    return Reply()


async def get_device_model(portal: Portal, request: Received) -> Reply:
    """Show a device model."""
    return Reply(portal.model(request.parameters["modelID"]))


async def get_device_model_avatar(portal: Portal, request: Received) -> Reply:
    """Tell the address of a model's picture, as a plain text."""
    address = portal.picture_of(request.parameters["modelID"])
    return Reply(raw=address.encode(), content_type="text/plain")


async def set_device_model_avatar(portal: Portal, request: Received) -> Reply:
    """Keep a model's picture and tell its address."""
    if request.content_type != "multipart/form-data":
        raise Refused(415)
    try:
        content = await request.part("file")
    except ValueError:
        raise invalid(file="The file field is required.") from None
    if not content.startswith(_PICTURES):
        raise Refused(400, "The file is no picture")
    return Reply(portal.keep_picture(request.parameters["modelID"], content))


async def delete_device_model_avatar(portal: Portal, request: Received) -> Reply:
    """Forget a model's picture."""
    portal.remove_picture(request.parameters["modelID"])
    return Reply()


async def delete_device_model(portal: Portal, request: Received) -> Reply:
    """Delete a device model that no device uses."""
    portal.remove_model(request.parameters["deviceModelID"])
    return _deleted(portal)


# Devices


async def list_devices(portal: Portal, request: Received) -> Reply:
    """List devices in short form."""
    shown = []
    for found in portal.all_of(models.DeviceDetails):
        details = portal.details(found)
        members = {name: getattr(details, name) for name in models.DeviceListItem.model_fields}
        shown.append(models.DeviceListItem.model_validate({**members, "appKey": None}))
    return Reply(shown)


async def update_device(portal: Portal, request: Received) -> Reply:
    """Change the device that the body names."""
    body = await _read(request, models.DeviceDetails)
    portal.check_device(body)
    portal.change(body, "device")
    return Reply()


async def create_device(portal: Portal, request: Received) -> Reply:
    """Register a device."""
    body = await _read(request, models.DeviceDetails)
    portal.check_device(body)
    portal.register(body, "device")
    return _bulk(portal)


async def get_device(portal: Portal, request: Received) -> Reply:
    """Show a device."""
    name = request.parameters["deviceID"]
    return Reply(portal.details(portal.find(name, models.DeviceDetails, "device")))


async def delete_device(portal: Portal, request: Received) -> Reply:
    """Delete a device."""
    portal.remove(request.parameters["deviceID"], models.DeviceDetails, "device")
    return Reply()


async def execute_device_command(portal: Portal, request: Received) -> Reply:
    """Send a command; what the network server answers is passed on."""
    portal.send_command(request.parameters["deviceId"], request.parameters["commandId"])
    return Reply({"message": "queued"})


# Gateways


async def list_gateways(portal: Portal, request: Received) -> Reply:
    """List gateways in short form."""
    shown = []
    for found in portal.all_of(models.Gateway):
        gateway = portal.gateway(found)
        shown.append(
            models.GatewayListItem(
                deviceId=gateway.deviceId, status=gateway.status, type=gateway.type
            )
        )
    return Reply(shown)


async def create_gateway(portal: Portal, request: Received) -> Reply:
    """Create a gateway; id, environment and type are used."""
    portal.register(await _read(request, models.Gateway), "gateway")
    return _bulk(portal)


async def get_gateway(portal: Portal, request: Received) -> Reply:
    """Show a gateway, without its key."""
    name = request.parameters["deviceId"]
    return Reply(portal.gateway(portal.find(name, models.Gateway, "device")))


async def delete_gateway(portal: Portal, request: Received) -> Reply:
    """Delete a gateway."""
    name = request.parameters["deviceId"]
    portal.remove(name, models.Gateway, "gateway")
    return Reply(f"iot hub device was deleted with success {name}")


async def get_gateway_connection_string(portal: Portal, request: Received) -> Reply:
    """Tell the key that the enrolment group derives for a gateway."""
    return Reply(portal.key_of(request.parameters["deviceId"], request.parameters["deviceType"]))


async def update_gateway(portal: Portal, request: Received) -> Reply:
    """Change the gateway that the body names; the path is ignored."""
    body = await _read(request, models.Gateway)
    portal.change(body, "gateway")
    return Reply({"deviceId": body.deviceId, "etag": "AAAAAAAAAAE="})


async def execute_gateway_module_method(portal: Portal, request: Received) -> Reply:
    """Run a direct method on the module that the body names."""
    body = await _read(request, models.GatewayModule)
    module = body.moduleName or request.parameters["moduleId"]
    name, method = request.parameters["deviceId"], request.parameters["methodName"]
    return Reply(portal.call_module(name, module, method))


# OIDCSettings


async def get_oidc_settings(portal: Portal, request: Received) -> Reply:
    """Tell how to sign in."""
    spec = portal.spec
    return Reply(
        models.OidcSettings(
            authority=spec.authority,
            metadataUrl=f"{spec.authority}/.well-known/openid-configuration",
            clientId=spec.client_id,
            scope=spec.scope,
        )
    )


HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (
        add_model_command,
        delete_model_command,
        list_concentrators,
        update_concentrator,
        create_concentrator,
        get_concentrator,
        delete_concentrator,
        list_configs,
        get_config,
        list_device_models,
        update_device_model,
        create_device_model,
        get_device_model,
        get_device_model_avatar,
        set_device_model_avatar,
        delete_device_model_avatar,
        delete_device_model,
        list_devices,
        update_device,
        create_device,
        get_device,
        delete_device,
        execute_device_command,
        list_gateways,
        create_gateway,
        get_gateway,
        delete_gateway,
        get_gateway_connection_string,
        update_gateway,
        execute_gateway_module_method,
        get_oidc_settings,
    )
}
