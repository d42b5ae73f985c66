"""The vendor's own client, unmodified, against the pretend boards on their real addresses."""

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.contracts.differences import ANSWERS, Difference, unexplained
from tests.contracts.openapi import Finding, device_contract
from tests.peers.stage import report

REQUIRED = "ORCHESTRATOR_REQUIRE_PEERS"
"""Set, a machine on which the comparison cannot run fails instead of leaving it out."""


def possible() -> bool:
    """Tell whether this machine lets us have a network namespace."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    tried = subprocess.run(["unshare", "--net", *rights, "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    """Everything that came of one performance."""
    if os.environ.get(REQUIRED):
        return report()
    if not possible():
        pytest.skip("this machine gives no network namespace")
    try:
        return report()
    except subprocess.CalledProcessError as error:
        if "pip" not in error.cmd:
            raise
        pytest.skip("the published client cannot be installed here")


def test_every_function_of_the_published_client_is_called(outcome: dict[str, Any]) -> None:
    """The script leaves out none of the client's public functions."""
    assert outcome["missing"] == []
    assert len(outcome["called"]) >= 45


def test_every_case_ends_as_documented(outcome: dict[str, Any]) -> None:
    """Each call gives the documented answer or the documented exception."""
    wrong = [case for case in outcome["cases"] if not case["good"]]
    assert not wrong, "\n".join(f"{c['board']}: {c['call']}: {c['got']}" for c in wrong)
    assert len(outcome["cases"]) > 150


def test_every_exchange_fits_the_contract(outcome: dict[str, Any]) -> None:
    """What differs from the contract stands in the table of differences, and all rows are used."""
    assert outcome["unexplained"] == []
    assert outcome["idle_differences"] == []
    assert set(outcome["operations"]) == device_contract().operation_ids()


def test_an_unknown_difference_is_told_apart() -> None:
    """A finding that no row covers stays open, and a row that covers nothing is named."""
    known = Finding("getDeviceStatus", "answer", "status 503 is not agreed")
    other = Finding("getDeviceStatus", "answer", "status 418 is not agreed")
    row = Difference(("getImages",), "answer", ".*", "never met here")
    left, idle = unexplained([known, other], (*ANSWERS, row))
    assert left == [other]
    assert row in idle
