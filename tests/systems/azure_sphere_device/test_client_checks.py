"""The limits that the vendor documents: nothing outside them is sent, everything inside is."""

import json
import re
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.errors import StationMisuse
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.errors import DeviceRefusal
from tests.systems.azure_sphere_device.calls import COMPONENT, scripted

CA = {"certificate_type": "rootca", "public_certificate": "PEM"}
CLIENT = {"certificate_type": "client", "public_certificate": "PEM", "private_key": "KEY"}
PROXY = {"enabled": True, "address": "a", "port": 1}
BASIC = {**PROXY, "authentication_type": "basic", "username": "u", "password": "p"}
PSK = {"security_state": "psk", "psk": "12345678"}
TLS = {"security_state": "eaptls", "client_cert_store_identifier": "c"}

Call = tuple[str, tuple[object, ...], dict[str, object]]


def of(name: str, *positional: object, **named: object) -> Call:
    """Write down a call."""
    return name, positional, named


async def sent(wanted: Call) -> list[httpx.Request]:
    """Make the call and return the requests that reached the board."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(500, json={"error": 10485766})

    name, positional, named = wanted
    async with scripted(handler) as device:
        with suppress(DeviceRefusal):
            await getattr(device, name)(*positional, **named)
    return seen


REFUSED: dict[str, tuple[Call, str]] = {
    "empty id": (of("get_certificate", ""), "is no certificate identifier"),
    "long id": (of("get_certificate", "x" * 17), "is no certificate identifier"),
    "space in id": (of("remove_certificate", "a b"), "is no certificate identifier"),
    "umlaut in id": (of("remove_certificate", "ä"), "is no certificate identifier"),
    "line in id": (of("get_certificate", "a\n"), "is no certificate identifier"),
    "folder as id": (of("remove_certificate", ".."), "is no certificate identifier"),
    "dot as id": (of("add_certificate", ".", **CA), "is no certificate identifier"),
    "type": (of("add_certificate", "a", **{**CA, "certificate_type": "RootCA"}), "no type of"),
    "no PEM": (of("add_certificate", "a", **{**CA, "public_certificate": ""}), "has 0 bytes"),
    "long PEM": (
        of("add_certificate", "a", **{**CA, "public_certificate": "x" * 8193}),
        "The public certificate has 8193 bytes; a board takes 1 to 8192",
    ),
    "long key": (
        of("add_certificate", "a", **{**CLIENT, "private_key": "x" * 8193}),
        "The private key has 8193 bytes; a board takes 1 to 8192",
    ),
    "long password": (
        of("add_certificate", "a", **CLIENT, password="x" * 257),
        "The password of the private key has 257 bytes; a board takes 1 to 256",
    ),
    "no key": (
        of("add_certificate", "a", **{**CLIENT, "private_key": None}),
        "needs its private key",
    ),
    "key of a root": (of("add_certificate", "a", **CA, private_key="K"), "private_key can be"),
    "password of a root": (of("add_certificate", "a", **CA, password="K"), "password can be"),
    "no component": (of("get_app_quota", "12"), "is no component id"),
    "trigger": (of("set_app_status", COMPONENT, "run"), "is no trigger"),
    "mode": (of("install_images", "auto"), "is no mode"),
    "state back": (of("set_manufacturing_state", "Blank"), "is no state to move to"),
    "state Unknown": (of("set_manufacturing_state", "Unknown"), "is no state to move to"),
    "basic alone": (
        of("configure_proxy", **PROXY, authentication_type="basic", username="u"),
        "needs a user name and a password",
    ),
    "anonymous with": (
        of("configure_proxy", **PROXY, username="u", password="p"),
        "username and password can be given with authentication type basic only",
    ),
    "user": (of("configure_proxy", **{**BASIC, "username": "x" * 64}), "user name has 64 bytes"),
    "no user": (of("configure_proxy", **{**BASIC, "username": ""}), "user name has 0 bytes"),
    "pass": (of("configure_proxy", **{**BASIC, "password": "x" * 64}), "password has 64 bytes"),
    "no address": (of("configure_proxy", **{**PROXY, "address": ""}), "has 0 bytes"),
    "address": (of("configure_proxy", **{**PROXY, "address": "x" * 256}), "has 256 bytes"),
    "port": (of("configure_proxy", **{**PROXY, "port": 65536}), "65536 is no port"),
    "minus": (of("configure_proxy", **{**PROXY, "port": -1}), "-1 is no port"),
    "direct": (of("configure_proxy", **PROXY, no_proxy_addresses=["x" * 256]), "256 bytes"),
    "way": (of("configure_proxy", **PROXY, authentication_type="ntlm"), "is no way to"),
    "interface": (of("get_network_interface", "../status"), "is no name of a network interface"),
    "no interface": (of("get_network_interface", ""), "is no name of a network interface"),
    "nothing": (of("set_network_interface", "eth0"), "Nothing to change"),
    "mac": (of("set_network_interface", "eth0", hardware_address="00-11"), "is no hardware"),
    "no ssid": (of("add_wifi_network", "", **PSK), "name of the Wi-Fi network has 0 bytes"),
    "ssid": (of("add_wifi_network", "ä" * 17, **PSK), "has 34 bytes; a board takes 1 to 32"),
    "half": (of("add_wifi_network", "\ud800", **PSK), "holds half of a character"),
    "security": (of("add_wifi_network", "x", security_state="wep"), "is no security of"),
    "config": (of("add_wifi_network", "x", **PSK, config_state="unknown"), "is no state of"),
    "name": (of("add_wifi_network", "x", **PSK, config_name="x" * 17), "has 17 bytes"),
    "no psk": (of("add_wifi_network", "x", security_state="psk"), "needs the network's key"),
    "short psk": (of("add_wifi_network", "x", security_state="psk", psk="1234567"), "7 bytes"),
    "long psk": (of("add_wifi_network", "x", security_state="psk", psk="x" * 64), "64 bytes"),
    "open psk": (
        of("add_wifi_network", "x", security_state="open", psk="12345678"),
        "psk can be given with security psk only",
    ),
    "psk identity": (of("add_wifi_network", "x", **PSK, client_identity="i"), "eaptls only"),
    "no client": (of("add_wifi_network", "x", security_state="eaptls"), "client certificate"),
    "root": (
        of("add_wifi_network", "x", **TLS, root_ca_cert_store_identifier="a b"),
        "is no certificate identifier",
    ),
    "identity": (of("add_wifi_network", "x", **TLS, client_identity="x" * 255), "255 bytes"),
    "id": (of("get_wifi_network", -1), "-1 is no id"),
    "large id": (of("remove_wifi_network", 2**31), "is no id"),
    "true id": (of("get_connection_failure", True), "is no id"),
    "no change": (of("change_wifi_network", 0), "Give config_state or psk"),
    "change key": (of("change_wifi_network", 0, psk="short"), "Wi-Fi key has 5 bytes"),
    "change state": (of("change_wifi_network", 0, config_state="off"), "is no state of"),
    "no interface state": (of("change_wifi_interface_state"), "Nothing to change"),
}


@pytest.mark.parametrize(("wanted", "words"), REFUSED.values(), ids=REFUSED)
async def test_value_outside_the_limits_is_not_sent(wanted: Call, words: str) -> None:
    """The caller gets a sentence that names the limit, the board gets nothing."""
    with pytest.raises(StationMisuse, match=re.escape(words)) as caught:
        await sent(wanted)
    assert caught.value.remedy
    assert str(caught.value).isprintable()


TAKEN: dict[str, Call] = {
    "shortest id": of("get_certificate", "a"),
    "longest id": of("get_certificate", "A.z_0-9........."),
    "largest PEM": of("add_certificate", "a", **{**CA, "public_certificate": "x" * 8192}),
    "largest key": of("add_certificate", "a", **{**CLIENT, "private_key": "x" * 8192}),
    "largest password": of("add_certificate", "a", **CLIENT, password="x" * 256),
    "plain key": of("add_certificate", "a", **CLIENT),
    "largest user": of("configure_proxy", **{**BASIC, "username": "x" * 63, "password": "x" * 63}),
    "largest address": of("configure_proxy", **{**PROXY, "address": "x" * 255, "port": 65535}),
    "port 0": of("configure_proxy", **{**PROXY, "port": 0}),
    "shortest key": of("add_wifi_network", "x", **PSK),
    "longest key": of("add_wifi_network", "x" * 32, security_state="psk", psk="x" * 63),
    "wide name": of("add_wifi_network", "ä" * 16, **PSK, config_name="x" * 16),
    "certificate": of("add_wifi_network", "x", **TLS, client_identity="x" * 254),
    "first id": of("get_wifi_network", 0),
    "last id": of("get_wifi_network", 2**31 - 1),
    "address of hardware": of(
        "set_network_interface", "eth0", hardware_address="00:11:22:AA:bb:Cc"
    ),
}


@pytest.mark.parametrize("wanted", TAKEN.values(), ids=TAKEN)
async def test_value_at_the_limit_is_sent(wanted: Call) -> None:
    """The limits themselves belong to what a board takes."""
    assert await sent(wanted)


ONLY_WHAT_IS_MEANT: dict[str, tuple[Call, dict[str, Any]]] = {
    "interface": (of("set_network_interface", "e", interface_up=True), {"interfaceUp": True}),
    "hardware address": (
        of("set_network_interface", "e", hardware_address="00:11:22:33:44:55"),
        {"hardwareAddress": "00:11:22:33:44:55"},
    ),
    "network": (of("change_wifi_network", 3, config_state="disabled"), {"configState": "disabled"}),
    "reload": (of("change_wifi_interface_state", reload_config=False), {"reloadConfig": False}),
    "open": (
        of("add_wifi_network", "x", security_state="open", targeted_scan=True),
        {"ssid": "x", "securityState": "open", "targetedScan": True},
    ),
    "eaptls": (
        of("add_wifi_network", "x", **TLS, config_state="disabled", config_name="n"),
        {
            "ssid": "x",
            "securityState": "eaptls",
            "configState": "disabled",
            "configName": "n",
            "clientCertStoreIdentifier": "c",
        },
    ),
    "root": (of("add_certificate", "a", **CA), {"certType": "rootca", "publicCert": "PEM"}),
    "anonymous": (
        of("configure_proxy", **PROXY),
        {
            "enabled": True,
            "address": "a",
            "port": 1,
            "noProxyAddresses": [],
            "authenticationType": "anonymous",
        },
    ),
}


@pytest.mark.parametrize(("wanted", "body"), ONLY_WHAT_IS_MEANT.values(), ids=ONLY_WHAT_IS_MEANT)
async def test_only_what_is_meant_is_sent(wanted: Call, body: dict[str, Any]) -> None:
    """A member that nobody gave is absent, never null and never a default."""
    requests = await sent(wanted)
    assert json.loads(requests[0].content) == body


@given(st.text(max_size=80))
def test_path_parameters_never_leave_their_place(text: str) -> None:
    """Whatever passes as a name stays one segment of the path."""
    for check in (checks.certificate, checks.interface, checks.component):
        try:
            parameters = check(text)
        except StationMisuse:
            continue
        value = next(iter(parameters.values()))
        url = httpx.URL("https://board/first/" + value)
        assert url.path == "/first/" + value
        assert not url.query


@given(st.text(min_size=1, max_size=80), st.integers(0, 40), st.integers(0, 40))
def test_message_on_a_secret_has_its_size_alone(text: str, least: int, most: int) -> None:
    """The same message stands for every text of that size."""
    size = len(text.encode("utf-8", "surrogatepass"))
    said = f"The key has {size} bytes; a board takes {least} to {most}"
    if any("\ud800" <= character <= "\udfff" for character in text):
        said = "The key holds half of a character"
    elif least <= size <= most:
        assert checks.sized(text, "key", least, most) == text
        return
    with pytest.raises(StationMisuse) as caught:
        checks.sized(text, "key", least, most)
    assert caught.value.what == said
    assert caught.value.__cause__ is None
