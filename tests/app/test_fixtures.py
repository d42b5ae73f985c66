"""The fixture that the settings describe, of either kind."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.app.fixtures import fixture_secrets, make_fixture, timing, words
from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.domain.fixture import Attached, TakesAddresses
from orchestrator.simulation.certificates import make_authority
from orchestrator.station.settings import Settings
from orchestrator.systems.advantech_portal.client import AdvantechHost
from orchestrator.systems.advantech_portal.fixture import HostFixture
from orchestrator.systems.azure_sphere_device.fixture import SphereFixture


def settings(folder: Path, **fixture: Any) -> Settings:
    """Return settings with that fixture."""
    return Settings.model_validate(
        {
            "station": {"name": "s", "data_dir": folder},
            "recipes": {"files": [folder / "none.yaml"]},
            "fixture": fixture,
        }
    )


def hosts(folder: Path, **changes: Any) -> Settings:
    """Return settings for edge computers, with passwords in files."""
    for name in ("first", "second"):
        (folder / name).write_text(f"{name}-password", encoding="utf-8")
    section: dict[str, Any] = {
        "hosts": {"P1": "192.0.2.11"},
        "username": "engineer",
        "password": {"file": folder / "first"},
        "password_after": {"file": folder / "second"},
        "fingerprints": ["ab" * 32],
        "poll_seconds": 1.0,
        **changes,
    }
    return settings(folder, advantech={k: v for k, v in section.items() if v is not None})


def test_boards_and_computers_have_fixtures_of_their_own(tmp_path: Path) -> None:
    """What all kinds have is read from whichever is given."""
    (tmp_path / "ca.pem").write_bytes(make_authority().pem)
    boards = settings(tmp_path, azure_sphere={"ca_file": tmp_path / "ca.pem"})
    assert isinstance(make_fixture(boards), SphereFixture)
    assert timing(boards).poll_seconds == 0.5
    assert fixture_secrets(boards) == set()
    assert words(boards) == ("certificate of the boards", "local service")
    assert words(hosts(tmp_path))[1] == "network ports"
    computers = make_fixture(hosts(tmp_path))
    assert isinstance(computers, HostFixture)
    assert isinstance(computers, TakesAddresses)
    assert not isinstance(make_fixture(boards), TakesAddresses)
    pace = timing(hosts(tmp_path))
    assert (pace.poll_seconds, pace.gone_seconds) == (1.0, 45.0)
    pinned = hosts(
        tmp_path, fingerprints=None, ca_file=tmp_path / "ca.pem", addresses="192.0.2.0/30"
    )
    assert isinstance(make_fixture(pinned), HostFixture)


async def test_computers_are_signed_in_to_as_the_settings_say(tmp_path: Path) -> None:
    """Name, kind of account and address; the passwords are known to nobody but the log's filter."""
    found = hosts(tmp_path, account="admin", username="admin")
    assert fixture_secrets(found) == {"first-password", "second-password"}
    async with make_fixture(found).connect(Attached("P1", "192.0.2.11")) as link:
        host = link.resources[AdvantechHost]
        assert isinstance(host, AdvantechHost)
        assert host.base_url == "https://192.0.2.11:443"
        assert host.account is not None
        assert (host.account.username, host.account.is_admin) == ("admin", True)
        assert "first-password" not in repr(host.account)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": {"env": "NO_SUCH_VARIABLE"}}, "variable NO_SUCH_VARIABLE holds nothing"),
        ({"password_after": {"file": "/none"}}, "file /none holds nothing"),
        ({"addresses": "somewhere"}, "is no range"),
        ({"fingerprints": None, "ca_file": "/none.pem"}, "certificate"),
    ],
)
def test_a_fixture_that_cannot_be_is_told_before_the_start(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    """A missing password, a range that is none, a certificate that cannot be read."""
    with pytest.raises(ConfigurationMistakes, match=words):
        make_fixture(hosts(tmp_path, **changes))
