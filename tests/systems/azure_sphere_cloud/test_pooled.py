"""Many callers, few requests: each gets its own answer, and its own reason when there is none."""

import anyio
import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.cloud import Claim, CloudGroup
from orchestrator.systems.azure_sphere_cloud.errors import GroupFull, NotOurs, RightsWithdrawn
from orchestrator.systems.azure_sphere_cloud.pooled import PooledCloud
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    CloudSpec,
    ProductSpec,
    TenantSpec,
)
from orchestrator.transport.serving import Fault
from tests.systems.azure_sphere_cloud.clouds import Bench, device, findings

MANY = 60


async def claim_all(pooled: PooledCloud, numbers: range) -> dict[int, Claim | OrchestratorError]:
    """Claim each device by a caller of its own, all side by side."""
    came: dict[int, Claim | OrchestratorError] = {}

    async def one(number: int) -> None:
        try:
            came[number] = await pooled.claim(device(number))
        except OrchestratorError as error:
            came[number] = error

    async with anyio.create_task_group() as callers:
        for number in numbers:
            callers.start_soon(one, number)
    return came


async def group_of(pooled: PooledCloud) -> CloudGroup:
    """Return the group of the tests."""
    product = await pooled.find_product("Pump")
    assert product is not None
    group = await pooled.find_group(product, "production")
    assert group is not None
    return group


async def test_many_claims_are_one_request() -> None:
    """Sixty callers, one bulk claim, sixty claims, each device once."""
    bench = Bench()
    came = await claim_all(PooledCloud(bench.public), range(1, MANY + 1))
    assert all(isinstance(claim, Claim) and not claim.already for claim in came.values())
    assert sorted(bench.what("claimed")) == [device(number) for number in range(1, MANY + 1)]
    assert len(bench.exchanges) < 10
    assert findings(bench.exchanges) == []


async def test_each_caller_gets_its_own_reason() -> None:
    """One device of another tenant spoils nobody else's claim, and its caller is told so."""
    spec = CloudSpec(
        tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
        owned={device(5): OTHER_TENANT_ID},
    )
    came = await claim_all(PooledCloud(Bench(spec).public), range(1, 9))
    assert isinstance(came.pop(5), NotOurs)
    assert all(isinstance(claim, Claim) for claim in came.values())


async def test_a_request_that_fails_is_everybodys_failure() -> None:
    """Nobody waits for ever, and each gets an error of its own to add places to."""
    bench = Bench()
    bench.cloud.rights = False
    came = list((await claim_all(PooledCloud(bench.public), range(1, 5))).values())
    assert all(isinstance(error, RightsWithdrawn) for error in came)
    assert len({id(error) for error in came}) == len(came)


async def test_moves_are_looked_at_together() -> None:
    """A device that has arrived needs no following: one request each, and a few for all."""
    bench = Bench()
    pooled = PooledCloud(bench.public)
    await claim_all(pooled, range(1, MANY + 1))
    group = await group_of(pooled)
    before = len(bench.exchanges)

    async def move(number: int) -> None:
        found = await pooled.assign(device(number), group)
        assert found is not None
        assert (found.device_id, found.group_id) == (device(number), group.group_id)

    async with anyio.create_task_group() as callers:
        for number in range(1, MANY + 1):
            callers.start_soon(move, number)
    assert len(bench.exchanges) - before <= MANY + 9
    assert sorted(bench.what("moved")) == [device(number) for number in range(1, MANY + 1)]


@pytest.mark.parametrize("seconds", [0.0, 5.0])
async def test_a_slow_move_is_followed_to_its_end(seconds: float) -> None:
    """Whether it takes a while or not, the device is where it should be afterwards."""
    bench = Bench(CloudSpec(operation_seconds=seconds))
    pooled = PooledCloud(bench.public)
    await pooled.claim(device(1))
    group = await group_of(pooled)
    found = await pooled.assign(device(1), group)
    assert found is not None
    assert found.group_id == group.group_id


async def test_a_move_that_fails_says_why() -> None:
    """The device does not show up in a full group, and the caller learns the reason."""
    bench = Bench(CloudSpec(group_limit=1))
    pooled = PooledCloud(bench.public)
    await claim_all(pooled, range(1, 3))
    group = await group_of(pooled)
    await pooled.assign(device(1), group)
    with pytest.raises(GroupFull):
        await pooled.assign(device(2), group)


async def test_products_and_groups_are_looked_up_and_made_once() -> None:
    """Ten callers that need a new product and group get the same ones."""
    bench = Bench(CloudSpec(products=(ProductSpec("Pump"),)))
    pooled = PooledCloud(bench.public)
    made: set[str] = set()

    async def need() -> None:
        product = await pooled.find_product("Valve") or await pooled.create_product("Valve")
        group = await pooled.find_group(product, "Line")
        group = group or await pooled.create_group(product, "Line")
        made.add(group.group_id)

    async with anyio.create_task_group() as callers:
        for _ in range(10):
            callers.start_soon(need)
    assert len(made) == 1


async def test_a_lost_answer_of_all_is_asked_for() -> None:
    """The bulk claim acted and its answer was lost: all are claimed, once."""
    bench = Bench(CloudSpec(faults=(Fault("lost_answer", calls=("bulk_claim_devices",), times=1),)))
    came = await claim_all(PooledCloud(bench.public), range(1, MANY + 1))
    assert all(isinstance(claim, Claim) for claim in came.values())
    assert set(bench.cloud.claims.values()) == {1}
