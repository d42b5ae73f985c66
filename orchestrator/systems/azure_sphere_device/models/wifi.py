"""Category Wi-Fi: configured networks, the interface, and what is in sight."""

from typing import Literal

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

WifiConfigState = Literal["unknown", "enabled", "disabled", "temp-disabled"]
WifiConnectionState = Literal["unknown", "disconnected", "connected"]
WifiSecurityState = Literal["unknown", "open", "psk", "eaptls"]
WifiTargetState = Literal["enabled", "disabled"]
WifiSecurity = Literal["open", "psk", "eaptls"]

HIDDEN_SSID = "\0"
"""How a scan shows a network that does not tell its name."""


class WifiNetworkRequest(SecretModel):
    """`POST /wifi/config/networks`: `psk` with psk only, identity and certificates with eaptls.

    The vendor's clients send `targetScan`, which boards ignore; the interface description, the
    answers and error 10.9 have `targetedScan`.
    """

    ssid: str
    securityState: WifiSecurity
    configState: WifiTargetState | None = None
    configName: str | None = None
    targetedScan: bool | None = None
    psk: SentSecret | None = None
    clientIdentity: str | None = None
    clientCertStoreIdentifier: str | None = None
    rootCaCertStoreIdentifier: str | None = None


class WifiNetwork(WireModel):
    """One configured Wi-Fi network. Never contains the key.

    The answer to POST says connection `unknown` where a list says `disconnected` a moment later.
    """

    id: int
    configState: WifiConfigState
    connectionState: WifiConnectionState
    securityState: WifiSecurityState
    targetedScan: bool
    ssid: str | None = None
    configName: str | None = None
    clientIdentity: str | None = None
    clientCertStoreIdentifier: str | None = None
    rootCaCertStoreIdentifier: str | None = None


class WifiNetworks(WireModel):
    """`GET /wifi/config/networks`. Refused with 13.18 while wlan0 is down: then nobody knows."""

    values: list[WifiNetwork]


class WifiNetworkChange(SecretModel):
    """`PATCH /wifi/config/networks/{id}`: only what is meant is sent."""

    configState: WifiTargetState | None = None
    psk: SentSecret | None = None


class WifiInterface(WireModel):
    """`GET /wifi/interface`: the members of the network are absent while there is none."""

    address: str | None = None
    ssid: str | None = None
    configName: str | None = None
    configState: WifiConfigState | None = None
    connectionState: WifiConnectionState | None = None
    securityState: WifiSecurityState | None = None
    id: int | None = None
    mode: Literal["station"] | None = None
    key_mgmt: Literal["UNKNOWN", "NONE", "WPA2-PSK", "WPA-EAP"] | None = None
    wpa_state: (
        Literal[
            "DISCONNECTED",
            "INTERFACE_DISABLED",
            "INACTIVE",
            "SCANNING",
            "AUTHENTICATING",
            "ASSOCIATING",
            "ASSOCIATED",
            "4WAY_HANDSHAKE",
            "GROUP_HANDSHAKE",
            "COMPLETED",
        ]
        | None
    ) = None
    freq: int | None = None
    ip_address: str | None = None
    powerSavingsState: Literal["unknown", "enabled", "disabled"] | None = None


class WifiInterfaceChange(WireModel):
    """`PATCH /wifi/interface`: only what is meant is sent.

    Boards before 4.6.0 ignore `enablePowerSavings` without a word.
    """

    reloadConfig: bool | None = None
    enablePowerSavings: bool | None = None


class WifiInSight(WireModel):
    """One network that a scan has seen. `signal_level` in dBm, `freq` in MHz."""

    bssid: str
    freq: int
    signal_level: int
    ssid: str
    securityState: WifiSecurityState

    @property
    def is_hidden(self) -> bool:
        """True when the network does not tell its name."""
        return self.ssid in {"", HIDDEN_SSID}


class WifiScan(WireModel):
    """`GET /wifi/scan`."""

    values: list[WifiInSight]
