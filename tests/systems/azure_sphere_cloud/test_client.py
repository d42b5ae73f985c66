"""The client's own limits: what is checked before anything is sent, pages, tokens, bytes."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import OrchestratorError, StationMisuse, UnusableAnswer
from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.client import PUBLIC_URL, SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.errors import SignInFailed
from orchestrator.systems.azure_sphere_cloud.models import OPERATION_TYPES, Operation
from orchestrator.systems.azure_sphere_cloud.packages import read_package
from orchestrator.systems.azure_sphere_cloud.pages import every
from orchestrator.systems.azure_sphere_cloud.simulator import TENANT_ID, CloudSpec
from orchestrator.transport.serving import Fault
from tests.systems.azure_sphere_cloud.clouds import (
    CALLS,
    CANARY,
    MINE,
    QUICK,
    Bench,
    device,
    fill,
    image_package,
)

Wrong = Callable[[SpherePublicApi], Awaitable[Any]]
WRONG: dict[str, Wrong] = {
    "device id": lambda api: api.get_device("1" * 127),
    "device id with a slash": lambda api: api.claim_device("../" + "1" * 125),
    "product id": lambda api: api.get_product("pump"),
    "group id": lambda api: api.move_device(MINE, "group"),
    "image id": lambda api: api.get_image_url(""),
    "operation id": lambda api: api.get_operation("1"),
    "long name": lambda api: api.create_product("x" * 51),
    "name with a slash": lambda api: api.create_device_group(TENANT_ID, "a/b"),
    "empty name": lambda api: api.create_product(""),
    "no devices": lambda api: api.bulk_claim_devices([]),
    "too many devices": lambda api: api.bulk_claim_devices([device(n) for n in range(1001)]),
    "capability": lambda api: api.create_device_capability(MINE, [12]),
    "empty image": lambda api: api.upload_image(b""),
    "no images": lambda api: api.create_deployment(TENANT_ID, []),
    "page of nothing": lambda api: api.list_devices(0),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_values_beyond_the_limits_send_nothing(wrong: Wrong) -> None:
    """The sentence says what is wrong and what to give."""
    bench = Bench()
    with pytest.raises(StationMisuse) as caught:
        await wrong(bench.api)
    assert caught.value.remedy
    assert bench.exchanges == []


def test_tenant_is_checked_and_fixed() -> None:
    """An object belongs to one tenant, in one spelling."""
    api = SpherePublicApi(TENANT_ID.upper(), authorize=None)
    assert api.tenant_id == TENANT_ID
    assert PUBLIC_URL == "https://prod.core.sphere.azure.net"
    with pytest.raises(StationMisuse, match="no id of a tenant"):
        SpherePublicApi("contoso", authorize=None)


async def test_pages_are_followed_by_their_token_in_a_header() -> None:
    """Two hundred devices in pages of fifty, each device once."""
    bench = Bench()
    await bench.api.bulk_claim_devices([device(n) for n in range(200)])
    tokens: list[str | None] = []

    async def page(token: str | None) -> tuple[list[str], str | None]:
        tokens.append(token)
        answer = await bench.api.list_devices(50, token)
        return [each.DeviceId for each in answer.Items], answer.ContinuationToken

    assert await every(page, "devices") == [device(n) for n in range(200)]
    assert tokens[0] is None
    assert len(tokens) == 4
    assert bench.exchanges[-1].request_headers["sphere-continuation"] == tokens[-1]
    assert bench.exchanges[-1].query == {"maxPageSize": "50"}


async def test_list_without_an_end_is_left() -> None:
    """A token that repeats, pages that never stop, and empty ones on the way."""

    async def same(token: str | None) -> tuple[list[int], str | None]:
        return [1], "again"

    async def rising(token: str | None) -> tuple[list[int], str | None]:
        return [], str(int(token or 0) + 1)

    async def flood(token: str | None) -> tuple[list[int], str | None]:
        return [0] * 10, str(int(token or 0) + 1)

    async def empty(token: str | None) -> tuple[list[int], str | None]:
        number = int(token or 0) + 1
        return ([number] if number == 5 else []), ("" if number == 5 else str(number))

    for read in (same, rising, flood):
        with pytest.raises(UnusableAnswer, match="does not end"):
            await every(read, "devices", most_pages=20, most_items=100)
    assert await every(empty, "devices") == [5]


@pytest.mark.parametrize("token", ["a\r\nX: 1", "\u00e4", "x" * 9000])
async def test_token_that_cannot_be_sent_back_is_the_services_fault(token: str) -> None:
    """A line break in it cannot become a header."""
    bench = Bench()
    with pytest.raises(UnusableAnswer, match="next page cannot be sent back"):
        await bench.api.list_devices(continuation=token)
    assert bench.exchanges == []


async def test_token_of_the_sign_in_is_sent_and_never_shown() -> None:
    """It is in the request's header and in no message, whatever goes wrong."""
    for fault in ("refuse", "page", "garbage", "drop", "throttle"):
        bench = Bench(CloudSpec(faults=(Fault(fault),)))  # type: ignore[arg-type]
        with pytest.raises(OrchestratorError) as caught:
            await bench.api.count_devices()
        assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.where}"
        assert bench.exchanges[0].request_headers["authorization"] == f"Bearer {CANARY}"
    closed = Bench(CloudSpec(token="another"))
    with pytest.raises(SignInFailed, match="is not accepted") as refused:
        await closed.api.count_devices()
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("row", sorted(CALLS))
async def test_throttled_and_failing_calls_are_repeated_where_that_is_safe(row: str) -> None:
    """429 always, 500 for what may be asked twice; nothing is applied twice."""
    bench = Bench()
    ids = await fill(bench)
    bench.server.faults.add(Fault("throttle", times=1, retry_after="0"))
    bench.exchanges.clear()
    await CALLS[row](bench.api, ids)
    assert bench.statuses()[0] == 429
    assert len(bench.exchanges) == 2
    assert all(count == 1 for count in bench.cloud.claims.values())


@pytest.mark.parametrize("body", ["", "not base64!", "QQ"])
async def test_capability_that_is_no_base64_is_unusable(body: str) -> None:
    """Nothing but the file's bytes reaches a board."""
    answer = httpx.Response(200, json={"SignedDeviceCapabilityImageBytes": body})
    api = SpherePublicApi(
        TENANT_ID,
        authorize=FixedToken(SecretStr("t")),
        transport=httpx.MockTransport(lambda _: answer),
        retry=QUICK,
    )
    file = await api.create_device_capability(MINE, [11])
    with pytest.raises(UnusableAnswer, match="no base64"):
        _ = file.content


async def test_line_gets_bytes_ids_and_order() -> None:
    """A capability's bytes, an image's id from its package, what a device should have."""
    bench = Bench()
    ids = await fill(bench)
    file = await bench.public.download_capability(MINE, [13, 11, 11])
    assert len(file) == 392
    assert file != await bench.public.download_capability(MINE, [])
    package = read_package(image_package())
    assert package is not None
    assert ids["image"] == package.image_id
    assert await bench.public.images_of(MINE) == (package.image_id,)
    assert [h.what for h in bench.happenings].count("capability_issued") == 2


def test_packages_that_are_none_are_none() -> None:
    """Cut anywhere, or anything else."""
    good = image_package()
    assert read_package(good) is not None
    for junk in (b"", b"x" * 500, good[:-1], good[20:], b"\xff" * len(good)):
        assert read_package(junk) is None


def test_operation_of_an_unknown_type_keeps_its_number() -> None:
    """Tomorrow's service may know more types than today's document."""
    known = Operation(OperationId=TENANT_ID, State=2, OperationType=11)
    assert (known.kind, known.ended) == (OPERATION_TYPES[11], True)
    unknown = Operation(OperationId=TENANT_ID, State=1, OperationType=99)
    assert (unknown.kind, unknown.ended) == ("operation type 99", False)
