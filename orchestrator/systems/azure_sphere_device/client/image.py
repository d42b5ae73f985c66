"""Category Image: what is on the board, and what somebody has staged there."""

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls


class ImageCalls(BoardCalls):
    """The call of category Image."""

    async def get_images(self) -> models.Images:
        """Return all components, staged leftovers and whether an update runs."""
        answer: models.Images = await self._call(endpoints.GET_IMAGES)
        return answer
