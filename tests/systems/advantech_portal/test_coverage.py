"""The checklist of documented operations against endpoints, client, simulator and tests.

Everything here is generated from the tables: a new row in one place fails until it stands in all.
"""

import ast
import csv
import inspect
from pathlib import Path

import pytest

from orchestrator.systems.advantech_portal import endpoints
from orchestrator.systems.advantech_portal.client import AdvantechHost, HostStream
from orchestrator.systems.advantech_portal.endpoints import HOST_ENDPOINTS
from orchestrator.systems.advantech_portal.simulator import ANSWERED
from tests.systems.advantech_portal.hosts import CALLS, Documented

HERE = Path(__file__).parent
CHECKLIST = {
    row["operation_id"]: row
    for row in csv.DictReader((HERE / "operations.csv").read_text(encoding="utf-8").splitlines())
}
ROWS = {row.operation_id: row for row in HOST_ENDPOINTS}
LOCKS = {
    "none": endpoints.OPEN,
    "cookieAuth or none": endpoints.OPEN,
    "basicAuth": endpoints.BASIC,
}
NEEDS_MORE = {
    "changeAdminPassword": endpoints.ADMIN,
    "resetAdminPassword": endpoints.ADMIN,
    "reboot": endpoints.PERMISSION,
    "shutdown": endpoints.PERMISSION,
}


def methods() -> list[str]:
    """Return the calls of the client in the order in which they are written."""
    names = {row.name for row in HOST_ENDPOINTS}
    return [name for base in AdvantechHost.__bases__ for name in vars(base) if name in names]


def test_four_sets_are_one() -> None:
    """All 93 documented operations are rows, methods in the same order, answers and test calls."""
    names = [row.name for row in HOST_ENDPOINTS]
    assert len(CHECKLIST) == len(names) == 93
    assert list(ROWS) == list(CHECKLIST)
    assert methods() == names
    assert set(names) == ANSWERED
    assert list(CALLS) == names


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
    """What is documented is tested by the suite that runs on real hosts too."""
    assert contract_operations() == CHECKLIST.keys()


def test_methods_are_coroutines_or_streams() -> None:
    """Whatever is called is awaited; a stream is iterated over."""
    for row in HOST_ENDPOINTS:
        member = getattr(AdvantechHost, row.name)
        if row.door == "SSE":
            assert inspect.signature(member).return_annotation is HostStream
        else:
            assert inspect.iscoroutinefunction(member), row.name


def test_nothing_else_is_called() -> None:
    """No public method of the client lacks a row, but for what opens, closes and changes it."""
    public = {
        name
        for name, member in inspect.getmembers(AdvantechHost, inspect.isfunction)
        if not name.startswith("_")
    }
    assert public - {row.name for row in HOST_ENDPOINTS} == {"aclose", "use"}


@pytest.mark.parametrize("operation_id", CHECKLIST)
def test_row_agrees_with_the_checklist(operation_id: str) -> None:
    """Category, method, path, version and lock of a row are the documented ones."""
    row, listed = ROWS[operation_id], CHECKLIST[operation_id]
    assert (row.category, row.verb, row.path, row.since) == (
        listed["category"],
        listed["method"],
        listed["path"],
        listed["since"],
    )
    lock = NEEDS_MORE.get(operation_id) or LOCKS.get(listed["auth"], endpoints.TOKEN)
    assert row.lock == lock


@pytest.mark.parametrize("row", HOST_ENDPOINTS, ids=lambda row: row.name)
def test_row_agrees_with_the_contract(row: endpoints.Endpoint) -> None:
    """Success and absence have the documented statuses; few changes are repeated by themselves."""
    node = Documented.contract.document["paths"][row.path][row.method.lower()]
    documented = set(node["responses"])
    if not row.door:
        assert {str(status) for status in row.success} <= documented
    absent = endpoints.NOT_HERE.get(row.name, frozenset())
    assert {str(status) for status in absent} <= documented
    if "404" in documented:
        assert 404 in absent
    if row.method == "GET" and not row.door:
        assert row.idempotent
    if row.method in {"POST", "DELETE"} and row.idempotent:
        assert row.name in {
            "login",
            "logout",
            "set_route_order",
            "set_connection_config",
            "upload_pem",
        }


def test_irreversible_calls_are_not_repeated_blindly() -> None:
    """What cannot be undone is sent once, and says how long it may still be applied."""
    for name in ("set_etp_lock", "change_admin_password", "reset_admin_password", "reboot"):
        row = next(row for row in HOST_ENDPOINTS if row.name == name)
        assert not row.idempotent
        assert row.settle_seconds > 0


def test_streams_carry_the_documented_events() -> None:
    """Names of events, in the document's order; each has a read unless it is a trap."""
    node = Documented.contract.document["paths"]["/platform/api/events"]["get"]
    assert [event.name for event in endpoints.EVENTS] == [
        one["event"] for one in node["x-sse"]["events"]
    ]
    assert [event.name for event in endpoints.EVENTS if event.read is None] == ["snmptrap"]
    doors = [row.name for row in HOST_ENDPOINTS if row.door == "SSE"]
    assert list(endpoints.SINGLE_STREAMS) == [name for name in doors if name != "stream_events"]
