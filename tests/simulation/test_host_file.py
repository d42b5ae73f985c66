"""The hosts file: what it describes becomes specs, and its mistakes are told all at once."""

from pathlib import Path

import pytest

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.simulation.host_file import load_host_file
from orchestrator.simulation.host_reference import reference
from orchestrator.systems.advantech_portal.simulator import (
    Account,
    DiskAtStart,
    Excursion,
    Fault,
    HostSpec,
    Port,
)

FILE = """
[hosts]
hosts = 4
seed = 7
boot_seconds = 20
refusals = { account_locked = { status = 403, words = "wait" } }

[[host]]
model = "UNO-137-E23BA"
lacks = ["wifi"]
accounts = [{ name = "line", password = "canary" }]
disks = [{ life_percent = 4.5 }]
excursions = [{ sensor = "CPU", after_seconds = 60, lasts_seconds = 30, by = 40 }]
ports = [{ address = "127.0.36.50", gateway = "127.0.36.1" }, {}]
wires = [[0, 7]]
power_inputs = [true, false]
event_periods = { hwmon = 0.5 }
versions = { rest_server = "v0.9" }
faults = [{ kind = "lost_answer", calls = "set_etp_lock", times = 1 }]

[[host]]
address = "127.0.36.3"
boot_seconds = 1
"""


def load(folder: Path, text: str, **options: object) -> tuple[HostSpec, ...]:
    """Return the hosts of a file."""
    path = folder / "hosts.toml"
    path.write_text(text, encoding="utf-8")
    return load_host_file(path, **options)  # type: ignore[arg-type]  # passed on


def mistakes(folder: Path, text: str) -> str:
    """Return what is wrong with a file, without its path."""
    with pytest.raises(ConfigurationMistakes) as found:
        load(folder, text)
    return found.value.what.replace(f"{folder / 'hosts.toml'}:", "")


@pytest.mark.parametrize("address", ["::1", "[::1]"])
def test_a_host_may_have_an_ipv6_address(tmp_path: Path, address: str) -> None:
    """With the brackets of the settings or without; those that have none are given the next."""
    specs = load(tmp_path, f'[hosts]\nhosts = 2\n[[host]]\naddress = "{address}"\n',
                 first_address="[fd00::7]")  # fmt: skip
    assert [spec.address for spec in specs] == ["::1", "fd00::7"]


def test_a_file_becomes_specs(tmp_path: Path) -> None:
    """Defaults for all, own members, addresses around those that are given."""
    first, second, third, fourth = load(tmp_path, FILE)
    assert first.accounts == (Account("line", "canary"),)
    assert first.disks == (DiskAtStart(life_percent=4.5),)
    assert first.excursions == (Excursion("CPU", 60, 30, 40),)
    assert first.ports == (Port("127.0.36.50", gateway="127.0.36.1"), Port())
    assert (first.wires, first.power_inputs) == (((0, 7),), (True, False))
    assert first.event_periods == (("hwmon", 0.5),)
    assert first.versions.rest_server == "v0.9"
    assert first.faults == (Fault("lost_answer", ("set_etp_lock",), times=1),)
    assert (first.boot_seconds, second.boot_seconds, third.boot_seconds) == (20, 1, 20)
    assert [one.address for one in (first, second, third, fourth)] == [
        "127.0.36.2", "127.0.36.3", "127.0.36.4", "127.0.36.5",
    ]  # fmt: skip
    assert [one.index for one in (first, second, third, fourth)] == [0, 1, 2, 3]
    assert {one.seed for one in (first, second, third, fourth)} == {7}
    (refusal,) = fourth.refusals
    assert (refusal.name, refusal.status, refusal.words) == ("account_locked", 403, "wait")


def test_options_win_over_the_file(tmp_path: Path) -> None:
    """Count, seed and first address."""
    hosts = load(tmp_path, FILE, hosts=6, seed=1, first_address="127.0.99.2")
    assert len(hosts) == 6
    assert {host.seed for host in hosts} == {1}
    assert hosts[0].address == "127.0.99.2"
    assert len(load(tmp_path, "")) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[hots]", "1: hots: unknown key hots; did you mean hosts?"),
        ("hosts = 3", "1: hosts: must be a table, written [hosts]"),
        ("host = 3", "1: host: must be a list of tables, written [[host]]"),
        ("[[host]]\nmodl = 1", "2: host 1.modl: unknown key modl; did you mean model?"),
        ("[[host]]\nmodel = 'UNO'", "2: host 1.model: 'UNO' is not known; known are ARK"),
        ("[[host]]\nlacks = ['gpoi']", "'gpoi' is not known; did you mean gpio?"),
        ("[[host]]\nos = 'dos'", "2: host 1.os: Input should be 'windows' or 'linux'"),
        ("[[host]]\ndisks = [{ life = 3 }]", "2: host 1.disks 1.life: unknown key life"),
        ("[[host]]\ndisks = [3]", "host 1.disks 1"),
        ("[[host]]\nversions = { api = 'x' }", "host 1.versions.api"),
        ("[[host]]\nfaults = [{ kind = 'drop', calls = 'login_' }]", "did you mean login?"),
        ("[[host]]\nfaults = [{ kind = 'burn' }]", "host 1.faults 1.kind"),
        ("[[host]]\nrefusals = { no_token = { status = 403 } }", "'no_token' is not known"),
        ("[[host]]\nrefusals = { no_path = { code = 403 } }", "unknown key code"),
        ("[[host]]\nrefusals = { no_path = { status = 'x' } }", "must be { status = 403"),
        ("[[host]]\nrefusals = 3", "host 1.refusals: must be a table"),
        ("[[host]]\nrefusals = { no_path = 3 }", "host 1.refusals.no_path: must be a table"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    """Line, place, what is allowed, and what was probably meant."""
    assert told in mistakes(tmp_path, text)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """No password is quoted by any of them."""
    text = "[[host]]\nadmin_password = ['canary']\n[[host]]\nmodl = 1\nlaks = 2\n"
    told = mistakes(tmp_path, text)
    assert "canary" not in told
    assert len(told.splitlines()) == 3


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    """So is a file that is not there."""
    with pytest.raises(ConfigurationMistakes, match="cannot be read"):
        load(tmp_path, "[[")
    with pytest.raises(ConfigurationMistakes, match="No such file"):
        load_host_file(tmp_path / "nowhere.toml")


def test_the_reference_page_is_the_one_that_is_shipped() -> None:
    """Made from the same values as the simulator."""
    page = Path(__file__).resolve().parents[2] / "docs/reference/hosts-file.md"
    assert page.read_text(encoding="utf-8") == reference()
