"""How devices and device groups of the state look on the wire of the public API."""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator.state import Device, Group, Tenant

OS_VERSION = "22.09"


def group(tenant: Tenant, group: Group) -> models.DeviceGroup:
    """Return a device group with its current deployment."""
    return models.DeviceGroup(
        Id=group.group_id,
        TenantId=tenant.tenant_id,
        ProductId=group.product_id,
        Name=group.name,
        Description=group.description,
        OsFeedType=group.os_feed_type,
        UpdatePolicy=group.update_policy,
        CurrentDeployment=group.deployments[0] if group.deployments else None,
        AllowCrashDumpsCollection=group.crash_dumps,
    )


def device(tenant: Tenant, device: Device) -> models.Device:
    """Return a device with its product and group."""
    inside = tenant.groups.get(device.group_id or "")
    return models.Device(
        DeviceId=device.device_id,
        TenantId=device.tenant_id,
        ProductId=inside.product_id if inside else None,
        DeviceGroupId=device.group_id,
        ChipSku=0,
        LastAvailableOSVersion=OS_VERSION,
        LastInstalledOSVersion=OS_VERSION,
    )
