"""Requests of our client and answers of the simulator against the contract, for every row."""

import json
import random
from contextlib import suppress
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS, NOT_HERE
from orchestrator.systems.advantech_portal.simulator import MODELS
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.in_process_stream import StreamingTransport
from tests.contracts.openapi import Exchange
from tests.systems.advantech_portal.hosts import Documented
from tests.systems.advantech_portal.simulated import Bench

PLAIN = [row for row in HOST_ENDPOINTS if not row.door]
STREAMS = [row for row in HOST_ENDPOINTS if row.door == "SSE"]

UNDOCUMENTED = {
    401: "the document forgot it for some calls that need a token",
    403: "the admin account with its documented password, and accounts without the right",
}
"""Statuses of the simulator that the document does not list everywhere, with the reason."""


def findings(exchanges: list[Exchange]) -> list[str]:
    """Return what differs from the contract and is no listed status."""
    return [
        f"{found.operation_id} {found.side}: {found.what}"
        for exchange in exchanges
        for found in Documented.contract.findings(exchange)
        if found.what not in {f"status {status} is not agreed" for status in UNDOCUMENTED}
        and exchange.request_type.partition(";")[0] != "multipart/form-data"
    ]


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
async def test_both_directions_are_as_agreed(row: Endpoint) -> None:
    """What our client sends and what the simulator answers fits the contract, and succeeds."""
    bench = Bench()
    await bench.call(row.name)
    operation = Documented.contract.operation(row.method, bench.exchanges[-1].path)
    assert operation is not None
    assert operation.operation_id == row.operation_id
    assert bench.exchanges[-1].status in row.success
    assert findings(bench.exchanges) == []


@pytest.mark.parametrize("row", STREAMS, ids=lambda row: row.name)
async def test_events_are_as_agreed(row: Endpoint) -> None:
    """Names and data of what a stream brings are the documented ones."""
    bench = Bench()
    token = (await bench.client.login()).token.get_secret_value()
    node = Documented.contract.document["paths"][row.path]["get"]["x-sse"]["events"]
    schemas = {event["event"]: event["schema"] for event in node}
    seen: set[str] = set()
    async with httpx.AsyncClient(transport=StreamingTransport(bench.app)) as http:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        async with http.stream("GET", f"https://host.test{row.path}", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            name = "message"
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    assert misfits(schemas[name], json.loads(value)) == []
                    seen.add(name)
                    name = "message"
                if seen >= schemas.keys() - {"snmptrap"}:
                    break


def misfits(schema: dict[str, Any], value: object) -> list[str]:
    """Return in which way a value does not fit a schema of the contract."""
    whole = {**schema, "components": Documented.contract.document["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


@pytest.mark.parametrize("model", MODELS)
async def test_every_answer_of_every_model_is_as_agreed(model: str) -> None:
    """Asked everything twice in any order, a host answers within the contract."""
    bench = Bench(model=model)
    names = [row.name for row in PLAIN if row.name not in {"reboot", "shutdown"}] * 2
    random.Random(7).shuffle(names)
    for name in names:
        with suppress(OrchestratorError, IndexError):
            await bench.call(name)
    assert len(bench.exchanges) >= len(names)
    assert findings(bench.exchanges) == []


@pytest.mark.parametrize("row", [r for r in PLAIN if r.name in NOT_HERE], ids=lambda row: row.name)
async def test_what_a_host_lacks_is_said_as_agreed(row: Endpoint) -> None:
    """A host without the feature answers with the documented status and body."""
    bench = Bench(model="ARK-1124H-S6A1")
    with suppress(OrchestratorError, IndexError):
        await bench.call(row.name)
    assert findings(bench.exchanges) == []
