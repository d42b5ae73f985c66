"""Wi-Fi: networks are kept as asked, and joined when what is in the air allows it."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.systems.azure_sphere_device.simulator import (
    RadioNetwork,
    SavedNetwork,
    StoredCertificate,
)

NETWORKS = "/wifi/config/networks"
FAILURES = "/wifi/diagnostics/networks"
AIR = (
    RadioNetwork("line", psk="right-key", signal_level=-60, freq=5220),
    RadioNetwork("strong", psk="strong-key", signal_level=-40),
    RadioNetwork("guests", security="open", signal_level=-70),
    RadioNetwork("quiet", security="open", hidden=True, signal_level=-80),
    RadioNetwork("office", security="eaptls", signal_level=-50),
)
PSK = {"ssid": "line", "securityState": "psk", "psk": "right-key", "configState": "enabled"}


def add(bench: Any, **members: Any) -> Any:
    """Add a network like the good one but for `members`; None leaves one out."""
    body = {name: value for name, value in {**PSK, **members}.items() if value is not None}
    return bench.call("POST", NETWORKS, body)


def state_of(bench: Any, number: int = 0) -> str:
    """Return how the board stands with a network."""
    state: str = bench.call("GET", f"{NETWORKS}/{number}").json["connectionState"]
    return state


def why(bench: Any) -> dict[int, str]:
    """Return the reason of each network that could not be joined."""
    values = bench.call("GET", FAILURES).json["values"]
    return {failure["networkId"]: failure["error"] for failure in values}


@pytest.fixture
def air(new_bench: Callable[..., Any]) -> Any:
    """A board with networks in the air."""
    return new_bench(radio=AIR)


def test_a_network_is_added_and_joined_in_a_while(air: Any) -> None:
    """Unknown in the answer, disconnected in the list, connected seconds later."""
    reply = add(air)
    assert reply.status == 201
    assert reply.json == {
        "id": 0,
        "configState": "enabled",
        "connectionState": "unknown",
        "securityState": "psk",
        "targetedScan": False,
        "ssid": "line",
    }
    assert state_of(air) == "disconnected"
    assert air.call("GET", "/wifi/interface").json["wpa_state"] == "SCANNING"
    air.clock.seconds += 3
    assert state_of(air) == "connected"
    told = air.call("GET", "/wifi/interface").json
    assert told.pop("address").startswith("02:")
    assert told == {
        "mode": "station",
        "key_mgmt": "WPA2-PSK",
        "wpa_state": "COMPLETED",
        "id": 0,
        "ssid": "line",
        "configState": "enabled",
        "connectionState": "connected",
        "securityState": "psk",
        "freq": 5220,
        "ip_address": "192.168.1.42",
        "powerSavingsState": "disabled",
    }
    wlan = air.call("GET", "/net/interfaces/wlan0").json
    assert (wlan["connectedToNetwork"], wlan["connectedToInternet"]) == (True, True)
    assert wlan["ipAddresses"] == ["192.168.1.42"]
    assert air.call("GET", "/net/status").json["networkTimeSync"] == "complete"
    assert "right-key" not in str(air.truth)


def test_ids_count_up_and_names_may_repeat(air: Any) -> None:
    """0, 1, 2; after the last is gone its number is free again."""
    assert [add(air, configName="same").json["id"] for _ in range(3)] == [0, 1, 2]
    assert air.call("DELETE", f"{NETWORKS}/1").json == {}
    assert add(air).json["id"] == 3
    for number in (0, 2, 3):
        assert air.call("DELETE", f"{NETWORKS}/{number}").status == 200
    assert air.call("GET", NETWORKS).json == {"values": []}
    assert add(air).json["id"] == 0


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ({"psk": "wrong-key"}, "WrongKey"),
        ({"ssid": "nowhere"}, "NetworkNotFound"),
        ({"ssid": "quiet", "securityState": "open"}, "NetworkNotFound"),
        ({"ssid": "quiet", "securityState": "open", "targetScan": True}, "NetworkNotFound"),
        ({"ssid": "guests"}, "SecurityTypeMismatch"),
        ({"ssid": "office", "securityState": "eaptls"}, "AuthenticationFailed"),
    ],
)
def test_what_cannot_be_joined_is_told_with_its_reason(
    air: Any, network: dict[str, Any], reason: str
) -> None:
    """In the failures of all, and of the one network."""
    assert add(air, clientCertStoreIdentifier="login", **network).status == 201
    assert why(air) == {}
    air.clock.seconds += 4
    assert why(air) == {0: reason}
    one = air.call("GET", f"{FAILURES}/0").json
    assert one["error"] == reason
    assert one["timestamp"] == "2026-11-21T00:16:43+0000"
    assert one["connectionState"] == "disconnected"
    assert (one.get("certInfo") is not None) == (reason == "AuthenticationFailed")
    assert air.call("GET", "/wifi/interface").json["wpa_state"] == "DISCONNECTED"
    assert air.call("DELETE", f"{NETWORKS}/0").status == 200
    assert air.call("GET", f"{FAILURES}/0").error == (404, 13631491)


def test_hidden_networks_open_ones_and_enterprise_ones_can_be_joined(
    new_bench: Callable[..., Any],
) -> None:
    """With a targeted scan, without a key, with a certificate that is in the store."""
    login = {"certificates": (StoredCertificate("login"),)}
    for network in (
        {"ssid": "quiet", "securityState": "open", "psk": None, "targetedScan": True},
        {"ssid": "guests", "securityState": "open", "psk": None},
        {"ssid": "office", "securityState": "eaptls", "clientCertStoreIdentifier": "login"},
    ):
        bench = new_bench(radio=AIR, **login)
        assert add(bench, **network).status == 201
        bench.clock.seconds += 3
        assert state_of(bench) == "connected", network
        assert why(bench) == {}


def test_the_strongest_is_joined_and_the_next_one_takes_over(air: Any) -> None:
    """Disabling or removing the joined network gives the other its turn."""
    add(air)
    add(air, ssid="strong", psk="strong-key")
    air.clock.seconds += 3
    assert (state_of(air, 0), state_of(air, 1)) == ("disconnected", "connected")
    changed = air.call("PATCH", f"{NETWORKS}/1", {"configState": "disabled"}).json
    assert (changed["configState"], changed["connectionState"]) == ("disabled", "disconnected")
    air.clock.seconds += 3
    assert (state_of(air, 0), state_of(air, 1)) == ("connected", "disconnected")
    air.call("DELETE", f"{NETWORKS}/0")
    assert air.call("PATCH", "/wifi/interface", {"reloadConfig": True}).json == {}
    air.clock.seconds += 3
    assert state_of(air, 1) == "disconnected"


def test_a_corrected_key_lets_the_board_in(air: Any) -> None:
    """And the failure is forgotten."""
    add(air, psk="wrong-key")
    air.clock.seconds += 3
    assert why(air) == {0: "WrongKey"}
    assert air.call("PATCH", f"{NETWORKS}/0", {"psk": "right-key"}).status == 200
    air.clock.seconds += 3
    assert state_of(air) == "connected"
    assert why(air) == {}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"targetedScan": "yes"}, (400, 10485769)),
        ({"ssid": None}, (400, 13631496)),
        ({"ssid": ""}, (400, 13631496)),
        ({"ssid": "x" * 33}, (400, 13631503)),
        ({"ssid": "ä" * 17}, (400, 13631503)),
        ({"securityState": "wep"}, (400, 13631496)),
        ({"securityState": None}, (400, 13631496)),
        ({"configState": "on"}, (400, 13631496)),
        ({"configName": "x" * 17}, (400, 10485776)),
        ({"configName": ""}, (400, 10485776)),
        ({"configName": 7}, (400, 13631496)),
        ({"psk": "1234567"}, (400, 13631513)),
        ({"psk": "x" * 64}, (400, 13631504)),
        ({"psk": 12345678}, (400, 13631496)),
        ({"psk": None}, (400, 13631496)),
        ({"securityState": "eaptls"}, (400, 13631512)),
        ({"clientCertStoreIdentifier": "x" * 17}, (400, 10485772)),
        ({"rootCaCertStoreIdentifier": "x" * 17}, (400, 10485772)),
        ({"clientIdentity": "x" * 255}, (400, 13631496)),
    ],
)
def test_wrong_networks_are_refused(air: Any, members: dict[str, Any], expected: Any) -> None:
    """Each mistake has its number, and nothing is kept."""
    assert add(air, **members).error == expected
    assert air.call("GET", NETWORKS).json == {"values": []}


def test_optional_members_come_back(air: Any) -> None:
    """The whole object as it was given, the key apart."""
    reply = add(
        air,
        securityState="eaptls",
        psk=None,
        configState="disabled",
        configName="factory",
        targetedScan=True,
        clientIdentity="unit@plant",
        clientCertStoreIdentifier="login",
        rootCaCertStoreIdentifier="root",
    )
    assert reply.json == {
        "id": 0,
        "configState": "disabled",
        "connectionState": "unknown",
        "securityState": "eaptls",
        "targetedScan": True,
        "ssid": "line",
        "configName": "factory",
        "clientIdentity": "unit@plant",
        "clientCertStoreIdentifier": "login",
        "rootCaCertStoreIdentifier": "root",
    }


def test_the_key_is_judged_before_the_number(air: Any) -> None:
    """A short key is 400 although the network is unknown; a good one is 404."""
    path = f"{NETWORKS}/7"
    assert air.call("PATCH", path, {"psk": "short"}).error == (400, 13631513)
    assert air.call("PATCH", path, {"psk": "long-enough"}).error == (404, 13631491)
    for method in ("GET", "DELETE"):
        assert air.call(method, path).error == (404, 13631491)
        assert air.call(method, f"{NETWORKS}/x").error == (404, 15728642)


def test_the_member_of_the_vendors_client_is_ignored_and_noted(air: Any) -> None:
    """`targetScan` means nothing to a board, whatever it holds."""
    assert add(air, targetScan="yes").json["targetedScan"] is False
    assert air.facts() == ["ignored", "wifi_network_added"]
    assert air.truth[0].detail == {"member": "targetScan", "call": "add_wifi_network"}


def test_limits_and_duplicates_are_switches(new_bench: Callable[..., Any]) -> None:
    """How many networks, the same network, the same name."""
    full = new_bench(wifi_network_limit=1)
    assert add(full).status == 201
    assert add(full).error == (500, 13631510)
    unique = new_bench(unique_networks=True)
    assert add(unique).status == 201
    assert add(unique).error == (409, 13631490)
    assert add(unique, securityState="open").status == 201
    named = new_bench(unique_config_names=True)
    assert add(named, configName="a").status == 201
    assert add(named, configName="a").error == (400, 13631511)
    assert add(named).status == 201


def test_with_the_interface_down_nobody_can_tell(new_bench: Callable[..., Any]) -> None:
    """Scan, list, delete and diagnostics are refused; the others are a switch."""
    always = [
        ("GET", "/wifi/scan"),
        ("GET", NETWORKS),
        ("DELETE", f"{NETWORKS}/0"),
        ("GET", FAILURES),
        ("GET", f"{FAILURES}/0"),
    ]
    others = [
        ("GET", f"{NETWORKS}/0", b""),
        ("PATCH", f"{NETWORKS}/0", {}),
        ("POST", NETWORKS, PSK),
    ]
    saved = {"wifi_networks": ("left",), "wifi_up": False}
    for refuses in (True, False):
        bench = new_bench(**saved, wifi_down_refuses_all=refuses)
        for method, path in always:
            assert bench.call(method, path).error == (500, 13631506), path
        for method, path, body in others:
            reply = bench.call(method, path, body)
            assert reply.status == (500 if refuses else {"POST": 201}.get(method, 200)), path
        assert bench.call("GET", "/wifi/interface").json["wpa_state"] == "INTERFACE_DISABLED"


def test_after_a_start_wifi_may_take_its_time(new_bench: Callable[..., Any]) -> None:
    """Calls are put off, and later the board has joined anew."""
    known = (SavedNetwork("line", psk="right-key"), SavedNetwork("line", psk="wrong-key"))
    bench = new_bench(radio=AIR, wifi_networks=known, wifi_initialising_seconds=2)
    assert state_of(bench) == "connected"
    assert why(bench) == {1: "WrongKey"}
    bench.call("POST", "/restart")
    bench.clock.seconds += 1.5
    assert bench.call("GET", NETWORKS).error == (500, 13631505)
    bench.clock.seconds += 2
    assert state_of(bench) == "disconnected"
    assert why(bench) == {}
    bench.clock.seconds += 3
    assert state_of(bench) == "connected"


def test_the_interface_goes_down_and_up_in_a_moment(air: Any) -> None:
    """The connection goes with it and comes back."""
    add(air)
    air.clock.seconds += 3
    path = "/net/interfaces/wlan0"
    assert air.call("PATCH", path, {"interfaceUp": False}).json == {}
    assert air.call("GET", path).json["interfaceUp"] is True
    air.clock.seconds += 1
    assert air.call("GET", path).json["interfaceUp"] is False
    assert air.call("GET", NETWORKS).error == (500, 13631506)
    assert air.call("PATCH", path, {"interfaceUp": True}).json == {}
    air.clock.seconds += 1
    assert state_of(air) == "disconnected"
    air.clock.seconds += 3
    assert state_of(air) == "connected"


def test_a_scan_shows_what_is_in_the_air(air: Any) -> None:
    """Hidden networks with one NUL for a name."""
    values = air.call("GET", "/wifi/scan").json["values"]
    assert [value["ssid"] for value in values] == ["line", "strong", "guests", "\0", "office"]
    assert values[0] == {
        "bssid": "02:00:00:00:00:01",
        "freq": 5220,
        "signal_level": -60,
        "ssid": "line",
        "securityState": "psk",
    }


def test_power_savings_came_with_4_6(new_bench: Callable[..., Any]) -> None:
    """Older boards ignore the member, newer ones judge it."""
    path = "/wifi/interface"
    new = new_bench()
    assert new.call("PATCH", path, {"enablePowerSavings": True}).json == {}
    assert new.call("GET", path).json["powerSavingsState"] == "enabled"
    assert new.call("PATCH", path, {"enablePowerSavings": "x"}).error == (400, 10485790)
    assert new.call("PATCH", path, {"reloadConfig": "x"}).error == (400, 10485762)
    old = new_bench(api_version="4.5.0")
    body = {"reloadConfig": False, "enablePowerSavings": "x"}
    assert old.call("PATCH", path, body).json == {}
    assert old.call("GET", path).json == {
        "mode": "station",
        "key_mgmt": "UNKNOWN",
        "wpa_state": "INACTIVE",
        "address": new.call("GET", path).json["address"],
    }
