"""The cloud's steps against a pretend cloud, run by the engine on virtual seconds."""

from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.cloud import SphereCloud
from orchestrator.systems.azure_sphere_cloud.follow import Patience
from orchestrator.systems.azure_sphere_cloud.public import PublicCloud
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    TENANT_ID,
    Cloud,
    CloudServer,
    CloudSpec,
    Inferences,
    TenantSpec,
)
from orchestrator.transport.serving import Fault, World
from tests.steps.service_support import BOARD, LoopClock, Seen, run_step, virtual

TOKEN = "canary-token-7e1"
MINE = BOARD.device_id
OURS = {MINE: TENANT_ID}
THEIRS = CloudSpec(
    tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
    owned={MINE: OTHER_TENANT_ID},
)


class Bench:
    """One pretend cloud and the station's client of it. `asked` counts requests by row."""

    def __init__(self, spec: CloudSpec | None = None, *faults: Fault) -> None:
        self.cloud = Cloud(spec or CloudSpec(), World(LoopClock()))
        self.server = CloudServer(self.cloud)
        for fault in faults:
            self.server.faults.add(fault)
        self.asked: list[tuple[str, str]] = []
        api = SpherePublicApi(
            TENANT_ID,
            authorize=FixedToken(SecretStr(TOKEN)),
            transport=httpx.ASGITransport(self._counted),
        )
        self.public = PublicCloud(api, Patience(clock=LoopClock()))

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append((scope["method"], scope["path"].rpartition("/")[2]))
        await self.server(scope, receive, send)

    @property
    def claims_sent(self) -> int:
        """How many claims went out."""
        return self.asked.count(("PUT", "claim"))

    async def run(self, uses: str, **arguments: Any) -> Seen:
        """Run one step."""
        seen = await run_step(uses, {SphereCloud: self.public}, **arguments)
        assert TOKEN not in seen.written
        assert TOKEN not in seen.message
        return seen


@virtual
async def test_a_board_nobody_has_is_claimed_once() -> None:
    """One claim is sent and found applied; the owner is measured."""
    it = Bench(CloudSpec(operation_seconds=3))
    seen = await it.run("cloud.claim", tenant=TENANT_ID)
    assert (seen.outcome, seen.message) == ("PASS", "")
    assert seen.measured == {"owner": f"tenant {TENANT_ID}"}
    assert seen.findings == ["applied"]
    assert (it.claims_sent, it.cloud.claims[MINE]) == (1, 1)


@virtual
async def test_a_board_that_is_ours_passes_and_says_so() -> None:
    """No claim is sent for it and no intent is left."""
    it = Bench(CloudSpec(owned=OURS))
    seen = await it.run("cloud.claim")
    assert seen.outcome == "PASS"
    (end,) = seen.recorder.ends
    assert "already so" in end.message
    assert (it.claims_sent, seen.findings) == (0, [])


@virtual
async def test_an_answer_lost_after_the_claim_is_settled_by_asking() -> None:
    """The claim is found applied and never sent a second time."""
    it = Bench(None, Fault("lost_answer", calls=("claim_device",), times=1))
    seen = await it.run("cloud.claim")
    assert seen.outcome == "PASS"
    assert "found applied, although its answer was lost" in seen.recorder.ends[0].message
    assert seen.findings == ["applied"]
    assert (it.claims_sent, it.cloud.claims[MINE]) == (1, 1)


@virtual
async def test_a_claim_lost_before_it_arrived_is_tried_once_more() -> None:
    """After the settling time the cloud does not show it, so it was certainly not applied."""
    it = Bench(None, Fault("drop", calls=("claim_device",), times=1))
    seen = await it.run("cloud.claim")
    assert (it.cloud.claims[MINE], it.claims_sent) == (1, 2)
    assert seen.outcome == "PASS"
    assert seen.findings[-1] == "applied"


@virtual
async def test_a_cloud_that_goes_silent_after_the_claim_leaves_it_open() -> None:
    """Nobody knows, so the unit is held: ERROR, with a sentence and what to do."""
    it = Bench()
    it.server.faults.add(Fault("lost_answer", calls=("claim_device",)))
    it.server.faults.add(Fault("drop", calls=("get_device",), skip=2))
    seen = await it.run("cloud.claim")
    assert seen.outcome == "ERROR"
    assert "whether it was applied is unknown" in seen.recorder.ends[0].message
    assert "applied" not in seen.findings
    assert it.claims_sent == 1


@pytest.mark.parametrize("how", ["fails", "404", "409"])
def test_a_board_of_another_tenant_fails_with_a_sentence(how: Any) -> None:
    """Whichever way the cloud refuses, the unit is set aside and the claim known as not made."""

    @virtual
    async def tried() -> None:
        spec = CloudSpec(
            tenants=THEIRS.tenants, owned=THEIRS.owned, inferences=Inferences(foreign_claim=how)
        )
        it = Bench(spec)
        seen = await it.run("cloud.claim")
        assert seen.outcome == "FAIL"
        assert "another tenant has claimed it" in seen.message
        assert "Set the unit aside" in seen.recorder.ends[0].remedy
        assert seen.findings == ["not_applied"]
        assert it.cloud.claims[MINE] == 0

    tried()


@virtual
async def test_a_recipe_of_another_tenant_is_refused_before_anything_is_sent() -> None:
    """A part of the tenant's id, or none, is not the tenant either."""
    for tenant in (OTHER_TENANT_ID, TENANT_ID[:8], "", "tenant"):
        it = Bench()
        seen = await it.run("cloud.claim", tenant=tenant)
        assert (seen.outcome, it.claims_sent) == ("ERROR", 0), tenant
        assert "this station works for tenant 5f2c7c1e" in seen.message


DOWN = {
    "refused by itself": Fault("refuse", status=500),
    "unavailable": Fault("refuse", status=503),
    "throttled": Fault("throttle", retry_after="2"),
    "broken link": Fault("drop"),
    "page": Fault("page"),
    "garbage": Fault("garbage"),
    "silent": Fault("hang"),
    "sign-in withdrawn": Fault("refuse", status=401),
    "rights withdrawn": Fault("refuse", status=403),
}
STEPS: dict[str, dict[str, Any]] = {
    "cloud.claim": {},
    "cloud.expect_owner": {},
    "cloud.assign": {"product": "Pump", "device_group": "Production"},
    "cloud.expect_deployment": {"images": ()},
    "cloud.download_capability": {"capabilities": ("development",)},
}


@pytest.mark.parametrize("fault", DOWN.values(), ids=list(DOWN))
@pytest.mark.parametrize("uses", STEPS)
def test_a_cloud_that_is_no_help_is_an_error_with_a_remedy(uses: str, fault: Fault) -> None:
    """Never FAIL: nothing was said against the unit. And no token is in what is told."""

    @virtual
    async def tried() -> None:
        it = Bench(CloudSpec(owned={} if uses == "cloud.claim" else OURS), fault)
        seen = await it.run(uses, **STEPS[uses])
        assert seen.outcome == "ERROR", seen.message
        end = seen.recorder.ends[-1]
        assert len(end.message) > 20
        assert end.message.isprintable()
        assert end.remedy
        assert it.claims_sent == 0

    tried()


@virtual
async def test_who_owns_the_board_is_checked_both_ways() -> None:
    """Ours and not ours, wanted and not wanted."""
    for spec, owner, outcome in (
        (CloudSpec(owned=OURS), "us", "PASS"),
        (CloudSpec(owned=OURS), "not us", "FAIL"),
        (CloudSpec(), "us", "FAIL"),
        (THEIRS, "us", "FAIL"),
        (THEIRS, "not us", "PASS"),
    ):
        seen = await Bench(spec).run("cloud.expect_owner", owner=owner)
        assert seen.outcome == outcome
    assert seen.measured == {"owner": "not us"}


@virtual
async def test_a_board_is_put_into_its_group_once() -> None:
    """Names are compared without regard to case; the second time nothing is moved."""
    it = Bench(CloudSpec(owned=OURS, operation_seconds=2))
    for _ in range(2):
        seen = await it.run("cloud.assign", product="pump", device_group="production")
        assert (seen.outcome, seen.measured) == ("PASS", {"device_group": "pump/Production"})
    assert sum(method in {"PATCH", "PUT"} for method, _ in it.asked) == 1


@virtual
async def test_a_missing_product_or_group_is_the_stations_fault() -> None:
    """ERROR that names it; with the recipe's leave both are made, once."""
    it = Bench(CloudSpec(owned=OURS))
    seen = await it.run("cloud.assign", product="Valve", device_group="Production")
    assert (seen.outcome, "has no product Valve" in seen.message) == ("ERROR", True)
    seen = await it.run("cloud.assign", product="Pump", device_group="Line 7")
    assert (seen.outcome, "has no device group Line 7" in seen.message) == ("ERROR", True)
    wanted = {"product": "Valve", "device_group": "Line 7", "create": True}
    for _ in range(2):
        assert (await it.run("cloud.assign", **wanted)).outcome == "PASS"
    tenant = it.cloud.tenants[TENANT_ID]
    assert [p.Name for p in tenant.products.values()].count("Valve") == 1
    assert [g.name for g in tenant.groups.values()].count("Line 7") == 1


@pytest.mark.parametrize("how", ["409", "fails"])
def test_a_full_group_is_an_error_with_a_remedy(how: Any) -> None:
    """The unit is good; the group needs room."""

    @virtual
    async def tried() -> None:
        it = Bench(CloudSpec(owned={**OURS, "ab" * 64: TENANT_ID}, group_limit=1,
                             inferences=Inferences(full_group=how)))  # fmt: skip
        product = await it.public.find_product("Pump")
        assert product is not None
        group = await it.public.find_group(product, "Production")
        assert group is not None
        await it.public.assign("ab" * 64, group)
        seen = await it.run("cloud.assign", product="Pump", device_group="Production")
        assert seen.outcome == "ERROR"
        assert "takes no more devices" in seen.message
        assert "another device group" in seen.recorder.ends[0].remedy

    tried()


@virtual
async def test_a_board_that_was_never_claimed_cannot_be_assigned() -> None:
    """An unknown device is ERROR, and says what to check."""
    seen = await Bench().run("cloud.assign", product="Pump", device_group="Production")
    assert seen.outcome == "ERROR"
    assert "no such device" in seen.message


@virtual
async def test_the_images_of_the_group_are_awaited() -> None:
    """None are there and none wanted passes; others in the end are FAIL, after the time given."""
    it = Bench(CloudSpec(owned=OURS))
    seen = await it.run("cloud.expect_deployment", images=())
    assert (seen.outcome, seen.measured["images"]) == ("PASS", "")
    wanted = "1a9e0000-0001-4000-8000-000000000001"
    seen = await it.run("cloud.expect_deployment", images=(wanted,))
    assert (seen.outcome, 100 < seen.seconds < 180) == ("FAIL", True)
    assert "0 images for the unit, not the 1 expected" in seen.message


@virtual
async def test_the_capability_file_is_kept_with_the_run() -> None:
    """Its hash is measured and its bytes attached."""
    import hashlib

    it = Bench(CloudSpec(owned=OURS))
    seen = await it.run("cloud.download_capability", capabilities=("development",))
    (content,) = seen.attached.values()
    assert list(seen.attached) == ["device.cap"]
    assert seen.measured == {"sha256": hashlib.sha256(content).hexdigest()}


@virtual
async def test_a_slow_cloud_costs_time_and_not_the_board() -> None:
    """Answers that take seconds are waited for."""
    it = Bench(None, Fault("slow", seconds=4.0))
    seen = await it.run("cloud.claim")
    assert (seen.outcome, it.cloud.claims[MINE]) == ("PASS", 1)


@virtual
async def test_a_station_without_a_cloud_says_so() -> None:
    """A step whose service is not set is ERROR before anything is sent."""
    seen = await run_step("cloud.claim", {})
    assert seen.outcome == "ERROR"
