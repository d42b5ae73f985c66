"""Category Capability: what the board permits."""

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls


class CapabilityCalls(BoardCalls):
    """The call of category Capability."""

    async def get_device_capabilities(self) -> models.DeviceCapabilities:
        """Return the capability numbers; a Blank board always shows 12 (RF test)."""
        answer: models.DeviceCapabilities = await self._call(endpoints.GET_DEVICE_CAPABILITIES)
        return answer
