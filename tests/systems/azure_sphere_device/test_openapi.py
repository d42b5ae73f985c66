"""Requests of our client and answers of the simulator against the contract, for every row.

The contract was written from the vendor's papers; nothing in it comes from our tables.
"""

import dataclasses
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestrator.domain.errors import OrchestratorError
from orchestrator.systems.azure_sphere_device.client import DeviceService, SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS, SERVICE_ENDPOINTS
from orchestrator.systems.azure_sphere_device.simulator import (
    BoardSpec,
    Fault,
    LocalService,
    SimulatedBoard,
    Slot,
    World,
    board_app,
)
from orchestrator.transport.endpoint import Endpoint
from tests.contracts.differences import ANSWERS, unexplained
from tests.contracts.openapi import Exchange, Finding, Recorded, device_contract
from tests.peers.material import GOOD, write_material
from tests.systems.azure_sphere_device.calls import GIVEN, QUICK, call, no_wait

DOCUMENTED = [row for row in DEVICE_ENDPOINTS if row.operation_id]
SERVICE = {row.operation_id for row in SERVICE_ENDPOINTS}
BOARDS: dict[str, BoardSpec] = {
    "open": BoardSpec(capabilities=(11,)),
    "plain": BoardSpec(),
    "module": BoardSpec(manufacturing_state="Module1Complete"),
    "finished": BoardSpec(manufacturing_state="DeviceComplete"),
    "serviced": BoardSpec(manufacturing_state="DeviceComplete", capabilities=(13,)),
    "quiet": BoardSpec(wifi_up=False),
    "used": BoardSpec(wifi_networks=("line 3",), ethernet=True),
    "old": BoardSpec(os_version="21.08"),
    "oldest": BoardSpec(os_version="21.08", api_version="3.1.0"),
    "busy": BoardSpec(faults=(Fault("busy", times=10),)),
    "updating": BoardSpec(update_seconds=3600),
    "full": BoardSpec(certificate_store_bytes=10, wifi_network_limit=0, application_flash_bytes=1),
}


def listened(spec: BoardSpec, exchanges: list[Exchange]) -> SphereDevice:
    """Return a client of a simulated board whose exchanges are noted."""
    board = SimulatedBoard(dataclasses.replace(spec, boot_seconds=0), World(sleep=no_wait))
    transport = httpx.ASGITransport(Recorded(board_app(board), exchanges))
    return SphereDevice("127.0.35.2", context=None, transport=transport, retry=QUICK)


def differing(exchanges: list[Exchange]) -> list[Finding]:
    """Return what differs from the contract and stands in no table."""
    contract = device_contract()
    documented = [e for e in exchanges if e.path != "/abi_versions"]
    assert documented
    return unexplained((f for e in documented for f in contract.findings(e)), ANSWERS)[0]


@pytest.mark.parametrize("row", DOCUMENTED, ids=lambda row: row.name)
async def test_request_is_as_agreed(row: Endpoint) -> None:
    """What our client sends for this row fits the contract, path, type and body."""
    exchanges: list[Exchange] = []
    async with listened(BoardSpec(), exchanges) as device:
        with suppress(OrchestratorError):
            await call(device, row)
    assert differing(exchanges) == []
    found = device_contract().operation(exchanges[0].method, exchanges[0].path)
    assert found is not None
    # The version comes with the answer of another operation.
    assert found.operation_id == row.operation_id.replace(
        "getDeviceRestApiVersion", "getDeviceStatus"
    )


@pytest.mark.parametrize("name", BOARDS)
async def test_every_answer_of_this_board_is_as_agreed(name: str) -> None:
    """Asked everything twice, in any order, a board answers within the contract."""
    exchanges: list[Exchange] = []
    rows = [*DEVICE_ENDPOINTS, *DEVICE_ENDPOINTS]
    random.Random(name).shuffle(rows)
    async with listened(BOARDS[name], exchanges) as device:
        for row in rows:
            with suppress(OrchestratorError, ConnectionError):
                await call(device, row)
    assert differing(exchanges) == []
    contract = device_contract()
    answered = [e for e in exchanges if e.status]
    met = {f.operation_id for e in answered if (f := contract.operation(e.method, e.path))}
    assert len(met) > 20
    assert name != "open" or met == contract.operation_ids() - SERVICE


async def test_a_whole_life_is_as_agreed(tmp_path: Path) -> None:
    """Every operation succeeds once with real certificates, images and networks."""
    write_material(tmp_path, {})
    exchanges: list[Exchange] = []
    async with listened(BoardSpec(capabilities=(11,)), exchanges) as device:
        await _live(device, tmp_path)
    assert differing(exchanges) == []
    contract = device_contract()
    good = {
        found.operation_id
        for e in exchanges
        if e.status in {200, 201} and (found := contract.operation(e.method, e.path))
    }
    # Only a board that has waited for its radio has failed connections to tell of.
    assert contract.operation_ids() - SERVICE - good <= {"getConnectionFailure"}


async def _live(device: SphereDevice, folder: Path) -> None:
    """Make every call so that it succeeds."""
    texts = {f: (folder / f).read_text() for f in ("root.pem", "client.pem", "client.key")}
    await device.add_certificate(
        "RootCA-1", certificate_type="rootca", public_certificate=texts["root.pem"]
    )
    await device.add_certificate(
        "Client-1",
        certificate_type="client",
        public_certificate=texts["client.pem"],
        private_key=texts["client.key"],
        password="secret",
    )
    await device.stage_image((folder / "good.imagepackage").read_bytes())
    await device.get_images()
    await device.install_images()
    await device.get_images()
    await device.get_app_quota(GOOD)
    await device.set_app_status(GOOD, "stop")
    last = {"delete_image", "remove_certificate", "remove_wifi_network", "set_manufacturing_state"}
    done = {"add_certificate", "stage_image", "install_images", "get_app_quota", "set_app_status"}
    others = [row for row in DEVICE_ENDPOINTS if row.name not in done | last]
    others.sort(key=lambda row: not row.name.startswith("add_"))
    for row in others:
        with suppress(OrchestratorError):
            await call(device, row)
    for row in DEVICE_ENDPOINTS:
        if row.name in last:
            await call(device, row)


async def test_service_is_as_agreed() -> None:
    """The list of attached boards fits the contract; the rescan is in no document."""
    exchanges: list[Exchange] = []
    slots = [Slot(BoardSpec(slot_path="1111"), "192.168.35.2")]
    transport = httpx.ASGITransport(Recorded(LocalService(slots), exchanges))
    async with DeviceService("http://127.0.0.1:48938", transport=transport) as service:
        assert len(await service.get_attached_devices()) == 1
    assert differing(exchanges) == []


def test_rows_and_contract_name_the_same_operations() -> None:
    """No row is missing here, and the contract has none that we do not know."""
    rows = {row.operation_id for row in (*DEVICE_ENDPOINTS, *SERVICE_ENDPOINTS)} - {""}
    assert rows - {"getDeviceRestApiVersion"} == device_contract().operation_ids()
    assert set(GIVEN) <= {row.name for row in DEVICE_ENDPOINTS}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"answer": b'{"uptime": "1"}'}, "$.uptime: '1' is not of type 'integer'"),
        ({"answer": b"{}"}, "$: 'uptime' is a required property"),
        ({"answer": b"{"}, "no JSON: "),
        ({"status": 418}, "status 418 is not agreed"),
        ({"headers": {"content-type": "application/json"}}, "header REST-API-Version is missing"),
        ({"request": b"{}"}, "a body where none is agreed"),
        ({"path": "/uptime"}, "GET /uptime is not in the contract"),
    ],
)
def test_a_difference_is_found(changes: dict[str, Any], what: str) -> None:
    """The check is able to fail."""
    headers = {"content-type": "application/json", "rest-api-version": "4.6.0"}
    good: dict[str, Any] = {"status": 200, "headers": headers, "answer": b'{"uptime": 1}'}
    contract = device_contract()
    assert list(contract.findings(Exchange("GET", "/status", **good))) == []
    bad = Exchange(**{"method": "GET", "path": "/status", **good, **changes})
    assert [f for f in contract.findings(bad) if f.what.startswith(what)]
