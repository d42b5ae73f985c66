"""The board's network: interfaces, proxy and firewall.

A change of an interface takes a moment; until then the interface tells its old state. The service
link is an interface like the others, but nobody may change it.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.starting import ProxySetting
from orchestrator.systems.azure_sphere_device.simulator.world import World

WLAN, ETHERNET = "wlan0", "eth0"
SERVICE_LINK, LOOPBACK = "azspheresvc", "lo"
_MAC = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_NOBODY = "00:00:00:00:00:00"
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104  # what a firewall rule writes for "any"; nothing is bound


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface; `changes_at` is when `up_next` takes effect, None when nothing is on its way.

    `hardware_address` and `assignment` are empty where boards tell none.
    """

    name: str
    up: bool
    addresses: tuple[str, ...] = ()
    hardware_address: str = ""
    assignment: Literal["", "static", "dynamic"] = ""
    up_next: bool = True
    changes_at: float | None = None


class Network:
    """The interfaces of one board, its proxy and its firewall."""

    def __init__(self, spec: BoardSpec, world: World, device_id: str) -> None:
        self._spec = spec
        self._world = world
        recorded = spec.recorded
        self.proxy = spec.proxy
        self.firewall = recorded.firewall if recorded and recorded.firewall else own_firewall()
        listed = recorded.interfaces if recorded else ()
        own = [_restored(entry) for entry in listed] if listed else _made(spec, device_id)
        self._interfaces = {interface.name: interface for interface in own}
        told = recorded.wifi_interface.address if recorded and recorded.wifi_interface else None
        wlan = self._interfaces.get(WLAN)
        if wlan is not None and told and not wlan.hardware_address:
            self._interfaces[WLAN] = replace(wlan, hardware_address=told)

    @property
    def names(self) -> list[str]:
        """The names of the interfaces."""
        return list(self._interfaces)

    def get(self, name: str) -> Interface | None:
        """Return the interface as it is now."""
        found = self._interfaces.get(name)
        if found is None or found.changes_at is None:
            return found
        if self._world.clock.monotonic() < found.changes_at:
            return found
        self._interfaces[name] = replace(found, up=found.up_next, changes_at=None)
        return self._interfaces[name]

    def is_up(self, name: str) -> bool:
        """Tell whether the interface is there and up."""
        found = self.get(name)
        return found is not None and found.up

    def change(self, name: str, *, up: bool | None, hardware_address: str | None) -> None:
        """Change an interface, in a moment. Raises Refused."""
        found = self.get(name)
        if found is None:
            raise Refused(refusals.INVALID_INTERFACE)
        if name not in self._spec.patchable_interfaces:
            raise Refused(refusals.INTERFACE_NOT_PERMITTED)
        if hardware_address is not None:
            if not _MAC.fullmatch(hardware_address) or hardware_address == _NOBODY:
                raise Refused(refusals.MAC_INVALID)
            found = replace(found, hardware_address=hardware_address.lower())
        if up is not None:
            moment = self._world.clock.monotonic() + self._spec.interface_change_seconds
            found = replace(found, up_next=up, changes_at=moment)
        self._interfaces[name] = found

    def set_proxy(self, setting: ProxySetting) -> None:
        """Keep a proxy setting instead of the one before."""
        self.proxy = setting

    def delete_proxy(self) -> bool:
        """Forget the proxy setting; tell whether there was one."""
        before, self.proxy = self.proxy, None
        return before is not None


def _made(spec: BoardSpec, device_id: str) -> list[Interface]:
    """Return the interfaces of a board that nobody recorded."""
    wlan = Interface(WLAN, spec.wifi_up, (), _mac(device_id, 0), "dynamic")
    ethernet = [Interface(ETHERNET, True, (), _mac(device_id, 10), "dynamic")]
    return [
        Interface(SERVICE_LINK, up=True, addresses=("192.168.35.2",)),
        Interface(LOOPBACK, up=True, addresses=("127.0.0.1",)),
        wlan,
        *(ethernet if spec.ethernet else ()),
    ]


def _restored(entry: models.NetworkInterface) -> Interface:
    return Interface(
        name=entry.interfaceName,
        up=entry.interfaceUp,
        addresses=tuple(entry.ipAddresses or ()),
        hardware_address=entry.hardwareAddress or "",
        assignment=entry.ipAssignment or "",
    )


def _mac(device_id: str, start: int) -> str:
    """Return a locally administered address of this board alone."""
    digits = device_id[start : start + 10]
    return ":".join(["02", *(digits[at : at + 2] for at in range(0, 10, 2))])


@lru_cache(maxsize=1)
def own_firewall() -> tuple[models.FirewallRuleset, ...]:
    """Return rules such as boards have; one counter is beyond a signed 64-bit number."""
    inward = _rule("127.0.0.1", "255.255.255.255", "accept", 3, 249)
    outward = _rule(_ANY_ADDRESS, _ANY_ADDRESS, "accept", 2**63 + 1, 2**64 - 1)
    rules = {"PREROUTING": [], "INPUT": [inward], "FORWARD": [], "OUTPUT": [outward]}
    return tuple(
        models.FirewallRuleset.model_validate({"hook": hook, "isValid": bool(own), "rules": own})
        for hook, own in {**rules, "POSTROUTING": []}.items()
    )


def _rule(
    destination: str, mask: str, action: str, packets: int, octets: int
) -> models.FirewallRule:
    everywhere = models.PortRange(min=0, max=65535)
    return models.FirewallRule.model_validate(
        {
            "sourceIP": _ANY_ADDRESS,
            "sourceMask": _ANY_ADDRESS,
            "destinationIP": destination,
            "destinationMask": mask,
            "uid": 4294967295,
            "action": action,
            "interfaceInName": "",
            "interfaceOutName": "",
            "state": "none",
            "tcpMask": [],
            "tcpCmp": [],
            "tcpInv": False,
            "protocol": "any",
            "sourcePortRange": everywhere,
            "destinationPortRange": everywhere,
            "packets": packets,
            "bytes": octets,
        }
    )
