"""What a line wants from a cloud, whichever service stands behind it.

`PublicCloud` (public API v2) and `ArmCloud` (its successor) are this. Ids of products and groups
are the service's own (GUIDs there, names here) and are handed back as they came. One object
belongs to one owner, a tenant or a catalog, for good: there is no call that names another.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from orchestrator.domain.errors import OrchestratorError
from orchestrator.transport.body import Progress

ClaimState = Literal["claimed", "already_ours", "refused", "failed", "unknown"]
"""What came of one device of a claim.

`claimed` now, or `already_ours` before. `refused` for good: set the unit aside. `failed`: certainly
not done, and may be tried again. `unknown`: hold the unit and ask later.
"""


@dataclass(frozen=True, slots=True)
class CloudDevice:
    """A device of this owner. Product and group are None until it is put into a group."""

    device_id: str
    product_id: str | None
    group_id: str | None
    os_version: str | None = None


@dataclass(frozen=True, slots=True)
class CloudProduct:
    """A product."""

    product_id: str
    name: str


@dataclass(frozen=True, slots=True)
class CloudGroup:
    """A device group of a product."""

    group_id: str
    name: str
    product_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A device that is ours now. `already`: it was before. `operation_id` is empty without one."""

    device_id: str
    already: bool
    operation_id: str = ""


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """What came of one device of a list; `error` says why it is not ours."""

    device_id: str
    state: ClaimState
    error: OrchestratorError | None = None
    operation_id: str = ""


Noted = Callable[[ClaimOutcome], None]
"""Called with each outcome as soon as it is known: for a progress bar, or an audit row."""


Look = Callable[[str], Awaitable[CloudDevice | None]]
"""Asks for a device of this owner by its id."""


class SphereCloud(Protocol):
    """One tenant or catalog. Every method raises what `errors` names, and the transport's faults.

    Product and group names are compared without regard to case, as the vendor does.
    """

    @property
    def owner(self) -> str:
        """What messages and the audit call it: `tenant 5f2c...`, `catalog /subscriptions/...`."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...

    async def check_access(self) -> str:
        """Return the owner's name for people. Raises WrongTenant, SignInFailed. For a start-up."""
        ...

    async def find_device(self, device_id: str) -> CloudDevice | None:
        """Return a device of this owner; None for one that is not claimed here."""
        ...

    async def find_devices(self, device_ids: Sequence[str]) -> dict[str, CloudDevice]:
        """Return those of the devices that this owner has, by their lower-case ids."""
        ...

    async def claim(self, device_id: str) -> Claim:
        """Claim a device for good, unless it is ours already, and wait until it is done.

        Owner first, then one request. Raises NotOurs (FAIL), and errors that `leaves_unknown` when
        an answer was lost: ask with `find_device` before anything else.
        """
        ...

    async def claim_many(
        self, device_ids: Sequence[str], noted: Noted | None = None
    ) -> list[ClaimOutcome]:
        """Claim any number of devices and return one outcome for each id, in the order given.

        Wrong ids, ids twice and partial failures are outcomes, never an exception for all. After
        a lost answer the devices are asked for before anything is sent again.
        """
        ...

    async def find_product(self, name: str) -> CloudProduct | None:
        """Return the product of that name."""
        ...

    async def create_product(self, name: str, description: str = "") -> CloudProduct:
        """Make a product; after a lost answer it is looked for and never made a second time."""
        ...

    async def find_group(self, product: CloudProduct, name: str) -> CloudGroup | None:
        """Return the product's device group of that name."""
        ...

    async def create_group(
        self, product: CloudProduct, name: str, description: str = ""
    ) -> CloudGroup:
        """Make a device group; after a lost answer it is looked for."""
        ...

    async def assign(
        self, device_id: str, group: CloudGroup, look: Look | None = None
    ) -> CloudDevice | None:
        """Put a device into a group, wait until it is done, return it as the cloud shows it then.

        `look` asks in place of `find_device`, for callers that ask together. Raises GroupFull,
        UnknownDevice.
        """
        ...

    async def images_of(self, device_id: str) -> tuple[str, ...]:
        """Return the ids of the images that the device should have."""
        ...

    async def deployment_of(self, group: CloudGroup) -> tuple[str, ...] | None:
        """Return the image ids of a group's current deployment, None without one."""
        ...

    async def upload_image(self, content: bytes, progress: Progress | None = None) -> str:
        """Upload an image package, wait until it is done, return what the service calls it."""
        ...

    async def deploy(self, group: CloudGroup, image_ids: Sequence[str]) -> None:
        """Give a group these images and wait until it is done."""
        ...

    async def download_capability(self, device_id: str, capabilities: Sequence[int]) -> bytes:
        """Return a signed capability file for a device (11 development, 13 servicing)."""
        ...
