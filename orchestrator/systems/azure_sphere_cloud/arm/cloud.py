"""The successor as a cloud: the same promises as the public API's, on catalogs and names.

Not settled by the definition: how many devices one claim takes; with what a claim of somebody
else's device ends (any refusal is read as that, once the device is not found to be ours); whether
a device in a group is also found under the names for "no group" (it is looked for in the list of
all devices then); how an uploaded image is named in the answer (its package's own id is taken).
"""

import re
from base64 import b64encode
from collections.abc import Sequence

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.arm import models
from orchestrator.systems.azure_sphere_cloud.arm.api import (
    NO_GROUP,
    NO_PRODUCT,
    Pending,
    SphereArmApi,
)
from orchestrator.systems.azure_sphere_cloud.claims import ClaimList
from orchestrator.systems.azure_sphere_cloud.client import checks
from orchestrator.systems.azure_sphere_cloud.cloud import (
    Claim,
    ClaimOutcome,
    CloudDevice,
    CloudGroup,
    CloudProduct,
    Look,
    Noted,
)
from orchestrator.systems.azure_sphere_cloud.errors import (
    CloudRefusal,
    NotOurs,
    NotThere,
    OperationFailed,
    OperationUnfinished,
    UnknownDevice,
    UnknownGroup,
    UnknownProduct,
    status_row,
)
from orchestrator.systems.azure_sphere_cloud.follow import Patience, until
from orchestrator.systems.azure_sphere_cloud.packages import read_package
from orchestrator.systems.azure_sphere_cloud.pages import every
from orchestrator.transport.body import Progress

BATCH = 100
_DEVICE = re.compile(
    r"/products/([^/]+)/devicegroups/([^/]+)/devices?/([0-9a-f]{128})$", re.IGNORECASE
)
_NUMBERS = {
    "InternalServerError": 4,
    "BadRequest": 5,
    "Forbidden": 6,
    "AuthorizationFailed": 6,
    "Conflict": 7,
    "NotFound": 8,
    "ResourceNotFound": 8,
}
_NOT_TO_BE_HAD = {0, 5, 6, 7, 8}


class ArmCloud:
    """One catalog of the successor. It owns `api` and closes it."""

    def __init__(self, api: SphereArmApi, patience: Patience | None = None) -> None:
        self._api = api
        self._patience = patience or Patience()

    @property
    def api(self) -> SphereArmApi:
        """The calls themselves."""
        return self._api

    @property
    def owner(self) -> str:
        """What messages call it."""
        return f"catalog {self._api.catalog.path}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def check_access(self) -> str:
        """Return the catalog's name. Raises WrongTenant, RightsWithdrawn, SignInFailed."""
        return (await self._api.get_catalog()).name

    async def find_device(self, device_id: str) -> CloudDevice | None:
        """Return a device of this catalog, None when it is not ours."""
        wanted = checks.device(device_id)
        try:
            return _device(await self._api.get_device(wanted))
        except UnknownDevice:
            return (await self._in_list({wanted})).get(wanted)

    async def find_devices(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        """Return those of the devices that are ours, from the list of all."""
        return await self._in_list({checks.device(each) for each in device_ids})

    async def _in_list(self, wanted: set[str]) -> dict[str, CloudDevice]:
        async def page(after: str | None) -> tuple[list[models.Device], str | None]:
            answer = await self._api.list_devices(after)
            return answer.value, answer.nextLink

        listed = (_device(each) for each in await every(page, "devices"))
        return {found.device_id: found for found in listed if found and found.device_id in wanted}

    async def claim(self, device_id: str) -> Claim:
        """Claim a device for good, unless it is ours already."""
        device_id = checks.device(device_id)
        if await self.find_device(device_id) is not None:
            return Claim(device_id, already=True)
        try:
            operation_id = await self.claim_batch([device_id])
        except (CloudRefusal, OperationFailed) as refusal:
            final = (
                refusal.number in _NOT_TO_BE_HAD
                if isinstance(refusal, OperationFailed)
                else refusal.status in {400, 404, 409}
            )
            if not final:
                raise
            if await self.find_device(device_id) is not None:
                return Claim(device_id, already=True)
            raise NotOurs(device_id, self.owner, elsewhere=False, words=refusal.words) from refusal
        return Claim(device_id, already=False, operation_id=operation_id)

    async def claim_many(
        self, device_ids: Sequence[str], noted: Noted | None = None
    ) -> list[ClaimOutcome]:
        """Claim any number of devices, a hundred in one request."""
        return await ClaimList(self, self._patience, BATCH, noted).run(device_ids)

    async def claim_batch(self, device_ids: Sequence[str]) -> str:
        """Claim several devices in one request, and wait for its end."""
        pending = await self._api.claim_devices(device_ids)
        await self._end(pending, "claimDevices")
        return pending.operation_id if pending else ""

    async def find_product(self, name: str) -> CloudProduct | None:
        """Return the product of that name; the service itself looks past its case."""
        try:
            product = await self._api.get_product(checks.name(name, "product"))
        except UnknownProduct:
            return None
        return CloudProduct(product.name, product.name)

    async def create_product(self, name: str, description: str = "") -> CloudProduct:
        """Make a product; a name can only be there once."""
        product, pending = await self._api.put_product(name, description or None)
        await self._end(pending, "Products_CreateOrUpdate")
        return CloudProduct(product.name, product.name)

    async def find_group(self, product: CloudProduct, name: str) -> CloudGroup | None:
        """Return the product's device group of that name."""
        try:
            group = await self._api.get_device_group(
                product.product_id, checks.name(name, "device group")
            )
        except UnknownGroup:
            return None
        return _group(product.product_id, group.name)

    async def create_group(
        self, product: CloudProduct, name: str, description: str = ""
    ) -> CloudGroup:
        """Make a device group; a name can only be there once in a product."""
        group, pending = await self._api.put_device_group(
            product.product_id, name, description or None
        )
        await self._end(pending, "DeviceGroups_CreateOrUpdate")
        return _group(product.product_id, group.name)

    async def assign(
        self, device_id: str, group: CloudGroup, look: Look | None = None
    ) -> CloudDevice | None:
        """Put a device into a group, wait until it is done, return it as it is shown then."""
        device = await self._ours(device_id)
        new = f"{self._api.catalog.path}/products/{group.product_id}/deviceGroups/{group.name}"
        pending = await self._api.update_device(device.device_id, *_place(device), new)
        await self._end(pending, "Devices_Update")
        return await (look or self.find_device)(device_id)

    async def images_of(self, device_id: str) -> tuple[str, ...]:
        """Return the image ids of the deployment of the device's group."""
        device = await self._ours(device_id)
        if device.group_id is None:
            return ()
        return await self._deployed(*_place(device)) or ()

    async def deployment_of(self, group: CloudGroup) -> tuple[str, ...] | None:
        """Return the image ids of a group's current deployment."""
        return await self._deployed(group.product_id, group.name)

    async def _deployed(self, product: str, group: str) -> tuple[str, ...] | None:
        known = await self._api.get_device_group(product, group)
        if known.properties is not None and known.properties.hasDeployment is False:
            return None
        try:
            current = await self._api.get_deployment(product, group)
        except NotThere:
            return None
        images = current.properties.deployedImages if current.properties else None
        return tuple(_image_id(image) for image in images or ())

    async def upload_image(self, content: bytes, progress: Progress | None = None) -> str:
        """Upload an image package, and return the id that the package itself names.

        `progress` is told once: the body is JSON and goes out in one piece.
        """
        package = read_package(checks.image(content))
        if package is None:
            raise checks.misuse(
                "The content is no image package", "Give the file that the build made"
            )
        pending = await self._api.upload_image(b64encode(content).decode())
        await self._end(pending, "Catalogs_UploadImage")
        if progress is not None:
            progress(len(content), len(content))
        return package.image_id

    async def deploy(self, group: CloudGroup, image_ids: Sequence[str]) -> None:
        """Give a group these images and wait until it is done."""
        pending = await self._api.put_deployment(group.product_id, group.name, image_ids)
        await self._end(pending, "Deployments_CreateOrUpdate")

    async def download_capability(self, device_id: str, capabilities: Sequence[int]) -> bytes:
        """Return a signed capability file, at once or at the end of an operation."""
        device = await self._ours(device_id)
        file, pending = await self._api.generate_capability_image(
            device.device_id, *_place(device), capabilities
        )
        if file.image is None and pending is not None:
            await self._end(pending, "Devices_GenerateCapabilityImage")
            file = await self._api.read_result(pending)
        return file.content

    async def _ours(self, device_id: str) -> CloudDevice:
        device = await self.find_device(device_id)
        if device is None:
            raise UnknownDevice(
                status_row(404)._replace(remedy="Claim the device first"),
                what=f"The {self.owner} has no such device",
            )
        return device

    async def _end(self, pending: Pending | None, kind: str) -> None:
        """Wait for the end of an accepted request; None was done at once."""
        if pending is None:
            return

        async def look() -> models.Status | None:
            status = await self._api.get_status(pending)
            return status if status.ended else None

        seconds = self._patience.within
        try:
            ended = await until(look, self._patience, seconds)
        except OrchestratorError as error:
            raise OperationUnfinished(pending.operation_id, kind, seconds) from error
        if ended is None:
            raise OperationUnfinished(pending.operation_id, kind, seconds)
        if ended.status != "Succeeded":
            why = ended.error or models.ArmErrorDetail()
            number = _NUMBERS.get(why.code or "", 0)
            words = " ".join(part for part in (why.code, why.message) if part)
            raise OperationFailed(kind, pending.operation_id, number, words, partly=True)


def _device(device: models.Device) -> CloudDevice | None:
    """Return a device with its product and group, read from its id."""
    found = _DEVICE.search(device.id)
    if found is None:
        return None
    product, group, device_id = found.groups()
    version = device.properties.lastInstalledOsVersion if device.properties else None
    if group.lower() in {NO_GROUP, NO_PRODUCT}:
        return CloudDevice(device_id.lower(), None, None, version)
    return CloudDevice(device_id.lower(), product, f"{product}/{group}", version)


def _group(product: str, name: str) -> CloudGroup:
    return CloudGroup(f"{product}/{name}", name, product)


def _place(device: CloudDevice) -> tuple[str, str]:
    """Return the names of a device's product and group, or those for none."""
    if device.group_id is None:
        return NO_PRODUCT, NO_GROUP
    product, _, group = device.group_id.partition("/")
    return product, group


def _image_id(image: models.Image) -> str:
    named = (image.id or image.name or "").rstrip("/").rpartition("/")[2]
    given = image.properties.imageId if image.properties else None
    return (given or named).lower()
