"""Category Tenants: who the account may act for, and the one of this object."""

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls


class TenantsCalls(TenantCalls):
    """The calls of category Tenants."""

    async def list_tenants(self) -> models.Tenants:
        """Return the tenants that the signed-in account sees, whichever one this object names."""
        answer: models.Tenants = await self._call(endpoints.LIST_TENANTS)
        return answer

    async def get_tenant(self) -> models.Tenant:
        """Return the tenant. Raises WrongTenant when the account does not see it."""
        answer: models.Tenant = await self._call(endpoints.GET_TENANT)
        return answer
