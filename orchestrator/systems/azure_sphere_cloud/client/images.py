"""Category Images: what the tenant has in the cloud."""

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls
from orchestrator.systems.azure_sphere_cloud.client.deployments import operation
from orchestrator.transport.body import Progress


def image(image_id: str) -> dict[str, str]:
    """Return the path parameters for an image."""
    return {"imageId": checks.guid(image_id, "image")}


class ImagesCalls(TenantCalls):
    """The calls of category Images."""

    async def list_images(
        self, max_page_size: int | None = None, continuation: str | None = None
    ) -> models.ImageMetadataCollection:
        """Return a page of the tenant's images."""
        answer: models.ImageMetadataCollection = await self._page(
            endpoints.LIST_IMAGES, max_page_size, continuation
        )
        return answer

    async def upload_image(
        self, content: bytes, progress: Progress | None = None
    ) -> models.Operation:
        """Upload an image package. Sent once. How one is marked as temporary is not settled."""
        answer: models.Operation = await self._call(
            endpoints.UPLOAD_IMAGE, body=checks.image(content), progress=progress
        )
        return answer

    async def get_image_url(self, image_id: str) -> models.ImageDownloadInfo:
        """Return where an image can be fetched; whoever has that address may fetch it."""
        answer: models.ImageDownloadInfo = await self._call(
            endpoints.GET_IMAGE_URL, image(image_id)
        )
        return answer

    async def get_image_metadata(self, image_id: str) -> models.ImageMetadata:
        """Return name, component and type of an image."""
        answer: models.ImageMetadata = await self._call(
            endpoints.GET_IMAGE_METADATA, image(image_id)
        )
        return answer

    async def get_image_status(self, image_id: str) -> models.ImageStatus:
        """Return the status of an image, in whichever form it came."""
        answer: models.ImageStatus = await self._call(endpoints.GET_IMAGE_STATUS, image(image_id))
        return answer

    async def get_image_upload_operation(self, operation_id: str) -> models.Operation:
        """Return the details of an upload's operation."""
        answer: models.Operation = await self._call(
            endpoints.GET_IMAGE_UPLOAD_OPERATION, operation(operation_id)
        )
        return answer
