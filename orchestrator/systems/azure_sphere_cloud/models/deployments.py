"""Category Deployments: which images the devices of a group are to have."""

from typing import Annotated

from pydantic import Field

from orchestrator.systems.azure_sphere_cloud.models.common import Guid, Page
from orchestrator.transport.endpoint import WireModel, WireRoot


class Deployment(WireModel):
    """A set of images that a device group's devices are to have."""

    Id: Guid
    TenantId: Guid | None = None
    DeployedImages: list[Guid]
    DeploymentDateUtc: str | None = None


class DeploymentCollection(Page):
    """A page of deployments."""

    Items: list[Deployment]


class ImageIds(WireRoot[Annotated[list[Guid], Field(min_length=1)]]):
    """The body of a deployment: a bare array."""
