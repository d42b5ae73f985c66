"""Category Products, and the device groups that belong to one."""

from orchestrator.systems.azure_sphere_cloud import endpoints, models
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.client.calls import TenantCalls


def product(product_id: str) -> dict[str, str]:
    """Return the path parameters for a product."""
    return {"productId": checks.guid(product_id, "product")}


class ProductsCalls(TenantCalls):
    """The calls of category Products."""

    async def list_products(
        self, max_page_size: int | None = None, continuation: str | None = None
    ) -> models.ProductCollection:
        """Return a page of the tenant's products."""
        answer: models.ProductCollection = await self._page(
            endpoints.LIST_PRODUCTS, max_page_size, continuation
        )
        return answer

    async def create_product(
        self,
        name: str,
        description: str | None = None,
        create_default_groups: bool | None = None,
    ) -> models.Operation:
        """Begin to make a product. Sent once: a second one of that name would be another."""
        body = models.ProductCreate(
            Name=checks.name(name, "product"),
            Description=description,
            CreateDefaultGroups=create_default_groups,
        )
        answer: models.Operation = await self._call(endpoints.CREATE_PRODUCT, body=body)
        return answer

    async def get_product(self, product_id: str) -> models.Product:
        """Return a product. Raises UnknownProduct."""
        answer: models.Product = await self._call(endpoints.GET_PRODUCT, product(product_id))
        return answer

    async def list_product_device_groups(
        self,
        product_id: str,
        max_page_size: int | None = None,
        continuation: str | None = None,
    ) -> models.DeviceGroupCollection:
        """Return a page of a product's device groups."""
        answer: models.DeviceGroupCollection = await self._page(
            endpoints.LIST_PRODUCT_DEVICE_GROUPS,
            max_page_size,
            continuation,
            product(product_id),
        )
        return answer
