"""Category Async operations: how far something is that the cloud accepted."""

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls
from orchestrator.systems.azure_sphere_cloud.client.deployments import operation


class OperationsCalls(TenantCalls):
    """The call of category Async operations."""

    async def get_operation(self, operation_id: str) -> models.Operation:
        """Return the state of an operation."""
        answer: models.Operation = await self._call(
            endpoints.GET_OPERATION, operation(operation_id)
        )
        return answer
