"""Answers of a board that went wrong in its JSON: each becomes a model or a typed error.

The good answers come from the simulator; seeded mutations spoil them for every row of the table.
What goes wrong below JSON (lengths, drips, floods) is shown for the client that all rooms share.
"""

import copy
import json
from collections import Counter
from functools import cache
from random import Random
from typing import Any

import anyio
import httpx
import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_device.client import SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, SimulatedBoard, World
from orchestrator.systems.azure_sphere_device.simulator.asgi import board_app
from orchestrator.transport.endpoint import Endpoint
from tests.contracts.openapi import Exchange, Recorded
from tests.patience import PATIENCE_SECONDS
from tests.systems.azure_sphere_device.calls import QUICK, call, no_wait
from tests.transport.memory import Growth

CASES_PER_ROW, SEED = 20, 20_261_121
MEMORY_MIB = 50
UGLY = "\x1b[31m\x07\x00\r\n\x9b2J\u202e\u2028\x7f"
NASTY: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**53 + 1, 2**64 - 1, 1.5, -0.0, "", "0", UGLY, UGLY * 200),
    *([], {}, [[]], {"": {}}, [UGLY], {UGLY: UGLY}, ["x"] * 20_000, {"error": 10485778}, "NaN"),
)
RAW = (
    *(b"NaN", b"Infinity", b"-1e999", b"1" * 5000, b"18446744073709551616", b"null", b"[]", b""),
    *(b"{" * 3000, b"[" * 500_000, b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b"<html>\x1b[2J</html>"),
    *(b'"\\ud800"', b"'a'", b"{}{}", b"//", UGLY.encode(), b"[" + b"0," * 400_000 + b"0]"),
)


@cache
def good_answers() -> dict[str, bytes]:
    """Return one answer per row, from a board that knows everything."""
    found: dict[str, bytes] = {}

    async def ask() -> None:
        for row in DEVICE_ENDPOINTS:
            exchanges: list[Exchange] = []
            spec = BoardSpec(capabilities=(11,), wifi_networks=("line 3",), boot_seconds=0)
            board = SimulatedBoard(spec, World(sleep=no_wait))
            transport = httpx.ASGITransport(Recorded(board_app(board), exchanges))
            async with SphereDevice("127.0.35.2", context=None, transport=transport) as device:
                try:
                    await call(device, row)
                except OrchestratorError:
                    exchanges[-1].answer = b"{}"
            found[row.name] = exchanges[-1].answer

    anyio.run(ask)
    return found


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container in `value` with each of its keys."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, key) for key, _ in pairs]
    for _, inner in pairs:
        if isinstance(inner, dict | list):
            found += places(inner)
    return found


def spoiled(good: bytes, random: Random) -> bytes:
    """Return a good answer with one thing wrong, or with everything wrong."""
    try:
        value = copy.deepcopy(json.loads(good))
    except ValueError:
        value = {}
    spots = places(value) if isinstance(value, dict | list) else []
    match random.randrange(6):
        case 0:
            return random.choice(RAW)
        case 1:
            return good[: random.randrange(len(good) + 1)]
        case 2:
            return good[:1] + b'"uptime": 1, "uptime": 1, "error": 1,' + good[1:]
        case 3 if spots:
            holder, key = random.choice(spots)
            del holder[key]
        case _ if spots:
            holder, key = random.choice(spots)
            holder[key] = random.choice(NASTY)
        case _:
            value = random.choice(NASTY)
    return json.dumps(value, ensure_ascii=random.random() < 0.5).encode()


def text_of(error: BaseException | None) -> str:
    """Return everything that a person may get to see of an error."""
    if not isinstance(error, OrchestratorError):
        return ""
    parts = (str(error), error.what, error.remedy, error.code, *error.where.values())
    return " ".join((*parts, text_of(error.__cause__)))


@pytest.mark.parametrize("row", DEVICE_ENDPOINTS, ids=lambda row: row.name)
def test_spoiled_answers_end_as_a_model_or_a_typed_error(row: Endpoint) -> None:
    """Nothing else escapes, in time, in 50 MiB, and no message holds what a terminal obeys."""
    random = Random(f"{SEED}/{row.name}")
    good = good_answers()[row.name]

    def answer(_request: httpx.Request) -> httpx.Response:
        version = random.choice(("4.6.0", "4.6.0", "", "9" * 3000, "4.\x9b6.0", "4.6", "-1.0.0"))
        status = random.choice((*row.success, *row.success, 400, 403, 404, 409, 500, 503, 599))
        headers = [(b"REST-API-Version", version.encode("latin-1"))]
        return httpx.Response(status, headers=headers, content=spoiled(good, random))

    async def ask() -> Counter[str]:
        ends: Counter[str] = Counter()
        for _ in range(CASES_PER_ROW):
            transport = httpx.MockTransport(answer)
            async with SphereDevice(
                "127.0.35.2", context=None, transport=transport, retry=QUICK
            ) as device:
                try:
                    await call(device, row)
                except OrchestratorError as error:
                    fault: OrchestratorError | None = error
                else:
                    fault = None
            assert text_of(fault).isprintable(), text_of(fault).encode()
            assert len(str(fault)) < 2000
            ends[type(fault).__name__] += 1
        return ends

    growth = Growth()

    async def in_time() -> Counter[str]:
        with anyio.fail_after(PATIENCE_SECONDS):
            return await ask()

    ends = anyio.run(in_time)
    assert sum(ends.values()) == CASES_PER_ROW
    assert ends["UnusableAnswer"], ends
    assert growth.mib < MEMORY_MIB
