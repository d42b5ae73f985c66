"""The public API v2 as a cloud: owner before claim, operations followed to their end.

Not settled by the vendor's documents: whether a claim of an own device is refused or succeeds
(either is a success here), and which number a claim of somebody else's device ends with (Forbidden,
Conflict and NotFound are all read as that, once the device is not found to be ours).
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

from orchestrator.domain.errors import DeadlineExceeded, OrchestratorError
from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.claims import ClaimList, find_each
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi, checks
from orchestrator.systems.azure_sphere_cloud.cloud import (
    Claim,
    ClaimOutcome,
    CloudDevice,
    CloudGroup,
    CloudProduct,
    Look,
    Noted,
)
from orchestrator.systems.azure_sphere_cloud.error_catalogue import AT_ITS_LIMIT
from orchestrator.systems.azure_sphere_cloud.errors import (
    CloudRefusal,
    GroupFull,
    NotOurs,
    OperationFailed,
    OperationUnfinished,
    UnknownDevice,
    WrongTenant,
    status_row,
)
from orchestrator.systems.azure_sphere_cloud.follow import Patience, until
from orchestrator.systems.azure_sphere_cloud.pages import every
from orchestrator.transport.body import Progress

T = TypeVar("T")
_FORBIDDEN, _CONFLICT, _NOT_FOUND = 6, 7, 8
_PAGE, _LONG_PAGE = 100, 1000
_PAGE_COSTS = 5
"""What a long page takes, in questions for one device."""


class PublicCloud:
    """One tenant of the public API. It owns `api` and closes it."""

    def __init__(self, api: SpherePublicApi, patience: Patience | None = None) -> None:
        self._api = api
        self._patience = patience or Patience()

    @property
    def api(self) -> SpherePublicApi:
        """The calls themselves."""
        return self._api

    @property
    def owner(self) -> str:
        """What messages call it."""
        return f"tenant {self._api.tenant_id}"

    async def aclose(self) -> None:
        """Close the connections."""
        await self._api.aclose()

    async def check_access(self) -> str:
        """Return the tenant's name. Raises WrongTenant, which names the tenants there are."""
        tenants = (await self._api.list_tenants()).root
        for tenant in tenants:
            if tenant.Id.lower() == self._api.tenant_id:
                return tenant.Name
        seen = ", ".join(f"{t.Name} ({t.Id})" for t in tenants[:5]) or "none"
        row = status_row(404)._replace(remedy="Correct the tenant in the settings; two people "
                                       "should agree on another one")  # fmt: skip
        raise WrongTenant(
            row, words=f"it sees {seen}", what=f"The account does not see {self.owner}"
        )

    async def find_device(self, device_id: str) -> CloudDevice | None:
        """Return a device of this tenant, None when it is not ours."""
        try:
            device = await self._api.get_device(device_id)
        except UnknownDevice:
            return None
        return self._ours(device)

    async def find_devices(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        """Return those of the devices that are ours: asked one by one, or from the whole list.

        The list is read where it is the shorter way, as on a young tenant.
        """
        if len(device_ids) > _PAGE_COSTS:
            pages = 1 + await self._api.count_devices() // _LONG_PAGE
            if pages * _PAGE_COSTS < len(device_ids):
                return await self._find_in_list(device_ids)
        return await find_each(device_ids, self.find_device)

    async def _find_in_list(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        async def page(token: str | None) -> tuple[list[models.Device], str | None]:
            answer = await self._api.list_devices(_LONG_PAGE, token)
            return answer.Items, answer.ContinuationToken

        wanted = set(device_ids)
        listed = (self._ours(device) for device in await every(page, "devices"))
        return {found.device_id: found for found in listed if found and found.device_id in wanted}

    def _ours(self, device: models.Device) -> CloudDevice | None:
        """Return the device when this tenant has it."""
        if (device.TenantId or "").lower() != self._api.tenant_id:
            return None
        return CloudDevice(
            device.DeviceId.lower(),
            device.ProductId,
            device.DeviceGroupId,
            device.LastInstalledOSVersion,
        )

    async def claim(self, device_id: str) -> Claim:
        """Claim a device for good, unless it is ours already."""
        device_id = checks.device(device_id)
        if await self.find_device(device_id) is not None:
            return Claim(device_id, already=True)
        try:
            operation = await self._api.claim_device(device_id)
            await self._end(operation)
        except (CloudRefusal, OperationFailed) as refusal:
            return await self._judge(device_id, refusal)
        return Claim(device_id, already=False, operation_id=operation.OperationId)

    async def _judge(self, device_id: str, refusal: CloudRefusal | OperationFailed) -> Claim:
        """Tell a device that is ours after all, and one that is not to be had."""
        if isinstance(refusal, OperationFailed):
            final = refusal.number in {_FORBIDDEN, _CONFLICT, _NOT_FOUND}
        else:
            final = refusal.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
        if not final:
            raise refusal
        if await self.find_device(device_id) is not None:
            return Claim(device_id, already=True)
        raise NotOurs(device_id, self.owner, elsewhere=False, words=refusal.words) from refusal

    async def claim_many(
        self, device_ids: Sequence[str], noted: Noted | None = None
    ) -> list[ClaimOutcome]:
        """Claim any number of devices, a thousand in one request."""
        claims = ClaimList(self, self._patience, checks.BULK_LIMIT, noted)
        return await claims.run(device_ids)

    async def claim_batch(self, device_ids: Sequence[str]) -> str:
        """Claim up to a thousand devices in one request, and wait for its end."""
        operation = await self._api.bulk_claim_devices(device_ids)
        await self._end(operation)
        return operation.OperationId

    async def _end(self, operation: models.Operation) -> models.Operation:
        """Wait for the end of an operation. Raises OperationFailed, OperationUnfinished."""

        async def look() -> models.Operation | None:
            latest = await self._api.get_operation(operation.OperationId)
            return latest if latest.ended else None

        ended: models.Operation | None = operation if operation.ended else None
        try:
            ended = ended or await until(look, self._patience, self._patience.within)
        except OrchestratorError as error:
            # The request itself was accepted, so not knowing its end is all that went wrong.
            unfinished = OperationUnfinished(
                operation.OperationId, operation.kind, self._patience.within
            )
            raise unfinished from error
        if ended is None:
            raise OperationUnfinished(operation.OperationId, operation.kind, self._patience.within)
        _judge(ended)
        return ended

    async def find_product(self, name: str) -> CloudProduct | None:
        """Return the product of that name."""
        wanted = checks.name(name, "product").casefold()

        async def page(token: str | None) -> tuple[list[models.Product], str | None]:
            answer = await self._api.list_products(_PAGE, token)
            return answer.Items, answer.ContinuationToken

        for product in await every(page, "products"):
            if product.Name.casefold() == wanted:
                return CloudProduct(product.Id, product.Name)
        return None

    async def create_product(self, name: str, description: str = "") -> CloudProduct:
        """Make a product without groups; after a lost answer it is looked for."""

        async def look() -> CloudProduct | None:
            return await self.find_product(name)

        try:
            await self._end(await self._api.create_product(name, description or None))
        except OrchestratorError as error:
            found = await self._look_after(error, look)
        else:
            found = await until(look, self._patience, self._patience.settle)
        return _made(found, f"product {name}", self._patience)

    async def find_group(self, product: CloudProduct, name: str) -> CloudGroup | None:
        """Return the product's device group of that name."""
        wanted = checks.name(name, "device group").casefold()

        async def page(token: str | None) -> tuple[list[models.DeviceGroup], str | None]:
            answer = await self._api.list_product_device_groups(product.product_id, _PAGE, token)
            return answer.Items, answer.ContinuationToken

        for group in await every(page, "device groups"):
            if group.Name.casefold() == wanted:
                return CloudGroup(group.Id, group.Name, product.product_id)
        return None

    async def create_group(
        self, product: CloudProduct, name: str, description: str = ""
    ) -> CloudGroup:
        """Make a device group; after a lost answer it is looked for."""

        async def look() -> CloudGroup | None:
            return await self.find_group(product, name)

        try:
            made = await self._api.create_device_group(
                product.product_id, name, description or None
            )
        except OrchestratorError as error:
            found = await self._look_after(error, look)
            return _made(found, f"device group {name}", self._patience)
        return CloudGroup(made.Id, made.Name, product.product_id)

    async def _look_after(
        self, error: OrchestratorError, look: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        """Return what a creation made whose answer was lost; raise `error` for a plain no."""
        if not error.leaves_unknown and getattr(error, "status", 0) != HTTPStatus.CONFLICT:
            raise error
        found = await until(look, self._patience, self._patience.settle)
        if found is None:
            raise error
        return found

    async def assign(
        self, device_id: str, group: CloudGroup, look: Look | None = None
    ) -> CloudDevice | None:
        """Put a device into a group and return it as it is shown then.

        The device is looked at first: where it has arrived, its operation needs no following.
        """
        look = look or self.find_device
        operation = await self._api.move_device(device_id, group.group_id)
        device = await look(device_id)
        if device is not None and device.group_id == group.group_id:
            return device
        await self._moved(operation, group)
        return await look(device_id)

    async def _moved(self, operation: models.Operation, group: CloudGroup) -> None:
        try:
            await self._end(operation)
        except OperationFailed as failure:
            raise _group_error(failure, group) from failure.__cause__

    async def images_of(self, device_id: str) -> tuple[str, ...]:
        """Return the ids of the images that the device should have."""
        answer = await self._api.get_device_images(device_id)
        return tuple(image.Id.lower() for image in answer.Items)

    async def deployment_of(self, group: CloudGroup) -> tuple[str, ...] | None:
        """Return the image ids of a group's current deployment."""
        current = (await self._api.get_device_group(group.group_id)).CurrentDeployment
        return None if current is None else tuple(i.lower() for i in current.DeployedImages)

    async def upload_image(self, content: bytes, progress: Progress | None = None) -> str:
        """Upload an image package and return the id at the end of its location, empty without."""
        ended = await self._end(await self._api.upload_image(content, progress))
        return (ended.ResourceLocation or "").rstrip("/").rpartition("/")[2].lower()

    async def deploy(self, group: CloudGroup, image_ids: Sequence[str]) -> None:
        """Give a group these images and wait until it is done."""
        await self._end(await self._api.create_deployment(group.group_id, image_ids))

    async def download_capability(self, device_id: str, capabilities: Sequence[int]) -> bytes:
        """Return a signed capability file."""
        return (await self._api.create_device_capability(device_id, capabilities)).content


def _made(found: T | None, what: str, patience: Patience) -> T:
    if found is None:
        raise DeadlineExceeded(
            f"The new {what} did not appear within {patience.settle:g} s",
            remedy="Look at what the cloud has before making it again",
            code="creation.invisible",
        )
    return found


def _judge(ended: models.Operation) -> None:
    """Raise OperationFailed unless an operation is complete."""
    if ended.State != models.COMPLETE:
        why = ended.Error or models.OperationError()
        raise OperationFailed(
            ended.kind,
            ended.OperationId,
            why.Code,
            why.Message,
            partly=ended.State == models.COMPLETE_WITH_ERRORS,
        )


def _group_error(failure: OperationFailed, group: CloudGroup) -> OrchestratorError:
    """Return GroupFull where the cloud's words say so, else the failure itself."""
    if failure.number != _CONFLICT or not AT_ITS_LIMIT.search(failure.words):
        return failure
    return GroupFull(
        status_row(409)._replace(remedy="Let the recipe use another device group"),
        failure.meaning.name,
        failure.words,
        f"The device group {group.name} takes no more devices",
    )
