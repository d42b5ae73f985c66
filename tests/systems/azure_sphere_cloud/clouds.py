"""A client and a pretend cloud in one process, on a clock that nobody has to wait for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import anyio.lowlevel
import httpx
from pydantic import SecretStr

from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.follow import Patience
from orchestrator.systems.azure_sphere_cloud.public import PublicCloud
from orchestrator.systems.azure_sphere_cloud.simulator import (
    TENANT_ID,
    Cloud,
    CloudServer,
    CloudSpec,
)
from orchestrator.transport.client import Authorize
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.retry import RetryPolicy
from orchestrator.transport.serving import Happening, World
from tests import contracts
from tests.contracts.openapi import Contract, Exchange, Recorded

CONTRACT_FILE = Path(contracts.__path__[0]) / "azure-sphere-public.openapi.yaml"
QUICK = RetryPolicy(
    attempts=6,
    first_wait_seconds=0.001,
    longest_wait_seconds=0.002,
    jitter_seconds=0.001,
    longest_hint_seconds=0.002,
)
ONCE = RetryPolicy(attempts=1)
CANARY = "canary-2f9c1e"
UNLISTED = {
    401: "a token is needed, yet the document's list of codes has no status for its lack",
    403: "rights are withdrawn; not in the document's list either",
    405: "HTTP's own answer to a method that a path does not have",
    413: "HTTP's own answer to a body beyond every image",
    415: "HTTP's own answer to a media type that the document does not name",
}
"""Statuses of the simulator that the document does not list, with the reason."""


def device(number: int) -> str:
    """Return a device id."""
    return f"{number:0128x}"


@cache
def contract() -> Contract:
    """Return the contract of the public API, read once."""
    return Contract(CONTRACT_FILE)


def findings(exchanges: list[Exchange]) -> list[str]:
    """Return what differs from the contract and is no listed status."""
    return [
        f"{found.operation_id} {found.side}: {found.what}"
        for exchange in exchanges
        for found in contract().findings(exchange)
        if found.what not in {f"status {status} is not agreed" for status in UNLISTED}
    ]


class Watch:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return wall time."""
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


@dataclass
class Bench:
    """A pretend cloud, its client, and every exchange between them."""

    spec: CloudSpec = field(default_factory=CloudSpec)
    tenant_id: str = TENANT_ID
    retry: RetryPolicy = QUICK
    authorize: Authorize | None = None
    limit: RateLimit | None = None
    watch: Watch = field(default_factory=Watch)
    exchanges: list[Exchange] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = World(self.watch, self.watch.sleep, self.happenings.append)
        self.cloud = Cloud(self.spec, world)
        self.server = CloudServer(self.cloud)
        self.transport = httpx.ASGITransport(Recorded(self.server, self.exchanges))
        self.patience = Patience(
            first=1.0, within=300.0, settle=20.0, clock=self.watch, sleep=self.watch.sleep
        )
        self.api = SpherePublicApi(
            self.tenant_id,
            authorize=self.authorize or FixedToken(SecretStr(CANARY)),
            transport=self.transport,
            retry=self.retry,
            limit=self.limit,
        )
        self.public = PublicCloud(self.api, self.patience)

    def what(self, kind: str) -> list[str]:
        """Return the subjects of what was really applied, of one kind."""
        return [each.subject for each in self.happenings if each.what == kind]

    def statuses(self) -> list[int]:
        """Return the statuses of all exchanges; 0 for a lost answer."""
        return [exchange.status for exchange in self.exchanges]


MINE = device(1)

Call = Callable[[SpherePublicApi, Mapping[str, str]], Awaitable[Any]]


def image_package(number: int = 1) -> bytes:
    """Return what a cloud takes for an image package: data, metadata, a signature of zeros."""
    uid, component = bytes([number]) * 16, bytes([number + 100]) * 16
    identity = (10).to_bytes(2, "little") + b"\0\0" + component + uid
    debug = bytes(8) + f"PumpApp{number}".encode().ljust(32, b"\0")
    sections = b"".join(
        kind.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body
        for kind, body in ((0x4449, identity), (0x4244, debug))
    )
    metadata = b"4X4M" + (2).to_bytes(4, "little") + sections
    length = len(metadata) + 4
    return bytes(16) + metadata + length.to_bytes(4, "little") + bytes(64)


CALLS: dict[str, Call] = {
    "list_tenants": lambda api, _: api.list_tenants(),
    "get_tenant": lambda api, _: api.get_tenant(),
    "list_products": lambda api, _: api.list_products(5),
    "create_product": lambda api, _: api.create_product("Valve", "Valves", True),
    "get_product": lambda api, ids: api.get_product(ids["product"]),
    "list_product_device_groups": lambda api, ids: api.list_product_device_groups(ids["product"]),
    "create_default_device_groups": lambda api, ids: api.create_default_device_groups(
        ids["product"]
    ),
    "list_device_groups": lambda api, _: api.list_device_groups(3),
    "create_device_group": lambda api, ids: api.create_device_group(
        ids["product"], "Line 7", "Boards of line 7", 1, 1
    ),
    "get_device_group": lambda api, ids: api.get_device_group(ids["group"]),
    "patch_device_group": lambda api, ids: api.patch_device_group(ids["group"], True),
    "list_devices": lambda api, _: api.list_devices(),
    "bulk_claim_devices": lambda api, _: api.bulk_claim_devices([device(7), device(8)]),
    "count_devices": lambda api, _: api.count_devices(),
    "get_device": lambda api, _: api.get_device(MINE),
    "claim_device": lambda api, _: api.claim_device(device(9)),
    "move_device": lambda api, ids: api.move_device(MINE, ids["group"]),
    "list_devices_in_group": lambda api, ids: api.list_devices_in_group(ids["group"], 2),
    "count_devices_in_group": lambda api, ids: api.count_devices_in_group(ids["group"]),
    "list_devices_in_product": lambda api, ids: api.list_devices_in_product(ids["product"]),
    "list_deployments": lambda api, ids: api.list_deployments(ids["group"]),
    "create_deployment": lambda api, ids: api.create_deployment(ids["group"], [ids["image"]]),
    "get_device_images": lambda api, _: api.get_device_images(MINE),
    "get_deployment_operation": lambda api, ids: api.get_deployment_operation(ids["deployment"]),
    "list_images": lambda api, _: api.list_images(),
    "upload_image": lambda api, _: api.upload_image(image_package(2)),
    "get_image_url": lambda api, ids: api.get_image_url(ids["image"]),
    "get_image_metadata": lambda api, ids: api.get_image_metadata(ids["image"]),
    "get_image_status": lambda api, ids: api.get_image_status(ids["image"]),
    "get_image_upload_operation": lambda api, ids: api.get_image_upload_operation(ids["upload"]),
    "create_device_capability": lambda api, _: api.create_device_capability(MINE, [11]),
    "get_operation": lambda api, ids: api.get_operation(ids["upload"]),
}
"""One good call for each row, given the ids of a filled cloud."""

assert list(CALLS) == [row.name for row in ENDPOINTS]


async def fill(bench: Bench) -> dict[str, str]:
    """Give the cloud a device in a group with a deployment, and return the ids of everything."""
    api, public = bench.api, bench.public
    product = await public.find_product("pump")
    assert product is not None
    group = await public.find_group(product, "Production")
    assert group is not None
    image = await public.upload_image(image_package())
    upload = await api.upload_image(image_package())
    deployment = await api.create_deployment(group.group_id, [image])
    await public.claim(MINE)
    await public.assign(MINE, group)
    return {
        "product": product.product_id,
        "group": group.group_id,
        "image": image,
        "upload": upload.OperationId,
        "deployment": deployment.OperationId,
    }
