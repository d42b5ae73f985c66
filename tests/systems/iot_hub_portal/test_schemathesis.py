"""The pretend portal under requests made from its contract: no crash, no status unknown to us."""

from typing import Any

import anyio
import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.systems.iot_hub_portal.portals import Bench
from tests.systems.iot_hub_portal.test_openapi import CONTRACT_FILE, UNDOCUMENTED

SCHEMA = schemathesis.openapi.from_path(str(CONTRACT_FILE))
TAKEN = {200, *UNDOCUMENTED, 405, 415}


@SCHEMA.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_request_of_the_contract_is_answered(case: Any) -> None:
    """Whatever fits the contract, and much that does not, gets an answer with a known status."""

    async def ask() -> httpx.Response:
        bench = await Bench().filled()
        transport = httpx.ASGITransport(bench.server)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal.test") as client:
            sent = requests.Request(**case.as_transport_kwargs(base_url="http://portal.test"))
            ready = sent.prepare()
            body = ready.body.encode() if isinstance(ready.body, str) else ready.body
            return await client.request(
                ready.method or "", ready.url or "", headers=dict(ready.headers), content=body
            )

    answer = anyio.run(ask)
    assert answer.status_code in TAKEN, (answer.status_code, answer.text[:200])
