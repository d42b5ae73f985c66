"""Hides in a recording whose board it was and where it stood, so that the file may travel.

Values become pseudonyms of the same form: one value has one pseudonym everywhere in a recording,
so that what belonged together still does. A device id has the same pseudonym in every recording.
Ids of components and images, names of applications, certificates and configurations, versions,
states and numbers stay as they are. Secrets go in every case.
"""

import hashlib
import re
from collections.abc import Callable, Collection
from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any


class Hidden(StrEnum):
    """What a recording hides unless it is told to keep it."""

    DEVICE_ID = "device-id"
    MAC = "mac"
    IP = "ip"
    SSID = "ssid"
    SUBJECT = "subject"
    IDENTITY = "identity"
    BLOB = "blob"


REMOVED = "removed"

_SECRETS = {"password", "psk", "privatekey"}
_BY_MEMBER: dict[str, Hidden] = {
    "ssid": Hidden.SSID,
    "subjectName": Hidden.SUBJECT,
    "issuerName": Hidden.SUBJECT,
    "certSubject": Hidden.SUBJECT,
    "clientIdentity": Hidden.IDENTITY,
    "username": Hidden.IDENTITY,
}
_PROXY_MEMBERS = {"address", "noProxyAddresses"}

_DEVICE_ID = re.compile(r"\b[0-9a-fA-F]{128}\b")
_MAC = re.compile(r"\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+)(?![\w.:])"
)
_KNOWN_TO_ALL = tuple(
    ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "192.168.35.0/24", "224.0.0.0/3")
)
"""Masks, loopback, broadcast and the service link, which has the same addresses on every PC."""

_MARK = "0" * 64
_TEST_NETWORK = IPv4Address("198.18.0.0")  # belongs to nobody, and is larger than every list


class Redaction:
    """One recording's pseudonyms. `keep` names what is not hidden."""

    def __init__(self, keep: Collection[Hidden] = ()) -> None:
        self._keep = frozenset(keep)
        self._given: dict[tuple[Hidden, str], str] = {}

    def keeps(self, what: Hidden) -> bool:
        """Tell whether `what` stays as it is."""
        return what in self._keep

    def body(self, row: str, value: Any) -> Any:
        """Return the JSON answer of the row with everything hidden."""
        return self._value(row, "", value)

    def text(self, value: str) -> str:
        """Return `value` with ids and addresses hidden wherever they stand in it."""
        value = _DEVICE_ID.sub(lambda found: self._name(Hidden.DEVICE_ID, found.group()), value)
        value = _MAC.sub(lambda found: self._name(Hidden.MAC, found.group()), value)
        return _ADDRESS.sub(lambda found: self._address(found.group()), value)

    def _value(self, row: str, member: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(name): self._value(row, name, one) for name, one in value.items()}
        if member.lower() in _SECRETS:
            return REMOVED
        if isinstance(value, list):
            return [self._value(row, member, one) for one in value]
        return self._text(row, member, value) if isinstance(value, str) else value

    def _text(self, row: str, member: str, value: str) -> str:
        what = _BY_MEMBER.get(member)
        if what is not None:
            return self._name(what, value)
        if row == "get_network_proxy" and member in _PROXY_MEMBERS:
            return self._address(value, host=True)
        return self.text(value)

    def _address(self, value: str, *, host: bool = False) -> str:
        """Return the pseudonym of an address, and with `host` of any other name of a computer."""
        try:
            address = ip_address(value)
        except ValueError:
            return self._name(Hidden.IP, value) if host else value
        known = address.is_loopback or address.is_unspecified
        if known or any(address in network for network in _KNOWN_TO_ALL):
            return value
        return self._name(Hidden.IP, value)

    def _name(self, what: Hidden, value: str) -> str:
        """Return the pseudonym of `value`, which says nothing by itself."""
        if what in self._keep or not value.strip("\0"):
            return value
        folded = value if what in {Hidden.SSID, Hidden.SUBJECT, Hidden.IDENTITY} else value.lower()
        known = self._given.get((what, folded))
        if known is None:
            turn = 1 + sum(1 for kind, _ in self._given if kind is what)
            known = self._given[what, folded] = _PSEUDONYMS[what](folded, turn)
        return known


def _device_id(value: str, _turn: int) -> str:
    if value.startswith(_MARK):
        return value  # of a board that started from a recording
    return _MARK + hashlib.sha256(value.encode()).hexdigest()


def _address(value: str, turn: int) -> str:
    try:
        address = ip_address(value)
    except ValueError:
        return f"host-{turn}"
    return str(_TEST_NETWORK + turn) if address.version == 4 else f"2001:db8::{turn:x}"


_PSEUDONYMS: dict[Hidden, Callable[[str, int], str]] = {
    Hidden.DEVICE_ID: _device_id,
    Hidden.MAC: lambda _, turn: "02:00:00:" + turn.to_bytes(3, "big").hex(":"),
    Hidden.IP: _address,
    Hidden.SSID: lambda _, turn: f"network-{turn}",
    Hidden.SUBJECT: lambda _, turn: f"/CN=subject-{turn}",
    Hidden.IDENTITY: lambda _, turn: f"identity-{turn}",
}
