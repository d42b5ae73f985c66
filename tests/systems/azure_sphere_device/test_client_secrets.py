"""Keys and passwords: sent once to the board, seen nowhere else."""

import json
import logging
import traceback

import httpx
import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_device import endpoints
from orchestrator.transport.endpoint import Endpoint
from tests.systems.azure_sphere_device.calls import GIVEN, SECRETS, call, scripted

CONFIDENTIAL = [row for row in endpoints.DEVICE_ENDPOINTS if row.confidential and row.request]


def told(error: BaseException) -> str:
    """Return everything that a log with a traceback would hold of an error."""
    lines = traceback.format_exception(error)
    source = "\n".join(line for line in lines if "File " not in line)
    return source + repr(error) + str(vars(error))


def test_every_call_with_a_secret_is_confidential() -> None:
    """A row whose request has a secret member is marked, so that no message quotes its bodies."""
    carrying = {
        name
        for name, given in GIVEN.items()
        if any(secret in given.named.values() for secret in SECRETS)
    }
    assert carrying == {row.name for row in CONFIDENTIAL}


def echo(request: httpx.Request) -> dict[str, object]:
    """Return what a board could have understood of the request."""
    value: dict[str, object] = json.loads(request.read())
    return value


ANSWERS = {
    "number": lambda request: httpx.Response(400, json={"error": 13631513, **echo(request)}),
    "no number": lambda request: httpx.Response(400, content=request.read()),
    "number as text": lambda request: httpx.Response(
        400, json={"error": next(s for s in SECRETS if s in request.read().decode())}
    ),
    "success in another shape": lambda request: httpx.Response(
        200, json=list(echo(request).values())
    ),
    "success with wrong members": lambda request: httpx.Response(
        200, json=dict.fromkeys(echo(request), next(s for s in SECRETS if s in str(echo(request))))
    ),
    "cut": lambda request: httpx.Response(200, content=request.read()[:-1]),
    "cut and refused": lambda request: httpx.Response(500, content=request.read()[:-1]),
    "twice": lambda request: httpx.Response(
        200, content=b"{" + b", ".join([request.read()[1:-1]] * 2) + b"}"
    ),
}


@pytest.mark.parametrize("row", CONFIDENTIAL, ids=lambda row: row.name)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_board_that_repeats_a_secret_does_not_get_it_into_a_message(
    row: Endpoint, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a board makes of a request, no error, log line or answer shows the secret."""
    caplog.set_level(logging.DEBUG)
    assert callable(answer)
    async with scripted(answer) as device:
        try:
            shown = repr(await call(device, row))
        except OrchestratorError as error:
            shown = told(error)
    for secret in SECRETS:
        assert secret not in shown
        assert secret not in caplog.text


async def test_echoed_proxy_password_is_a_secret() -> None:
    """The echo of the proxy setting is readable but for its password."""
    async with scripted(lambda request: httpx.Response(200, json=echo(request))) as device:
        answer = await call(device, endpoints.CONFIGURE_PROXY)
    assert answer.address == "proxy.line"
    assert SECRETS[3] not in repr(answer) + answer.model_dump_json()
    assert answer.password.get_secret_value() == SECRETS[3]
