"""Category Products, and the device groups that belong to one."""

from typing import Literal

from orchestrator.systems.azure_sphere_cloud.models.common import Guid, Page, ShortName
from orchestrator.systems.azure_sphere_cloud.models.deployments import Deployment
from orchestrator.transport.endpoint import WireModel

FeedNumber = Literal[0, 1]
"""0 Retail, 1 RetailEval."""

PolicyNumber = Literal[0, 1]
"""0 UpdateAll, 1 No3rdPartyAppUpdates."""


class Product(WireModel):
    """A product."""

    Id: Guid
    TenantId: Guid
    Name: str
    Description: str | None = None


class ProductCreate(WireModel):
    """A product to be made. `CreateDefaultGroups` also makes the five stock device groups."""

    Name: ShortName
    Description: str | None = None
    CreateDefaultGroups: bool | None = None


class ProductCollection(Page):
    """A page of products."""

    Items: list[Product]


class DeviceGroup(WireModel):
    """A device group. An `UpdatePolicy` of 2 (NoUpdates) is gone from the newer documents."""

    Id: Guid
    TenantId: Guid
    ProductId: Guid | None = None
    Name: str
    Description: str | None = None
    OsFeedType: int | None = None
    UpdatePolicy: int | None = None
    CurrentDeployment: Deployment | None = None
    AllowCrashDumpsCollection: bool | None = None


class DeviceGroupCreate(WireModel):
    """A device group to be made."""

    ProductId: Guid
    Name: ShortName
    Description: str | None = None
    OsFeedType: FeedNumber | None = None
    UpdatePolicy: PolicyNumber | None = None


class DeviceGroupPatch(WireModel):
    """A change of a device group. Only this member is confirmed."""

    AllowCrashDumpsCollection: bool


class DeviceGroupCollection(Page):
    """A page of device groups."""

    Items: list[DeviceGroup]
