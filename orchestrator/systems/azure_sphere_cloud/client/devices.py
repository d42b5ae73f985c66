"""Category Devices: reading, claiming and moving them."""

from collections.abc import Sequence

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls
from orchestrator.systems.azure_sphere_cloud.client.device_groups import group
from orchestrator.systems.azure_sphere_cloud.client.products import product


def device(device_id: str) -> dict[str, str]:
    """Return the path parameters for a device."""
    return {"deviceId": checks.device(device_id)}


class DevicesCalls(TenantCalls):
    """The calls of category Devices."""

    async def list_devices(
        self, max_page_size: int | None = None, continuation: str | None = None
    ) -> models.DeviceCollection:
        """Return a page of the tenant's claimed devices."""
        answer: models.DeviceCollection = await self._page(
            endpoints.LIST_DEVICES, max_page_size, continuation
        )
        return answer

    async def bulk_claim_devices(self, device_ids: Sequence[str]) -> models.Operation:
        """Begin to claim up to 1,000 devices for good. Sent once; ids twice in the list count once.

        The operation ends Complete, Failed or CompleteWithErrors; which devices failed is asked
        device by device, since how its details are read is not settled.
        """
        answer: models.Operation = await self._call(
            endpoints.BULK_CLAIM_DEVICES, body=models.DeviceIds(checks.devices(device_ids))
        )
        return answer

    async def count_devices(self) -> int:
        """Return the number of the tenant's devices."""
        answer: models.Count = await self._call(endpoints.COUNT_DEVICES)
        return answer.root

    async def get_device(self, device_id: str) -> models.Device:
        """Return a device. Raises UnknownDevice when the tenant does not have it."""
        answer: models.Device = await self._call(endpoints.GET_DEVICE, device(device_id))
        return answer

    async def claim_device(self, device_id: str) -> models.Operation:
        """Begin to claim a device for good. Sent once, and without a body."""
        answer: models.Operation = await self._call(endpoints.CLAIM_DEVICE, device(device_id))
        return answer

    async def move_device(self, device_id: str, device_group_id: str) -> models.Operation:
        """Begin to put a device into a device group. Raises GroupFull where the cloud says so."""
        answer: models.Operation = await self._call(
            endpoints.MOVE_DEVICE,
            device(device_id),
            body=models.DeviceGroupId(checks.guid(device_group_id, "device group")),
        )
        return answer

    async def list_devices_in_group(
        self,
        device_group_id: str,
        max_page_size: int | None = None,
        continuation: str | None = None,
    ) -> models.DeviceCollection:
        """Return a page of a device group's devices."""
        answer: models.DeviceCollection = await self._page(
            endpoints.LIST_DEVICES_IN_GROUP, max_page_size, continuation, group(device_group_id)
        )
        return answer

    async def count_devices_in_group(self, device_group_id: str) -> int:
        """Return the number of a device group's devices."""
        answer: models.Count = await self._call(
            endpoints.COUNT_DEVICES_IN_GROUP, group(device_group_id)
        )
        return answer.root

    async def list_devices_in_product(
        self,
        product_id: str,
        max_page_size: int | None = None,
        continuation: str | None = None,
    ) -> models.DeviceCollection:
        """Return a page of a product's devices."""
        answer: models.DeviceCollection = await self._page(
            endpoints.LIST_DEVICES_IN_PRODUCT, max_page_size, continuation, product(product_id)
        )
        return answer
