"""What a station says about its own host before it starts, and how it refuses an unproven one."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.app import Checked, check_station
from orchestrator.app.host import host_secrets, make_host, open_host, wiring
from orchestrator.domain.clock import SystemClock
from orchestrator.domain.errors import ConfigurationMistakes, UntrustedPeer
from orchestrator.domain.host import HostContact, HostNews
from orchestrator.simulation.hosts import Hosts, plain_hosts, run_hosts
from orchestrator.station.edge import beside
from orchestrator.station.settings import Settings
from orchestrator.systems.advantech_portal.errors import SignInRefused
from orchestrator.systems.advantech_portal.host import Lamp, Switch
from tests.station.test_settings import MINIMAL

SETTINGS = """
[station.host]
address = "{address}"
account = "system"
username = "engineer"
password = {{ file = "host.password" }}
fingerprints = ["{fingerprint}"]
"""


def written(folder: Path, hosts: Hosts, password: str, fingerprint: str = "") -> Path:
    """Write settings for the first host, and its password."""
    (folder / "host.password").write_text(f"{password}\n", encoding="utf-8")
    address = hosts.url().removeprefix("https://")
    pinned = fingerprint or hosts.running[0].fingerprint
    path = folder / "station.toml"
    text = MINIMAL + SETTINGS.format(address=address, fingerprint=pinned)
    path.write_text(text, encoding="utf-8")
    return path


async def looked(path: Path) -> Checked:
    """Return what the check says about the portal of this computer."""
    lines = {line.what: line for line in await check_station(path)}
    return lines["portal of this computer"]


async def test_the_check_says_whether_the_portal_lets_the_station_in(tmp_path: Path) -> None:
    """A good account is fine; a wrong password and another certificate are told with a remedy."""
    async with run_hosts(plain_hosts(1, first_address="127.0.44.2", self_signed=True)) as hosts:
        assert (await looked(written(tmp_path, hosts, "Engineer-1"))).fault is None
        refused = await looked(written(tmp_path, hosts, "wrong"))
        assert isinstance(refused.fault, SignInRefused)
        assert refused.fault.remedy
        another = await looked(written(tmp_path, hosts, "Engineer-1", "ab" * 32))
        assert isinstance(another.fault, UntrustedPeer)
        assert another.fault.remedy


async def test_the_check_says_that_the_password_is_missing(tmp_path: Path) -> None:
    """An empty file is a mistake of the settings; nothing is asked then."""
    async with run_hosts(plain_hosts(1, first_address="127.0.44.3")) as hosts:
        path = written(tmp_path, hosts, "")
        lines = {line.what: line for line in await check_station(path)}
        fault = lines["account of this computer's portal"].fault
        assert isinstance(fault, ConfigurationMistakes)
        assert "`station.host.password`: file" in fault.what
        assert "portal of this computer" not in lines


def settings(**host: Any) -> Settings:
    """Return settings with this host, or none."""
    station: dict[str, Any] = {"name": "s", "host": host or None}
    fixture = {"azure_sphere": {"ca_file": "none.pem"}}
    return Settings(station=station, recipes={"files": ["none.yaml"]}, fixture=fixture)


async def test_a_link_is_opened_as_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By authority as by fingerprint; its password is known to the log, to hide it."""
    monkeypatch.setenv("HOST_PASSWORD", "Engineer-1")
    async with run_hosts(plain_hosts(1, first_address="127.0.44.4")) as hosts:
        on_host = settings(
            address=hosts.url().removeprefix("https://"),
            account="system",
            username="engineer",
            password={"env": "HOST_PASSWORD"},
            ca_file=hosts.ca_file,
        )
        assert host_secrets(on_host) == {"Engineer-1"}
        news: list[HostNews] = []
        async with open_host(on_host, SystemClock()) as link:
            assert link is not None
            async with beside(lambda: link.watch(news.append)):
                while HostContact(answers=True) not in news:
                    await hosts.hosts[0].world.sleep(0.01)


async def test_without_a_host_nothing_is_opened() -> None:
    """A station that is not to watch its host has no link and no secret of one."""
    async with open_host(settings(), SystemClock()) as link:
        assert link is None
    assert host_secrets(settings()) == set()


def test_lamps_and_inputs_are_wired_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pins, LEDs, levels and the time service come out as they were written."""
    monkeypatch.setenv("HOST_PASSWORD", "x")
    host = settings(
        password={"env": "HOST_PASSWORD"},
        fingerprints=["ab" * 32],
        account="admin",
        clock={"service": "W32Time"},
        lamp=[
            {"name": "red", "gpio": 0, "inverted": True, "on": ["failed"]},
            {"name": "front", "led": 0, "on": ["running"]},
        ],
        input=[{"name": "lid", "gpio": 4, "closed": "low", "means": "fixture_closed"}],
    ).station.host
    assert host is not None
    found = wiring(host)
    assert found.lamps == {"red": Lamp(0, inverted=True), "front": Lamp(0, is_led=True)}
    assert found.inputs == {"lid": Switch(4, closed_level=0)}
    assert found.time_service == "W32Time"
    account = make_host(host).account
    assert account is not None
    assert account.is_admin
