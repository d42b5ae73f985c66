"""Answers of a service that went wrong: each becomes a model or a typed error, printable."""

import copy
import json
from collections import Counter
from random import Random
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_cloud.arm import ArmCloud, CatalogId, SphereArmApi
from orchestrator.systems.azure_sphere_cloud.auth import FixedToken
from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS
from orchestrator.systems.azure_sphere_cloud.follow import Patience
from orchestrator.systems.azure_sphere_cloud.simulator import TENANT_ID
from orchestrator.transport.endpoint import Endpoint
from orchestrator.transport.retry import RetryPolicy
from tests.patience import PATIENCE_SECONDS
from tests.systems.azure_sphere_cloud.clouds import CALLS, MINE, Watch, contract
from tests.systems.azure_sphere_device.test_fuzz import NASTY, RAW, places, text_of

CASES_PER_ROW, SEED = 25, 20_261_121
IDS = dict.fromkeys(
    ("product", "group", "image", "upload", "deployment"), "00000000-0000-4000-8000-000000000000"
)
ONCE = RetryPolicy(attempts=1)


def good_answer(row: Endpoint) -> Any:
    """Return the contract's own example of an answer."""
    found = contract().operation(row.method, row.path.replace("{", "").replace("}", ""))
    item = contract().document["paths"][row.path][row.method.lower()]
    assert found is None or found.operation_id
    success = next(item["responses"][code] for code in ("200", "202") if code in item["responses"])
    return success["content"]["application/json"]["example"]


def spoiled(good: Any, random: Random) -> bytes:
    """Return a good answer with one thing wrong, or with everything wrong."""
    value = copy.deepcopy(good)
    spots = places(value) if isinstance(value, dict | list) else []
    match random.randrange(5):
        case 0:
            return random.choice(RAW)
        case 1:
            text = json.dumps(value).encode()
            return text[: random.randrange(len(text) + 1)]
        case 2 if spots:
            holder, key = random.choice(spots)
            del holder[key]
        case _ if spots:
            holder, key = random.choice(spots)
            holder[key] = random.choice(NASTY)
        case _:
            value = random.choice(NASTY)
    return json.dumps(value, ensure_ascii=random.random() < 0.5).encode()


class Hostile:
    """A service that answers with spoiled examples."""

    def __init__(self, good: Any, seed: str) -> None:
        self.good, self.random = good, Random(f"{SEED}/{seed}")

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        status = self.random.choice((200, 200, 202, 400, 401, 403, 404, 409, 410, 429, 500, 599))
        kind = self.random.choice(("application/json", "text/html", "", "application/json; q=\x9b"))
        hint = self.random.choice(("1e9", "-1", "\x9b", "", "99999999999999"))
        headers = [
            (b"content-type", kind.encode("latin-1")),
            (b"retry-after", hint.encode("latin-1")),
            (b"azure-asyncoperation", self.random.choice((b"", b"//x", b"https://x/y", b"\x9b"))),
        ]
        return httpx.Response(status, headers=headers, content=spoiled(self.good, self.random))


def check(error: OrchestratorError | None) -> None:
    """Look at everything that a person may get to see."""
    assert text_of(error).isprintable(), text_of(error).encode()
    assert len(str(error)) < 2500
    assert error is None or error.remedy or "took" in str(error)


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_spoiled_answers_end_as_a_model_or_a_typed_error(row: Endpoint) -> None:
    """Nothing else escapes, in time, and no message holds what a terminal obeys."""
    hostile = Hostile(good_answer(row), row.name)
    ends: Counter[str] = Counter()

    async def ask() -> None:
        for _ in range(CASES_PER_ROW):
            api = SpherePublicApi(
                TENANT_ID,
                authorize=FixedToken(SecretStr("t")),
                transport=httpx.MockTransport(hostile.answer),
                retry=ONCE,
            )
            fault: OrchestratorError | None = None
            async with api:
                try:
                    await CALLS[row.name](api, IDS)
                except OrchestratorError as error:
                    fault = error
            check(fault)
            ends[type(fault).__name__] += 1

    async def in_time() -> None:
        with anyio.fail_after(PATIENCE_SECONDS):
            await ask()

    anyio.run(in_time)
    assert ends.total() == CASES_PER_ROW
    assert ends["UnusableAnswer"], ends


async def test_successor_that_went_wrong_is_a_typed_error_too() -> None:
    """Through the calls that a line makes, with the examples of the other service."""
    good = {"id": f"/x/products/a/deviceGroups/b/devices/{MINE}", "name": MINE, "value": []}
    hostile = Hostile(good, "arm")
    catalog = CatalogId(IDS["image"], "rg", "c")
    watch = Watch()
    patience = Patience(within=5, settle=5, clock=watch, sleep=watch.sleep)
    with anyio.fail_after(PATIENCE_SECONDS):
        for _ in range(150):
            transport = httpx.MockTransport(hostile.answer)
            api = SphereArmApi(catalog, authorize=None, transport=transport, retry=ONCE)
            cloud = ArmCloud(api, patience)
            for work in (cloud.claim(MINE), cloud.images_of(MINE), cloud.check_access()):
                fault: OrchestratorError | None = None
                try:
                    await work
                except OrchestratorError as error:
                    fault = error
                check(fault)
            await cloud.aclose()
