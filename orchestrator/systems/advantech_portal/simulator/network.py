"""The network of a host: ports with addresses that are applied, routes, and Wi-Fi.

The first port is the one over which the host is managed: when its address changes, the link to
the host is at another place.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from typing import Any

from orchestrator.systems.advantech_portal.simulator.drift import share
from orchestrator.systems.advantech_portal.simulator.part import Report
from orchestrator.systems.advantech_portal.simulator.refusals import (
    BAD_ADDRESS,
    EMPTY_PROFILE,
    UNKNOWN_ADAPTER,
    UNKNOWN_INTERFACE,
    UNKNOWN_PROFILE,
    UNKNOWN_ROUTE,
    Refused,
)
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec
from orchestrator.systems.advantech_portal.simulator.starting import Port

_GIGABIT = 1_000_000_000
_LINUX_NAMES = ("enp0s31f6", "enp1s0", "enp2s0", "enp3s0")
_WINDOWS_FIRST, _LINUX_FIRST = 10, 2


@dataclass(slots=True)
class Interface:
    """One interface as it is now."""

    index: int
    uuid: str
    name: str
    description: str
    mac: str
    port: Port
    address: str
    prefix: int
    gateway: str
    dhcp: bool
    dns: list[str] = field(default_factory=list)
    metric: int = 25
    wifi: bool = False


@dataclass(frozen=True, slots=True)
class Ipv4:
    """An IPv4 setting that was checked."""

    address: str
    prefix: int
    gateway: str
    dns: tuple[str, ...]


def checked(body: dict[str, Any]) -> Ipv4:
    """Return the setting of a request. Raises Refused for what is no address."""
    try:
        network = IPv4Interface(f"{body['ipAddress']}/{body['subnetMask']}")
        others = ("defaultGateway", "primaryDNS", "secondaryDNS")
        given = [str(IPv4Address(body[name])) if body.get(name) else "" for name in others]
    except (AddressValueError, NetmaskValueError, ValueError):
        raise Refused(BAD_ADDRESS) from None
    dns = tuple(one for one in given[1:] if one)
    return Ipv4(str(network.ip), network.network.prefixlen, given[0], dns)


class Network:
    """The interfaces of one host by index. `moved` is called when the managed one has moved."""

    def __init__(self, spec: HostSpec, report: Report, moved: Callable[[], None]) -> None:
        self._spec = spec
        self._report = report
        self._moved = moved
        self.interfaces = {one.index: one for one in self._made()}
        self.profiles = list(spec.wifi_profiles)

    @property
    def managed(self) -> Interface:
        """The interface over which the host is managed."""
        return next(iter(self.interfaces.values()))

    def find(self, text: str) -> Interface:
        """Return the interface of that index. Raises Refused."""
        fits = text.isascii() and text.isdigit() and len(text) < 9
        found = self.interfaces.get(int(text)) if fits else None
        if found is None:
            raise Refused(UNKNOWN_INTERFACE)
        return found

    def apply(self, interface: Interface, setting: Ipv4) -> None:
        """Give an interface a fixed address, from now on."""
        interface.dhcp = False
        self._place(interface, setting)

    def enable_dhcp(self, interface: Interface) -> None:
        """Let an interface ask for its address, from now on."""
        interface.dhcp = True
        managed = interface is self.managed
        own = (self._spec.dhcp_address or self._spec.address) if managed else interface.port.address
        self._place(interface, Ipv4(own, interface.port.prefix, interface.port.gateway, ()))

    def order_routes(self, uuids: list[str]) -> None:
        """Prefer interfaces in that order. Raises Refused."""
        known = {one.uuid: one for one in self.interfaces.values()}
        if any(uuid not in known for uuid in uuids):
            raise Refused(UNKNOWN_ROUTE)
        for place, uuid in enumerate(uuids):
            known[uuid].metric = 10 * (place + 1)
        self._report("routes_ordered", uuids=uuids)

    def shown(self, at: float) -> list[dict[str, Any]]:
        """Return all interfaces as the wire shows them, `at` seconds after the start."""
        best = min(self.interfaces.values(), key=lambda one: (one.metric, one.index))
        return [_shown(one, self._spec, at, is_default=one is best) for one in
                self.interfaces.values()]  # fmt: skip

    def adapter(self, uuid: str) -> Interface:
        """Return the Wi-Fi adapter of that uuid. Raises Refused."""
        for interface in self.interfaces.values():
            if interface.wifi and interface.uuid == uuid:
                return interface
        raise Refused(UNKNOWN_ADAPTER)

    def adapters(self) -> list[dict[str, Any]]:
        """Return all Wi-Fi adapters with their profiles."""
        profiles = [
            {
                "name": name,
                "allUserProfile": True,
                "groupPolicyProfile": False,
                "perUserProfile": False,
            }
            for name in self.profiles
        ]
        return [
            {
                "ifIndex": one.index,
                "uuid": one.uuid,
                "description": one.description,
                "profiles": profiles,
            }
            for one in self.interfaces.values()
            if one.wifi
        ]

    def in_sight(self) -> list[dict[str, Any]]:
        """Return the Wi-Fi networks in reach, the one with a profile connected."""
        return [
            {
                "alreadyConnected": radio.ssid in self.profiles,
                "authenticationAlgorithm": "WPA2-Personal" if radio.secured else "Open",
                "channel": radio.channel,
                "cipherAlgorithm": "AES" if radio.secured else "None",
                "connectable": True,
                "infrastructureType": "Infrastructure",
                "profileAvailable": radio.ssid in self.profiles,
                "profileName": radio.ssid if radio.ssid in self.profiles else "",
                "ssid": radio.ssid,
                "securityEnabled": radio.secured,
                "signalQuality": max(0, min(100, 2 * (radio.strength_dbm + 100))),
                "signalStrength": radio.strength_dbm,
                "bssid": f"e0:3f:49:00:04:{int(256 * share(radio.ssid)):02x}",
                "physicalTypes": ["802.11n"],
            }
            for radio in self._spec.radios
        ]

    def forget_profile(self, name: str) -> None:
        """Delete a Wi-Fi profile. Raises Refused."""
        if not name.strip():
            raise Refused(EMPTY_PROFILE)
        if name not in self.profiles:
            raise Refused(UNKNOWN_PROFILE)
        self.profiles.remove(name)
        self._report("wifi_profile_deleted", profile=name)

    def _place(self, interface: Interface, setting: Ipv4) -> None:
        before = interface.address
        interface.address, interface.prefix = setting.address, setting.prefix
        interface.gateway, interface.dns = setting.gateway, list(setting.dns)
        self._report(
            "network_applied",
            if_index=interface.index,
            address=setting.address,
            prefix=setting.prefix,
            gateway=setting.gateway,
            dns=list(setting.dns),
            dhcp=interface.dhcp,
        )
        if interface is self.managed and interface.address != before:
            self._moved()

    def _made(self) -> list[Interface]:
        spec = self._spec
        ports = list(spec.ports[: spec.kind.ports])
        first = Port(spec.address, 64 if ":" in spec.address else 24, "", connected=True, dhcp=True)
        ports[:1] = [ports[0] if ports and ports[0].address else first]
        ports += [Port(connected=False)] * (spec.kind.ports - len(ports))
        made = [_interface(spec, number, port) for number, port in enumerate(ports)]
        if spec.has("wifi"):
            made.append(_interface(spec, len(ports), Port(dhcp=True), wifi=True))
        return made


def _interface(spec: HostSpec, number: int, port: Port, *, wifi: bool = False) -> Interface:
    if spec.os == "windows":
        uuid = f"{{{spec.guid(f'port {number}').upper()}}}"
        name = "Wi-Fi" if wifi else f"Ethernet {number + 1}"
        index = _WINDOWS_FIRST + number
    else:
        uuid = name = "wlp4s0" if wifi else _LINUX_NAMES[number % len(_LINUX_NAMES)]
        index = _LINUX_FIRST + number
    what = "802.11n Wireless LAN Card" if wifi else "Intel(R) Ethernet Connection I219-LM"
    return Interface(
        index=index,
        uuid=uuid,
        name=name,
        description=what if spec.os == "windows" or wifi else "",
        mac=spec.mac(number),
        port=port,
        address=port.address,
        prefix=port.prefix,
        gateway=port.gateway,
        dhcp=port.dhcp,
        metric=25 + number,
        wifi=wifi,
    )


def _shown(one: Interface, spec: HostSpec, at: float, *, is_default: bool) -> dict[str, Any]:
    ethernet = 6 if spec.os == "windows" else 1
    moved = int(at * (2000 if one.port.connected else 0))
    counters = dict.fromkeys(("errin", "errout", "dropin", "dropout", "fifoin", "fifoout"), 0)
    return {
        "ifIndex": one.index,
        "uuid": one.uuid,
        "name": one.name,
        "description": one.description,
        "type": "Wi-Fi" if one.wifi else "Ethernet",
        "typeId": 71 if one.wifi else ethernet,
        "mtu": 1500,
        "connected": one.port.connected,
        "isDefault": is_default,
        "dhcpEnabled": one.dhcp,
        "hardwareAddress": one.mac,
        "speed": "1 Gbps",
        "sendSpeed": _GIGABIT,
        "recvSpeed": _GIGABIT,
        "addresses": [f"{one.address}/{one.prefix}"] if one.address else [],
        "gateway": [one.gateway] if one.gateway else [],
        "dns": list(one.dns),
        "ipv4Metric": one.metric,
        "iocounters": {
            "ifindex": one.index,
            "bytesSent": moved,
            "bytesRecv": 3 * moved,
            "packetsSent": moved // 700,
            "packetsRecv": moved // 500,
            **counters,
        },
    }
