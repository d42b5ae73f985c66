"""The wire's shapes: documented examples fit, quirks are read, mistakes are named."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.domain.errors import UnusableAnswer
from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.client import error_report_length
from orchestrator.transport.decode import read_model

RULE: dict[str, Any] = {
    "sourceIP": "0.0.0.0",
    "sourceMask": "0.0.0.0",
    "destinationIP": "0.0.0.0",
    "destinationMask": "0.0.0.0",
    "uid": 4294967295,
    "action": "accept",
    "interfaceInName": "",
    "interfaceOutName": "",
    "state": "none",
    "tcpMask": ["syn"],
    "tcpCmp": [],
    "tcpInv": False,
    "protocol": "any",
    "sourcePortRange": {"min": 0, "max": 65535},
    "destinationPortRange": {"min": 0, "max": 65535},
    "packets": 0,
    "bytes": 2**64 - 1,
}
FAILURE: dict[str, Any] = {
    "timestamp": "2022-04-12T08:31:54+0000",
    "networkId": 0,
    "ssid": "line 3",
    "error": "WrongKey",
    "configState": "enabled",
    "connectionState": "disconnected",
}
CERTIFICATE = {
    "id": "RootCA-1",
    "notBefore": "2022-04-12T08:31:54",
    "notAfter": "2023-04-12T08:51:54",
    "subjectName": "/CN=<TempRootCertificate>",
    "issuerName": "/CN=<TempRootCertificate>",
}


def read(model: type[BaseModel], value: object) -> Any:
    """Read `value` as it would come over the wire."""
    return read_model(model, json.dumps(value).encode())


def test_firewall_counters_are_whole_64_bit_numbers() -> None:
    """A counter beyond a signed integer is neither refused nor rounded."""
    answer = read(
        models.FirewallRulesets,
        {"rulesets": [{"hook": "INPUT", "isValid": True, "rules": [RULE]}]},
    )
    assert answer.rulesets[0].rules[0].bytes == 18446744073709551615


@pytest.mark.parametrize("count", [-1, 2**64, 1.5, "1"])
def test_firewall_counters_out_of_range_are_refused_by_path(count: object) -> None:
    """What no uint64 can hold is named by its path."""
    rule = {**RULE, "bytes": count}
    with pytest.raises(UnusableAnswer, match=r"\.bytes|64 bits"):
        read(
            models.FirewallRulesets,
            {"rulesets": [{"hook": "INPUT", "isValid": True, "rules": [rule]}]},
        )


def test_certificate_space_is_text_on_the_wire_and_a_number_afterwards() -> None:
    """Compared as texts, 9000 would be more than 24514."""
    small, large = (read(models.CertificateSpace, {"AvailableSpace": n}) for n in ("9000", "24514"))
    assert small.available_bytes < large.available_bytes == 24514


@pytest.mark.parametrize("space", [24514, "", "-1", "many", "1e3", "9" * 13])
def test_certificate_space_in_another_form_is_refused(space: object) -> None:
    """A number, no number, or one beyond reason is no certificate space."""
    with pytest.raises(UnusableAnswer, match=r"\$\.AvailableSpace"):
        read(models.CertificateSpace, {"AvailableSpace": space})


def test_certificate_times_have_no_offset_and_mean_utc() -> None:
    """The wire's form is kept; as moments the times can be compared."""
    answer = read(models.CertificateDetails, CERTIFICATE)
    assert answer.notBefore == "2022-04-12T08:31:54"
    assert answer.valid_from == datetime(2022, 4, 12, 8, 31, 54, tzinfo=UTC)
    assert answer.valid_until > answer.valid_from


@pytest.mark.parametrize(
    "text", ["2022-04-12", "2022-13-12T08:31:54", "2022-04-12T08:31:54Z", "2022-04-31T00:00:00"]
)
def test_certificate_times_that_are_none_are_refused_by_path(text: str) -> None:
    """Another form or a day that does not exist is no time."""
    with pytest.raises(UnusableAnswer, match=r"\$\.notAfter"):
        read(models.CertificateDetails, {**CERTIFICATE, "notAfter": text})


@pytest.mark.parametrize("ssid", ["\0", ""])
def test_scan_shows_hidden_networks(ssid: str) -> None:
    """A network that keeps its name to itself is one NUL character on the wire."""
    seen = {
        "bssid": "11:11:11:11:11:21",
        "freq": 5220,
        "signal_level": -60,
        "ssid": ssid,
        "securityState": "psk",
    }
    scan = read(models.WifiScan, {"values": [seen, {**seen, "ssid": "line 3"}]})
    assert [network.is_hidden for network in scan.values] == [True, False]


def test_unconnected_interface_has_no_network() -> None:
    """All members of the Wi-Fi interface may be absent."""
    assert read(models.WifiInterface, {}).ssid is None
    assert read(models.WifiInterface, {"wpa_state": "4WAY_HANDSHAKE"}).wpa_state is not None


def test_service_link_is_an_interface_without_address() -> None:
    """The service link shows neither hardware address nor assignment."""
    link = {
        "interfaceName": "azspheresvc",
        "interfaceUp": True,
        "connectedToNetwork": False,
        "ipAcquired": False,
        "connectedToInternet": False,
        "ipAddresses": ["192.168.35.2"],
    }
    answer = read(models.NetworkInterfaces, {"interfaces": [link]})
    assert answer.interfaces[0].hardwareAddress is None


def test_failures_name_the_certificate_that_caused_them() -> None:
    """The cause is there when a certificate was at fault, and absent otherwise."""
    cause = {"certSubject": "/CN=x", "certDepth": 1, "certError": "Expired"}
    answer = read(models.ConnectionFailures, {"values": [FAILURE, {**FAILURE, "certInfo": cause}]})
    assert answer.values[0].certInfo is None
    assert answer.values[1].certInfo.certError == "Expired"


def test_memory_statistics_need_the_totals_only() -> None:
    """The documented example has no applications, boards have."""
    totals = {
        "currentMemoryUsageInBytes": 147456,
        "userModeMemoryUsageInBytes": 98304,
        "peakUserModeMemoryUsageInBytes": 98304,
    }
    heap = [{"name": "libc", "usageInBytes": 12}]
    apps = [{"componentId": "x", "processes": [{"pid": 7, "heapUsageByCaller": heap}]}]
    assert read(models.MemoryStatistics, {"memoryStats": totals}).apps == []
    answer = read(models.MemoryStatistics, {"memoryStats": totals, "apps": apps})
    assert answer.apps[0].processes[0].heapUsageByCaller[0].usageInBytes == 12


@pytest.mark.parametrize("body", [b"{}", b""])
def test_no_proxy_is_an_empty_answer(body: bytes) -> None:
    """A board without proxy answers an empty object, or nothing at all."""
    answer = read_model(models.NetworkProxy, body)
    assert isinstance(answer, models.NetworkProxy)
    assert not answer.is_set


def test_echoed_password_is_a_secret_in_every_form() -> None:
    """The board repeats the password in clear; nobody else does."""
    answer = read(
        models.NetworkProxy,
        {"enabled": True, "address": "a", "port": 1, "username": "u", "password": "hush-hush"},
    )
    assert answer.is_set
    for shown in (repr(answer), str(answer), answer.model_dump_json(), str(answer.model_dump())):
        assert "hush" not in shown


def test_secret_requests_show_stars_but_send_the_secret() -> None:
    """Only the JSON on the wire has the key."""
    request = models.WifiNetworkChange.model_validate({"psk": "hush-hush"})
    assert "hush" not in repr(request) + str(request.model_dump())
    assert json.loads(request.model_dump_json(exclude_none=True)) == {"psk": "hush-hush"}


def test_members_of_newer_firmware_are_kept() -> None:
    """What this version of the program does not know is neither refused nor lost."""
    answer = read(models.WifiInterface, {"band": "5 GHz"})
    assert answer.model_extra == {"band": "5 GHz"}


def test_length_of_error_reports_is_in_bytes_three_and_four() -> None:
    """The higher byte comes first; too little content says nothing."""
    assert error_report_length(b"\0\0\0\x01\x02rest") == 258
    assert error_report_length(bytes(5)) == 0
    with pytest.raises(UnusableAnswer, match="4 bytes"):
        error_report_length(bytes(4))
