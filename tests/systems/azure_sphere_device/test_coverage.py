"""The checklist of documented operations against endpoints, client, simulator and contract tests.

Everything here is generated from the tables: a new row in one place fails until it stands in all.
"""

import ast
import csv
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.systems.azure_sphere_device import client
from orchestrator.systems.azure_sphere_device.client import DeviceService, SphereDevice
from orchestrator.systems.azure_sphere_device.endpoints import (
    DEVELOPMENT,
    DEVICE_ENDPOINTS,
    LOCAL_OPERATIONS,
    OPEN,
    REST,
    SERVICE_ENDPOINTS,
)
from orchestrator.systems.azure_sphere_device.simulator.handlers import HANDLERS
from orchestrator.transport.endpoint import Endpoint

HERE = Path(__file__).parent
CHECKLIST = {
    row["operation_id"]: row
    for row in csv.DictReader((HERE / "operations.csv").read_text(encoding="utf-8").splitlines())
}
ROWS = (*DEVICE_ENDPOINTS, *SERVICE_ENDPOINTS)
DOCUMENTED = {row.operation_id: row for row in ROWS if row.operation_id}
MEMBERS = {operation.operation_id: operation for operation in LOCAL_OPERATIONS}
UNDOCUMENTED = {"get_abi_versions", "rescan_devices"}
LOCKS = {"always open": OPEN, "rest-allowed": REST, "app-development": DEVELOPMENT}
# The checklist has no version for it; the interface's version history has it beside the read.
SINCE_BY_HISTORY = {"clearErrorReportData": "3.1.0"}


def own_methods(kind: type) -> dict[str, Callable[..., object]]:
    """Return the calls of a client class, without what opens and closes it."""
    members = inspect.getmembers(kind, inspect.iscoroutinefunction)
    return {name: f for name, f in members if not name.startswith("_") and name != "aclose"}


def test_checklist_is_whole() -> None:
    """Nothing is measured against a checklist that lost rows."""
    assert len(CHECKLIST) == 45


def test_checklist_is_covered_by_the_tables() -> None:
    """Each documented operation is one row or one member of the client, never both."""
    assert DOCUMENTED.keys() | MEMBERS.keys() == CHECKLIST.keys()
    assert not DOCUMENTED.keys() & MEMBERS.keys()
    assert {row.name for row in ROWS if not row.operation_id} == UNDOCUMENTED


@pytest.mark.parametrize("operation_id", sorted(DOCUMENTED))
def test_row_agrees_with_the_checklist(operation_id: str) -> None:
    """Category, method, path, version and lock of a row are the documented ones."""
    row, listed = DOCUMENTED[operation_id], CHECKLIST[operation_id]
    assert (row.category, row.method, row.path) == (
        listed["category"],
        listed["method"],
        listed["path"],
    )
    since = listed["since"].removeprefix("device-api ") or SINCE_BY_HISTORY.get(operation_id, "")
    assert row.since == since
    assert row.lock == LOCKS.get(listed["auth"].rpartition("; ")[2], "")


@pytest.mark.parametrize("operation_id", sorted(MEMBERS))
def test_operation_without_a_request_is_a_member(operation_id: str) -> None:
    """What sends nothing of its own names a member of the client that exists."""
    operation, listed = MEMBERS[operation_id], CHECKLIST[operation_id]
    found: object = client
    for part in operation.member.split("."):
        found = getattr(found, part)
    assert operation.category == listed["category"]
    if operation.endpoint is None:
        assert listed["method"] == "LOCAL"
    else:
        assert (operation.endpoint.method, operation.endpoint.path) == (
            listed["method"],
            listed["path"],
        )


@pytest.mark.parametrize(
    ("kind", "table"), [(SphereDevice, DEVICE_ENDPOINTS), (DeviceService, SERVICE_ENDPOINTS)]
)
def test_methods_are_the_rows_of_the_table(kind: type, table: tuple[Endpoint, ...]) -> None:
    """Every row has its method in the same order, and no method lacks a row."""
    own = {o.member.partition(".")[2] for o in LOCAL_OPERATIONS if o.endpoint in table}
    methods = own_methods(kind).keys() - own
    assert methods == {row.name for row in table}
    written = [name for base in kind.__mro__ for name in vars(base) if name in methods]
    assert written == [row.name for row in table]


def test_simulator_answers_every_row() -> None:
    """One handler for each row of the board's table, and none without a row."""
    assert HANDLERS.keys() == {row.name for row in DEVICE_ENDPOINTS}


def test_tables_have_no_twins() -> None:
    """A name, an operation and a request stand in one row only."""
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert len({row.label for row in ROWS}) == len(ROWS)
    assert len(DOCUMENTED) + len(UNDOCUMENTED) == len(ROWS)


def contract_operations() -> set[str]:
    """Return the operations that the contract tests say they cover."""
    marks = [
        node
        for file in sorted((HERE / "contract").glob("test_*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.operations"
    ]
    return {ast.literal_eval(argument) for mark in marks for argument in mark.args}


def test_every_operation_has_a_contract_test() -> None:
    """What is documented is tested by the suite that runs on real boards too."""
    undocumented = {row.name for row in ROWS if not row.operation_id}
    assert contract_operations() == CHECKLIST.keys() | undocumented


def test_open_reads_are_seven() -> None:
    """A locked board answers these and nothing else."""
    assert {row.name for row in DEVICE_ENDPOINTS if row.lock == OPEN} == {
        "get_abi_versions",
        "get_device_capabilities",
        "get_device_status",
        "get_manufacturing_state",
        "get_network_status",
        "get_os_version",
        "get_security_state",
    }
