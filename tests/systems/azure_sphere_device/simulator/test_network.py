"""Interfaces, proxy, firewall and status are told and changed as on boards."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.systems.azure_sphere_device.simulator import ProxySetting

PROXY = "/net/proxy"
BASIC = {
    "enabled": True,
    "address": "example.com",
    "port": 8081,
    "noProxyAddresses": ["here"],
    "authenticationType": "basic",
    "username": "example",
    "password": "a-password",
}
ANONYMOUS = {k: v for k, v in BASIC.items() if k not in {"username", "password"}} | {
    "authenticationType": "anonymous"
}


def test_the_service_link_is_an_interface_without_hardware(new_bench: Callable[..., Any]) -> None:
    """It and the loopback tell neither address nor assignment."""
    listed = new_bench(ethernet=True).call("GET", "/net/interfaces").json["interfaces"]
    assert [entry["interfaceName"] for entry in listed] == ["azspheresvc", "lo", "wlan0", "eth0"]
    assert listed[0] == {
        "interfaceName": "azspheresvc",
        "interfaceUp": True,
        "connectedToNetwork": False,
        "ipAcquired": False,
        "connectedToInternet": False,
        "ipAddresses": ["192.168.35.2"],
    }
    assert listed[2]["ipAssignment"] == "dynamic"
    assert listed[2]["connectedToNetwork"] is False
    assert listed[3]["connectedToInternet"] is True
    assert listed[3]["hardwareAddress"] != listed[2]["hardwareAddress"]


def test_boards_have_hardware_addresses_of_their_own(new_bench: Callable[..., Any]) -> None:
    """The same board always the same one."""
    macs = [
        new_bench(seed=seed).call("GET", "/net/interfaces/wlan0").json["hardwareAddress"]
        for seed in (1, 2, 1)
    ]
    assert macs[0] == macs[2] != macs[1]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("azspheresvc", {"interfaceUp": False}, (400, 31457295)),
        ("lo", {"interfaceUp": False}, (400, 31457295)),
        ("eth7", {"interfaceUp": False}, (404, 31457294)),
        ("wlan0", {"hardwareAddress": "no"}, (400, 31457286)),
        ("wlan0", {"hardwareAddress": 5}, (400, 31457286)),
        ("wlan0", {"hardwareAddress": "00:00:00:00:00:00"}, (400, 31457286)),
        ("wlan0", {"interfaceUp": "yes"}, (400, 10485762)),
    ],
)
def test_what_may_not_change_is_refused(bench: Any, name: str, body: Any, expected: Any) -> None:
    """Each way has its number."""
    before = bench.call("GET", "/net/interfaces").json
    assert bench.call("PATCH", f"/net/interfaces/{name}", body).error == expected
    assert bench.call("GET", "/net/interfaces").json == before


def test_reading_an_unknown_interface_is_an_unknown_address(bench: Any) -> None:
    """Other than changing it."""
    assert bench.call("GET", "/net/interfaces/eth7").error == (404, 15728642)


def test_a_hardware_address_can_be_set(new_bench: Callable[..., Any]) -> None:
    """At once, in lower case; which interfaces allow it is a switch."""
    bench = new_bench(ethernet=True, patchable_interfaces=("eth0",))
    body = {"hardwareAddress": "A1:B2:C3:4D:E5:6F"}
    assert bench.call("PATCH", "/net/interfaces/eth0", body).json == {}
    told = bench.call("GET", "/net/interfaces/eth0").json
    assert told["hardwareAddress"] == "a1:b2:c3:4d:e5:6f"
    assert bench.call("PATCH", "/net/interfaces/wlan0", body).error == (400, 31457295)
    down = {"interfaceUp": False}
    assert bench.call("GET", "/net/status").json["deviceAuthenticationIsReady"] is True
    assert bench.call("PATCH", "/net/interfaces/eth0", down).json == {}
    bench.clock.seconds += 1
    assert bench.call("GET", "/net/interfaces/eth0").json["ipAddresses"] == []
    assert bench.call("GET", "/net/status").json["deviceAuthenticationIsReady"] is False


def test_the_proxy_echoes_its_password_once(bench: Any) -> None:
    """The answer to the change has it, no later one."""
    assert bench.call("GET", PROXY).json == {}
    assert bench.call("DELETE", PROXY).json == {}
    assert bench.call("POST", PROXY, BASIC).json == BASIC
    without = {name: value for name, value in BASIC.items() if name != "password"}
    assert bench.call("GET", PROXY).json == without
    assert bench.call("GET", "/net/status").json["proxy"] == "enabled"
    assert bench.call("POST", PROXY, ANONYMOUS).json == ANONYMOUS
    assert bench.call("GET", PROXY).json == ANONYMOUS
    assert bench.call("DELETE", PROXY).json == {}
    assert bench.call("GET", PROXY).json == {}
    assert bench.call("GET", "/net/status").json["proxy"] == "disabled"
    assert bench.facts() == ["proxy_set", "proxy_set", "proxy_deleted"]
    assert "a-password" not in str(bench.truth)
    assert "a-password" not in repr(ProxySetting("x", password="a-password"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": ""},
        {"address": "x" * 256},
        {"port": 65536},
        {"port": -1},
        {"port": "80"},
        {"noProxyAddresses": ["x" * 256]},
        {"noProxyAddresses": "x"},
        {"username": ""},
        {"password": "x" * 64},
        {"password": None},
        {"authenticationType": "anonymous"},
        {"authenticationType": "digest"},
        {"enabled": "yes"},
    ],
)
def test_wrong_proxies_are_refused(bench: Any, wrong: dict[str, Any]) -> None:
    """And none is set."""
    assert bench.call("POST", PROXY, {**BASIC, **wrong}).error == (400, 10485762)
    assert bench.call("GET", PROXY).json == {}


def test_firewall_counters_pass_signed_64_bit(bench: Any) -> None:
    """Five hooks, two of them with a rule."""
    rulesets = bench.call("GET", "/net/firewall/rulesets").json["rulesets"]
    assert [(one["hook"], len(one["rules"])) for one in rulesets] == [
        ("PREROUTING", 0),
        ("INPUT", 1),
        ("FORWARD", 0),
        ("OUTPUT", 1),
        ("POSTROUTING", 0),
    ]
    assert rulesets[3]["rules"][0]["bytes"] == 2**64 - 1
