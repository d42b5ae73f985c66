"""Brings the unit under work into the Azure Sphere cloud: claimed, in its group, with its images.

A claim binds a device to one tenant for good. The cloud object belongs to the tenant of the
station's settings, so no recipe can name another one.
"""

import hashlib
from decimal import Decimal
from typing import Literal

from orchestrator.domain.errors import Mismatch, StationFault, StationMisuse
from orchestrator.engine.step import Duration, Measures, StepContext, step
from orchestrator.steps.waiting import Patience, Stopwatch, rounded, until
from orchestrator.systems.azure_sphere_cloud.cloud import CloudGroup, SphereCloud
from orchestrator.systems.azure_sphere_cloud.endpoints import CLAIM_DEVICE

_DEPLOYED_WITHIN = Duration(Decimal(120))
_POLL = Duration(Decimal(2))
_CAPABILITIES = {"development": 11, "field_servicing": 13}


def _device(ctx: StepContext) -> str:
    """Return the id of the unit under work. Raises StationMisuse before it was read."""
    if ctx.identity is None:
        raise StationMisuse(
            "The unit's identity is not known yet, so the cloud cannot be asked about it",
            remedy="Read the identity in an earlier step",
            code="NO_IDENTITY",
        )
    return ctx.identity.device_id


def _check_tenant(cloud: SphereCloud, tenant: str | None) -> None:
    """Refuse a recipe that was written for another owner than the station's."""
    if tenant is not None and tenant.lower() != cloud.owner.lower().rpartition(" ")[2]:
        raise StationMisuse(
            f"The recipe is for {tenant}, this station works for {cloud.owner}",
            remedy="Use the recipe of this tenant, or a station of that one",
            code="OTHER_TENANT",
        )


async def is_ours(ctx: StepContext, cloud: SphereCloud, *, tenant: str | None = None) -> bool:
    """Say whether the cloud shows the device as claimed by this owner."""
    return await cloud.find_device(_device(ctx)) is not None


@step(
    "cloud.claim",
    summary="Claims the unit into the station's tenant, for good.",
    measures=(Measures("owner", "Tenant or catalog it is claimed into", kind="text"),),
    irreversible=True,
    probe=is_ours,
    settle_seconds=CLAIM_DEVICE.settle_seconds,
    timeout_seconds=180,
)
async def claim(ctx: StepContext, cloud: SphereCloud, *, tenant: str | None = None) -> None:
    """Ask who owns the device, claim it once and wait until the cloud has done it.

    A device that is ours already passes and says so. One that is claimed by another tenant, or
    that the cloud does not know, is FAIL.

    Args:
        tenant: The tenant the recipe was written for; a station of another one refuses it.
    """
    _check_tenant(cloud, tenant)
    ctx.measure("owner", cloud.owner)
    done = await cloud.claim(_device(ctx))
    if done.already:
        ctx.already_so()
    else:
        ctx.answered()


@step(
    "cloud.expect_owner",
    summary="Checks who owns the unit in the cloud.",
    measures=(Measures("owner", "Tenant or catalog, or nobody we see", kind="text"),),
)
async def expect_owner(
    ctx: StepContext, cloud: SphereCloud, *, owner: Literal["us", "not us"] = "us"
) -> None:
    """Ask the cloud whether the device is in the station's tenant. Anything else is FAIL.

    A device of another tenant cannot be told from one that nobody has claimed.

    Args:
        owner: Who must own it.
    """
    ours = await cloud.find_device(_device(ctx)) is not None
    ctx.measure("owner", cloud.owner if ours else "not us")
    if ours != (owner == "us"):
        raise Mismatch(
            f"The unit is {'already' if ours else 'not'} claimed into {cloud.owner}",
            remedy="Set the unit aside; look it up in the cloud before it goes on",
            code="OTHER_OWNER",
        )


async def _group(cloud: SphereCloud, product: str, device_group: str, create: bool) -> CloudGroup:
    """Return the group, made if it may be. Raises StationFault when it is missing."""
    found = await cloud.find_product(product)
    if found is None and create:
        found = await cloud.create_product(product)
    if found is None:
        raise StationFault(
            f"{cloud.owner} has no product {product}",
            remedy="Correct the name, make the product, or let the recipe create it",
            code="UNKNOWN_PRODUCT",
        )
    group = await cloud.find_group(found, device_group)
    if group is None and create:
        group = await cloud.create_group(found, device_group)
    if group is None:
        raise StationFault(
            f"Product {found.name} has no device group {device_group}",
            remedy="Correct the name, make the group, or let the recipe create it",
            code="UNKNOWN_GROUP",
        )
    return group


@step(
    "cloud.assign",
    summary="Puts the unit into a product's device group.",
    measures=(Measures("device_group", "Group the unit is in afterwards", kind="text"),),
    timeout_seconds=120,
)
async def assign(
    ctx: StepContext,
    cloud: SphereCloud,
    *,
    product: str,
    device_group: str,
    create: bool = False,
) -> None:
    """Find product and group by name, put the unit there and read it back.

    A unit that is in the group already passes. A missing product or group is ERROR.

    Args:
        product: Name of the product.
        device_group: Name of the device group.
        create: Make product and group where they are missing.
    """
    group = await _group(cloud, product, device_group, create)
    ctx.measure("device_group", f"{product}/{group.name}")
    device = await cloud.find_device(_device(ctx))
    if device is not None and device.group_id == group.group_id:
        return
    device = await cloud.assign(_device(ctx), group)
    if device is None or device.group_id != group.group_id:
        raise StationFault(
            f"The cloud accepted {product}/{group.name} and shows the unit elsewhere",
            remedy="Try again in a minute; if it stays, report it with the device id",
            code="GROUP_NOT_TAKEN",
        )


@step(
    "cloud.expect_deployment",
    summary="Checks which images the cloud has for the unit.",
    measures=(
        Measures("images", "Ids of the images, sorted", kind="text"),
        Measures("deployed_seconds", "How long it took until they were so", uom="s"),
    ),
    timeout_seconds=180,
)
async def expect_deployment(
    ctx: StepContext,
    cloud: SphereCloud,
    *,
    images: list[str],
    within: Duration = _DEPLOYED_WITHIN,
    poll: Duration = _POLL,
) -> None:
    """Wait until the cloud has exactly these images for the unit. Others in the end are FAIL.

    Args:
        images: Ids of the images that the group deploys.
        within: How long to wait for it.
        poll: How long to wait before asking again.
    """
    wanted = sorted(image.lower() for image in images)
    seen: list[str] = []

    async def deployed() -> bool:
        nonlocal seen
        seen = sorted(image.lower() for image in await cloud.images_of(_device(ctx)))
        return seen == wanted

    watch = Stopwatch(ctx.clock)
    so = await until(deployed, ctx.clock, Patience(within, poll))
    ctx.measure("images", " ".join(seen))
    if not so:
        raise Mismatch(
            f"The cloud has {len(seen)} images for the unit, not the {len(wanted)} expected ones",
            remedy="Check the deployment of the device group",
            code="OTHER_DEPLOYMENT",
        )
    ctx.measure("deployed_seconds", rounded(watch.elapsed))


@step(
    "cloud.download_capability",
    summary="Downloads a signed capability file for the unit and keeps it.",
    measures=(Measures("sha256", "SHA-256 of the file", kind="text"),),
    timeout_seconds=60,
)
async def download_capability(
    ctx: StepContext,
    cloud: SphereCloud,
    *,
    capabilities: list[Literal["development", "field_servicing"]],
) -> None:
    """Keep the capability file with the unit's run; it opens this unit and no other.

    Args:
        capabilities: What the file allows.
    """
    numbers = sorted({_CAPABILITIES[name] for name in capabilities})
    content = await cloud.download_capability(_device(ctx), numbers)
    ctx.measure("sha256", hashlib.sha256(content).hexdigest())
    ctx.attach("device.cap", content, "application/octet-stream")
