"""Two authorities: the one that the client trusts, and a stranger."""

import pytest

from tests.transport.peers import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the client trusts."""
    return Authority(tmp_path_factory.mktemp("ca"), "pinned")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("other"), "stranger")
