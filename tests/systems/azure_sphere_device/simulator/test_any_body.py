"""Whatever somebody sends, a board answers as boards do: a success, or a status and a number."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.systems.azure_sphere_device.endpoints import DEVICE_ENDPOINTS

TAKES_BODY = [row for row in DEVICE_ENDPOINTS if row.method in {"POST", "PUT", "PATCH"}]
MEMBERS = (
    *("ssid", "psk", "securityState", "configState", "configName", "targetedScan"),
    *("clientCertStoreIdentifier", "rootCaCertStoreIdentifier", "clientIdentity"),
    *("certType", "publicCert", "privateKey", "password", "username", "address", "port"),
    *("enabled", "noProxyAddresses", "authenticationType", "interfaceUp", "hardwareAddress"),
    *("reloadConfig", "enablePowerSavings", "manufacturingState", "trigger", "appControlMode"),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        [
            *(
                "psk",
                "open",
                "eaptls",
                "enabled",
                "client",
                "rootca",
                "anonymous",
                "basic",
                "start",
            ),
            *("12345678", "\ud800", "\0", "x" * 300, "Module1Complete", "Auto"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ]
    ),
    st.text(max_size=40),
    st.lists(st.text(max_size=3), max_size=2),
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=9).map(
        lambda table: json.dumps(table).encode()
    ),
    st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3)).map(
        lambda value: json.dumps(value).encode()
    ),
)
SSID = json.dumps({"ssid": "\ud800", "securityState": "open"}).encode()


@pytest.mark.parametrize("row", TAKES_BODY, ids=lambda row: row.name)
def test_every_body_gets_a_proper_answer(
    row: Any, fill: Callable[..., str], new_bench: Callable[..., Any]
) -> None:
    """No exception leaves the board, and what it says is JSON with at most one number."""

    @given(BODIES)
    @example(SSID)
    @settings(max_examples=60, deadline=None, database=None)
    def send(body: bytes) -> None:
        bench = new_bench(wifi_networks=("left",))
        kind = "application/octet-stream" if row.name == "stage_image" else "application/json"
        reply = bench.call(row.method, fill(row), body, kind)
        assert reply.status in {200, 201} or set(reply.json) == {"error"}
        assert reply.status < 500
        assert isinstance(reply.json, dict)

    send()
