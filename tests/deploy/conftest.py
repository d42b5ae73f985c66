"""Where systemd is needed: the gate has it, and a test that is left out there is a fault."""

import os
import shutil

import pytest

MUST = os.environ.get("ORCHESTRATOR_REQUIRE_SYSTEMD") == "1"
"""Read when the tests are collected: each test has an environment of its own."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test marked `systemd(*tools)` where a tool is missing, or fail it."""
    for mark in item.iter_markers("systemd"):
        missing = [tool for tool in mark.args if shutil.which(tool) is None]
        if missing and MUST:
            pytest.fail(f"{', '.join(missing)} is missing: apt-get install systemd", pytrace=False)
        if missing:
            pytest.skip(f"needs {', '.join(missing)} (Debian: systemd)")


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark."""
    config.addinivalue_line("markers", "systemd(*tools): needs these tools of systemd")
