"""The portal's steps against a pretend portal, run by the engine on virtual seconds."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.records import AttachmentRow
from orchestrator.domain.unit import Unit
from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.simulator import Portal, PortalServer, PortalSpec
from orchestrator.transport.serving import Fault, FaultPlan, World
from tests.steps.service_support import BOARD, LoopClock, Seen, run_step, virtual
from tests.systems.iot_hub_portal.portals import CONFIG, DEVICE_MODEL, MODEL

BYTES = "application/octet-stream"
EUI = BOARD.device_id[:16].upper()
TOKEN, KEY = "canary-token-7e1", "canary-appkey-9b2"
SPEC = PortalSpec(
    device_models=(DEVICE_MODEL, DEVICE_MODEL.model_copy(update={"modelId": "other"})),
    configs=(CONFIG,),
    tokens={TOKEN: 1e9},
)
REGISTER: dict[str, dict[str, Any]] = {
    "portal.register_device": {"model": MODEL, "app_key": "key"},
    "portal.register_gateway": {"purpose": "Line", "environment": "prod"},
    "portal.register_concentrator": {"region": "EU_863_870"},
}
CREATE = {uses: f"create_{uses.partition('_')[2]}" for uses in REGISTER}
OTHERWISE: dict[str, dict[str, Any]] = {
    "portal.register_device": {"model": "other"},
    "portal.register_gateway": {"purpose": "Roof", "environment": "prod"},
    "portal.register_concentrator": {"region": "US_902_928_FSB_2"},
}


class Bench:
    """One pretend portal and the station's client of it."""

    def __init__(self, *faults: Fault, spec: PortalSpec = SPEC, token: str = TOKEN) -> None:
        self.portal = Portal(spec, World(LoopClock()))
        self.server = PortalServer(self.portal, FaultPlan(faults, "steps"))
        self.asked: list[str] = []
        self.client = IotHubPortal(
            "https://portal.test",
            authorize=FixedToken(SecretStr(token)),
            transport=httpx.ASGITransport(self._counted),
        )

    async def _counted(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["method"])
        await self.server(scope, receive, send)

    @property
    def made(self) -> int:
        """How many registrations the portal really made."""
        return sum(n for (what, _), n in self.portal.applied.items() if what.endswith("_created"))

    async def run(self, uses: str, **arguments: Any) -> Seen:
        """Run one step; no secret may be in what it leaves."""
        seen = await run_step(uses, {IotHubPortal: self.client}, secrets={"key": KEY}, **arguments)
        for secret in (TOKEN, KEY):
            assert secret not in seen.written
            assert secret not in seen.message
        return seen


@pytest.fixture(params=REGISTER)
def uses(request: pytest.FixtureRequest) -> str:
    """Return each of the registering steps."""
    return str(request.param)


@virtual
async def test_what_nobody_has_is_registered_once(uses: str) -> None:
    """One creation is sent and found applied; the portal has it enabled under the unit's id."""
    it = Bench()
    seen = await it.run(uses, **REGISTER[uses])
    assert (seen.outcome, seen.message, seen.findings) == ("PASS", "", ["applied"])
    assert (it.made, it.asked.count("POST")) == (1, 1)
    (name,) = it.portal.registry
    assert name == ("SN1" if "gateway" in uses else EUI)
    assert name in seen.measured.values()


@virtual
async def test_what_is_registered_passes_and_says_so(uses: str) -> None:
    """The second time nothing is sent that changes anything, and no intent is left."""
    it = Bench()
    await it.run(uses, **REGISTER[uses])
    seen = await it.run(uses, **REGISTER[uses])
    assert seen.outcome == "PASS"
    assert "already so" in seen.recorder.ends[0].message
    assert (it.asked.count("POST"), seen.findings) == (1, [])


@virtual
async def test_what_is_registered_as_something_else_fails(uses: str) -> None:
    """Two units may have one id: FAIL that names both, and nothing is changed."""
    it = Bench()
    await it.run(uses, **OTHERWISE[uses])
    seen = await it.run(uses, **REGISTER[uses])
    (there,) = OTHERWISE[uses].values() if len(OTHERWISE[uses]) == 1 else ["Roof"]
    assert seen.outcome == "FAIL"
    assert "has" in seen.message
    assert f" {there} and not " in seen.message
    assert "another unit may have this id" in seen.recorder.ends[0].remedy
    assert (it.made, it.asked.count("POST")) == (1, 1)


@virtual
async def test_an_answer_lost_after_acting_is_settled_by_asking(uses: str) -> None:
    """It is found registered and never sent a second time."""
    it = Bench(Fault("lost_answer", calls=(CREATE[uses],), times=1))
    seen = await it.run(uses, **REGISTER[uses])
    assert seen.outcome == "PASS"
    assert "found applied, although its answer was lost" in seen.recorder.ends[0].message
    assert (it.made, it.asked.count("POST"), seen.findings) == (1, 1, ["applied"])


@pytest.mark.parametrize("kind", ["drop", "refuse"])
def test_a_request_that_came_to_nothing_is_tried_once_more(uses: str, kind: Any) -> None:
    """After the settling time the portal does not have it, so it is certainly not applied."""

    @virtual
    async def tried() -> None:
        it = Bench(Fault(kind, calls=(CREATE[uses],), times=1))
        seen = await it.run(uses, **REGISTER[uses])
        assert (seen.outcome, it.made, it.asked.count("POST")) == ("PASS", 1, 2)
        assert seen.seconds >= 10

    tried()


@virtual
async def test_a_portal_that_goes_silent_after_acting_leaves_it_open(uses: str) -> None:
    """Nobody knows, so the unit is held and the creation is not repeated."""
    it = Bench(Fault("lost_answer", calls=(CREATE[uses],)))
    get = CREATE[uses].replace("create", "get")
    it.server.faults.add(Fault("drop", calls=(get,), skip=2))
    seen = await it.run(uses, **REGISTER[uses])
    assert seen.outcome == "ERROR"
    assert "whether it was applied is unknown" in seen.recorder.ends[0].message
    assert "applied" not in seen.findings
    assert it.asked.count("POST") == 1


@virtual
async def test_a_bulk_result_that_is_no_success_is_a_refusal(uses: str) -> None:
    """A portal answers 200 although its registry refused: nothing was made, and that is said."""
    it = Bench()
    answer = {"isSuccessful": False, "errors": [{"errorCode": 4, "errorStatus": "ThrottlingError"}]}

    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            await it.server(scope, receive, send)
            return
        await httpx_answer(send, answer)

    portal = IotHubPortal("https://portal.test", authorize=FixedToken(SecretStr(TOKEN)),
                          transport=httpx.ASGITransport(refusing))  # fmt: skip
    seen = await run_step(uses, {IotHubPortal: portal}, secrets={"key": KEY}, **REGISTER[uses])
    assert seen.outcome == "ERROR"
    assert "the registry behind it refused: 4 ThrottlingError" in seen.message
    assert it.made == 0


async def httpx_answer(send: Any, answer: object) -> None:
    """Send `answer` as JSON with status 200."""
    from orchestrator.transport.serving import Reply, send_reply

    await send_reply(send, Reply(answer))


FILLED: Sequence[tuple[str, dict[str, Any]]] = (
    ("portal.expect_model", {"model": MODEL, "commands": ("reboot",)}),
    ("portal.expect_connected", {"kind": "device", "within": 5, "poll": 1}),
    ("portal.send_command", {"command": "reboot"}),
    ("portal.connection_string", {"device_type": "edge"}),
    *REGISTER.items(),
)
DOWN = {
    "refused by itself": Fault("refuse", status=500),
    "not available": Fault("refuse", status=503),
    "throttled": Fault("throttle", retry_after="2"),
    "broken link": Fault("drop"),
    "page": Fault("page"),
    "garbage": Fault("garbage"),
    "silent": Fault("hang"),
    "sign-in withdrawn": Fault("refuse", status=401),
    "rights withdrawn": Fault("refuse", status=403),
}


@pytest.mark.parametrize("fault", DOWN.values(), ids=list(DOWN))
@pytest.mark.parametrize("case", FILLED, ids=lambda case: case[0])
def test_a_portal_that_is_no_help_is_an_error_with_a_remedy(
    case: tuple[str, dict[str, Any]], fault: Fault
) -> None:
    """Never FAIL, nothing is made, and neither token nor key is in what is told."""

    @virtual
    async def tried() -> None:
        it = Bench(fault)
        seen = await it.run(case[0], **case[1])
        if (case[0], fault.kind) == ("portal.send_command", "garbage"):
            # Whatever the network answers is passed on by portals, and kept as it is.
            assert [row.media_type for row in seen.recorder.all(AttachmentRow)] == [BYTES]
            return
        assert (seen.outcome, it.made) == ("ERROR", 0), seen.message
        end = seen.recorder.ends[-1]
        assert len(end.message) > 20
        assert end.message.isprintable()
        assert end.remedy

    tried()


@virtual
async def test_a_token_that_is_not_taken_stops_with_a_sentence() -> None:
    """The remedy is the sign-in in the settings."""
    it = Bench(token="canary-token-7e1-old")
    seen = await it.run("portal.register_device", **REGISTER["portal.register_device"])
    assert (seen.outcome, it.made) == ("ERROR", 0)
    assert "The token of the settings is not accepted" in seen.message
    assert "Renew the token" in seen.recorder.ends[0].remedy
    assert seen.error_class == "rights"


@virtual
async def test_a_model_the_portal_does_not_have_is_an_error() -> None:
    """Nothing is registered with a model that is not there."""
    it = Bench()
    seen = await it.run("portal.register_device", model="no-such-model")
    assert (seen.outcome, it.made) == ("ERROR", 0)
    assert "no such thing" in seen.message
    assert seen.recorder.ends[0].remedy


@virtual
async def test_a_region_the_portal_does_not_know_is_an_error() -> None:
    """The portal's own words say what is wrong."""
    it = Bench()
    seen = await it.run("portal.register_concentrator", region="MOON_1")
    assert (seen.outcome, it.made) == ("ERROR", 0)
    assert "The region MOON_1 is not known" in seen.message


@virtual
async def test_an_id_that_is_a_device_already_is_no_concentrator() -> None:
    """The portal refuses a second thing of that id; the unit is not claimed to be registered."""
    it = Bench()
    await it.run("portal.register_device", model=MODEL)
    seen = await it.run("portal.register_concentrator", region="EU_863_870")
    assert (seen.outcome, it.made) == ("ERROR", 1)
    assert "already exists" in seen.message


@virtual
async def test_a_device_carries_the_recipes_words_and_its_key() -> None:
    """Name, location, asset and key reach the portal; the audit has the key's fingerprint."""
    it = Bench()
    seen = await it.run(
        "portal.register_device",
        model=MODEL, device_id="00df3a5c7e9b1d20", name="Guardian 7", location="Hall 2",
        asset="A-17", app_key="key",
    )  # fmt: skip
    assert seen.outcome == "PASS"
    body = it.portal.registry["00DF3A5C7E9B1D20"].body
    assert (body.deviceName, body.locationCode, body.assetId) == ("Guardian 7", "Hall 2", "A-17")
    assert (body.appEUI, body.modelName, body.isEnabled) == ("70B3D57ED0000000", "Guardian", True)
    assert body.appKey is not None
    assert body.appKey.get_secret_value() == KEY
    assert seen.measured["app_key_fingerprint"] == hashlib.sha256(KEY.encode()).hexdigest()[:12]


@virtual
async def test_an_id_that_no_portal_takes_is_the_recipes_fault() -> None:
    """Nothing is asked with it."""
    it = Bench()
    seen = await it.run("portal.register_device", model=MODEL, device_id="guardian-7")
    assert (seen.outcome, it.made) == ("ERROR", 0)
    assert "is no device id" in seen.message


@virtual
async def test_a_gateway_without_serial_number_has_its_silicon_id() -> None:
    """The id is the serial number, else what the silicon says."""
    it = Bench()
    arguments = REGISTER["portal.register_gateway"]
    seen = await it.run("portal.register_gateway", unit=Unit(None, "P"), **arguments)
    assert (seen.outcome, list(it.portal.registry)) == ("PASS", [BOARD.device_id])


@virtual
async def test_a_token_that_ends_in_the_middle_is_renewed_unseen(uses: str) -> None:
    """The portal refuses the old one once; the unit is registered once and nothing is told."""
    it = Bench(spec=replace(SPEC, tokens={"old": 1e9, "new": 1e9}))
    given = ["old"]

    async def permit(refused: object = None) -> dict[str, str]:
        if refused:
            given.append("new")
        return {"Authorization": f"Bearer {given[-1]}"}

    async def ending(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            it.portal.spec.tokens["old"] = 0.0
        await it.server(scope, receive, send)

    transport = httpx.ASGITransport(ending)
    portal = IotHubPortal("https://portal.test", authorize=permit, transport=transport)
    seen = await run_step(uses, {IotHubPortal: portal}, secrets={"key": KEY}, **REGISTER[uses])
    assert (seen.outcome, seen.message, it.made) == ("PASS", "", 1)
    assert given == ["old", "new"]
