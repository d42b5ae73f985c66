"""The checklist of documented operations against endpoints, client, simulator and tests."""

import csv
import inspect
from pathlib import Path

import pytest

from orchestrator.systems.azure_sphere_cloud.client import SpherePublicApi
from orchestrator.systems.azure_sphere_cloud.endpoints import ENDPOINTS, TOKEN
from orchestrator.systems.azure_sphere_cloud.simulator.handlers import HANDLERS
from orchestrator.transport.endpoint import Endpoint
from tests.systems.azure_sphere_cloud.clouds import CALLS, contract

CHECKLIST = {
    row["operation_id"]: row
    for row in csv.DictReader(
        (Path(__file__).parent / "operations.csv").read_text(encoding="utf-8").splitlines()
    )
}


def own_methods() -> dict[str, object]:
    """Return the calls of the client, without what opens and closes it."""
    members = inspect.getmembers(SpherePublicApi, inspect.iscoroutinefunction)
    return {name: f for name, f in members if not name.startswith("_") and name != "aclose"}


def test_checklist_table_and_contract_name_the_same_operations() -> None:
    """32 of 32, in the document's order, and no other."""
    assert len(CHECKLIST) == 32
    assert {row.operation_id for row in ENDPOINTS} == CHECKLIST.keys()
    assert contract().operation_ids() == CHECKLIST.keys()
    assert len({row.label for row in ENDPOINTS}) == len({row.name for row in ENDPOINTS}) == 32


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_row_agrees_with_the_checklist(row: Endpoint) -> None:
    """Category, method, path, version and authentication of a row are the documented ones."""
    listed = CHECKLIST[row.operation_id]
    given = (row.category, row.method, row.path, row.since, row.lock)
    wanted = ("category", "method", "path", "since", "auth")
    assert given == tuple(listed[name] for name in wanted)
    assert row.lock == TOKEN


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.name)
def test_only_what_changes_nothing_twice_may_be_repeated(row: Endpoint) -> None:
    """Reads are; of the writes a move, a change to fixed values and a capability file."""
    harmless = {"patch_device_group", "move_device", "create_device_capability"}
    assert row.idempotent == (row.method == "GET" or row.name in harmless)
    assert (row.method == "GET") or row.settle_seconds or row.name == "create_device_capability"


def test_methods_are_the_rows_in_their_order() -> None:
    """Every row has its method, and no method lacks a row."""
    methods = own_methods()
    assert methods.keys() == {row.name for row in ENDPOINTS}
    written = [name for base in SpherePublicApi.__mro__ for name in vars(base) if name in methods]
    assert set(written) == methods.keys()
    for base in SpherePublicApi.__mro__:
        own = [name for name in vars(base) if name in methods]
        table = [row.name for row in ENDPOINTS if row.name in own]
        assert own == table


def test_simulator_and_tests_have_every_row() -> None:
    """One handler and one example call for each row."""
    assert list(HANDLERS) == list(CALLS) == [row.name for row in ENDPOINTS]
