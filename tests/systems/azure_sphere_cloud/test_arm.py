"""The successor service: the same cloud for a line, on catalogs, names and addresses to follow."""

import inspect
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConnectionLost,
    ErrorClass,
    OrchestratorError,
    StationMisuse,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_cloud.arm import ArmCloud, CatalogId, SphereArmApi
from orchestrator.systems.azure_sphere_cloud.arm.endpoints import API_VERSION, ARM_ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.cloud import Claim, SphereCloud
from orchestrator.systems.azure_sphere_cloud.errors import (
    CloudRefusal,
    GroupFull,
    NotOurs,
    OperationUnfinished,
    RightsWithdrawn,
    UnknownDevice,
    UnknownGroup,
    WrongTenant,
)
from orchestrator.systems.azure_sphere_cloud.public import PublicCloud
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    ArmServer,
    CloudSpec,
    TenantSpec,
)
from orchestrator.systems.azure_sphere_cloud.simulator.arm import ARM_HANDLERS
from orchestrator.transport.serving import Fault
from tests.contracts.openapi import Exchange, Recorded
from tests.systems.azure_sphere_cloud.clouds import (
    MINE,
    ONCE,
    QUICK,
    Bench,
    Watch,
    device,
    image_package,
)

CATALOG = CatalogId("00000000-0000-4000-8000-00000000000a", "factory", "Contoso")


class ArmBench(Bench):
    """A pretend successor and its client."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server = ArmServer(self.cloud)
        self.arm_api = self.api_for(CATALOG)
        self.arm = ArmCloud(self.arm_api, self.patience)

    def api_for(self, catalog: CatalogId) -> SphereArmApi:
        """Return a client of a catalog."""
        return SphereArmApi(
            catalog,
            authorize=FixedToken(SecretStr("token")),
            transport=httpx.ASGITransport(Recorded(self.server, self.exchanges)),
            retry=self.retry,
        )


def answering(answer: httpx.Response) -> ArmCloud:
    """Return a cloud whose service always says the same."""
    api = SphereArmApi(
        CATALOG,
        authorize=FixedToken(SecretStr("token")),
        transport=httpx.MockTransport(lambda _: answer),
        retry=QUICK,
    )
    return ArmCloud(api)


@pytest.mark.parametrize("kind", [PublicCloud, ArmCloud])
def test_both_services_are_the_same_cloud(kind: type[Any]) -> None:
    """Every member of the interface is there with the same parameters."""
    for name, member in vars(SphereCloud).items():
        if name.startswith("_"):
            continue
        own = inspect.getattr_static(kind, name)
        assert type(own) is type(member), name
        if inspect.isfunction(member):
            assert inspect.signature(own) == inspect.signature(member), name


def test_rows_methods_and_handlers_are_one() -> None:
    """The table decides, here too."""
    names = [row.name for row in ARM_ENDPOINTS]
    methods = [
        name
        for name, member in vars(SphereArmApi).items()
        if inspect.iscoroutinefunction(member) and not name.startswith("_")
    ]
    assert list(ARM_HANDLERS) == names
    assert [m for m in methods if m not in {"aclose", "read_result"}] == names
    assert len({row.label for row in ARM_ENDPOINTS}) == len(names)
    assert {row.since for row in ARM_ENDPOINTS} == {API_VERSION}


async def test_whole_way_of_a_board() -> None:
    """Access, claim, product, group, image, deployment, capability, certificates."""
    bench = ArmBench(CloudSpec(operation_seconds=5))
    cloud = bench.arm
    assert await cloud.check_access() == "Contoso"
    claim = await cloud.claim(MINE)
    assert not claim.already
    assert claim.operation_id
    assert await cloud.claim(MINE.upper()) == Claim(MINE, already=True)
    assert bench.what("claimed") == [MINE]
    assert await cloud.find_product("Valve") is None
    product = await cloud.create_product("Valve", "Valves")
    assert await cloud.find_product("VALVE") == product
    assert await cloud.find_group(product, "Line 7") is None
    group = await cloud.create_group(product, "Line 7")
    assert await cloud.find_group(product, "line 7") == group
    assert await cloud.images_of(MINE) == ()
    await cloud.assign(MINE, group)
    await cloud.assign(MINE, group)
    found = await cloud.find_device(MINE)
    assert found is not None
    assert (found.product_id, found.group_id) == (product.product_id, group.group_id)
    assert await cloud.deployment_of(group) is None
    done: list[tuple[int, int]] = []
    content = image_package()
    image = await cloud.upload_image(content, lambda sent, total: done.append((sent, total)))
    assert done == [(len(content), len(content))]
    await cloud.deploy(group, [image])
    assert await cloud.deployment_of(group) == (image,) == await cloud.images_of(MINE)
    assert len(await cloud.download_capability(MINE, [11])) == 392
    api = bench.arm_api
    assert await api.count_devices() == 1
    assert (await api.list_products()).value[-1].name == "Valve"
    assert len((await api.generate_default_device_groups("Valve")).value) == 5
    assert len((await api.list_device_groups("Valve")).value) == 6
    assert len((await api.list_images()).value) == 1
    serial = (await api.list_certificates()).value[0].name
    assert (await api.get_certificate()).name == serial
    assert (await api.retrieve_certificate_chain()).certificateChain
    nonce = await api.retrieve_proof_of_possession_nonce("n1")
    assert nonce.subject == "CN=n1"
    assert all(exchange.query["api-version"] == API_VERSION for exchange in bench.exchanges)
    await cloud.aclose()


async def test_device_of_somebody_else_is_fail() -> None:
    """As with the public API, the unit is set aside."""
    spec = CloudSpec(
        tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
        owned={device(5): OTHER_TENANT_ID},
        unknown=frozenset({device(6)}),
    )
    bench = ArmBench(spec)
    for number in (5, 6):
        with pytest.raises(NotOurs, match="cannot be claimed into catalog /subscriptions"):
            await bench.arm.claim(device(number))
    outcomes = await bench.arm.claim_many([device(2), device(5), device(3), "x"])
    assert [outcome.state for outcome in outcomes] == ["claimed", "refused", "claimed", "refused"]


async def test_long_lists_are_read_to_their_end_and_lists_are_claimed_in_batches() -> None:
    """Two hundred and fifty devices: three requests, and three pages to find them again."""
    bench = ArmBench()
    ids = [device(number) for number in range(250)]
    outcomes = await bench.arm.claim_many(ids)
    assert {outcome.state for outcome in outcomes} == {"claimed"}
    assert set(await bench.arm.find_devices(ids)) == set(ids)
    again = await bench.arm.claim_many(ids)
    assert {outcome.state for outcome in again} == {"already_ours"}
    assert set(bench.cloud.claims.values()) == {1}


async def test_lost_answer_is_unknown_and_a_list_settles_it() -> None:
    """One device raises; a list asks before it sends again."""
    fault = Fault("lost_answer", ("claim_devices",), times=2)
    bench = ArmBench(CloudSpec(faults=(fault,)))
    with pytest.raises(ConnectionLost):
        await bench.arm.claim(device(2))
    assert (await bench.arm.claim(device(2))).already
    outcomes = await bench.arm.claim_many([device(3)])
    assert outcomes[0].state == "claimed"
    assert bench.cloud.claims[device(3)] == bench.cloud.claim_requests[device(3)] == 1


async def test_typed_refusals() -> None:
    """Unknown catalog, group, device; a full group, withdrawn rights, an end that never comes."""
    bench = ArmBench(CloudSpec(group_limit=1, stuck=frozenset({5})))
    cloud = bench.arm
    other = ArmCloud(bench.api_for(CatalogId(CATALOG.subscription, "factory", "Else")))
    with pytest.raises(WrongTenant, match="no such tenant"):
        await other.check_access()
    product = await cloud.find_product("Pump")
    assert product is not None
    group = await cloud.find_group(product, "Production")
    assert group is not None
    with pytest.raises(UnknownDevice, match="has no such device"):
        await cloud.assign(device(9), group)
    with pytest.raises(UnknownGroup):
        await bench.arm_api.get_device_group("Pump", "None")
    for number in (1, 2):
        await cloud.claim(device(number))
    await cloud.assign(device(1), group)
    with pytest.raises(GroupFull) as caught:
        await cloud.assign(device(2), group)
    assert "another device group" in caught.value.remedy
    image = await cloud.upload_image(image_package())
    with pytest.raises(OperationUnfinished):
        await cloud.deploy(group, [image])
    bench.cloud.rights = False
    with pytest.raises(RightsWithdrawn) as refused:
        await cloud.check_access()
    assert refused.value.kind is ErrorClass.RIGHTS


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/subscriptions/x",
        "http://management.azure.com/subscriptions/x",
        "https://management.azure.com/other",
        "https://management.azure.com/subscriptions/../../x",
        "https://management.azure.com@evil.example/subscriptions/x",
        "https://[/subscriptions/x",
        "file:///etc/passwd",
    ],
)
async def test_addresses_of_other_services_are_not_followed(address: str) -> None:
    """Neither for an operation nor for the next page."""
    answer = httpx.Response(202, headers={"Azure-AsyncOperation": address})
    with pytest.raises(UnusableAnswer, match="not followed"):
        await answering(answer).claim_batch([MINE])
    page = httpx.Response(200, json={"value": [], "nextLink": address})
    with pytest.raises(UnusableAnswer, match="not followed"):
        await answering(page).find_devices([MINE])


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(409, json={"error": {"code": "C", "message": "m"}}),
        httpx.Response(409, json={"other": 1}),
        httpx.Response(409),
        httpx.Response(409, text="no"),
    ],
)
async def test_bodies_of_refusals_are_read_as_far_as_they_go(answer: httpx.Response) -> None:
    """The usual object, and anything else."""
    with pytest.raises(CloudRefusal, match="conflicts with what the cloud has") as caught:
        await answering(answer).check_access()
    assert caught.value.status == 409


async def test_capability_may_come_at_the_end_of_an_operation() -> None:
    """An acceptance names where the state and the file are; the file is fetched then."""
    base = "https://management.azure.com/subscriptions/s/x"

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("generateCapabilityImage"):
            places = {"Azure-AsyncOperation": f"{base}/status?a=1", "Location": f"{base}/result"}
            return httpx.Response(202, headers=places)
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"status": "Succeeded"})
        if request.url.path.endswith("/result"):
            return httpx.Response(200, json={"image": "QUJD"})
        where = f"{CATALOG.path}/products/.default/deviceGroups/.unassigned/devices/{MINE}"
        return httpx.Response(200, json={"id": where, "name": MINE})

    api = SphereArmApi(CATALOG, authorize=None, transport=httpx.MockTransport(answer), retry=ONCE)
    async with api:
        assert await ArmCloud(api).download_capability(MINE, [11]) == b"ABC"


@pytest.mark.parametrize(
    "wrong",
    [("x", "g", "c"), (CATALOG.subscription, "..", "c"), (CATALOG.subscription, "g", "a/b")],
)
def test_catalog_of_the_settings_is_checked(wrong: tuple[str, str, str]) -> None:
    """A mistake shows before anything is sent."""
    with pytest.raises(StationMisuse):
        CatalogId(*wrong)


async def test_weather_ends_as_typed_errors() -> None:
    """Whatever the service does, only errors of our tree come out."""
    kinds = ("refuse", "throttle", "drop", "lost_answer", "garbage", "page")
    for kind in kinds:
        bench = ArmBench(CloudSpec(faults=(Fault(kind),)), retry=ONCE, watch=Watch())  # type: ignore[arg-type]
        exchanges: list[Exchange] = bench.exchanges
        with pytest.raises(OrchestratorError) as caught:
            await bench.arm.claim(MINE)
        assert caught.value.remedy
        assert exchanges
