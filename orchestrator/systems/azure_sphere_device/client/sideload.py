"""Category Sideload: bring images onto the board and take them off."""

from typing import Literal

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.body import Progress
from orchestrator.transport.endpoint import Empty

LINK_BYTES_PER_SECOND = 80_000
"""What the service UART carries at 921,600 baud after SLIP, TCP and TLS."""

STAGE_BASE_SECONDS = 20.0
_STAGE_MARGIN = 1.5


def stage_deadline_seconds(size_bytes: int) -> float:
    """Return how long an upload of `size_bytes` may take over the service link."""
    return STAGE_BASE_SECONDS + _STAGE_MARGIN * size_bytes / LINK_BYTES_PER_SECOND


class SideloadCalls(BoardCalls):
    """The calls of category Sideload."""

    async def delete_image(self, component_id: str) -> models.RestartAnswer:
        """Delete a component; one that the board lacks is a success too."""
        answer: models.RestartAnswer = await self._call(
            endpoints.DELETE_IMAGE, path=checks.component(component_id)
        )
        return answer

    async def install_images(
        self, mode: Literal["Auto", "Manual"] = "Auto"
    ) -> models.RestartAnswer:
        """Install whatever is staged; `Manual` leaves the applications stopped."""
        checks.one_of(mode, ("Auto", "Manual"), "mode of installing")
        answer: models.RestartAnswer = await self._call(
            endpoints.INSTALL_IMAGES, body=models.InstallRequest(appControlMode=mode)
        )
        return answer

    async def stage_image(self, content: bytes, progress: Progress | None = None) -> Empty:
        """Upload an image package. The deadline follows its size.

        `progress` is called with the bytes sent so far and their total.
        """
        answer: Empty = await self._call(
            endpoints.STAGE_IMAGE,
            body=content,
            timeout_seconds=stage_deadline_seconds(len(content)),
            progress=progress,
        )
        return answer
