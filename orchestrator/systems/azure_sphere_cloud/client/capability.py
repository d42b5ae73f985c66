"""Category Device capability: signed files that open one board."""

from collections.abc import Sequence

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls


class CapabilityCalls(TenantCalls):
    """The call of category Device capability."""

    async def create_device_capability(
        self, device_id: str, capabilities: Sequence[int]
    ) -> models.DeviceCapabilityResponse:
        """Return a signed file for a device: 11 development, 13 servicing, none takes them away."""
        body = models.DeviceCapabilityRequest(
            DeviceId=checks.device(device_id), Capabilities=checks.capabilities(capabilities)
        )
        answer: models.DeviceCapabilityResponse = await self._call(
            endpoints.CREATE_DEVICE_CAPABILITY, body=body
        )
        return answer
