"""Wi-Fi: networks added, joined and forgotten, and what the radio sees."""

import hashlib
from decimal import Decimal

import pytest

from orchestrator.domain.errors import Mismatch, NotSupported, StationFault, StationMisuse
from orchestrator.engine.parameters import Secret
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from orchestrator.systems.azure_sphere_device.simulator import (
    Fault,
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)

KEY = "canary-psk-77aa"
PSK = Secret("wifi_key", KEY)
AP = RadioNetwork("Line", psk=KEY, signal_level=-60)
AT_ONCE = {"poll": Decimal(0)}
WIFI_OFF = 13 << 20 | 18


async def join(it, **arguments):
    """Wait for the network of the line."""
    it.clock.step = 0.2
    return await it.run("sphere.expect_wifi_connected", ssid="Line", **AT_ONCE, **arguments)


async def test_a_network_is_added_and_joined(bench) -> None:
    """The key's fingerprint is measured; address and frequency come with the connection."""
    it = bench(radio=(AP,))
    measured = await it.run("sphere.add_wifi_network", ssid="Line", psk=PSK)
    assert measured == {
        "network_id": 0,
        "replaced_networks": 0,
        "psk_fingerprint": hashlib.sha256(KEY.encode()).hexdigest()[:12],
    }
    measured = await join(it)
    assert (measured["ip_address"], measured["frequency"]) == ("192.168.1.42", 2437)
    assert 2 < measured["connect_seconds"] < 6
    assert it.ctx.attached == {}


async def test_the_same_network_is_replaced_and_others_stay(bench) -> None:
    """A key of an earlier session does not stay, also where boards refuse a second one."""
    old = SavedNetwork("Line", psk="another-key")
    it = bench(wifi_networks=(old, "Other"), radio=(AP,), unique_networks=True)
    for _ in range(2):
        measured = await it.run("sphere.add_wifi_network", ssid="Line", psk=PSK)
        assert measured["replaced_networks"] == 1
    assert [net.ssid for net in it.board.wifi.networks] == ["Other", "Line"]
    await join(it)


async def test_open_hidden_and_enterprise_networks(bench) -> None:
    """What the recipe says arrives at the board."""
    it = bench(certificates=(StoredCertificate("me"),))
    await it.run("sphere.add_wifi_network", ssid="Free", security="open", hidden=True)
    await it.run(
        "sphere.add_wifi_network",
        ssid="Firm",
        security="eaptls",
        client_identity="board",
        client_certificate="me",
        config_name="firm",
    )
    free, firm = it.board.wifi.networks
    assert (free.targeted_scan, firm.targeted_scan) == (True, False)
    assert (firm.client_identity, firm.client_certificate, firm.config_name) == (
        "board",
        "me",
        "firm",
    )
    with pytest.raises(StationMisuse):
        await it.run("sphere.add_wifi_network", ssid="Line")


@pytest.mark.parametrize("key", ["canary1", "canary-" * 20])
async def test_a_key_of_the_wrong_length_is_never_shown(bench, key) -> None:
    """The sentence says what is wrong with it and not what it is."""
    with pytest.raises(StationMisuse) as caught:
        await bench().run("sphere.add_wifi_network", ssid="Line", psk=Secret("wifi_key", key))
    assert "canary" not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"


async def test_a_board_that_takes_no_network_fails(bench) -> None:
    """A network that was accepted is listed afterwards, or the board is not good."""
    it = bench()
    it.board.wifi.add = lambda network: network
    with pytest.raises(Mismatch, match="does not remember it"):
        await it.run("sphere.add_wifi_network", ssid="Line", psk=PSK)


@pytest.mark.parametrize(
    ("radio", "error", "words"),
    [
        ((), Mismatch, "it says disconnected (NetworkNotFound)"),
        ((RadioNetwork("Line", psk="not-this-key"),), StationFault, "(WrongKey)"),
        ((RadioNetwork("Line", security="open"),), StationFault, "(SecurityTypeMismatch)"),
    ],
    ids=["out of reach", "wrong key", "other security"],
)
async def test_why_the_board_has_not_joined_decides(bench, radio, error, words) -> None:
    """The board's failure is FAIL, what the station gave is ERROR; the failures are attached."""
    it = bench(radio=radio)
    await it.run("sphere.add_wifi_network", ssid="Line", psk=PSK)
    with pytest.raises(error) as caught:
        await join(it, within=Decimal(9))
    assert words in caught.value.what
    assert "did not join the Wi-Fi network Line within 9 s" in caught.value.what
    (failure,) = it.ctx.read("connection-failures.json")
    assert (failure["ssid"], f"({failure['error']})") == ("Line", "(" + words.partition("(")[2])
    assert KEY not in f"{caught.value}{it.ctx.attached}"


async def test_a_certificate_that_is_missing_is_the_stations_fault(bench) -> None:
    """What is wrong with it stands beside the reason."""
    it = bench(
        wifi_networks=(SavedNetwork("Line", "eaptls", client_certificate="gone"),),
        radio=(RadioNetwork("Line", security="eaptls"),),
    )
    with pytest.raises(StationFault, match="AuthenticationFailed, certificate CertificateNotFound"):
        await join(it, within=Decimal(9))


async def test_a_network_that_is_not_configured_fails_at_once(bench) -> None:
    """No time is lost with waiting."""
    it = bench(radio=(AP,), wifi_networks=("Other",))
    with pytest.raises(Mismatch, match="does not remember the Wi-Fi network Line"):
        await join(it)
    assert it.board.requests["list_wifi_networks"] == 1


async def test_failures_that_cannot_be_read_hide_nothing(bench) -> None:
    """The verdict stays; the file says that the board did not tell."""
    it = bench(
        wifi_networks=("Line",), faults=(Fault("busy", calls=("list_connection_failures",)),)
    )
    with pytest.raises(Mismatch) as caught:
        await join(it, within=Decimal(9))
    assert caught.value.what.endswith("it says disconnected")
    assert "busy" in it.ctx.read("connection-failures.json")["unreadable"]


async def test_wifi_that_still_starts_is_waited_for(bench) -> None:
    """13.17 means not yet; when it never ends, the board's own word is the error."""
    it = bench(wifi_networks=(SavedNetwork("Line", psk=KEY),), radio=(AP,))
    it.board.faults.add(Fault("busy", calls=("list_wifi_networks",), times=3))
    await join(it)
    it.board.faults.add(Fault("busy", calls=("list_wifi_networks",)))
    with pytest.raises(DeviceRefusal):
        await join(it, within=Decimal(2))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sphere.add_wifi_network", {"ssid": "Line", "psk": PSK}),
        ("sphere.expect_wifi_connected", {"ssid": "Line"}),
        ("sphere.remove_wifi_networks", {}),
        ("sphere.expect_no_wifi_networks", {}),
        ("sphere.scan_wifi", {}),
    ],
)
async def test_with_wifi_off_nobody_knows(bench, name, arguments) -> None:
    """13.18 is an ERROR in every step, never an empty list."""
    with pytest.raises(DeviceRefusal) as caught:
        await bench(wifi_up=False).run(name, **arguments)
    assert caught.value.number == WIFI_OFF


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({}, []),
        ({"keep": ["B"]}, ["B"]),
        ({"ssids": ["A", "never"]}, ["B"]),
        ({"ssids": ["A"], "keep": ["B"]}, ["B"]),
    ],
)
async def test_networks_are_forgotten(bench, given, left) -> None:
    """All, all but the kept ones, or the listed ones; two of one name both go."""
    it = bench(wifi_networks=("A", "B", SavedNetwork("A", "open")))
    measured = await it.run("sphere.remove_wifi_networks", **given)
    assert [net.ssid for net in it.board.wifi.networks] == left
    assert measured == {"removed_networks": 3 - len(left)}


async def test_a_network_that_stays_fails(bench) -> None:
    """The list is read again."""
    it = bench(wifi_networks=("A",))
    it.board.wifi.remove = it.board.wifi.get
    with pytest.raises(Mismatch, match="still remembers the Wi-Fi network A"):
        await it.run("sphere.remove_wifi_networks")


async def test_the_strongest_access_point_counts(bench) -> None:
    """Of two with the name, and a stronger one of another name; hidden ones are counted."""
    weak = RadioNetwork("Line", bssid="02:00:00:00:00:02", signal_level=-80)
    strong = RadioNetwork("Line", bssid="02:00:00:00:00:03", freq=5180, signal_level=-61)
    other = RadioNetwork("Other", signal_level=-30)
    hidden = RadioNetwork("Line", signal_level=-20, hidden=True)
    it = bench(radio=(weak, strong, other, hidden))
    assert await it.run("sphere.scan_wifi", ssid="Line") == {
        "signal_level": -61,
        "networks_seen": 4,
        "bssid": "02:00:00:00:00:03",
        "frequency": 5180,
    }
    assert len(it.ctx.read("wifi-scan.json")) == 4
    assert b"\\u0000" in it.ctx.attached["wifi-scan.json"]
    assert (await it.run("sphere.scan_wifi"))["signal_level"] == -20


async def test_a_network_that_is_not_seen_fails(bench) -> None:
    """What is seen instead is attached and counted."""
    it = bench(radio=(RadioNetwork("Other"),))
    it.clock.step = 0.5
    with pytest.raises(Mismatch, match="does not see the Wi-Fi network Line; it sees 1 access"):
        await it.run("sphere.scan_wifi", ssid="Line", **AT_ONCE)
    assert it.ctx.measured == {"networks_seen": 1}
    assert it.ctx.read("wifi-scan.json")[0]["ssid"] == "Other"
    assert it.board.requests["get_wifi_scan"] > 5
    with pytest.raises(Mismatch, match="does not see any Wi-Fi network"):
        await bench().run("sphere.scan_wifi", within=Decimal(0))


async def test_the_interface_is_compared_with_what_is_asked(bench) -> None:
    """Unasked members are only measured; those that differ are named together."""
    it = bench(wifi_networks=(SavedNetwork("Line", psk=KEY, connected=True),), radio=(AP,))
    measured = await it.run(
        "sphere.expect_wifi_interface",
        ssid="Line",
        connection="connected",
        wpa_state="COMPLETED",
        power_saving="disabled",
    )
    assert measured["power_saving"] == "disabled"
    assert measured["hardware_address"].startswith("02:")
    with pytest.raises(Mismatch) as caught:
        await bench().run("sphere.expect_wifi_interface", ssid="Line", connection="connected")
    assert "says ssid nothing; it must be Line" in caught.value.what
    assert "connectionState nothing; it must be connected" in caught.value.what


async def test_power_saving_is_switched_and_seen(bench) -> None:
    """On and off; a board that says yes and stays is FAIL."""
    it = bench()
    assert await it.run("sphere.set_wifi_power_saving", enabled=True) == {"was": "disabled"}
    assert it.board.wifi.power_savings
    it.device.change_wifi_interface_state = ignoring
    it.clock.step = 0.5
    with pytest.raises(Mismatch, match="accepted power saving disabled and still says enabled"):
        await it.run("sphere.set_wifi_power_saving", enabled=False, **AT_ONCE)


async def ignoring(**_changes) -> None:
    """Say yes to any change."""


async def test_an_old_board_would_ignore_power_saving(bench) -> None:
    """So it is not asked: that is an ERROR which names the version."""
    with pytest.raises(NotSupported, match=r"4\.6\.0"):
        await bench(os_version="22.09").run("sphere.set_wifi_power_saving", enabled=True)
