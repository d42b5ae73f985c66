"""The pretend factory: a rack of boards, the cloud, the IoT portal and hosts, joined to one story.

The cloud knows exactly the boards of the rack; a board that the station claims there is the board
that the rack lists. In the portal a unit shows up as connected only when its board is plugged in,
finished and claimed. The group of the product deploys the two sample applications. One world log
tells what all of them really applied.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from orchestrator.domain.clock import timestamp
from orchestrator.domain.shipped import shipped
from orchestrator.simulation.hosts import Hosts, run_hosts
from orchestrator.simulation.rack import Rack, run_rack
from orchestrator.simulation.services import make_trust, serve
from orchestrator.systems.advantech_portal.simulator import HostSpec
from orchestrator.systems.azure_sphere_cloud import models as cloud_models
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    TENANT_ID,
    Cloud,
    CloudServer,
    CloudSpec,
    ProductSpec,
)
from orchestrator.systems.azure_sphere_cloud.simulator.state import Image
from orchestrator.systems.azure_sphere_device.image_package import read_image_package
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Happening,
    SimulatedBoard,
    World,
)
from orchestrator.systems.iot_hub_portal import models as portal_models
from orchestrator.systems.iot_hub_portal.simulator import Portal, PortalServer, PortalSpec
from orchestrator.transport import serving

PRODUCT = "Guardian"
GROUP = "Production"
IMAGES = ("guardian-app.imagepackage", "guardian-ui.imagepackage")
MODEL_ID = "5f2f0b0e-2b0e-4c55-9d70-6f0f8a0f6d10"

DEVICE_MODEL = portal_models.DeviceModel(
    name="Guardian",
    appEUI="70B3D57ED0000000",
    modelId=MODEL_ID,
    commands=[portal_models.DeviceModelCommand(name="identify", frame="A001", port=2)],
)


class StoryLog:
    """Appends one JSON line per thing that any part of the factory really applied."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def board(self, happening: Happening) -> None:
        """Write what happened on a board."""
        self._write(happening.at, happening.device_id, happening.what, dict(happening.detail))

    def service(self, happening: serving.Happening) -> None:
        """Write what happened in a web service."""
        self._write(happening.at, happening.subject, happening.what, dict(happening.detail))

    def _write(self, at: datetime, name: str, what: str, detail: dict[str, object]) -> None:
        row = {"at": timestamp(at), "device_id": name, "what": what, "detail": detail}
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()


@dataclass(frozen=True, slots=True)
class Factory:
    """A running factory, and where each part of it answers."""

    rack: Rack
    cloud: Cloud
    cloud_url: str
    portal: Portal
    portal_url: str
    services_ca_file: Path
    hosts: Hosts | None = None

    def ready_line(self) -> str:
        """Return the JSON line by which other programs find all parts."""
        found = json.loads(self.rack.ready_line())
        found["cloud"] = {"url": self.cloud_url, "tenant": TENANT_ID, "product": PRODUCT,
                          "device_group": GROUP}  # fmt: skip
        found["portal"] = {"url": self.portal_url, "model": MODEL_ID}
        found["services_ca_file"] = str(self.services_ca_file)
        if self.hosts is not None:
            found["hosts"] = {
                "https_port": self.hosts.https_port,
                "ca_file": str(self.hosts.ca_file),
                "hosts": self.hosts.facts(),
            }
        return json.dumps(found)


@asynccontextmanager
async def run_factory(
    specs: Sequence[BoardSpec],
    *,
    folder: Path,
    first_address: str,
    https_port: int = 0,
    service_port: int = 0,
    log: StoryLog | None = None,
    token: str = "",
    faults: Sequence[serving.Fault] = (),
    claimed_elsewhere: Sequence[str] = (),
    hosts: Sequence[HostSpec] = (),
) -> AsyncIterator[Factory]:
    """Run all parts until the block ends. Certificates are written into `folder`.

    `faults` strike cloud and portal, not the boards, whose specs have their own.
    `claimed_elsewhere` are slots whose boards another tenant has claimed already.
    Raises what the parts raise for ports and addresses.
    """
    async with AsyncExitStack() as stack:
        rack = await stack.enter_async_context(
            run_rack(
                specs,
                first_address=first_address,
                https_port=https_port,
                service_port=service_port,
                ca_file=folder / "boards-ca.pem",
                world=World(report=log.board) if log else None,
            )
        )
        world = serving.World(report=log.service) if log else serving.World()
        cloud = Cloud(_cloud_spec(rack, token, faults, claimed_elsewhere), world)
        _deploy(cloud)
        portal = Portal(_portal_spec(token), world, reaches=_Reach(rack, cloud))
        trust = make_trust(folder / "services-ca.pem")
        urls = [
            await stack.enter_async_context(serve(app, trust))
            for app in (
                CloudServer(cloud),
                PortalServer(portal, serving.FaultPlan(faults, "factory/portal")),
            )
        ]
        running = None
        if hosts:
            ca_file = folder / "hosts-ca.pem"
            running = await stack.enter_async_context(
                run_hosts(hosts, https_port=https_port, ca_file=ca_file, world=world)
            )
        yield Factory(rack, cloud, urls[0], portal, urls[1], trust.ca_file, running)


def _cloud_spec(
    rack: Rack, token: str, faults: Sequence[serving.Fault], claimed_elsewhere: Sequence[str]
) -> CloudSpec:
    return CloudSpec(
        products=(ProductSpec(PRODUCT),),
        known=frozenset(board.device_id.lower() for board in rack.boards),
        owned={
            rack.slot(path).board.device_id.lower(): OTHER_TENANT_ID for path in claimed_elsewhere
        },
        token=token,
        faults=tuple(faults),
    )


def _deploy(cloud: Cloud) -> None:
    """Let the product's group deploy the sample applications."""
    tenant = cloud.tenants[TENANT_ID]
    for name in IMAGES:
        content = (shipped("recipes") / "images" / name).read_bytes()
        package = read_image_package(content)
        known = cloud_models.ImageMetadata(
            Id=package.image_id, Name=package.image_name, ComponentId=package.component_id
        )
        tenant.images[package.image_id] = Image(known, content)
    group = next(group for group in tenant.groups.values() if group.name == GROUP)
    cloud.deploy(tenant, group, list(tenant.images))


def _portal_spec(token: str) -> PortalSpec:
    return PortalSpec(device_models=(DEVICE_MODEL,), tokens={token: float("inf")} if token else {})


class _Reach:
    """Whether a unit that is registered in the portal could connect: it is out in the world."""

    def __init__(self, rack: Rack, cloud: Cloud) -> None:
        self._rack = rack
        self._cloud = cloud

    def __call__(self, name: str) -> bool:
        """Say so for the board whose id begins with `name`, or is it; others are no boards."""
        wanted = name.lower()
        boards = [b for b in self._rack.boards if b.device_id.lower().startswith(wanted)]
        return not boards or any(self._is_out(board) for board in boards)

    def _is_out(self, board: SimulatedBoard) -> bool:
        claimed = board.device_id.lower() in self._cloud.devices
        return board.attached and board.state == "DeviceComplete" and claimed
