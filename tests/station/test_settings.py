"""The settings of a station: what is read, what overrides it, and how mistakes are told."""

import re
from pathlib import Path

import pytest

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.domain.shipped import shipped
from orchestrator.station.settings import Settings
from orchestrator.station.settings_file import load_settings, submodel
from orchestrator.station.settings_host import HostSection
from orchestrator.station.settings_reference import reference

EXAMPLE = shipped("config") / "station.example.toml"
MINIMAL = """\
[station]
name = "line-1"
[recipes]
files = ["a.yaml"]
[fixture.azure_sphere]
ca_file = "ca.pem"
"""
BROKEN = """\
[station]
nmae = "x"
operation = 5
[slots]
maximum = 0
[[slot]]
name = "A"
port = "1"
[[slot]]
name = "B"
prot = "1"
[inputs]
os = [1]
[secrets]
key = "do-not-repeat-me"
other = {file="a", env="b"}
[fixture.azure_sphere]
poll_seconds = 0.001
[log]
level = "inof"
"""
BROKEN_TOLD = """\
the settings in FILE have 13 mistakes

error: the key `station.name` is missing
  --> FILE:1
   = meaning: Name of the station, unique in the plant.

error: the key `recipes` is missing
  --> FILE:1

error: unknown key `station.nmae`
  --> FILE:2
   = did you mean `name`?
   = allowed here: data_dir, database_url, host, name, operation

error: `station.operation` has the value 5
  --> FILE:3
   = must be a valid string
   = meaning: The operation this station performs; recipes for another one are not used.

error: `slots.maximum` has the value 0
  --> FILE:5
   = must be greater than or equal to 1
   = meaning: Most slots that this station serves at once.

error: the key `slot[2].port` is missing
  --> FILE:9
   = meaning: Port of the fixture that belongs to the slot.

error: unknown key `slot[2].prot`
  --> FILE:11
   = did you mean `port`?
   = allowed here: name, port

error: `inputs.os` is no value
  --> FILE:13
   = allowed: text, a number, true or false

error: `secrets.key` must be a reference, never the secret
  --> FILE:15
   = write {file = "path"} or {env = "VARIABLE"}

error: `secrets.other` is no reference to a secret
  --> FILE:16
   = give exactly one of the keys `file` and `env`
   = write {file = "path"} or {env = "VARIABLE"}

error: the key `fixture.azure_sphere.ca_file` is missing
  --> FILE:17
   = meaning: Certificate (PEM) that boards must prove themselves with; relative to the settings \
file.

error: `fixture.azure_sphere.poll_seconds` has the value 0.001
  --> FILE:18
   = must be greater than or equal to 0.05
   = meaning: Time between two looks at the list of boards.

error: `log.level` has the value "inof"
  --> FILE:20
   = did you mean `info`?
   = allowed: 'debug', 'info', 'warning' or 'error'
   = meaning: Least important lines that are written."""


def written(folder: Path, text: str) -> Path:
    """Write a settings file."""
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> str:
    """Return what the mistakes in a settings file are, with its path as FILE."""
    with pytest.raises(ConfigurationMistakes) as caught:
        load_settings(path)
    assert "Nothing was started" in caught.value.remedy or "shows all keys" in caught.value.remedy
    return caught.value.what.replace(str(path), "FILE")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Each wrong key or value has its place, what was given and what is allowed."""
    text = told(written(tmp_path, BROKEN))
    assert text == BROKEN_TOLD
    assert "do-not-repeat-me" not in text


def test_the_example_loads_without_its_comments(tmp_path: Path) -> None:
    """The example is a valid file even when every comment is removed."""
    bare = re.sub(r"(?m)^\s*#.*\n", "", EXAMPLE.read_text(encoding="utf-8"))
    assert load_settings(written(tmp_path, bare)).station.name == "line-1-station-1"


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    """With the default lines switched on it still loads, and no key of the models is missing."""
    text = re.sub(r"(?m)^#(?=[a-z\[])", "", EXAMPLE.read_text(encoding="utf-8"))
    settings = load_settings(written(tmp_path, text))
    assert settings.slot[0].port == "1111"
    defaults = load_settings(written(tmp_path, MINIMAL))
    for section in ("slots", "stop", "log"):
        assert getattr(settings, section) == getattr(defaults, section)
    for name, field in Settings.model_fields.items():
        model = submodel(field.annotation)
        for key in model.model_fields if model else [name]:
            assert re.search(rf"\b{key}\b", text), f"{name}.{key}"


def hosts(folder: Path, extra: str = "") -> Path:
    """Write the settings of a station for edge computers."""
    text = MINIMAL.partition("[fixture")[0] + "[fixture.advantech]\n" + extra
    return written(folder, text)


PRINT = ":".join(32 * ["a0"])
TRUSTED = f'fingerprints = ["{PRINT}"]\npassword = {{file = "p"}}\n'


def test_the_other_kind_of_fixture_is_in_the_example(tmp_path: Path) -> None:
    """With its lines switched on, and those of the boards out, the example loads."""
    head, _, rest = EXAMPLE.read_text(encoding="utf-8").partition("[fixture.azure_sphere]")
    kind = "# " + rest.partition("# Edge computers")[2]
    text = re.sub(r"(?m)^##(?=[a-z0-9\[])", "", head + kind)
    found = load_settings(written(tmp_path, text)).fixture
    assert found.azure_sphere is None
    assert found.advantech is found.pace
    assert found.advantech is not None
    assert found.advantech.hosts == {"1": "192.168.10.11", "2": "192.168.10.12:8443"}
    assert found.advantech.password.file == tmp_path / "hosts.password"
    plain = load_settings(hosts(tmp_path, "labels = true\n" + TRUSTED)).fixture.advantech
    assert plain is not None
    for name in ("account", "username", "https_port", "poll_seconds", "gone_seconds"):
        assert getattr(found.advantech, name) == getattr(plain, name)
    for name in type(plain).model_fields:
        assert re.search(rf"\b{name}\b", kind), name


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (TRUSTED, "give `hosts`, `addresses`, or `labels = true`"),
        ("labels = true\npassword = {file = 'p'}\n", "computers are always verified"),
        ("labels = true\n" + TRUSTED.replace("a0", "g0", 1), "is no SHA-256 fingerprint"),
        ("labels = true\nfingerprints = ['ab']\n", "`fixture.advantech.password` is missing"),
        ("labels = true\npassword = 'do-not-repeat'\n", "must be a reference, never the secret"),
        ("verify = false\n", "unknown key `fixture.advantech.verify`"),
        (TRUSTED + "[fixture.advantech.hosts]\n1 = 'not an address'\n", "`fixture.advantech.hosts"),
        (TRUSTED + "[fixture.advantech.hosts]\n1 = 'fd00::1'\n", "`fixture.advantech.hosts"),
        (TRUSTED + "[fixture.advantech.hosts]\n1 = '[fd00:::1]'\n", "`fixture.advantech.hosts"),
        (TRUSTED + "[fixture.advantech.hosts]\n1 = '[]:443'\n", "`fixture.advantech.hosts"),
    ],
)
def test_edge_computers_are_always_found_and_verified(
    tmp_path: Path, extra: str, expected: str
) -> None:
    """A fixture without an address, or without a way to know a computer, is no fixture."""
    text = told(hosts(tmp_path, extra))
    assert expected in text
    assert "do-not-repeat" not in text


@pytest.mark.parametrize("address", ["[fd00::1]", "[fd00::1]:8443", "[::1]", "[::ffff:10.0.0.1]:1"])
def test_a_computer_may_have_an_ipv6_address(tmp_path: Path, address: str) -> None:
    """In brackets, with or without a port; the station's own computer, too."""
    text = f"{TRUSTED}[fixture.advantech.hosts]\n1 = '{address}'\n"
    found = load_settings(hosts(tmp_path, text)).fixture.advantech
    assert found is not None
    assert found.hosts == {"1": address}
    own = HostSection.model_validate(
        {"address": address, "password": {"file": "p"}, "fingerprints": ["ab" * 32]}
    )
    assert own.address == address


def test_paths_are_seen_from_the_file(tmp_path: Path) -> None:
    """Relative paths belong to the folder of the settings file, absolute ones stay."""
    text = MINIMAL + '[unit.serial_number]\nrule = "csv"\nfile = "s.csv"\n[secrets]\n'
    settings = load_settings(written(tmp_path, text + 'key = {file = "k"}\n'))
    assert settings.recipes.files == [tmp_path / "a.yaml"]
    assert settings.fixture.azure_sphere is not None
    assert settings.fixture.azure_sphere.ca_file == tmp_path / "ca.pem"
    assert settings.unit.serial_number.file == tmp_path / "s.csv"
    assert settings.secrets["key"].file == tmp_path / "k"
    assert settings.database_url == f"sqlite:///{(tmp_path / 'data' / 'audit.db').as_posix()}"


def test_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable beats the file, key by key."""
    monkeypatch.setenv("ORCHESTRATOR_STATION__NAME", "line-2")
    monkeypatch.setenv("ORCHESTRATOR_FIXTURE__AZURE_SPHERE__HTTPS_PORT", "8443")
    settings = load_settings(written(tmp_path, MINIMAL))
    assert settings.station.name == "line-2"
    assert settings.fixture.azure_sphere is not None
    assert settings.fixture.azure_sphere.https_port == 8443
    assert settings.fixture.azure_sphere.ca_file == tmp_path / "ca.pem"


def test_a_wrong_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value from the environment is blamed on its variable, and a stray one is found."""
    monkeypatch.setenv("ORCHESTRATOR_LOG__LEVEL", "loud")
    monkeypatch.setenv("ORCHESTRATOR_STATON__NAME", "x")
    text = told(written(tmp_path, MINIMAL))
    assert "environment variable ORCHESTRATOR_LOG__LEVEL" in text
    assert "environment variable ORCHESTRATOR_STATON__NAME" in text
    assert "did you mean `station`?" in text


def test_a_stray_variable_alone_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt section in a variable does not pass in silence."""
    monkeypatch.setenv("ORCHESTRATOR_SLOTZ__AUTO", "false")
    assert "have 1 mistake\n" in told(written(tmp_path, MINIMAL))


def test_a_list_in_a_variable_must_be_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is no JSON is told, not guessed."""
    monkeypatch.setenv("ORCHESTRATOR_RECIPES__FILES", "a.yaml")
    assert "lists are written as JSON" in told(written(tmp_path, MINIMAL))


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("[slots]\nauto = false\n", "no [[slot]] entry names a slot"),
        (
            '[[slot]]\nname="A"\nport="1"\n[[slot]]\nname="A"\nport="2"\n',
            "two [[slot]] entries have the name A",
        ),
        ('[unit.serial_number]\nrule="csv"\n', 'the rule "csv" needs the key `file`'),
        ("[stop]\ngrace_seconds = nan\n", "`stop.grace_seconds`"),
        ("[secrets]\nkey = {}\n", "give exactly one of the keys"),
        (
            "[fixture.advantech]\nlabels = true\nfingerprints = ['" + 64 * "a" + "']\n"
            'password = {env = "P"}\n',
            "give exactly one of [fixture.azure_sphere] and [fixture.advantech]",
        ),
    ],
)
def test_settings_that_contradict_each_other(tmp_path: Path, extra: str, expected: str) -> None:
    """Keys that are right alone and wrong together are told."""
    assert expected in told(written(tmp_path, MINIMAL + extra))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[station\n", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        (b"#" * (1 << 20) + b"#", "the limit is"),
    ],
)
def test_a_file_that_is_no_settings_file(tmp_path: Path, content: bytes, expected: str) -> None:
    """Junk is refused with words, whatever it is."""
    path = tmp_path / "station.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationMistakes, match=expected):
        load_settings(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is told with the place of an example."""
    assert "cannot be read" in told(tmp_path / "none.toml")


def test_the_reference_page_is_up_to_date() -> None:
    """The page in the documentation is what the models say."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "run: orchestrator station settings > docs/reference/settings.md"
    )


def told_with(folder: Path, more: str) -> str:
    """Return what is said of the minimal settings with `more`; empty when nothing is wrong."""
    try:
        load_settings(written(folder, MINIMAL + more))
    except ConfigurationMistakes as mistakes:
        return str(mistakes.what)
    return ""


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[unit.serial_number]\nrule = "scan"\n', "needs the key `pattern`"),
        ('[unit.serial_number]\nrule = "scan"\npattern = "("\n', "`pattern` cannot be used"),
        (
            '[unit.serial_number]\nrule = "scan"\npattern = "A[0-9]"\nlooks_like = "B1"\n',
            "does not match",
        ),
        (
            '[unit.serial_number]\nrule = "scan"\npattern = "[A-Z0-9-]+"\n',
            "a serial and a badge could be the same code, for instance 'B-",
        ),
        ('[scanner]\nslot = "S-.+"\n', "`slot` needs a group (?P<slot>...)"),
        ('[scanner]\nbadge = "(a+)+b"\n', "`badge` cannot be used"),
        ('[shift]\nstarts = ["25:00"]\n', "shift.starts"),
        ("[shift]\nstarts = []\n", "shift.starts"),
        ('[tile]\npassed = ""\n', "tile.passed"),
        ('[slots]\nstart = "sometimes"\n', "slots.start"),
    ],
)
def test_what_people_are_told_and_scan_is_checked(tmp_path: Path, more: str, says: str) -> None:
    """Before a station starts: patterns that overlap, sentences that say nothing."""
    assert says in told_with(tmp_path, more)


def test_a_station_with_scanned_labels_and_a_start_button(tmp_path: Path) -> None:
    """All of it together is sound."""
    more = """\
[slots]
start = "manual"
[unit.serial_number]
rule = "scan"
pattern = "AZ-[0-9]{6}"
looks_like = "AZ-123456"
again = "refuse"
[scanner]
badge = "EMP[0-9]{5}"
work_order = ""
[shift]
starts = ["07:30"]
[tile]
failed = "Rote Kiste."
"""
    assert told_with(tmp_path, more) == ""
