"""Categories Images and Device capability: uploads are operations, files are made at once."""

import hashlib
from base64 import b64encode

from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.packages import read_package
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.handlers.asked import Asked
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import Image, Result
from orchestrator.transport.serving import Reply

_UPLOAD = 7
_OCTETS = "application/octet-stream"
_CAPABILITY_BYTES = 392  # as one observed file


async def list_images(asked: Asked) -> Reply:
    """Return a page of the tenant's images."""
    return asked.page([image.metadata for image in asked.tenant.images.values()])


async def upload_image(asked: Asked) -> Reply:
    """Begin to take an image package."""
    tenant, cloud = asked.tenant, asked.cloud
    if asked.received.content_type != _OCTETS:
        raise Refused(refusals.WRONG_TYPE)
    content = await asked.received.body()
    package = read_package(content)

    def effect() -> Result:
        if package is None:
            return models.FAILED, 5, "The content is no image package.", None
        metadata = models.ImageMetadata(
            Id=package.image_id,
            Name=package.name,
            ComponentId=package.component_id,
            ImageType=package.image_type,
            Type=package.image_type,
        )
        tenant.images[package.image_id] = Image(metadata, content)
        cloud.report(package.image_id, "image_uploaded", component=package.component_id)
        location = f"/v2/tenants/{tenant.tenant_id}/images/{package.image_id}"
        return models.COMPLETE, None, "", location

    return Reply(cloud.begin(tenant, _UPLOAD, effect))


def _image(asked: Asked) -> Image:
    found = asked.tenant.images.get(asked.guid("imageId"))
    if found is None:
        raise Refused(refusals.NO_IMAGE)
    return found


async def get_image_url(asked: Asked) -> Reply:
    """Return an address at which nothing is served."""
    image_id = _image(asked).metadata.Id
    uri = f"https://images.invalid/{image_id}?sig={hashlib.sha256(image_id.encode()).hexdigest()}"
    return Reply(models.ImageDownloadInfo(IsSuccess=True, Uri=uri))


async def get_image_metadata(asked: Asked) -> Reply:
    """Return an image's metadata."""
    return Reply(_image(asked).metadata)


async def get_image_status(asked: Asked) -> Reply:
    """Return an image's status in the form of the reference's example."""
    _image(asked)
    return Reply({"Status": "Succeeded"})


async def create_device_capability(asked: Asked) -> Reply:
    """Return a file for a device of this tenant: the same one for the same question."""
    tenant, wanted = asked.tenant, await asked.body(models.DeviceCapabilityRequest)
    device = asked.cloud.device(tenant, wanted.DeviceId)
    if not set(wanted.Capabilities) <= {11, 13}:
        raise Refused(refusals.BAD_REQUEST, "The capability is unknown.")
    asked.cloud.report(device.device_id, "capability_issued", capabilities=wanted.Capabilities)
    content = capability_file(device.device_id, wanted.Capabilities)
    return Reply({"SignedDeviceCapabilityImageBytes": b64encode(content).decode()})


def capability_file(device_id: str, capabilities: list[int]) -> bytes:
    """Return bytes that look like a capability file and open nothing."""
    text = f"{device_id}/{sorted(set(capabilities))}".encode()
    return hashlib.shake_256(text).digest(_CAPABILITY_BYTES)
