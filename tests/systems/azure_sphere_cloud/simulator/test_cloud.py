"""The pretend cloud itself: faults, sign-in, throttle, time, and what the world is told."""

import httpx
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.strategies import integers, sampled_from

from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    STOCK_GROUPS,
    TENANT_ID,
    Cloud,
    CloudServer,
    CloudSpec,
    Inferences,
    TenantSpec,
)
from orchestrator.systems.azure_sphere_cloud.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_cloud.simulator.state import DONE, Result
from orchestrator.transport.serving import Fault, Happening, World
from tests.systems.azure_sphere_cloud.clouds import Bench, Watch, device

AS_JSON = {"Content-Type": "application/json"}
BASE = f"http://cloud/v2/tenants/{TENANT_ID}"


async def ask(bench: Bench, method: str, path: str, **options: object) -> httpx.Response:
    """Ask the simulator as anybody could."""
    headers = {"Authorization": "Bearer t", **options.pop("headers", {})}  # type: ignore[dict-item]
    async with httpx.AsyncClient(transport=bench.transport) as client:
        return await client.request(method, BASE + path, headers=headers, **options)  # type: ignore[arg-type]


async def test_token_is_needed_and_ends() -> None:
    """Without one, with a wrong one and after its time, nothing is answered."""
    bench = Bench()
    assert (await ask(bench, "GET", "/devices/count", headers={"Authorization": ""})).status_code
    good = bench.cloud.issue(60)
    for token, wanted in ((good, 200), ("other", 401), ("", 401)):
        answer = await ask(
            bench, "GET", "/devices/count", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == wanted
    bench.watch.seconds += 61
    late = await ask(bench, "GET", "/devices/count", headers={"Authorization": f"Bearer {good}"})
    assert late.status_code == 401
    assert late.json()[0]["ErrorCode"] == "Unauthorized"
    another = bench.cloud.issue(60)
    bench.cloud.revoke_all()
    assert not bench.cloud.admits(another)


async def test_throttle_counts_by_the_second_and_hints() -> None:
    """The fourth request of a second waits; the next second begins anew."""
    bench = Bench(CloudSpec(requests_per_second=3, retry_after="7"))
    answers = [await ask(bench, "GET", "/devices/count") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "7"
    bench.watch.seconds += 1
    assert (await ask(bench, "GET", "/devices/count")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("DELETE", "/devices", {}, 405),
        ("GET", "/DeviceGroups", {}, 200),
        ("GET", "/devices?maxPageSize=0", {}, 400),
        ("GET", "/devices?maxPageSize=x", {}, 400),
        ("GET", "/devices", {"headers": {"Sphere-Continuation": "x"}}, 400),
        ("GET", "/devices", {"headers": {"Sphere-Continuation": "eyJmcm9tIjogLTF9"}}, 200),
        ("GET", "/devices/1", {}, 400),
        ("GET", "/products/1", {}, 400),
        (
            "PUT",
            "/devices",
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
        ),
        ("PUT", "/devices", {"content": b"[]"}, 415),
        ("PUT", "/devices", {"json": []}, 400),
        ("PUT", "/devices", {"json": ["1"]}, 400),
        ("POST", "/images", {"json": []}, 415),
        ("POST", "/products", {"json": {"Name": "pump"}}, 409),
        ("POST", "/devicegroups", {"json": {"Name": "x", "ProductId": TENANT_ID}}, 404),
    ],
)
async def test_requests_that_do_not_fit_are_refused(
    method: str, path: str, options: dict[str, object], status: int
) -> None:
    """Each with its status and the usual body."""
    answer = await ask(Bench(), method, path, **options)
    assert answer.status_code == status
    if status >= 400:
        assert answer.json()[0]["Status"] == status


async def test_operation_is_applied_when_its_time_has_come() -> None:
    """Before it the device is unknown and nothing is reported; afterwards both."""
    bench = Bench(CloudSpec(operation_seconds=10))
    answer = await ask(bench, "PUT", f"/devices/{device(3)}/claim")
    assert answer.json()["State"] == 0
    assert (await ask(bench, "GET", f"/devices/{device(3)}")).status_code == 404
    assert bench.what("claimed") == []
    bench.watch.seconds += 10
    assert (await ask(bench, "GET", f"/devices/{device(3)}")).status_code == 200
    operation = await ask(bench, "GET", f"/operations/{answer.json()['OperationId']}")
    assert (operation.json()["State"], bench.what("claimed")) == (2, [device(3)])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("drop"), ConnectionError),
        (Fault("lost_answer"), ConnectionError),
    ],
)
async def test_links_break_before_and_after_acting(fault: Fault, error: type[Exception]) -> None:
    """What was applied is told to the world, whatever the caller saw."""
    bench = Bench(CloudSpec(faults=(fault,)))
    with pytest.raises(error):
        await ask(bench, "PUT", f"/devices/{device(3)}/claim")
    assert bench.cloud.claims[device(3)] == (1 if fault.kind == "lost_answer" else 0)


async def test_slow_answers_take_the_worlds_time() -> None:
    """Nobody waits for real."""
    bench = Bench(CloudSpec(faults=(Fault("slow", seconds=30),), answer_seconds=2))
    assert (await ask(bench, "GET", "/devices/count")).json() == 0
    assert bench.watch.seconds == 1032


def test_same_seed_gives_the_same_ids() -> None:
    """A rehearsal can be told again."""
    ids = [[Cloud(CloudSpec(seed=seed)).new_id() for _ in range(2)] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_foreign_tenants_are_not_seen_and_twins_may_be_made() -> None:
    """What an account does not see does not exist for it."""
    spec = CloudSpec(
        tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
        inferences=Inferences(twin_product="made"),
    )
    cloud = Cloud(spec)
    with pytest.raises(Refused):
        cloud.tenant(OTHER_TENANT_ID)
    tenant = cloud.tenant(TENANT_ID.upper())
    cloud.make_product(tenant, "Pump", None)
    assert [product.Name for product in tenant.products.values()] == ["Pump", "Pump"]
    assert {group.name for group in tenant.groups.values()} == set(STOCK_GROUPS)


class Life(RuleBasedStateMachine):
    """Claims, moves and operations in any order: one owner for ever, counted once."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Happening] = []
        self.watch = Watch()
        tenants = (TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam"))
        spec = CloudSpec(tenants=tenants, operation_seconds=3, group_limit=2)
        self.cloud = Cloud(spec, World(self.watch, self.watch.sleep, self.told.append))
        self.server = CloudServer(self.cloud)
        self.owners: dict[str, str] = {}

    @rule(number=integers(0, 5), tenant=sampled_from([TENANT_ID, OTHER_TENANT_ID]))
    def claim(self, number: int, tenant: str) -> None:
        """Claim by anybody."""
        owner = self.cloud.tenants[tenant]

        def effect() -> Result:
            error = self.cloud.claim(owner, device(number))
            return DONE if error is None else (3, error, "", None)

        self.cloud.begin(owner, 0, effect)

    @rule(seconds=integers(1, 5))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.watch.seconds += seconds
        self.cloud.advance()

    @precondition(lambda self: self.cloud.devices)
    @rule(which=integers(0, 5), where=integers(0, 4))
    def move(self, which: int, where: int) -> None:
        """Move a device of the first tenant, as far as there is room."""
        tenant = self.cloud.tenants[TENANT_ID]
        group = list(tenant.groups.values())[where]
        for found in self.cloud.owned(tenant)[which:][:1]:
            try:
                self.cloud.move(tenant, found, group)
            except Refused:
                assert [d for d in self.cloud.owned(tenant) if d.group_id == group.group_id]

    @invariant()
    def owners_stay(self) -> None:
        """Nobody loses a device, and each was claimed once."""
        for device_id, found in self.cloud.devices.items():
            assert self.owners.setdefault(device_id, found.tenant_id) == found.tenant_id
        assert set(self.cloud.claims.values()) <= {1}
        claimed = [each.subject for each in self.told if each.what == "claimed"]
        assert sorted(claimed) == sorted(self.cloud.devices)

    @invariant()
    def groups_keep_their_limit(self) -> None:
        """No group has more devices than it may."""
        tenant = self.cloud.tenants[TENANT_ID]
        for group in tenant.groups.values():
            inside = [d for d in self.cloud.owned(tenant) if d.group_id == group.group_id]
            assert len(inside) <= 2


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
