"""Categories Deployments and Async operations."""

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Result
from orchestrator.transport.serving import Reply

_DEPLOY, _UPLOAD = 5, 7


async def list_deployments(asked: Asked) -> Reply:
    """Return a page of a group's deployments, the current one first."""
    return asked.page(asked.group.deployments)


async def create_deployment(asked: Asked) -> Reply:
    """Begin to give a group images, all of which must have been uploaded."""
    tenant, cloud, group = asked.tenant, asked.cloud, asked.group
    wanted = [each.lower() for each in (await asked.body(models.ImageIds)).root]
    if not set(wanted) <= set(tenant.images):
        raise Refused(refusals.NO_IMAGE)

    def effect() -> Result:
        made = cloud.deploy(tenant, group, wanted)
        where = f"/v2/tenants/{tenant.tenant_id}/devicegroups/{group.group_id}/deployments"
        return models.COMPLETE, None, "", f"{where}/{made.Id}"

    return Reply(cloud.begin(tenant, _DEPLOY, effect), 202)


async def get_device_images(asked: Asked) -> Reply:
    """Return the images that a device should have: those of its group's deployment."""
    tenant, device = asked.tenant, asked.device
    group = tenant.groups.get(device.group_id or "")
    wanted = group.deployments[0].DeployedImages if group and group.deployments else []
    items = [tenant.images[each].metadata for each in wanted]
    return Reply({"Items": items, "ContinuationToken": None})


def _operation(asked: Asked, kind: int | None = None) -> Reply:
    found = asked.tenant.operations.get(asked.guid("operationId"))
    if found is None or (kind is not None and found.OperationType != kind):
        raise Refused(refusals.NO_OPERATION)
    return Reply(found)


async def get_deployment_operation(asked: Asked) -> Reply:
    """Return a deployment's operation."""
    return _operation(asked, _DEPLOY)


async def get_image_upload_operation(asked: Asked) -> Reply:
    """Return an upload's operation."""
    return _operation(asked, _UPLOAD)


async def get_operation(asked: Asked) -> Reply:
    """Return any operation."""
    return _operation(asked)
