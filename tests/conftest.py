"""What every test shares: a clean environment, and loopback only unless a unit is named."""

import os
import socket
from ipaddress import ip_address

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the contract tests of a room run against what they usually simulate."""
    group = parser.getgroup("boards", "contract tests on real hardware")
    group.addoption(
        "--real", metavar="ADDRESS[:PORT]", help="run contract tests on the board there"
    )
    group.addoption("--ca-file", metavar="FILE", help="certificate (PEM) that the board must prove")
    group.addoption(
        "--service-url",
        metavar="URL",
        default="http://localhost:48938",
        help="with --real: the local service that lists the board",
    )
    group.addoption(
        "--allow-irreversible",
        action="store_true",
        help="with --real or --host: run as well what changes the board or host for good",
    )
    hosts = parser.getgroup("hosts", "contract tests on a real Advantech host")
    hosts.addoption("--host", metavar="ADDRESS[:PORT]", help="run contract tests on the host there")
    hosts.addoption(
        "--host-fingerprint", metavar="SHA256", help="certificate that the host must prove"
    )
    hosts.addoption("--host-account", metavar="NAME", help="account with admin permission")
    hosts.addoption("--host-password-file", metavar="FILE", help="its password")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marks of the contract tests, and refuse a board that could not prove itself."""
    if config.getoption("--real") and not config.getoption("--ca-file"):
        raise pytest.UsageError("--real needs --ca-file, the certificate of the boards")
    given = ("--host-fingerprint", "--host-account", "--host-password-file")
    if config.getoption("--host") and not all(config.getoption(name) for name in given):
        raise pytest.UsageError(f"--host needs {', '.join(given)}")
    for mark in (
        "operations(*ids): documented operations that a contract test covers",
        "irreversible: changes a board for good; left out on real ones unless allowed",
        "simulated: needs what no real board can be asked for",
    ):
        config.addinivalue_line("markers", mark)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, colours and proxies of the developer's shell must not reach a test."""
    for name in list(os.environ):
        if name.startswith("ORCHESTRATOR_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """A test that leaves the machine fails instead of waiting for an answer."""
    named = (pytestconfig.getoption(name) or "" for name in ("--real", "--host"))
    allowed = {"localhost", *(name.partition(":")[0] for name in named)}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert isinstance(address, tuple)
            host = address[0]
            if host not in allowed and not ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # the stub knows narrower addresses

    monkeypatch.setattr(socket.socket, "connect", guarded)
