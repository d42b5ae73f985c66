"""The board's Wi-Fi: configured networks, and the attempts to join them.

Nothing runs in the background. Whatever changes the outcome (a network, the interface, a start)
sets a time at which the board will have tried; whoever looks later than that sees the result.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from orchestrator.systems.azure_sphere_device import models
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.certificates import CertificateStore
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    RadioNetwork,
    SavedNetwork,
    SecurityName,
)
from orchestrator.systems.azure_sphere_device.simulator.world import World

Cause = Literal[
    "NetworkNotFound", "WrongKey", "NoPskIncluded", "AuthenticationFailed", "SecurityTypeMismatch"
]


@dataclass(slots=True)
class Network:
    """One configured network. The key is kept out of sight."""

    id: int
    ssid: str
    security: SecurityName
    enabled: bool = True
    targeted_scan: bool = False
    psk: str = field(default="", repr=False)
    config_name: str = ""
    client_identity: str = ""
    client_certificate: str = ""
    root_certificate: str = ""


class Wifi:
    """The Wi-Fi side of one board. `interface_up` tells whether wlan0 is up now."""

    def __init__(
        self,
        spec: BoardSpec,
        world: World,
        certificates: CertificateStore,
        interface_up: Callable[[], bool],
    ) -> None:
        self._spec = spec
        self._world = world
        self._certificates = certificates
        self._interface_up = interface_up
        self._networks: dict[int, Network] = {}
        self._failures: dict[int, models.ConnectionFailure] = {}
        self._due: float | None = None
        self._joined: int | None = None
        self.power_savings = spec.power_savings
        for saved in spec.wifi_networks:
            self._restore(SavedNetwork(saved) if isinstance(saved, str) else saved)
        recorded = spec.recorded
        if recorded is None:
            self._due = world.clock.monotonic()
        else:
            self._failures = {failure.networkId: failure for failure in recorded.failures}

    @property
    def networks(self) -> list[Network]:
        """The configured networks by id."""
        return [self._networks[key] for key in sorted(self._networks)]

    @property
    def failures(self) -> list[models.ConnectionFailure]:
        """Why networks could not be joined, the last reason of each."""
        self._look()
        return [self._failures[key] for key in sorted(self._failures)]

    @property
    def joined(self) -> Network | None:
        """The network that the board is connected to; with the interface down there is none."""
        self._look()
        if not self._interface_up():
            self._joined = None
        return None if self._joined is None else self._networks[self._joined]

    @property
    def trying(self) -> bool:
        """True while the board looks for its networks."""
        self._look()
        return self._due is not None and any(net.enabled for net in self._networks.values())

    @property
    def internet(self) -> bool:
        """True when the joined network leads to the internet."""
        joined = self.joined
        heard = self.heard(joined) if joined else None
        return heard.internet if heard else joined is not None

    def get(self, number: int) -> Network:
        """Return the network of that id. Raises Refused."""
        if number not in self._networks:
            raise Refused(refusals.NETWORK_NOT_FOUND)
        return self._networks[number]

    def add(self, network: Network) -> Network:
        """Keep a new network under the next free id. Raises Refused where boards limit it."""
        self._look()
        own = self._networks.values()
        if len(self._networks) >= self._spec.wifi_network_limit:
            raise Refused(refusals.NETWORK_LIMIT)
        same = any((net.ssid, net.security) == (network.ssid, network.security) for net in own)
        if same and self._spec.unique_networks:
            raise Refused(refusals.NETWORK_EXISTS)
        named = network.config_name and any(net.config_name == network.config_name for net in own)
        if named and self._spec.unique_config_names:
            raise Refused(refusals.CONFIG_NAME_NOT_UNIQUE)
        network.id = max(self._networks, default=-1) + 1
        self._networks[network.id] = network
        self.try_again()
        return network

    def change(self, network: Network, *, enabled: bool | None, psk: str | None) -> None:
        """Change a network; a changed one is left and tried anew."""
        self._look()
        network.enabled = network.enabled if enabled is None else enabled
        network.psk = network.psk if psk is None else psk
        self._forget(network.id)
        self.try_again()

    def remove(self, number: int) -> Network:
        """Forget a network and return it. Raises Refused."""
        network = self.get(number)
        self._look()
        self._forget(number)
        del self._networks[number]
        return network

    def leave(self) -> None:
        """Lose the connection, because the interface goes down."""
        self._joined = None
        self._due = None

    def start_up(self, seconds: float) -> None:
        """Forget what was before the start, which takes `seconds`, and look for networks then."""
        self._joined = None
        self._failures.clear()
        now = self._world.clock.monotonic()
        self._due = now + seconds + self._spec.wifi_connect_seconds

    def try_again(self) -> None:
        """Look for networks from now on."""
        self._due = self._world.clock.monotonic() + self._spec.wifi_connect_seconds

    def connection(self, network: Network) -> models.WifiConnectionState:
        """Return how the board stands with a configured network."""
        joined = self.joined
        return "connected" if joined is not None and joined.id == network.id else "disconnected"

    def heard(self, network: Network) -> RadioNetwork | None:
        """Return the strongest station of that name that the board can hear."""
        return max(
            (
                radio
                for radio in self._spec.radio
                if radio.ssid == network.ssid and (network.targeted_scan or not radio.hidden)
            ),
            key=lambda radio: radio.signal_level,
            default=None,
        )

    def _restore(self, saved: SavedNetwork) -> None:
        number = saved.id if saved.id >= 0 else max(self._networks, default=-1) + 1
        self._networks[number] = Network(
            id=number,
            ssid=saved.ssid,
            security=saved.security,
            enabled=saved.enabled,
            targeted_scan=saved.targeted_scan,
            psk=saved.psk,
            config_name=saved.config_name,
            client_identity=saved.client_identity,
            client_certificate=saved.client_certificate,
            root_certificate=saved.root_certificate,
        )
        if saved.connected:
            self._joined = number

    def _forget(self, number: int) -> None:
        self._failures.pop(number, None)
        if self._joined == number:
            self._joined = None
            self.try_again()

    def _look(self) -> None:
        """Apply what the attempts have come to if they are over by now."""
        due = self._due
        now = self._world.clock.monotonic()
        if due is None or now < due or not self._interface_up():
            return
        self._due = None
        reached: list[tuple[int, int]] = []
        for network in self.networks:
            if not network.enabled or network.id == self._joined:
                continue
            cause = self._cause(network)
            radio = self.heard(network)
            if cause is None and radio is not None:
                reached.append((radio.signal_level, -network.id))
                self._failures.pop(network.id, None)
            elif cause is not None:
                self._failures[network.id] = self._failure(network, cause, now - due)
        if reached and self._joined is None:
            self._joined = -max(reached)[1]

    def _cause(self, network: Network) -> Cause | None:
        """Return why this network cannot be joined, None when it can."""
        radio = self.heard(network)
        if radio is None:
            return "NetworkNotFound"
        if radio.security != network.security:
            return "SecurityTypeMismatch"
        if network.security == "psk":
            if not network.psk:
                return "NoPskIncluded"
            return "WrongKey" if radio.psk and radio.psk != network.psk else None
        known = self._certificates.find(network.client_certificate)
        return "AuthenticationFailed" if network.security == "eaptls" and known is None else None

    def _failure(self, network: Network, cause: Cause, ago: float) -> models.ConnectionFailure:
        missing = models.CertificateFault(certError="CertificateNotFound")
        return models.ConnectionFailure(
            timestamp=_timestamp(self._world.clock.now() - timedelta(seconds=ago)),
            networkId=network.id,
            ssid=network.ssid,
            error=cause,
            configState="enabled" if network.enabled else "disabled",
            connectionState="disconnected",
            certInfo=missing if cause == "AuthenticationFailed" else None,
        )


def _timestamp(moment: datetime) -> str:
    """Return a time as boards write it; its offset has no colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")
