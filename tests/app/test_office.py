"""What pages ask besides the audit: files as they are now, certificates with the real key."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.app.office import make_office
from orchestrator.audit.envelope import unseal
from orchestrator.audit.keys import create_key
from orchestrator.domain.errors import InputMistakes
from orchestrator.station.office import Office
from orchestrator.station.settings import Settings
from orchestrator.steps.table import definitions
from tests.audit import chained
from tests.web.bench import StoryReads

GUARDIAN = Path(__file__).resolve().parents[2] / "recipes" / "guardian-line.yaml"
PARTS = SimpleNamespace(definitions=definitions())


def settings(folder: Path, *files: Path) -> Settings:
    """Return the settings of a station in this folder."""
    return Settings(
        station={"name": "st1", "data_dir": folder},
        recipes={"files": list(files)},
        fixture={"azure_sphere": {"ca_file": "none.pem"}},
    )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """The doors of a station whose audit has two units."""
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    chained.write(url, chained.chained(chained.story(2)))
    broken = tmp_path / "broken.yaml"
    broken.write_text("recipe: 1\nname: x\ntimout: 3\n", encoding="utf-8")
    return make_office(settings(tmp_path, GUARDIAN, broken), PARTS, StoryReads(url), None)  # type: ignore[arg-type]  # only what is read


async def test_files_are_checked_as_they_are_now(office: Office) -> None:
    """A sound file has the hash of its plan, a broken one its mistakes with the lines."""
    sound, broken = await office.files()
    assert (sound.errors, sound.text) == (0, "")
    assert len(sound.content_hash) == 64
    assert broken.errors >= 1
    assert broken.content_hash == ""
    assert "timout" in broken.text
    assert "broken.yaml:3:1" in broken.text


async def test_a_certificate_is_signed_by_the_key_of_the_station(
    office: Office, tmp_path: Path
) -> None:
    """Without a key there is none; with it the file proves itself; no unit, no certificate."""
    assert office.certificate is not None
    with pytest.raises(InputMistakes, match="no signing key"):
        await office.certificate("SN-0002")
    create_key(tmp_path, chained.KEY)
    text = await office.certificate("SN-0002")
    said = unseal(text, chained.KEY.public_key)["predicate"]
    assert said["unit"]["serial_number"] == "SN-0002"
    with pytest.raises(InputMistakes, match="no run of such a unit"):
        await office.certificate("nobody")
