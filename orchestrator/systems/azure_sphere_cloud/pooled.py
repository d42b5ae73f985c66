"""A cloud that answers many callers with one request: for lists of devices, worked side by side.

Each caller asks for its own device, as if it were alone, and gets its own answer. Questions and
claims that are asked within a moment of one another go out together. Products and groups are
looked up once. Whoever comes first carries the others: it cannot be cut off in the middle.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

import anyio

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.cloud import (
    Claim,
    ClaimOutcome,
    CloudDevice,
    CloudGroup,
    CloudProduct,
    Look,
    Noted,
    SphereCloud,
)
from orchestrator.transport.body import Progress

LINGER_SECONDS = 0.1
"""How long the first caller waits for others."""

OUT_AT_ONCE = 2
"""Requests of one kind that are out at the same time; while they are, later callers gather."""

R = TypeVar("R")


def _own(error: OrchestratorError) -> OrchestratorError:
    """Return the same error as an object of its own. Its class may be made from other arguments."""
    twin = error.__class__.__new__(error.__class__, *error.args)
    twin.__dict__.update(error.__dict__)
    twin.__cause__ = error.__cause__
    return twin


class _Turn(Generic[R]):
    """One request for several callers, and what each of them gets."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.done = anyio.Event()
        self.answers: Mapping[str, R] = {}
        self.error: OrchestratorError | None = None


class _Together(Generic[R]):
    """Gathers callers for `ask`, which answers all of their keys at once."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, R]]]) -> None:
        self._ask = ask
        self._open: _Turn[R] | None = None
        self._places = anyio.Semaphore(OUT_AT_ONCE)

    async def of(self, key: str) -> R | None:
        """Return the answer for `key`, None when there is none. Raises what the request raised."""
        turn = self._open
        if turn is not None:
            turn.keys.append(key)
            await turn.done.wait()
        else:
            turn = self._open = _Turn()
            turn.keys.append(key)
            with anyio.CancelScope(shield=True):
                await self._carry(turn)
        if turn.error is not None:
            # Each caller gets its own: places are added to it on its way.
            raise _own(turn.error)
        return turn.answers.get(key)

    async def _carry(self, turn: _Turn[R]) -> None:
        try:
            await anyio.sleep(LINGER_SECONDS)
            async with self._places:
                self._open = None
                turn.answers = await self._ask(list(dict.fromkeys(turn.keys)))
        except OrchestratorError as error:
            turn.error = error
        finally:
            self._open = None if self._open is turn else self._open
            turn.done.set()


class PooledCloud:
    """`cloud`, for callers that work side by side. Implements `SphereCloud`."""

    def __init__(self, cloud: SphereCloud) -> None:
        self._cloud = cloud
        self._finds = _Together(cloud.find_devices)
        self._claims = _Together(self._claim_all)
        self._lock = anyio.Lock()
        self._products: dict[str, CloudProduct] = {}
        self._groups: dict[tuple[str, str], CloudGroup] = {}

    @property
    def owner(self) -> str:
        """What messages and the audit call it."""
        return self._cloud.owner

    async def aclose(self) -> None:
        """Close the connections."""
        await self._cloud.aclose()

    async def check_access(self) -> str:
        """Return the owner's name for people."""
        return await self._cloud.check_access()

    async def find_device(self, device_id: str) -> CloudDevice | None:
        """Return a device of this owner, asked for together with others."""
        return await self._finds.of(device_id.lower())

    async def find_devices(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        """Return those of the devices that this owner has."""
        return await self._cloud.find_devices(device_ids)

    async def claim(self, device_id: str) -> Claim:
        """Claim a device for good, together with others. Raises what came of this one."""
        outcome = await self._claims.of(device_id.lower())
        assert outcome is not None
        if outcome.error is not None:
            raise _own(outcome.error)
        already = outcome.state == "already_ours"
        return Claim(outcome.device_id, already, outcome.operation_id)

    async def _claim_all(self, device_ids: Sequence[str]) -> dict[str, ClaimOutcome]:
        outcomes = await self._cloud.claim_many(device_ids)
        return dict(zip(device_ids, outcomes, strict=True))

    async def claim_many(
        self, device_ids: Sequence[str], noted: Noted | None = None
    ) -> list[ClaimOutcome]:
        """Claim any number of devices."""
        return await self._cloud.claim_many(device_ids, noted)

    async def find_product(self, name: str) -> CloudProduct | None:
        """Return the product of that name; looked up once, unless it is missing."""
        async with self._lock:
            key = name.casefold()
            if key not in self._products:
                found = await self._cloud.find_product(name)
                if found is None:
                    return None
                self._products[key] = found
            return self._products[key]

    async def create_product(self, name: str, description: str = "") -> CloudProduct:
        """Make a product, unless another caller just did."""
        async with self._lock:
            key = name.casefold()
            if key not in self._products:
                self._products[key] = await self._cloud.create_product(name, description)
            return self._products[key]

    async def find_group(self, product: CloudProduct, name: str) -> CloudGroup | None:
        """Return the product's device group of that name; looked up once, unless it is missing."""
        async with self._lock:
            key = (product.product_id, name.casefold())
            if key not in self._groups:
                found = await self._cloud.find_group(product, name)
                if found is None:
                    return None
                self._groups[key] = found
            return self._groups[key]

    async def create_group(
        self, product: CloudProduct, name: str, description: str = ""
    ) -> CloudGroup:
        """Make a device group, unless another caller just did."""
        async with self._lock:
            key = (product.product_id, name.casefold())
            if key not in self._groups:
                self._groups[key] = await self._cloud.create_group(product, name, description)
            return self._groups[key]

    async def assign(
        self, device_id: str, group: CloudGroup, look: Look | None = None
    ) -> CloudDevice | None:
        """Put a device into a group and return it as it is shown then, looked at with others."""
        return await self._cloud.assign(device_id, group, look or self.find_device)

    async def images_of(self, device_id: str) -> tuple[str, ...]:
        """Return the ids of the images that the device should have."""
        return await self._cloud.images_of(device_id)

    async def deployment_of(self, group: CloudGroup) -> tuple[str, ...] | None:
        """Return the image ids of a group's current deployment."""
        return await self._cloud.deployment_of(group)

    async def upload_image(self, content: bytes, progress: Progress | None = None) -> str:
        """Upload an image package and return what the service calls it."""
        return await self._cloud.upload_image(content, progress)

    async def deploy(self, group: CloudGroup, image_ids: Sequence[str]) -> None:
        """Give a group these images."""
        await self._cloud.deploy(group, image_ids)

    async def download_capability(self, device_id: str, capabilities: Sequence[int]) -> bytes:
        """Return a signed capability file for a device."""
        return await self._cloud.download_capability(device_id, capabilities)
