"""Category Device groups: made at once, changed, read page by page."""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.shown import group
from orchestrator.transport.serving import Reply


async def create_default_device_groups(asked: Asked) -> Reply:
    """Make the stock groups that are missing and return all of them."""
    tenant = asked.tenant
    made = asked.cloud.make_stock_groups(tenant, asked.product_id)
    return Reply({"Items": [group(tenant, g) for g in made], "ContinuationToken": None})


async def list_device_groups(asked: Asked) -> Reply:
    """Return a page of the tenant's device groups."""
    tenant = asked.tenant
    return asked.page([group(tenant, g) for g in tenant.groups.values()])


async def create_device_group(asked: Asked) -> Reply:
    """Make a device group at once."""
    tenant, wanted = asked.tenant, await asked.body(models.DeviceGroupCreate)
    made = asked.cloud.make_group(
        tenant,
        wanted.ProductId,
        wanted.Name,
        description=wanted.Description,
        feed=wanted.OsFeedType or 0,
        policy=wanted.UpdatePolicy or 0,
    )
    return Reply(group(tenant, made))


async def get_device_group(asked: Asked) -> Reply:
    """Return a device group."""
    return Reply(group(asked.tenant, asked.group))


async def patch_device_group(asked: Asked) -> Reply:
    """Change a device group."""
    found, wanted = asked.group, await asked.body(models.DeviceGroupPatch)
    found.crash_dumps = wanted.AllowCrashDumpsCollection
    asked.cloud.report(found.group_id, "group_changed", crash_dumps=found.crash_dumps)
    return Reply(group(asked.tenant, found))
