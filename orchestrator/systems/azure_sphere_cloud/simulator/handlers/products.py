"""Categories Tenants and Products: a product appears when its operation has ended."""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.shown import group
from orchestrator.systems.azure_sphere_cloud.simulator.state import Result, Tenant
from orchestrator.transport.serving import Reply

_CREATE_PRODUCT = 4


def _tenant(tenant: Tenant) -> models.Tenant:
    return models.Tenant(Id=tenant.tenant_id, Name=tenant.name, Roles=["Contributor"])


async def list_tenants(asked: Asked) -> Reply:
    """Return the tenants that the account sees, as a bare array."""
    return Reply([_tenant(t) for t in asked.cloud.tenants.values() if t.visible])


async def get_tenant(asked: Asked) -> Reply:
    """Return a tenant."""
    return Reply(_tenant(asked.tenant))


async def list_products(asked: Asked) -> Reply:
    """Return a page of products."""
    return asked.page(list(asked.tenant.products.values()))


async def create_product(asked: Asked) -> Reply:
    """Begin to make a product; a name in use is refused at once."""
    tenant, cloud = asked.tenant, asked.cloud
    wanted = await asked.body(models.ProductCreate)
    cloud.check_product(tenant, wanted.Name)

    def effect() -> Result:
        product = cloud.make_product(tenant, wanted.Name, wanted.Description)
        if wanted.CreateDefaultGroups:
            cloud.make_stock_groups(tenant, product.Id)
        location = f"/v2/tenants/{tenant.tenant_id}/products/{product.Id}"
        return models.COMPLETE, None, "", location

    return Reply(cloud.begin(tenant, _CREATE_PRODUCT, effect), 202)


async def get_product(asked: Asked) -> Reply:
    """Return a product."""
    return Reply(asked.tenant.products[asked.product_id])


async def list_product_device_groups(asked: Asked) -> Reply:
    """Return a page of a product's device groups."""
    tenant, product_id = asked.tenant, asked.product_id
    found = [g for g in tenant.groups.values() if g.product_id == product_id]
    return asked.page([group(tenant, each) for each in found])
