"""What every test shares: nothing but loopback, and a clean environment."""

import os
import socket
from ipaddress import ip_address

import pytest


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, colours and proxies of the developer's shell must not reach a test."""
    for name in list(os.environ):
        if name.startswith("ORCHESTRATOR_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that leaves the machine fails instead of waiting for an answer."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert isinstance(address, tuple)
            host = address[0]
            if host != "localhost" and not ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)  # type: ignore[arg-type]  # the stub knows narrower addresses

    monkeypatch.setattr(socket.socket, "connect", guarded)
