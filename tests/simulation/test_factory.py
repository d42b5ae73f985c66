"""The pretend factory tells one story: what the cloud and the portal say fits what the rack is."""

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.simulation.factory import (
    GROUP,
    MODEL_ID,
    PRODUCT,
    Factory,
    StoryLog,
    run_factory,
)
from orchestrator.simulation.rack import plain_boards
from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.errors import NotOurs
from orchestrator.systems.azure_sphere_cloud.follow import Patience
from orchestrator.systems.azure_sphere_cloud.public import PublicCloud
from orchestrator.systems.azure_sphere_cloud.simulator import TENANT_ID
from orchestrator.systems.iot_hub_portal import models
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.transport.serving import Fault
from orchestrator.transport.tls import pinned_context

TOKEN = "let-me-in"


@asynccontextmanager
async def a_factory(
    folder: Path, log: io.StringIO | None = None, **options: object
) -> AsyncIterator[tuple[Factory, PublicCloud, IotHubPortal]]:
    """Run a factory with three boards, and clients of its services."""
    async with run_factory(
        plain_boards(3),
        folder=folder,
        first_address="127.0.41.2",
        log=StoryLog(log) if log else None,
        token=TOKEN,
        **options,  # type: ignore[arg-type]  # passed on
    ) as factory:
        context = pinned_context(factory.services_ca_file)
        authorize = FixedToken(SecretStr(TOKEN))
        api = SpherePublicApi(
            TENANT_ID, authorize=authorize, base_url=factory.cloud_url, context=context
        )
        portal = IotHubPortal(factory.portal_url, context=context, authorize=authorize)
        cloud = PublicCloud(api, Patience(first=0.01, settle=1.0))
        try:
            yield factory, cloud, portal
        finally:
            await cloud.aclose()
            await portal.aclose()


async def put_away(cloud: PublicCloud, device_id: str) -> None:
    """Claim a device and put it into the story's group."""
    await cloud.claim(device_id)
    product = await cloud.find_product(PRODUCT)
    assert product is not None
    group = await cloud.find_group(product, GROUP)
    assert group is not None
    device = await cloud.assign(device_id, group)
    assert device is not None
    assert device.group_id == group.group_id


def registration(device_id: str) -> models.DeviceDetails:
    """Return what a station registers for a board."""
    return models.DeviceDetails(
        deviceID=device_id[:16].upper(),
        deviceName="unit",
        appEUI="70B3D57ED0000000",
        modelId=MODEL_ID,
        modelName="Guardian",
        isEnabled=True,
    )


async def test_the_ready_line_names_all_parts(tmp_path: Path) -> None:
    """Whoever reads it finds boards, cloud and portal, and what to name in them."""
    async with a_factory(tmp_path) as (factory, _, _):
        told = json.loads(factory.ready_line())
        assert told["ready"] is True
        assert len(told["boards"]) == 3
        assert told["cloud"] == {
            "url": factory.cloud_url,
            "tenant": TENANT_ID,
            "product": PRODUCT,
            "device_group": GROUP,
        }
        assert told["portal"] == {"url": factory.portal_url, "model": MODEL_ID}
        assert told["services_ca_file"] == str(factory.services_ca_file)


async def test_the_board_that_is_claimed_is_the_board_of_the_rack(tmp_path: Path) -> None:
    """The cloud knows the rack's ids and no others; a claimed one has group and deployment."""
    log = io.StringIO()
    async with a_factory(tmp_path, log) as (factory, cloud, _):
        board = factory.rack.boards[1].device_id.lower()
        assert await cloud.find_device(board) is None
        await put_away(cloud, board)
        assert set(factory.cloud.devices) == {board}
        assert len(await cloud.images_of(board)) == 2
        with pytest.raises(NotOurs):
            await cloud.claim("ab" * 64)
    rows = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(row["what"], row["device_id"]) for row in rows if row["what"] == "claimed"] == [
        ("claimed", board)
    ]


async def test_connected_is_who_is_plugged_in_finished_and_claimed(tmp_path: Path) -> None:
    """A registration alone connects nobody; each of the three conditions is needed."""
    async with a_factory(tmp_path) as (factory, cloud, portal):
        factory.portal.spec = type(factory.portal.spec)(
            device_models=factory.portal.spec.device_models,
            tokens=factory.portal.spec.tokens,
            connects_after_seconds=0.0,
        )
        slot = factory.rack.slots[0]
        board = slot.board
        name = board.device_id[:16].upper()
        await portal.create_device(registration(board.device_id))

        async def connected() -> bool:
            return (await portal.get_device(name, fresh=True)).isConnected

        assert not await connected()
        await put_away(cloud, board.device_id)
        assert not await connected()
        board.state = "DeviceComplete"
        assert await connected()
        slot.detach()
        assert not await connected()
        slot.attach()
        assert await connected()


async def test_a_board_of_another_tenant_is_not_claimed(tmp_path: Path) -> None:
    """It sits in the rack like the others, and the cloud refuses it for good."""
    async with a_factory(tmp_path, claimed_elsewhere=("1112",)) as (factory, cloud, _):
        board = factory.rack.slot("1112").board.device_id
        with pytest.raises(NotOurs):
            await cloud.claim(board)
        assert not factory.cloud.claims


async def test_the_faults_strike_cloud_and_portal(tmp_path: Path) -> None:
    """A lost answer is one after the thing was done, in both services."""
    faults = (Fault("lost_answer", calls=("claim_device", "create_device"), nth=(1,)),)
    async with a_factory(tmp_path, faults=faults) as (factory, cloud, portal):
        board = factory.rack.boards[0].device_id
        with pytest.raises(Exception, match="answer") as lost_claim:
            await cloud.claim(board)
        assert getattr(lost_claim.value, "leaves_unknown", False)
        assert factory.cloud.claims[board.lower()] == 1
        assert (await cloud.claim(board)).already
        with pytest.raises(Exception, match="answer"):
            await portal.create_device(registration(board))
        assert list(factory.portal.registry) == [board[:16].upper()]
