"""The state of a pretend cloud: tenants with products, groups, images, and devices with an owner.

Knows no HTTP. An accepted operation is applied when its time has come, at the latest before the
next request is answered; what was really applied goes to the world, whatever an answer said.
"""

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from orchestrator.domain.clock import timestamp
from orchestrator.systems.azure_sphere_cloud import models
from orchestrator.systems.azure_sphere_cloud.simulator import refusals
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.spec import STOCK_GROUPS, CloudSpec
from orchestrator.transport.serving import Happening, World

_CONFLICT = 7


@dataclass
class Group:
    """A device group."""

    group_id: str
    product_id: str
    name: str
    description: str | None = None
    os_feed_type: int = 0
    update_policy: int = 0
    crash_dumps: bool = False
    deployments: list[models.Deployment] = field(default_factory=list)


@dataclass
class Image:
    """An uploaded image."""

    metadata: models.ImageMetadata
    content: bytes


@dataclass
class Tenant:
    """What one tenant has."""

    tenant_id: str
    name: str
    visible: bool
    products: dict[str, models.Product] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    operations: dict[str, models.Operation] = field(default_factory=dict)


@dataclass
class Device:
    """A device that somebody has claimed."""

    device_id: str
    tenant_id: str
    group_id: str | None = None


Result = tuple[int, int | None, str, str | None]
"""State, error number, error message and the location of what an operation made."""

Effect = Callable[[], Result]
DONE: Result = (models.COMPLETE, None, "", None)


class Cloud:
    """One pretend cloud, for both of its services."""

    def __init__(self, spec: CloudSpec, world: World | None = None) -> None:
        self.spec = spec
        self.world = world or World()
        self.tenants: dict[str, Tenant] = {}
        self.devices: dict[str, Device] = {}
        self.claims: Counter[str] = Counter()
        self.claim_requests: Counter[str] = Counter()
        self.tokens: dict[str, float] = {spec.token: float("inf")} if spec.token else {}
        self.rights = True
        self._chance = random.Random(f"cloud/{spec.seed}")  # noqa: S311  # no secret
        self._due: deque[tuple[float, Tenant, str, Effect]] = deque()
        for each in spec.tenants:
            self.tenants[each.tenant_id] = Tenant(each.tenant_id, each.name, each.visible)
        for device_id, owner in spec.owned.items():
            self.devices[device_id] = Device(device_id, owner)
        first = next(iter(self.tenants.values()), None)
        for product in spec.products if first else ():
            assert first is not None
            made = self.make_product(first, product.name, None)
            for name in product.groups:
                self.make_group(first, made.Id, name)

    def new_id(self) -> str:
        """Return a GUID; the same seed gives the same ones."""
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def now(self) -> str:
        """Return the time as the service writes it."""
        return timestamp(self.world.clock.now())

    def report(self, subject: str, what: str, **detail: object) -> None:
        """Tell the world what was really applied."""
        self.world.report(Happening(self.world.clock.now(), subject, what, detail))

    # -- tokens

    def issue(self, seconds: float) -> str:
        """Return a new token that is good for `seconds`."""
        token = f"token-{self._chance.getrandbits(64):016x}"
        self.tokens[token] = self.world.clock.monotonic() + seconds
        return token

    def revoke_all(self) -> None:
        """Let every token be refused from now on."""
        self.tokens = dict.fromkeys(self.tokens, 0.0) or {"": 0.0}

    def admits(self, token: str | None) -> bool:
        """Tell whether a token is good. Without known tokens any will do."""
        if not token:
            return False
        return not self.tokens or self.world.clock.monotonic() < self.tokens.get(token, 0.0)

    # -- products and groups

    def tenant(self, tenant_id: str) -> Tenant:
        """Return a tenant that the account sees. Raises Refused."""
        tenant = self.tenants.get(tenant_id.lower())
        if tenant is None or not tenant.visible:
            raise Refused(refusals.NO_TENANT)
        return tenant

    def check_product(self, tenant: Tenant, name: str) -> None:
        """Refuse a product's name that is in use. Raises Refused."""
        twin = any(p.Name.casefold() == name.casefold() for p in tenant.products.values())
        if twin and self.spec.inferences.twin_product == "409":
            raise Refused(refusals.TWIN_NAME)

    def make_product(self, tenant: Tenant, name: str, description: str | None) -> models.Product:
        """Make a product. Raises Refused for a name in use."""
        self.check_product(tenant, name)
        product = models.Product(
            Id=self.new_id(), TenantId=tenant.tenant_id, Name=name, Description=description
        )
        tenant.products[product.Id] = product
        self.report(product.Id, "product_created", name=name)
        return product

    def make_group(
        self,
        tenant: Tenant,
        product_id: str,
        name: str,
        *,
        description: str | None = None,
        feed: int = 0,
        policy: int = 0,
    ) -> Group:
        """Make a device group. Raises Refused for an unknown product or a name in use."""
        if product_id.lower() not in tenant.products:
            raise Refused(refusals.NO_PRODUCT)
        for twin in tenant.groups.values():
            if twin.product_id == product_id.lower() and twin.name.casefold() == name.casefold():
                raise Refused(refusals.TWIN_NAME)
        group = Group(self.new_id(), product_id.lower(), name, description, feed, policy)
        tenant.groups[group.group_id] = group
        self.report(group.group_id, "group_created", name=name)
        return group

    def make_stock_groups(self, tenant: Tenant, product_id: str) -> list[Group]:
        """Make those of the stock groups that a product lacks, and return all of them."""
        names = {g.name: g for g in tenant.groups.values() if g.product_id == product_id.lower()}
        return [names.get(n) or self.make_group(tenant, product_id, n) for n in STOCK_GROUPS]

    # -- devices

    def owned(self, tenant: Tenant) -> list[Device]:
        """Return a tenant's devices in a steady order."""
        return [d for d in self.devices.values() if d.tenant_id == tenant.tenant_id]

    def device(self, tenant: Tenant, device_id: str) -> Device:
        """Return a tenant's device. Raises Refused."""
        device = self.devices.get(device_id.lower())
        if device is None or device.tenant_id != tenant.tenant_id:
            raise Refused(refusals.NO_DEVICE)
        return device

    def claim(self, tenant: Tenant, device_id: str) -> int | None:
        """Claim a device; return the number of the operation error, None when it is theirs now."""
        device_id = device_id.lower()
        owner = self.devices.get(device_id)
        if device_id in self.spec.claim_errors:
            return self.spec.claim_errors[device_id]
        if owner is not None and owner.tenant_id == tenant.tenant_id:
            return None if self.spec.inferences.own_claim == "succeeds" else _CONFLICT
        known = self.spec.known
        if (
            owner is not None
            or device_id in self.spec.unknown
            or (known and device_id not in known)
        ):
            return _CONFLICT
        self.devices[device_id] = Device(device_id, tenant.tenant_id)
        self.claims[device_id] += 1
        self.report(device_id, "claimed", tenant=tenant.tenant_id)
        return None

    def is_full(self, tenant: Tenant, group: Group, device: Device) -> bool:
        """Tell whether a group has no room for another device."""
        limit = self.spec.group_limit
        if not limit or device.group_id == group.group_id:
            return False
        return sum(1 for each in self.owned(tenant) if each.group_id == group.group_id) >= limit

    def move(self, tenant: Tenant, device: Device, group: Group | None) -> None:
        """Put a device into a group. Raises Refused for a full one."""
        if group is not None and self.is_full(tenant, group, device):
            raise Refused(refusals.GROUP_FULL)
        device.group_id = group.group_id if group else None
        self.report(device.device_id, "moved", group=group.name if group else "")

    def deploy(self, tenant: Tenant, group: Group, image_ids: list[str]) -> models.Deployment:
        """Give a group images."""
        deployment = models.Deployment(
            Id=self.new_id(),
            TenantId=tenant.tenant_id,
            DeployedImages=image_ids,
            DeploymentDateUtc=self.now(),
        )
        group.deployments.insert(0, deployment)
        self.report(group.group_id, "deployed", images=image_ids)
        return deployment

    # -- operations

    def begin(self, tenant: Tenant, kind: int, effect: Effect) -> models.Operation:
        """Accept an operation; `effect` is applied when its time has come."""
        operation = models.Operation(
            OperationId=self.new_id(),
            TenantId=tenant.tenant_id,
            OperationType=kind,
            State=0,
            CreatedDateUTC=self.now(),
        )
        tenant.operations[operation.OperationId] = operation
        if kind not in self.spec.stuck:
            due = self.world.clock.monotonic() + self.spec.operation_seconds
            self._due.append((due, tenant, operation.OperationId, effect))
        return operation

    def advance(self) -> None:
        """Apply every operation whose time has come."""
        now = self.world.clock.monotonic()
        # All take equally long, so those that were accepted first end first.
        while self._due and self._due[0][0] <= now:
            _, tenant, operation_id, effect = self._due.popleft()
            try:
                state, number, message, location = effect()
            except Refused as refusal:
                state, number, message = models.FAILED, _CONFLICT, refusal.row.title
                location = None
            tenant.operations[operation_id] = tenant.operations[operation_id].model_copy(
                update={
                    "State": state,
                    "StartedDateUTC": self.now(),
                    "CompletedDateUTC": self.now(),
                    "ResourceLocation": location,
                    "Error": None
                    if number is None
                    else models.OperationError(Code=number, Message=message),
                }
            )
