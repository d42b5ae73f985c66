"""Category Device groups: they decide which images and updates a device gets."""

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls
from orchestrator.systems.azure_sphere_cloud.client.products import product


def group(device_group_id: str) -> dict[str, str]:
    """Return the path parameters for a device group."""
    return {"deviceGroupId": checks.guid(device_group_id, "device group")}


class DeviceGroupsCalls(TenantCalls):
    """The calls of category Device groups."""

    async def create_default_device_groups(self, product_id: str) -> models.DeviceGroupCollection:
        """Make the five stock device groups of a product, and return them. Sent once."""
        answer: models.DeviceGroupCollection = await self._call(
            endpoints.CREATE_DEFAULT_DEVICE_GROUPS, product(product_id)
        )
        return answer

    async def list_device_groups(
        self, max_page_size: int | None = None, continuation: str | None = None
    ) -> models.DeviceGroupCollection:
        """Return a page of the tenant's device groups."""
        answer: models.DeviceGroupCollection = await self._page(
            endpoints.LIST_DEVICE_GROUPS, max_page_size, continuation
        )
        return answer

    async def create_device_group(
        self,
        product_id: str,
        name: str,
        description: str | None = None,
        os_feed_type: models.FeedNumber | None = None,
        update_policy: models.PolicyNumber | None = None,
    ) -> models.DeviceGroup:
        """Make a device group and return it; unlike a product's, at once. Sent once."""
        body = models.DeviceGroupCreate(
            ProductId=checks.guid(product_id, "product"),
            Name=checks.name(name, "device group"),
            Description=description,
            OsFeedType=os_feed_type,
            UpdatePolicy=update_policy,
        )
        answer: models.DeviceGroup = await self._call(endpoints.CREATE_DEVICE_GROUP, body=body)
        return answer

    async def get_device_group(self, device_group_id: str) -> models.DeviceGroup:
        """Return a device group with its current deployment. Raises UnknownGroup."""
        answer: models.DeviceGroup = await self._call(
            endpoints.GET_DEVICE_GROUP, group(device_group_id)
        )
        return answer

    async def patch_device_group(
        self, device_group_id: str, allow_crash_dumps_collection: bool
    ) -> models.DeviceGroup:
        """Change a device group and return it. Other members are in no confirmed document."""
        answer: models.DeviceGroup = await self._call(
            endpoints.PATCH_DEVICE_GROUP,
            group(device_group_id),
            body=models.DeviceGroupPatch(AllowCrashDumpsCollection=allow_crash_dumps_collection),
        )
        return answer
