"""Registers the unit under work in the IoT portal: as a device, a gateway or a concentrator.

A registration makes something outside that others build on, so it is made once: before it the
portal is asked what it has, and after a lost answer asked again before anything else.
"""

from collections.abc import Awaitable
from typing import TypeVar

from orchestrator.domain.errors import Mismatch
from orchestrator.engine.step import Measures, Secret, StepContext, step
from orchestrator.steps.portal_ids import eui_of, hub_id_of, name_of
from orchestrator.steps.secret_marks import fingerprint, revealed
from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.endpoints import (
    CREATE_CONCENTRATOR,
    CREATE_DEVICE,
    CREATE_GATEWAY,
)
from orchestrator.systems.iot_hub_portal.errors import NotThere

T = TypeVar("T")


async def _what_is(call: Awaitable[T]) -> T | None:
    """Return what the portal has, None when it has no such thing."""
    try:
        return await call
    except NotThere:
        return None


def _taken(what: str, name: str, has: str, wanted: str) -> Mismatch:
    return Mismatch(
        f"The portal has {name} already, as {what} {has} and not {wanted}",
        remedy="Look at the portal: another unit may have this id, or it was registered by hand",
        code="REGISTERED_OTHERWISE",
    )


# Devices


async def device_is_registered(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    model: str,
    device_id: str | None = None,
    name: str | None = None,
    app_key: Secret | None = None,
    location: str | None = None,
    asset: str | None = None,
) -> bool:
    """Say whether the portal has the device with that model."""
    found = await _what_is(portal.get_device(eui_of(ctx, device_id), fresh=True))
    return found is not None and found.modelId == model


@step(
    "portal.register_device",
    summary="Registers the unit in the IoT portal as a device of a model.",
    measures=(
        Measures("device_id", "Id of the device in the portal", kind="text"),
        Measures("app_key_fingerprint", "SHA-256 of the application key, shortened", kind="text"),
    ),
    irreversible=True,
    probe=device_is_registered,
    settle_seconds=CREATE_DEVICE.settle_seconds,
)
async def register_device(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    model: str,
    device_id: str | None = None,
    name: str | None = None,
    app_key: Secret | None = None,
    location: str | None = None,
    asset: str | None = None,
) -> None:
    """Create the device with the model's name and application EUI. It is enabled from the start.

    A device that is registered with this model already passes; with another model it is FAIL, since
    two units may have one id. A model that the portal does not have is ERROR.

    Args:
        model: Id of the device model in the portal.
        device_id: LoRa id, 16 hexadecimal digits; without it the first 16 of the silicon id.
        name: What people read in the portal; without it the serial number.
        app_key: Application key, given by reference.
        location: Location code.
        asset: Asset id.
    """
    eui = eui_of(ctx, device_id)
    ctx.measure("device_id", eui)
    ctx.measure("app_key_fingerprint", fingerprint(app_key))
    template = await portal.get_device_model(model)
    found = await _what_is(portal.get_device(eui, fresh=True))
    if found is not None:
        if found.modelId != model:
            raise _taken("a device of model", eui, found.modelId or "unknown", model)
        ctx.already_so()
        return
    body = models.DeviceDetails.model_validate(
        {
            "deviceID": eui,
            "deviceName": name_of(ctx, name, eui),
            "appEUI": template.appEUI,
            "modelName": template.name,
            "modelId": model,
            "isEnabled": True,
            "appKey": revealed(app_key),
            "locationCode": location,
            "assetId": asset,
        }
    )
    await portal.create_device(body)
    ctx.answered()


# Gateways


async def gateway_is_registered(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    purpose: str,
    environment: str,
    gateway_id: str | None = None,
) -> bool:
    """Say whether the portal has the gateway for that purpose."""
    found = await _what_is(portal.get_gateway(hub_id_of(ctx, gateway_id), fresh=True))
    return found is not None and found.type == purpose


@step(
    "portal.register_gateway",
    summary="Registers the unit in the IoT portal as an edge gateway.",
    measures=(Measures("gateway_id", "Id of the gateway in the portal", kind="text"),),
    irreversible=True,
    probe=gateway_is_registered,
    settle_seconds=CREATE_GATEWAY.settle_seconds,
)
async def register_gateway(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    purpose: str,
    environment: str,
    gateway_id: str | None = None,
) -> None:
    """Create the gateway. One that is registered for this purpose already passes.

    Registered for another purpose it is FAIL, since two units may have one id.

    Args:
        purpose: What the gateway is for; the portal's type of a gateway.
        environment: The environment tag, for instance prod.
        gateway_id: Id in the portal; without it the serial number, else the silicon id.
    """
    hub_id = hub_id_of(ctx, gateway_id)
    ctx.measure("gateway_id", hub_id)
    found = await _what_is(portal.get_gateway(hub_id, fresh=True))
    if found is not None:
        if found.type != purpose:
            raise _taken("a gateway for", hub_id, found.type, purpose)
        ctx.already_so()
        return
    body = models.Gateway(deviceId=hub_id, type=purpose, environment=environment)
    await portal.create_gateway(body)
    ctx.answered()


# Concentrators


async def concentrator_is_registered(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    region: str,
    device_id: str | None = None,
    name: str | None = None,
    client_certificate_thumbprint: str | None = None,
) -> bool:
    """Say whether the portal has the concentrator in that region."""
    found = await _what_is(portal.get_concentrator(eui_of(ctx, device_id), fresh=True))
    return found is not None and found.loraRegion == region


@step(
    "portal.register_concentrator",
    summary="Registers the unit in the IoT portal as a LoRa concentrator.",
    measures=(Measures("device_id", "Id of the concentrator in the portal", kind="text"),),
    irreversible=True,
    probe=concentrator_is_registered,
    settle_seconds=CREATE_CONCENTRATOR.settle_seconds,
)
async def register_concentrator(
    ctx: StepContext,
    portal: IotHubPortal,
    *,
    region: str,
    device_id: str | None = None,
    name: str | None = None,
    client_certificate_thumbprint: str | None = None,
) -> None:
    """Create the concentrator; the portal gives it the region's router configuration.

    One that is registered in this region already passes; in another region it is FAIL.

    Args:
        region: LoRa region as the portal names it, for instance EU_863_870.
        device_id: EUI, 16 hexadecimal digits; without it the first 16 of the silicon id.
        name: What people read in the portal; without it the serial number.
        client_certificate_thumbprint: Thumbprint of the certificate that it shows.
    """
    eui = eui_of(ctx, device_id)
    ctx.measure("device_id", eui)
    found = await _what_is(portal.get_concentrator(eui, fresh=True))
    if found is not None:
        if found.loraRegion != region:
            raise _taken("a concentrator in", eui, found.loraRegion, region)
        ctx.already_so()
        return
    body = models.Concentrator(
        deviceId=eui,
        deviceName=name_of(ctx, name, eui),
        loraRegion=region,
        isEnabled=True,
        clientCertificateThumbprint=client_certificate_thumbprint,
    )
    await portal.create_concentrator(body)
    ctx.answered()
