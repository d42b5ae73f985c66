"""One suite for the simulated and the real host.

By default each test gets a new simulated host that has everything. With `pytest --host ADDRESS
--host-fingerprint SHA256 --host-account NAME --host-password-file FILE` all of them talk to that
one; what would change it for good is left out unless `--allow-irreversible` is given, and so is
what it does not have.
"""

from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.transport.tls import fingerprint_context
from tests.systems.advantech_portal.contract.target import Target
from tests.systems.advantech_portal.simulated import Bench


@pytest.fixture
def target(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Target:
    """Return the host of a test."""
    option = pytestconfig.getoption
    if not option("--host"):
        return Target(bench=Bench())
    node = request.node
    if node.get_closest_marker("simulated"):
        pytest.skip("needs a host that can be told how to be")
    if node.get_closest_marker("irreversible") and not option("--allow-irreversible"):
        pytest.skip("would change the host for good; see --allow-irreversible")
    password = Path(option("--host-password-file")).read_text(encoding="utf-8").rstrip("\r\n")
    return Target(
        f"https://{option('--host')}",
        fingerprint_context([option("--host-fingerprint")]),
        Account(option("--host-account"), SecretStr(password)),
    )
