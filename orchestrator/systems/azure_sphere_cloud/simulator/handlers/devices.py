"""Category Devices: claims and moves are operations, everything else is read at once."""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.shown import device
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import DONE, Result
from orchestrator.transport.serving import Reply

_CLAIM, _MOVE, _BULK = 0, 2, 11
_REFUSED = "The device cannot be claimed."


async def list_devices(asked: Asked) -> Reply:
    """Return a page of the tenant's devices."""
    tenant = asked.tenant
    return asked.page([device(tenant, d) for d in asked.cloud.owned(tenant)])


async def bulk_claim_devices(asked: Asked) -> Reply:
    """Begin to claim up to a thousand devices."""
    tenant, cloud = asked.tenant, asked.cloud
    wanted = [each.lower() for each in (await asked.body(models.DeviceIds)).root]
    cloud.claim_requests.update(dict.fromkeys(wanted, 1))

    def effect() -> Result:
        if cloud.spec.inferences.bulk == "fails":
            known = {*cloud.spec.unknown, *cloud.spec.claim_errors}
            known |= {
                d.device_id for d in cloud.devices.values() if d.tenant_id != tenant.tenant_id
            }
            if known & set(wanted):
                return models.FAILED, 5, "Some devices cannot be claimed.", None
        numbers = [cloud.claim(tenant, each) for each in wanted]
        if all(number is None for number in numbers):
            return DONE
        return models.COMPLETE_WITH_ERRORS, 0, "Some devices could not be claimed.", None

    return Reply(cloud.begin(tenant, _BULK, effect), 202)


async def count_devices(asked: Asked) -> Reply:
    """Return the number of the tenant's devices."""
    return Reply(len(asked.cloud.owned(asked.tenant)))


async def get_device(asked: Asked) -> Reply:
    """Return a device of the tenant; any other is unknown here."""
    return Reply(device(asked.tenant, asked.device))


async def claim_device(asked: Asked) -> Reply:
    """Begin to claim a device."""
    tenant, cloud, device_id = asked.tenant, asked.cloud, asked.device_id()
    cloud.claim_requests[device_id] += 1
    owner = cloud.devices.get(device_id)
    foreign = owner is not None and owner.tenant_id != tenant.tenant_id
    if (foreign or device_id in cloud.spec.unknown) and (
        cloud.spec.inferences.foreign_claim != "fails"
    ):
        raise Refused(
            refusals.CLAIM_CONFLICT
            if cloud.spec.inferences.foreign_claim == "409"
            else refusals.CLAIM_NOT_FOUND
        )

    def effect() -> Result:
        number = cloud.claim(tenant, device_id)
        return DONE if number is None else (models.FAILED, number, _REFUSED, None)

    return Reply(cloud.begin(tenant, _CLAIM, effect), 202)


async def move_device(asked: Asked) -> Reply:
    """Begin to put a device into a device group."""
    tenant, cloud, moved = asked.tenant, asked.cloud, asked.device
    group = tenant.groups.get((await asked.body(models.DeviceGroupId)).root.lower())
    if group is None:
        raise Refused(refusals.NO_GROUP)
    full = cloud.is_full(tenant, group, moved)
    if full and cloud.spec.inferences.full_group == "409":
        raise Refused(refusals.GROUP_FULL)

    def effect() -> Result:
        cloud.move(tenant, moved, group)
        return DONE

    return Reply(cloud.begin(tenant, _MOVE, effect), 202)


async def list_devices_in_group(asked: Asked) -> Reply:
    """Return a page of a group's devices."""
    tenant, group = asked.tenant, asked.group
    inside = [d for d in asked.cloud.owned(tenant) if d.group_id == group.group_id]
    return asked.page([device(tenant, d) for d in inside])


async def count_devices_in_group(asked: Asked) -> Reply:
    """Return the number of a group's devices."""
    tenant, group = asked.tenant, asked.group
    return Reply(sum(1 for d in asked.cloud.owned(tenant) if d.group_id == group.group_id))


async def list_devices_in_product(asked: Asked) -> Reply:
    """Return a page of a product's devices."""
    tenant, product_id = asked.tenant, asked.product_id
    shown = [device(tenant, d) for d in asked.cloud.owned(tenant)]
    return asked.page([each for each in shown if each.ProductId == product_id])
