"""The pretend cloud as the successor serves it: the same devices, seen as a catalog's.

The first tenant's name is the catalog's. Accepted requests answer 202 with an address at which
their state is read.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable

from orchestrator.systems.azure_sphere_cloud import models as public
from orchestrator.systems.azure_sphere_cloud.arm import models
from orchestrator.systems.azure_sphere_cloud.arm.endpoints import ARM_ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.packages import read_package
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.arm_asked import ArmAsked
from orchestrator.systems.azure_sphere_cloud.simulator.asgi import CloudServer
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.images import capability_file
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import RefusalRow, Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import (
    DONE,
    Device,
    Group,
    Image,
    Result,
)
from orchestrator.transport.serving import Reply

_CLAIM, _MOVE, _CREATE, _DEPLOY, _UPLOAD = 11, 2, 4, 5, 7
_STATES = {0: "Accepted", 1: "InProgress", 2: "Succeeded", 3: "Failed", 4: "Failed"}
_CODES = {4: "InternalServerError", 5: "BadRequest", 6: "Forbidden", 7: "Conflict", 8: "NotFound"}
_NUMBERS = {"ApplicationDevelopment": 11, "FieldServicing": 13}


async def get_catalog(asked: ArmAsked) -> Reply:
    """Return the catalog."""
    return Reply(models.Catalog(id=asked.base, name=asked.tenant.name, location="global"))


async def count_devices(asked: ArmAsked) -> Reply:
    """Return the number of devices."""
    return Reply({"value": len(asked.cloud.owned(asked.tenant))})


def _device(asked: ArmAsked, device: Device) -> models.Device:
    tenant = asked.tenant
    group = tenant.groups.get(device.group_id or "")
    product = tenant.products[group.product_id].Name if group else ".default"
    name = group.name if group else ".unassigned"
    return models.Device(
        id=f"{asked.base}/products/{product}/deviceGroups/{name}/devices/{device.device_id}",
        name=device.device_id,
        properties=models.DeviceProperties(
            deviceId=device.device_id, chipSku="MT3620AN", lastInstalledOsVersion="22.09"
        ),
    )


async def list_devices(asked: ArmAsked) -> Reply:
    """Return a page of the catalog's devices."""
    return asked.arm_page([_device(asked, each) for each in asked.cloud.owned(asked.tenant)])


async def upload_image(asked: ArmAsked) -> Reply:
    """Begin to take an image package, which comes in base64."""
    tenant, cloud = asked.tenant, asked.cloud
    wanted = await asked.body(models.ImageBody)
    try:
        content = b64decode(wanted.properties.image or "", validate=True)
    except ValueError:
        raise Refused(refusals.BAD_REQUEST, "The image is no base64.") from None
    package = read_package(content)
    if package is None:
        raise Refused(refusals.BAD_REQUEST, "The content is no image package.")

    def effect() -> Result:
        metadata = public.ImageMetadata(
            Id=package.image_id,
            Name=package.name,
            ComponentId=package.component_id,
            Type=package.image_type,
        )
        tenant.images[package.image_id] = Image(metadata, content)
        cloud.report(package.image_id, "image_uploaded", component=package.component_id)
        return DONE

    return asked.accept(_UPLOAD, effect)


def _product(asked: ArmAsked, product: public.Product) -> models.Product:
    return models.Product(
        id=f"{asked.base}/products/{product.Name}",
        name=product.Name,
        properties=models.ProductProperties(description=product.Description),
    )


async def list_products(asked: ArmAsked) -> Reply:
    """Return a page of products."""
    return asked.arm_page([_product(asked, each) for each in asked.tenant.products.values()])


async def get_product(asked: ArmAsked) -> Reply:
    """Return a product."""
    return Reply(_product(asked, asked.product))


async def put_product(asked: ArmAsked) -> Reply:
    """Make a product, or return the one of that name."""
    wanted = await asked.body(models.ProductBody)
    try:
        return Reply(_product(asked, asked.product))
    except Refused as refusal:
        if refusal.row is not refusals.NO_PRODUCT:
            raise
    made = asked.cloud.make_product(
        asked.tenant, asked.received.parameters["productName"], wanted.properties.description
    )
    return asked.accept(_CREATE, lambda: DONE, _product(asked, made), 201)


def _group(asked: ArmAsked, group: Group) -> models.Group:
    product = asked.tenant.products[group.product_id].Name
    return models.Group(
        id=f"{asked.base}/products/{product}/deviceGroups/{group.name}",
        name=group.name,
        properties=models.GroupProperties(
            description=group.description,
            osFeedType="RetailEval" if group.os_feed_type else "Retail",
            updatePolicy="No3rdPartyAppUpdates" if group.update_policy else "UpdateAll",
            hasDeployment=bool(group.deployments),
        ),
    )


async def generate_default_device_groups(asked: ArmAsked) -> Reply:
    """Make the stock groups that are missing and return all of them."""
    made = asked.cloud.make_stock_groups(asked.tenant, asked.product.Id)
    return Reply({"value": [_group(asked, each) for each in made]})


async def list_device_groups(asked: ArmAsked) -> Reply:
    """Return a page of a product's device groups."""
    product = asked.product
    found = [g for g in asked.tenant.groups.values() if g.product_id == product.Id]
    return asked.arm_page([_group(asked, each) for each in found])


async def get_device_group(asked: ArmAsked) -> Reply:
    """Return a device group."""
    return Reply(_group(asked, asked.group))


async def put_device_group(asked: ArmAsked) -> Reply:
    """Make a device group, or return the one of that name."""
    wanted, product = await asked.body(models.GroupBody), asked.product
    try:
        return Reply(_group(asked, asked.group))
    except Refused as refusal:
        if refusal.row is not refusals.NO_GROUP:
            raise
    name = asked.received.parameters["deviceGroupName"]
    made = asked.cloud.make_group(
        asked.tenant, product.Id, name, description=wanted.properties.description
    )
    return Reply(_group(asked, made), 201)


async def claim_devices(asked: ArmAsked) -> Reply:
    """Begin to claim devices into the catalog, or into a group."""
    tenant, cloud, group = asked.tenant, asked.cloud, asked.group_or_none
    wanted = [each.lower() for each in (await asked.body(models.ClaimBody)).deviceIdentifiers]
    cloud.claim_requests.update(dict.fromkeys(wanted, 1))

    def effect() -> Result:
        numbers = [cloud.claim(tenant, each) for each in wanted]
        for device_id, number in zip(wanted, numbers, strict=True):
            if number is None and group is not None:
                cloud.move(tenant, cloud.devices[device_id], group)
        failed = next((number for number in numbers if number is not None), None)
        if failed is None:
            return DONE
        return public.FAILED, failed, "Some devices could not be claimed.", None

    return asked.accept(_CLAIM, effect)


async def get_device(asked: ArmAsked) -> Reply:
    """Return a device of the group that the path names."""
    return Reply(_device(asked, asked.device))


async def update_device(asked: ArmAsked) -> Reply:
    """Begin to put a device into another group."""
    tenant, cloud, device = asked.tenant, asked.cloud, asked.device
    wanted = (await asked.body(models.DeviceUpdate)).properties.deviceGroupId
    names = wanted.split("/")
    known = {(tenant.products[g.product_id].Name, g.name): g for g in tenant.groups.values()}
    group = known.get((names[-3], names[-1])) if len(names) > 3 else None
    if group is None:
        raise Refused(refusals.NO_GROUP)
    if cloud.is_full(tenant, group, device):
        raise Refused(refusals.GROUP_FULL)

    def effect() -> Result:
        cloud.move(tenant, device, group)
        return DONE

    return asked.accept(_MOVE, effect)


async def generate_capability_image(asked: ArmAsked) -> Reply:
    """Return a file for a device at once."""
    device, wanted = asked.device, await asked.body(models.CapabilityBody)
    if not set(wanted.capabilities) <= set(_NUMBERS):
        raise Refused(refusals.BAD_REQUEST, "The capability is unknown.")
    numbers = [_NUMBERS[each] for each in wanted.capabilities]
    asked.cloud.report(device.device_id, "capability_issued", capabilities=numbers)
    content = capability_file(device.device_id, numbers)
    return Reply(models.CapabilityImage(image=b64encode(content).decode()))


def _image(asked: ArmAsked, image_id: str) -> models.Image:
    return models.Image(
        id=f"{asked.base}/images/{image_id}",
        name=image_id,
        properties=models.ImageProperties(imageId=image_id, imageType="Applications"),
    )


def _deployment(asked: ArmAsked, made: public.Deployment) -> models.Deployment:
    return models.Deployment(
        name=made.Id,
        properties=models.DeploymentProperties(
            deploymentId=made.Id,
            deployedImages=[_image(asked, each) for each in made.DeployedImages],
            deploymentDateUtc=made.DeploymentDateUtc,
        ),
    )


async def get_deployment(asked: ArmAsked) -> Reply:
    """Return a deployment, `.default` being the current one."""
    name = asked.received.parameters["deploymentName"]
    for each in asked.group.deployments:
        if name in {".default", each.Id}:
            return Reply(_deployment(asked, each))
    raise Refused(refusals.NO_PATH)


async def put_deployment(asked: ArmAsked) -> Reply:
    """Begin to give a group images, all of which must have been uploaded."""
    tenant, cloud, group = asked.tenant, asked.cloud, asked.group
    images = (await asked.body(models.DeploymentBody)).properties.deployedImages or []
    wanted = [(each.id or "").rpartition("/")[2].lower() for each in images]
    if not wanted or not set(wanted) <= set(tenant.images):
        raise Refused(refusals.NO_IMAGE)

    def effect() -> Result:
        cloud.deploy(tenant, group, wanted)
        return DONE

    return asked.accept(_DEPLOY, effect, {"name": ".default"}, 201)


async def list_images(asked: ArmAsked) -> Reply:
    """Return a page of images."""
    return asked.arm_page([_image(asked, each) for each in asked.tenant.images])


def _certificate(asked: ArmAsked) -> models.Certificate:
    serial = hashlib.sha256(asked.tenant.tenant_id.encode()).hexdigest()[:32]
    properties = models.CertificateProperties(
        certificate=b64encode(serial.encode()).decode(), status="Active", subject="CN=catalog"
    )
    return models.Certificate(
        id=f"{asked.base}/certificates/{serial}", name=serial, properties=properties
    )


def _need_certificate(asked: ArmAsked) -> models.Certificate:
    known, wanted = _certificate(asked), asked.received.parameters["serialNumber"]
    if wanted not in {".default", known.name}:
        raise Refused(refusals.NO_PATH)
    return known


async def list_certificates(asked: ArmAsked) -> Reply:
    """Return the one certificate."""
    return asked.arm_page([_certificate(asked)])


async def get_certificate(asked: ArmAsked) -> Reply:
    """Return the certificate."""
    return Reply(_need_certificate(asked))


async def retrieve_certificate_chain(asked: ArmAsked) -> Reply:
    """Return a chain that proves nothing."""
    name = _need_certificate(asked).name
    return Reply(models.CertificateChain(certificateChain=f"chain of {name}"))


async def retrieve_proof_of_possession_nonce(asked: ArmAsked) -> Reply:
    """Return a certificate about the nonce that proves nothing."""
    known, body = _need_certificate(asked), await asked.body(models.NonceBody)
    assert known.properties is not None
    subject = f"CN={body.proofOfPossessionNonce[:64]}"
    return Reply(known.properties.model_copy(update={"subject": subject}))


async def get_status(asked: ArmAsked) -> Reply:
    """Return how far an operation is."""
    operation = asked.tenant.operations.get(asked.guid("operationId"))
    if operation is None:
        raise Refused(refusals.NO_OPERATION)
    error = None
    if operation.State in {public.FAILED, public.COMPLETE_WITH_ERRORS} and operation.Error:
        code = _CODES.get(operation.Error.Code or 0, "OperationFailed")
        error = models.ArmErrorDetail(code=code, message=operation.Error.Message)
    status = _STATES[operation.State]
    return Reply(models.Status(name=operation.OperationId, status=status, error=error))


ArmHandler = Callable[[ArmAsked], Awaitable[Reply]]

ARM_HANDLERS: dict[str, ArmHandler] = {row.name: globals()[row.name] for row in ARM_ENDPOINTS}
"""One handler for each row of the successor's table."""


class ArmServer(CloudServer):
    """The ASGI application of the successor, in front of a cloud."""

    table = ARM_ENDPOINTS
    handlers = ARM_HANDLERS  # type: ignore[assignment]  # they ask for a catalog's request
    asked = ArmAsked

    def error_body(self, row: RefusalRow, detail: str) -> object:
        """Return the body of a refusal: an object."""
        message = f"{row.title} {detail}".strip()
        return {"error": {"code": row.name, "message": message}}
