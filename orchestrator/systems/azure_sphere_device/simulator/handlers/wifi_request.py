"""Reads what somebody asks for with a Wi-Fi network, in the order in which boards object."""

from typing import Any, cast

from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.refusals import RefusalRow, Refused
from orchestrator.systems.azure_sphere_device.simulator.starting import SecurityName
from orchestrator.systems.azure_sphere_device.simulator.wifi import Network

_MOST_SSID_BYTES, _MOST_NAME, _MOST_IDENTITY = 32, 16, 254
_LEAST_PSK, _MOST_PSK = 8, 63
_SECURITIES = ("open", "psk", "eaptls")
_CONFIG_STATES = ("unknown", "enabled", "disabled", "temp-disabled")


def read_network(body: dict[str, Any]) -> Network:
    """Return the network that a request describes; it has no id yet. Raises Refused."""
    targeted = body.get("targetedScan")
    if not isinstance(targeted, bool | None):
        raise Refused(refusals.TARGETED_SCAN_NOT_BOOLEAN)
    network = Network(
        id=-1,
        ssid=_ssid(body.get("ssid")),
        security=_security(body.get("securityState")),
        enabled=read_config_state(body.get("configState")) is not False,
        targeted_scan=bool(targeted),
        config_name=_name(body, "configName", refusals.CONFIG_NAME_TOO_LONG),
        client_identity=_text(body, "clientIdentity", _MOST_IDENTITY),
        client_certificate=_name(
            body, "clientCertStoreIdentifier", refusals.CERTIFICATE_NAME_TOO_LONG
        ),
        root_certificate=_name(
            body, "rootCaCertStoreIdentifier", refusals.CERTIFICATE_NAME_TOO_LONG
        ),
    )
    psk = check_psk(body.get("psk"))
    if network.security == "psk":
        if psk is None:
            raise Refused(refusals.WIFI_REQUEST_INVALID)
        network.psk = psk
    if network.security == "eaptls" and not network.client_certificate:
        raise Refused(refusals.CLIENT_CERTIFICATE_MISSING)
    return network


def check_psk(value: object) -> str | None:
    """Return a key of a length that boards take, None when none is given. Raises Refused."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused(refusals.WIFI_REQUEST_INVALID)
    if len(value) < _LEAST_PSK:
        raise Refused(refusals.PSK_TOO_SHORT)
    if len(value) > _MOST_PSK:
        raise Refused(refusals.PSK_TOO_LONG)
    return value


def read_config_state(value: object) -> bool | None:
    """Return whether a network is to be enabled, None when that is not said. Raises Refused."""
    if value is None or value == "unknown":
        return None
    if value not in _CONFIG_STATES:
        raise Refused(refusals.WIFI_REQUEST_INVALID)
    return value == "enabled"


def _ssid(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Refused(refusals.WIFI_REQUEST_INVALID)
    if len(value.encode("utf-8", errors="replace")) > _MOST_SSID_BYTES:
        raise Refused(refusals.SSID_TOO_LONG)
    return value


def _security(value: object) -> SecurityName:
    if value not in _SECURITIES:
        raise Refused(refusals.WIFI_REQUEST_INVALID)
    return cast("SecurityName", value)


def _name(body: dict[str, Any], member: str, too_long: RefusalRow) -> str:
    """Return a member of 1 to 16 characters, empty when it is absent. Raises Refused."""
    text = _text(body, member, None)
    if len(text) > _MOST_NAME or (not text and body.get(member) is not None):
        raise Refused(too_long)
    return text


def _text(body: dict[str, Any], member: str, most: int | None) -> str:
    value = body.get(member)
    if value is None:
        return ""
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise Refused(refusals.WIFI_REQUEST_INVALID)
    return value
