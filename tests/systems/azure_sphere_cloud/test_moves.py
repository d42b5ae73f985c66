"""Lists of devices on their way into a group: side by side, and each with its own outcome."""

import pytest

from orchestrator.domain.errors import OrchestratorError, StationMisuse
from orchestrator.systems.azure_sphere_cloud.cloud import AssignOutcome, CloudGroup
from orchestrator.systems.azure_sphere_cloud.errors import (
    GroupFull,
    OperationUnfinished,
    UnknownDevice,
)
from orchestrator.systems.azure_sphere_cloud.simulator import CloudSpec, Inferences
from orchestrator.transport.serving import Fault
from tests.systems.azure_sphere_cloud.clouds import ONCE, Bench, device, findings


async def claimed(bench: Bench, count: int) -> tuple[list[str], CloudGroup]:
    """Return that many claimed devices, and a group for them."""
    ids = [device(number) for number in range(count)]
    await bench.public.claim_many(ids)
    product = await bench.public.find_product("Pump")
    assert product is not None
    group = await bench.public.find_group(product, "Production")
    assert group is not None
    bench.exchanges.clear()
    return ids, group


def states(outcomes: list[AssignOutcome]) -> list[str]:
    """Return the states in order."""
    return [outcome.state for outcome in outcomes]


async def test_list_costs_one_request_for_each_device_and_a_few_lists() -> None:
    """Three hundred devices are moved, found in the group, and left there the next time."""
    bench = Bench(CloudSpec(operation_seconds=0.5))
    ids, group = await claimed(bench, 300)
    seen: list[AssignOutcome] = []
    outcomes = await bench.public.assign_many(ids, group, seen.append)
    assert states(outcomes) == ["assigned"] * 300
    assert len(seen) == 300
    assert len(bench.exchanges) < 310 or bench.watch.seconds < 1100
    assert findings(bench.exchanges) == []
    assert states(await bench.public.assign_many(ids, group)) == ["already_there"] * 300
    assert bench.what("moved") == ids


@pytest.mark.parametrize("how", ["409", "fails"])
async def test_full_group_takes_some_and_says_so_for_the_others(how: str) -> None:
    """No device is lost from the list."""
    inferences = Inferences(full_group=how)  # type: ignore[arg-type]  # a word of its literal
    bench = Bench(CloudSpec(group_limit=2, inferences=inferences))
    ids, group = await claimed(bench, 4)
    outcomes = await bench.public.assign_many([*ids, "x", device(99)], group)
    assert sorted(states(outcomes)) == ["assigned"] * 2 + ["failed"] * 4
    kinds = [type(outcome.error) for outcome in outcomes if outcome.error]
    assert kinds == [GroupFull, GroupFull, StationMisuse, UnknownDevice]


async def test_moves_that_never_end_are_unknown() -> None:
    """Bounded, and named."""
    bench = Bench(CloudSpec(stuck=frozenset({2})))
    ids, group = await claimed(bench, 2)
    outcomes = await bench.public.assign_many(ids, group)
    assert states(outcomes) == ["unknown", "unknown"]
    assert all(isinstance(outcome.error, OperationUnfinished) for outcome in outcomes)


async def test_service_that_is_down_fails_each_device() -> None:
    """No exception for all."""
    bench = Bench(retry=ONCE)
    ids, group = await claimed(bench, 2)
    bench.server.faults.add(Fault("throttle"))
    outcomes = await bench.public.assign_many(ids, group)
    assert states(outcomes) == ["failed", "failed"]
    assert all(isinstance(outcome.error, OrchestratorError) for outcome in outcomes)


async def test_weather_moves_every_device_in_the_end() -> None:
    """Lost answers are asked again, since a second move changes nothing."""
    faults = (
        Fault("lost_answer", ("move_device",), probability=0.2, seed=1),
        Fault("throttle", probability=0.1, seed=2, retry_after="0"),
        Fault("refuse", probability=0.1, seed=3),
    )
    bench = Bench(CloudSpec(operation_seconds=1))
    ids, group = await claimed(bench, 40)
    for fault in faults:
        bench.server.faults.add(fault)
    left = ids
    for _ in range(10):
        outcomes = await bench.public.assign_many(left, group)
        good = {"assigned", "already_there"}
        left = [outcome.device_id for outcome in outcomes if outcome.state not in good]
        if not left:
            break
    assert left == []
