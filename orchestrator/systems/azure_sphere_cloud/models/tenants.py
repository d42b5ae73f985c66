"""Category Tenants: owners of devices, products and images."""

from orchestrator.transport.endpoint import WireModel, WireRoot


class Tenant(WireModel):
    """A tenant. `Roles` are the signed-in user's; the vendor's example shows null."""

    Id: str
    Name: str
    Roles: list[str] | None = None


class Tenants(WireRoot[list[Tenant]]):
    """`GET /v2/tenants`: a bare array, unlike the other lists."""
