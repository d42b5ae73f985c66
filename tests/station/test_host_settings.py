"""Settings of the station's host: what is needed, what contradicts itself, where it is told."""

from pathlib import Path

import pytest

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.station.settings_file import load_settings
from tests.station.test_settings import MINIMAL

HOST = """\
[station.host]
password = { file = "host.password" }
ca_file = "host-ca.pem"
"""


def load(folder: Path, text: str) -> str:
    """Return the mistakes of these settings, empty for none."""
    path = folder / "station.toml"
    path.write_text(MINIMAL + text, encoding="utf-8")
    try:
        load_settings(path)
    except ConfigurationMistakes as mistakes:
        return mistakes.what.replace(str(path), "FILE")
    return ""


def test_a_host_needs_no_more_than_trust_and_a_password(tmp_path: Path) -> None:
    """Without the section no host is watched; with it paths are seen from the file."""
    path = tmp_path / "station.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load_settings(path).station.host is None
    assert load(tmp_path, HOST) == ""
    host = load_settings(path).station.host
    assert host is not None
    assert host.password.file == tmp_path / "host.password"
    assert host.ca_file == tmp_path / "host-ca.pem"
    assert (host.address, host.account, host.username) == ("localhost", "system", "admin")


LAMP = '[[station.host.lamp]]\nname = "red"\ngpio = 0\non = ["failed"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HOST.replace("ca_file", "#"), "give `ca_file` or `fingerprints`"),
        (HOST.replace('ca_file = "host-ca.pem"', 'fingerprints = ["12"]'), "fingerprints"),
        (HOST + f'fingerprints = ["{64 * "a"}"]\n', "one of both"),
        (HOST + LAMP + LAMP, "red is given twice"),
        (HOST + LAMP + LAMP.replace("red", "blue"), "GPIO pin 0 is given twice"),
        (HOST + LAMP.replace("gpio = 0", ""), "exactly one of the keys `gpio` and `led`"),
        (HOST + LAMP.replace('"failed"', '"broken"'), "'waiting' or 'fault'"),
        (
            HOST + '[[station.host.input]]\nname="f"\ngpio=1\nmeans="fixture_closed"\nslots=["1"]',
            'the key `slots` belongs to `means = "start"`',
        ),
        (
            HOST + "[[station.host.temperature]]\nlimit_celsius = 80\ngood_celsius = 81\n",
            "`good_celsius` must not be above `limit_celsius`",
        ),
        (HOST + "verify = false\n", "unknown key `station.host.verify`"),
        (HOST.replace('{ file = "host.password" }', '"p@ssw0rd"'), "never the secret"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, text: str, expected: str) -> None:
    """Each is refused with a sentence, and no secret is repeated."""
    told = load(tmp_path, text)
    assert expected in told
    assert "p@ssw0rd" not in told


def test_a_mistake_in_a_later_entry_names_its_line(tmp_path: Path) -> None:
    """Entries of a list within a section are told apart, too."""
    text = HOST + LAMP + LAMP.replace('"red"\ngpio = 0', '"blue"\ngpio = 999')
    lines = (MINIMAL + text).splitlines()
    assert f"--> FILE:{lines.index('gpio = 999') + 1}" in load(tmp_path, text)
