"""Category Deployments: which images the devices of a group are to have."""

from collections.abc import Sequence

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls
from orchestrator.systems.azure_sphere_cloud.client.device_groups import group
from orchestrator.systems.azure_sphere_cloud.client.devices import device


def operation(operation_id: str) -> dict[str, str]:
    """Return the path parameters for an asynchronous operation."""
    return {"operationId": checks.guid(operation_id, "operation")}


class DeploymentsCalls(TenantCalls):
    """The calls of category Deployments."""

    async def list_deployments(
        self,
        device_group_id: str,
        max_page_size: int | None = None,
        continuation: str | None = None,
    ) -> models.DeploymentCollection:
        """Return a page of a device group's deployments."""
        answer: models.DeploymentCollection = await self._page(
            endpoints.LIST_DEPLOYMENTS, max_page_size, continuation, group(device_group_id)
        )
        return answer

    async def create_deployment(
        self, device_group_id: str, image_ids: Sequence[str]
    ) -> models.Operation:
        """Begin to give a device group these images. Sent once."""
        if not image_ids:
            raise checks.misuse("A deployment needs at least one image")
        images = [checks.guid(image_id, "image") for image_id in image_ids]
        answer: models.Operation = await self._call(
            endpoints.CREATE_DEPLOYMENT, group(device_group_id), body=models.ImageIds(images)
        )
        return answer

    async def get_device_images(self, device_id: str) -> models.ImageMetadataCollection:
        """Return the images that a device should have."""
        answer: models.ImageMetadataCollection = await self._call(
            endpoints.GET_DEVICE_IMAGES, device(device_id)
        )
        return answer

    async def get_deployment_operation(self, operation_id: str) -> models.Operation:
        """Return the details of a deployment's operation."""
        answer: models.Operation = await self._call(
            endpoints.GET_DEPLOYMENT_OPERATION, operation(operation_id)
        )
        return answer
