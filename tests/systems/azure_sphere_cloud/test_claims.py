"""Claims: owner first, one request, no device lost, nothing claimed twice, and who is to blame."""

import pytest

from orchestrator.domain.errors import (
    ConnectionLost,
    DeadlineExceeded,
    ErrorClass,
    OrchestratorError,
    ProductFault,
    StationMisuse,
)
from orchestrator.systems.azure_sphere_cloud.cloud import Claim, ClaimOutcome, ClaimState
from orchestrator.systems.azure_sphere_cloud.errors import (
    NotOurs,
    OperationFailed,
    OperationUnfinished,
    RightsWithdrawn,
)
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    CloudSpec,
    Inferences,
    TenantSpec,
)
from orchestrator.transport.serving import Fault
from tests.systems.azure_sphere_cloud.clouds import ONCE, Bench, device, findings

ELSEWHERE = CloudSpec(
    tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
    owned={device(5): OTHER_TENANT_ID},
    unknown=frozenset({device(6)}),
)


def elsewhere(**inferences: str) -> CloudSpec:
    """Return a cloud with a device of another tenant (5) and an unknown one (6)."""
    return CloudSpec(
        tenants=ELSEWHERE.tenants,
        owned=ELSEWHERE.owned,
        unknown=ELSEWHERE.unknown,
        inferences=Inferences(**inferences),  # type: ignore[arg-type]  # words of its literals
    )


def states(outcomes: list[ClaimOutcome]) -> list[ClaimState]:
    """Return the states in order."""
    return [outcome.state for outcome in outcomes]


async def test_claim_asks_the_owner_first_and_waits_for_the_end() -> None:
    """One question, one request, and the operation is followed to its end."""
    bench = Bench(CloudSpec(operation_seconds=30))
    claim = await bench.public.claim(device(2).upper())
    assert (claim.device_id, claim.already) == (device(2), False)
    assert claim.operation_id
    methods = [exchange.method for exchange in bench.exchanges]
    assert methods[:2] == ["GET", "PUT"]
    assert len(methods) > 4
    assert bench.what("claimed") == [device(2)]
    found = await bench.public.find_device(device(2))
    assert found is not None
    assert found.product_id is None


@pytest.mark.parametrize("own", ["succeeds", "conflict"])
async def test_own_device_is_a_success_that_says_so_and_nothing_is_sent(own: str) -> None:
    """A claim of what is ours already ends well, whatever the service would have said."""
    bench = Bench(elsewhere(own_claim=own))
    await bench.public.claim(device(2))
    bench.exchanges.clear()
    assert await bench.public.claim(device(2)) == Claim(device(2), already=True)
    assert [exchange.method for exchange in bench.exchanges] == ["GET"]
    assert bench.cloud.claim_requests[device(2)] == 1


@pytest.mark.parametrize("how", ["fails", "404", "409"])
@pytest.mark.parametrize("number", [5, 6], ids=["elsewhere", "unknown"])
async def test_device_of_somebody_else_is_fail_with_a_sentence(how: str, number: int) -> None:
    """However the cloud puts it, the unit is set aside; the tenants cannot be told apart."""
    bench = Bench(elsewhere(foreign_claim=how))
    with pytest.raises(NotOurs, match="another tenant has claimed it, or the cloud") as caught:
        await bench.public.claim(device(number))
    assert isinstance(caught.value, ProductFault)
    assert "Set the unit aside" in caught.value.remedy
    assert caught.value.where["device"] == device(number)
    assert bench.what("claimed") == []


async def test_lost_answer_leaves_the_claim_unknown_and_the_owner_settles_it() -> None:
    """The engine gets an error that leaves open what was done; asking shows that it was."""
    bench = Bench(CloudSpec(faults=(Fault("lost_answer", ("claim_device",)),)))
    with pytest.raises(ConnectionLost) as caught:
        await bench.public.claim(device(2))
    assert caught.value.leaves_unknown
    assert await bench.public.find_device(device(2)) is not None
    assert bench.cloud.claim_requests[device(2)] == 1


async def test_operation_that_does_not_end_is_a_timeout_that_names_it() -> None:
    """Polling is bounded; the unit is to be held, not claimed again."""
    bench = Bench(CloudSpec(stuck=frozenset({0})))
    with pytest.raises(OperationUnfinished, match="within 300 s") as caught:
        await bench.public.claim(device(2))
    assert caught.value.leaves_unknown
    assert caught.value.kind is ErrorClass.TIMEOUT
    assert "Hold the unit" in caught.value.remedy
    assert caught.value.operation_id in str(caught.value)
    assert len(bench.exchanges) < 60


async def test_end_that_cannot_be_asked_is_unknown_too() -> None:
    """A request that was accepted is not undone by a service that then fails."""
    fault = Fault("refuse", ("get_operation",), status=500)
    bench = Bench(CloudSpec(operation_seconds=1, faults=(fault,)), retry=ONCE)
    with pytest.raises(OperationUnfinished):
        await bench.public.claim(device(2))


@pytest.mark.parametrize(
    ("number", "kind"),
    [(0, "report"), (1, "station"), (3, "station"), (4, "busy"), (5, "input"), (77, "report")],
)
async def test_other_failures_say_nothing_against_the_unit(number: int, kind: str) -> None:
    """What the cloud failed at by itself is ERROR, with the class of its number."""
    bench = Bench(CloudSpec(claim_errors={device(2): number}))
    with pytest.raises(OperationFailed) as caught:
        await bench.public.claim(device(2))
    assert caught.value.kind == kind
    assert caught.value.remedy
    assert not caught.value.leaves_unknown


async def test_list_of_good_devices_is_one_request() -> None:
    """Five hundred devices are claimed together, each once, in the order given."""
    bench = Bench(CloudSpec(operation_seconds=10))
    seen: list[ClaimOutcome] = []
    ids = [device(number) for number in range(500)]
    outcomes = await bench.public.claim_many(ids, seen.append)
    assert [outcome.device_id for outcome in outcomes] == ids
    assert set(states(outcomes)) == {"claimed"}
    assert all(outcome.operation_id for outcome in outcomes)
    assert len(seen) == 500
    assert bench.what("claimed") == ids
    assert [e.method for e in bench.exchanges].count("PUT") == 1


async def test_more_than_a_thousand_are_claimed_in_batches() -> None:
    """No request names more than the documented thousand."""
    bench = Bench()
    outcomes = await bench.public.claim_many([device(number) for number in range(2100)])
    assert set(states(outcomes)) == {"claimed"}
    assert [e.method for e in bench.exchanges].count("PUT") == 3
    assert findings(bench.exchanges) == []


async def test_bad_ids_twins_and_foreign_devices_are_outcomes_of_their_own() -> None:
    """Three bad rows in a batch do not spoil the others, and each says why."""
    bench = Bench(elsewhere())
    await bench.public.claim(device(1))
    ids = [device(1), "17", device(2), device(5), device(2).upper(), device(6), device(0xABC)]
    outcomes = await bench.public.claim_many(ids)
    assert states(outcomes) == [
        *("already_ours", "refused", "claimed", "refused", "claimed", "refused", "claimed")
    ]
    kinds = [type(outcome.error) for outcome in outcomes]
    assert kinds[1] is StationMisuse
    assert kinds[3] is kinds[5] is NotOurs
    assert bench.cloud.claims[device(2)] == 1
    assert len(outcomes) == len(ids)


async def test_batch_that_is_refused_as_a_whole_is_asked_one_by_one() -> None:
    """Where one bad device fails all, the good ones still come in."""
    bench = Bench(elsewhere(bulk="fails"))
    outcomes = await bench.public.claim_many([device(2), device(5), device(3)])
    assert states(outcomes) == ["claimed", "refused", "claimed"]


@pytest.mark.parametrize("kind", ["lost_answer", "drop"])
async def test_lost_answer_of_a_batch_is_looked_up_before_anything_is_sent_again(
    kind: str,
) -> None:
    """Applied or not, every device is claimed exactly once."""
    fault = Fault(kind, ("bulk_claim_devices",), times=1)  # type: ignore[arg-type]
    bench = Bench(CloudSpec(operation_seconds=5, faults=(fault,)))
    ids = [device(number) for number in range(20)]
    outcomes = await bench.public.claim_many(ids)
    assert set(states(outcomes)) == {"claimed"}
    assert all(bench.cloud.claims[each] == 1 for each in ids)
    sent = 1 if kind == "lost_answer" else 2
    assert [e.method for e in bench.exchanges].count("PUT") == sent


async def test_batch_that_stays_lost_is_unknown_for_each_device() -> None:
    """After the second loss nothing more is sent, and the devices are named."""
    bench = Bench(CloudSpec(faults=(Fault("drop", ("bulk_claim_devices",)),)))
    outcomes = await bench.public.claim_many([device(2), device(3)])
    assert states(outcomes) == ["unknown", "unknown"]
    assert all(isinstance(outcome.error, ConnectionLost) for outcome in outcomes)
    assert bench.cloud.claim_requests.total() == 0
    assert bench.watch.seconds >= 1000 + 2 * bench.patience.settle


async def test_batch_whose_operation_never_ends_is_unknown() -> None:
    """Nobody knows, so the devices are held."""
    bench = Bench(CloudSpec(stuck=frozenset({11})))
    outcomes = await bench.public.claim_many([device(2)])
    assert states(outcomes) == ["unknown"]
    assert isinstance(outcomes[0].error, OperationUnfinished)


async def test_service_that_is_down_fails_each_device_without_blaming_it() -> None:
    """Nothing was sent, so all of it may be tried again."""
    bench = Bench(CloudSpec(faults=(Fault("refuse", status=500),)), retry=ONCE)
    outcomes = await bench.public.claim_many([device(2), device(3)])
    assert states(outcomes) == ["failed", "failed"]
    assert not any(isinstance(outcome.error, ProductFault) for outcome in outcomes)


async def test_withdrawn_rights_stop_the_list_and_say_whom_to_ask() -> None:
    """403 is no fault of the units."""
    bench = Bench()
    bench.cloud.rights = False
    with pytest.raises(RightsWithdrawn, match="may not do this") as caught:
        await bench.public.claim(device(2))
    assert "administrator" in caught.value.remedy
    assert caught.value.kind is ErrorClass.RIGHTS
    assert states(await bench.public.claim_many([device(2)])) == ["failed"]


async def test_weather_does_not_claim_anything_twice() -> None:
    """Throttled, failing and losing answers, the cloud still counts one claim per device."""
    faults = (
        Fault("throttle", probability=0.05, seed=1),
        Fault("throttle", probability=0.05, seed=2, retry_after="0"),
        Fault("refuse", probability=0.05, seed=3, status=500),
        Fault("lost_answer", probability=0.05, seed=4),
        Fault("drop", probability=0.05, seed=5),
    )
    bench = Bench(CloudSpec(faults=faults, operation_seconds=2))
    ids = [device(number) for number in range(60)]
    left = ids
    for _ in range(30):
        done = await bench.public.claim_many(left)
        left = [o.device_id for o in done if o.state not in {"claimed", "already_ours"}]
        if not left:
            break
    assert left == []
    assert [bench.cloud.claims[each] for each in ids] == [1] * 60


async def test_errors_carry_peer_and_call() -> None:
    """Whoever reads the message knows which tenant and which request."""
    bench = Bench(CloudSpec(faults=(Fault("lost_answer", ("claim_device",)),)))
    with pytest.raises(OrchestratorError) as caught:
        await bench.public.claim(device(2))
    assert "Azure Sphere tenant 5f2c" in str(caught.value)
    assert "PUT /v2/tenants/{tenantId}/devices/{deviceId}/claim" in str(caught.value)
    assert not isinstance(caught.value, DeadlineExceeded)
