"""What the cloud's refusals become: a sentence, a remedy, a class, and FAIL only for a bad unit."""

import httpx
import pytest

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    ProductFault,
    StationFault,
    Unreachable,
    UnusableAnswer,
)
from orchestrator.systems.azure_sphere_cloud import endpoints
from orchestrator.systems.azure_sphere_cloud.claims import state_of
from orchestrator.systems.azure_sphere_cloud.cloud import CloudGroup, CloudProduct
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.error_catalogue import (
    OPERATION_ROWS,
    STATUS_ROWS,
    THINGS,
)
from orchestrator.systems.azure_sphere_cloud.errors import (
    CloudRefusal,
    GroupFull,
    NotOurs,
    NotThere,
    OperationFailed,
    RightsWithdrawn,
    UnknownDevice,
    UnknownGroup,
    UnknownProduct,
    WrongTenant,
    refusal_from,
)
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    TENANT_ID,
    CloudSpec,
    Inferences,
    TenantSpec,
)
from orchestrator.transport.client import Answer
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.rate import RateLimit
from orchestrator.transport.serving import Fault
from tests.contracts.openapi import Contract
from tests.systems.azure_sphere_cloud.clouds import (
    CALLS,
    CONTRACT_FILE,
    MINE,
    ONCE,
    Bench,
    device,
    fill,
)

NOWHERE = "00000000-0000-4000-8000-000000000000"
USUAL = b'[{"ErrorCode": "E1", "Title": "Sorry.", "Detail": "Because.", "Status": 400}]'
OLDER = b'{"Code": "E1", "Message": "Sorry. Because."}'
UGLY = b'[{"ErrorCode": "\\u001b[2J", "Title": "\\u202e"}]'


def refused(
    status: int, body: bytes = b"", row: Endpoint = endpoints.LIST_PRODUCTS, kind: str = ""
) -> OrchestratorError:
    """Return what an answer becomes."""
    headers = {"content-type": kind or "application/json"}
    return refusal_from(Answer(row, status, headers, body))


@pytest.mark.parametrize("row", STATUS_ROWS, ids=lambda row: str(row.status))
def test_every_status_has_sentence_remedy_and_class(row: object) -> None:
    """Rows read well, and a refusal carries them on."""
    assert isinstance(row, tuple)
    status, _, sentence, remedy, error_class = row
    error = refused(status, USUAL)
    assert isinstance(error, CloudRefusal)
    assert isinstance(error, StationFault)
    assert error.kind is error_class or isinstance(error, NotThere)
    assert error.remedy
    assert sentence[0].isupper()
    assert not sentence.endswith(".")
    assert remedy
    assert f"HTTP {status}" in error.what
    assert "E1: Sorry. Because." in error.what
    assert error.leaves_unknown == (status >= 500)


def test_documented_statuses_are_rows() -> None:
    """The six of the document are there."""
    documented = Contract(CONTRACT_FILE).document["x-status-codes"]
    assert {int(status) for status in documented} <= {row.status for row in STATUS_ROWS}
    assert [row.number for row in OPERATION_ROWS] == list(range(9))
    names = Contract(CONTRACT_FILE).document["components"]["schemas"]["OperationError"]
    listed = names["properties"]["Code"]["x-enum-names"]
    assert {str(row.number): row.name for row in OPERATION_ROWS} == listed


@pytest.mark.parametrize("row", OPERATION_ROWS, ids=lambda row: row.name)
def test_every_operation_error_has_sentence_remedy_and_class(row: object) -> None:
    """What was accepted and failed says why, and nothing against the unit."""
    assert isinstance(row, tuple)
    error = OperationFailed("DeviceClaim", "op-1", row[0], "Words.", partly=False)
    assert error.kind is row[4]
    assert row[2] in error.what
    assert "Words." in error.what
    assert error.remedy == row[3]
    assert error.where == {"operation": "op-1"}
    assert not isinstance(error, ProductFault)
    assert OperationFailed("x", "", None, None, partly=True).leaves_unknown


@pytest.mark.parametrize("body", [USUAL, OLDER])
def test_both_forms_of_the_body_are_read(body: bytes) -> None:
    """The array of the reference, and the object that comes with 410."""
    error = refused(410, body)
    assert isinstance(error, CloudRefusal)
    assert (error.symbol, error.words) == ("E1", "Sorry. Because.")
    assert error.code == "E1"
    assert "Update this program" in error.remedy


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b"no", b"[1]", b'{"Code": []}', b"\xff", UGLY, b"[" * 9999],
)
@pytest.mark.parametrize("status", [400, 404, 409, 418, 429, 500])
def test_any_other_body_still_is_a_refusal_by_its_status(status: int, body: bytes) -> None:
    """Nothing in a body breaks the reading, and what is shown is printable."""
    error = refused(status, body)
    assert isinstance(error, CloudRefusal)
    assert error.status == status
    assert str(error).isprintable()
    assert status != 418 or error.kind is ErrorClass.REPORT


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_page_is_told_from_a_refusal(status: int) -> None:
    """A proxy's page says nothing of the cloud; a gateway's page is still a failing gateway."""
    error = refused(status, b"<html>Welcome", kind="text/html; charset=utf-8")
    assert isinstance(error, CloudRefusal if status >= 500 else UnusableAnswer)
    assert "Welcome" not in str(error)


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_not_found_names_what_the_path_names(row: Endpoint) -> None:
    """The narrowest thing of the path, with its own remedy."""
    error = refused(404, USUAL, row)
    words = [thing.word for thing in THINGS]
    assert isinstance(error, CloudRefusal)
    if isinstance(error, NotThere):
        assert error.thing in words
        assert f"no such {error.thing}" in error.what
    else:
        assert row.name in {"claim_device", "list_tenants"}


def test_confidential_bodies_are_not_quoted() -> None:
    """What may hold a download address or a capability stays out of messages."""
    for row in (endpoints.GET_IMAGE_URL, endpoints.CREATE_DEVICE_CAPABILITY):
        assert "canary" not in str(refused(400, b"canary", row))


async def test_wrong_tenant_names_the_tenants_there_are() -> None:
    """The typed confirmation of a start-up, and the same on any path."""
    bench = Bench(tenant_id=OTHER_TENANT_ID)
    with pytest.raises(WrongTenant, match=f"it sees Contoso \\({TENANT_ID}\\)") as caught:
        await bench.public.check_access()
    assert "two people" in caught.value.remedy
    with pytest.raises(WrongTenant, match="no such tenant"):
        await bench.api.get_tenant()
    nobody = Bench(CloudSpec(tenants=(TenantSpec(visible=False),)))
    with pytest.raises(WrongTenant, match="it sees none"):
        await nobody.public.check_access()
    assert await Bench().public.check_access() == "Contoso"


async def test_unknown_product_and_group_are_typed() -> None:
    """By name they are None, by id an error with a remedy."""
    bench = Bench()
    assert await bench.public.find_product("Missing") is None
    product = await bench.public.find_product("PUMP")
    assert product is not None
    assert await bench.public.find_group(product, "Missing") is None
    with pytest.raises(UnknownProduct, match="no such product") as caught:
        await bench.public.find_group(CloudProduct(NOWHERE, "x"), "Production")
    assert "Create the product" in caught.value.remedy
    with pytest.raises(UnknownGroup, match="no such device group"):
        await bench.public.deployment_of(CloudGroup(NOWHERE, "x", product.product_id))
    with pytest.raises(UnknownDevice):
        await bench.public.images_of(device(77))


@pytest.mark.parametrize("how", ["409", "fails"])
async def test_group_at_its_limit_is_typed(how: str) -> None:
    """At once or at the end of the operation, the recipe is told to use another one."""
    inferences = Inferences(full_group=how)  # type: ignore[arg-type]  # a word of its literal
    bench = Bench(CloudSpec(group_limit=1, inferences=inferences))
    ids = await fill(bench)
    await bench.public.claim(device(2))
    group = CloudGroup(ids["group"], "Production", ids["product"])
    with pytest.raises(GroupFull, match="takes no more devices") as caught:
        await bench.public.assign(device(2), group)
    assert "another device group" in caught.value.remedy
    await bench.public.assign(MINE, group)


async def test_creations_are_looked_for_after_a_lost_answer() -> None:
    """Applied or not, a product and a group are there once or the error stands."""
    faults = (
        Fault("lost_answer", ("create_product",)),
        Fault("lost_answer", ("create_device_group",), times=1),
        Fault("drop", ("create_device_group",), skip=1),
    )
    bench = Bench(CloudSpec(operation_seconds=3, faults=faults))
    product = await bench.public.create_product("Valve")
    group = await bench.public.create_group(product, "Line 7")
    assert (product.name, group.name) == ("Valve", "Line 7")
    with pytest.raises(OrchestratorError) as caught:
        await bench.public.create_group(product, "Line 8")
    assert caught.value.leaves_unknown
    assert bench.what("product_created").count(product.product_id) == 1
    again = await bench.public.create_product("Valve")
    assert again == product


async def test_plain_refusal_of_a_creation_stands() -> None:
    """What was refused is not looked for."""
    bench = Bench()
    bench.cloud.rights = False
    with pytest.raises(RightsWithdrawn):
        await bench.public.create_product("Valve")
    assert [exchange.method for exchange in bench.exchanges] == ["POST"]


@pytest.mark.parametrize(
    ("kind", "raised", "unknown"),
    [
        ("page", UnusableAnswer, True),
        ("garbage", UnusableAnswer, True),
        ("refuse", CloudRefusal, True),
        ("throttle", CloudRefusal, False),
        ("drop", OrchestratorError, True),
    ],
)
@pytest.mark.parametrize("name", ["count_devices", "claim_device", "get_image_url"])
async def test_service_that_misbehaves_is_a_typed_error(
    name: str, kind: str, raised: type[OrchestratorError], unknown: bool
) -> None:
    """Down, throttled, a captive portal, nonsense: each with a remedy and a class."""
    bench = Bench(CloudSpec(faults=(Fault(kind),)), retry=ONCE)  # type: ignore[arg-type]
    with pytest.raises(raised) as caught:
        await CALLS[name](bench.api, {"image": NOWHERE})
    assert caught.value.remedy
    assert caught.value.leaves_unknown == unknown
    assert not isinstance(caught.value, ProductFault)


async def test_outage_is_answered_at_once_after_a_row_of_failures() -> None:
    """The system rests for everybody, and nothing is sent meanwhile."""
    limit = RateLimit("Azure Sphere", per_second=10_000, burst=100, failures=5)
    bench = Bench(CloudSpec(faults=(Fault("refuse", status=503),)), retry=ONCE, limit=limit)
    for _ in range(5):
        with pytest.raises(CloudRefusal):
            await bench.api.count_devices()
    with pytest.raises(Unreachable, match="Azure Sphere failed 5 times in a row") as caught:
        await bench.public.claim(MINE)
    assert not caught.value.leaves_unknown
    assert len(bench.exchanges) == 5


def test_states_of_a_list_follow_the_error() -> None:
    """Set aside, try again, or hold."""
    assert state_of(NotOurs(MINE, "tenant x", elsewhere=True)) == "refused"
    assert state_of(refused(500)) == "unknown"
    assert state_of(refused(429)) == "failed"
    assert state_of(refused(400)) == "refused"
    assert "it is claimed by another tenant" in NotOurs(MINE, "t", elsewhere=True).what
    assert httpx.codes.GONE == 410
