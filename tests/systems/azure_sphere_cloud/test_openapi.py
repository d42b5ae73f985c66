"""Requests of our client and answers of the simulator against the contract, for every row."""

import random
from contextlib import suppress

import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.simulator import (
    OTHER_TENANT_ID,
    CloudSpec,
    Inferences,
    TenantSpec,
)
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.serving import Fault
from tests.contracts.openapi import Exchange
from tests.systems.azure_sphere_cloud.clouds import (
    CALLS,
    MINE,
    UNLISTED,
    Bench,
    contract,
    device,
    fill,
    findings,
)

SPECS = {
    "usual": CloudSpec(),
    "slow": CloudSpec(operation_seconds=5),
    "stuck": CloudSpec(stuck=frozenset({0, 2, 4, 5, 7, 11})),
    "others": CloudSpec(
        tenants=(TenantSpec(), TenantSpec(OTHER_TENANT_ID, "Fabrikam", visible=False)),
        owned={MINE: OTHER_TENANT_ID, device(9): OTHER_TENANT_ID},
        unknown=frozenset({device(7)}),
        group_limit=1,
        inferences=Inferences(foreign_claim="409", own_claim="conflict"),
    ),
    "empty": CloudSpec(products=()),
    "blind": CloudSpec(tenants=(TenantSpec(visible=False),)),
    "closed": CloudSpec(token="another"),
    "throttled": CloudSpec(requests_per_second=3),
    "failing": CloudSpec(faults=(Fault("refuse", probability=0.3, status=500),)),
}


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
async def test_both_directions_are_as_agreed(row: Endpoint) -> None:
    """What our client sends and what the simulator answers fits the contract, and succeeds."""
    bench = Bench()
    ids = await fill(bench)
    assert findings(bench.exchanges) == []
    bench.exchanges.clear()
    await CALLS[row.name](bench.api, ids)
    assert [exchange.method for exchange in bench.exchanges] == [row.method]
    found = contract().operation(bench.exchanges[0].method, bench.exchanges[0].path)
    assert found is not None
    assert found.operation_id == row.operation_id
    documented = found.node["responses"]
    assert str(bench.exchanges[0].status) in documented
    assert bench.exchanges[0].status in row.success
    assert findings(bench.exchanges) == []


@pytest.mark.parametrize("name", SPECS)
async def test_every_answer_of_this_cloud_is_as_agreed(name: str) -> None:
    """Asked everything three times in any order, a cloud answers within the contract."""
    bench = Bench(SPECS[name])
    ids = dict.fromkeys(
        ("product", "group", "image", "upload", "deployment"),
        "00000000-0000-4000-8000-000000000000",
    )
    with suppress(OrchestratorError, AssertionError):
        ids = await fill(bench)
    calls = list(CALLS.values()) * 3
    random.Random(name).shuffle(calls)
    for call in calls:
        with suppress(OrchestratorError):
            await call(bench.api, ids)
    assert len(bench.exchanges) > len(calls) / 2
    assert findings(bench.exchanges) == []
    assert name == "usual" or set(bench.statuses()) - {200, 202} or name in {"slow", "stuck"}


def test_a_difference_is_found() -> None:
    """The check is able to fail, on path, query, header, body and answer."""
    good = Exchange(
        "GET",
        "/v2/tenants/5f2c7c1e-0d3b-4c55-9a52-1f6f0a7d9e01/products",
        status=200,
        headers={"content-type": "application/json"},
        answer=b'{"Items": []}',
        query={"maxPageSize": "3"},
    )
    assert findings([good]) == []
    for change in (
        {"query": {"maxPageSize": "0"}},
        {"query": {"maxPageSize": "many"}},
        {"answer": b"{}"},
        {"status": 418},
        {"request": b"{}"},
        {"path": "/v2/tenant"},
    ):
        assert findings([Exchange(**{**vars(good), **change})]), change
    assert all(status in UNLISTED for status in (401, 403))
