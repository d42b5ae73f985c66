"""A request to the successor as its handlers see it: catalog, product, group and device by name."""

from typing import TypeVar

from pydantic import BaseModel

from orchestrator.systems.azure_sphere_cloud import models as public
from orchestrator.systems.azure_sphere_cloud.arm.endpoints import API_VERSION
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Device, Effect, Group, Tenant
from orchestrator.transport.serving import Reply

Model = TypeVar("Model", bound=BaseModel)
_PAGE = 100
_NO_GROUP = {".default", ".unassigned"}


class ArmAsked(Asked):
    """A request for one catalog."""

    @property
    def tenant(self) -> Tenant:
        """The tenant behind the catalog of the path. Raises Refused."""
        if self.received.query.get("api-version") != API_VERSION:
            raise Refused(refusals.BAD_REQUEST, "The api-version is missing or unknown.")
        if not self.cloud.rights:
            raise Refused(refusals.FORBIDDEN)
        wanted = self.received.parameters.get("catalogName", "").casefold()
        for tenant in self.cloud.tenants.values():
            if tenant.visible and wanted in {tenant.name.casefold(), ""}:
                return tenant
        raise Refused(refusals.NO_TENANT)

    @property
    def base(self) -> str:
        """The id of the catalog."""
        given = self.received.parameters
        return (
            f"/subscriptions/{given['subscriptionId']}/resourceGroups/"
            f"{given['resourceGroupName']}/providers/Microsoft.AzureSphere/catalogs/"
            f"{given['catalogName']}"
        )

    @property
    def product(self) -> public.Product:
        """The product of the path. Raises Refused."""
        wanted = self.received.parameters["productName"].casefold()
        for product in self.tenant.products.values():
            if product.Name.casefold() == wanted:
                return product
        raise Refused(refusals.NO_PRODUCT)

    @property
    def group(self) -> Group:
        """The device group of the path. Raises Refused."""
        product, wanted = self.product, self.received.parameters["deviceGroupName"].casefold()
        for group in self.tenant.groups.values():
            if group.product_id == product.Id and group.name.casefold() == wanted:
                return group
        raise Refused(refusals.NO_GROUP)

    @property
    def group_or_none(self) -> Group | None:
        """The device group of the path, None for the names that stand for none."""
        return None if self.received.parameters["deviceGroupName"] in _NO_GROUP else self.group

    @property
    def device(self) -> Device:
        """The device of the path, in the group of the path. Raises Refused."""
        tenant, group = self.tenant, self.group_or_none
        device = self.cloud.device(tenant, self.received.parameters["deviceName"])
        if device.group_id != (group.group_id if group else None):
            raise Refused(refusals.NO_DEVICE)
        return device

    def arm_page(self, items: list[Model]) -> Reply:
        """Return a page and the address of the next one."""
        text = self.received.query.get("$skip", "0")
        if not (text.isascii() and text.isdecimal()):
            raise Refused(refusals.BAD_REQUEST, "$skip is no number.")
        start = int(text[:12])
        link = None
        if start + _PAGE < len(items):
            path = f"{self.received.path}?api-version={API_VERSION}&$skip={start + _PAGE}"
            link = self._address(path)
        return Reply({"value": items[start : start + _PAGE], "nextLink": link})

    def accept(self, kind: int, effect: Effect, body: object = None, status: int = 202) -> Reply:
        """Begin an operation and say where its state is."""
        operation = self.cloud.begin(self.tenant, kind, effect)
        address = self._address(
            f"/subscriptions/{self.received.parameters['subscriptionId']}"
            f"/providers/Microsoft.AzureSphere/locations/global/operationStatuses/"
            f"{operation.OperationId}?api-version={API_VERSION}"
        )
        return Reply(body, status, headers={"azure-asyncoperation": address})

    def _address(self, path: str) -> str:
        return f"{self.received.scheme}://{self.received.headers.get('host', '')}{path}"
