"""The checklist of documented operations against endpoints, client, simulator and contract."""

import csv
import inspect
from pathlib import Path

import pytest

from orchestrator.systems.iot_hub_portal.client import IotHubPortal
from orchestrator.systems.iot_hub_portal.endpoints import PORTAL_ENDPOINTS
from orchestrator.systems.iot_hub_portal.simulator import HANDLERS
from tests.systems.iot_hub_portal.portals import CALLS

HERE = Path(__file__).parent
CHECKLIST = {
    row["operation_id"]: row
    for row in csv.DictReader((HERE / "operations.csv").read_text(encoding="utf-8").splitlines())
}
ROWS = {row.operation_id: row for row in PORTAL_ENDPOINTS}


def test_four_sets_are_one() -> None:
    """All 31 documented operations are rows, methods in the same order, handlers and test calls."""
    assert len(CHECKLIST) == 31
    assert ROWS.keys() == CHECKLIST.keys()
    names = [row.name for row in PORTAL_ENDPOINTS]
    methods = [
        name
        for name, member in vars(IotHubPortal).items()
        if inspect.iscoroutinefunction(member) and not name.startswith("_") and name != "aclose"
    ]
    assert methods == names
    assert list(HANDLERS) == names
    assert CALLS.keys() == set(names)


@pytest.mark.parametrize("operation_id", sorted(CHECKLIST))
def test_row_agrees_with_the_checklist(operation_id: str) -> None:
    """Category, method and path of a row are the documented ones."""
    row, listed = ROWS[operation_id], CHECKLIST[operation_id]
    assert (row.category, row.method, row.path) == (
        listed["category"],
        listed["method"],
        listed["path"],
    )


def test_creations_are_never_repeated_blindly() -> None:
    """What makes something new is not idempotent and says how long it may still be applied."""
    for row in PORTAL_ENDPOINTS:
        if row.name.startswith("create_") or row.name == "add_model_command":
            assert not row.idempotent
            assert row.settle_seconds > 0
