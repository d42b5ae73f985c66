"""Category Network: proxy, interfaces, firewall, connection failures and network status."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from orchestrator.systems.azure_sphere_device.models.wifi import (
    WifiConfigState,
    WifiConnectionState,
)
from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

ProxyAuthentication = Literal["anonymous", "basic"]
Port = Annotated[int, Field(ge=0, le=65535)]
Counter = Annotated[int, Field(ge=0, le=2**64 - 1)]
"""uint64: larger than what databases call an integer."""


class ProxyConfiguration(SecretModel):
    """`POST /net/proxy`: the whole setting; credentials with `basic` only."""

    enabled: bool
    address: str
    port: int
    noProxyAddresses: list[str]
    authenticationType: ProxyAuthentication
    username: str | None = None
    password: SentSecret | None = None


class NetworkProxy(SecretModel):
    """`GET /net/proxy` and the echo of POST; `{}`, so nothing but None, when no proxy is set.

    The echo carries the password in clear. Here it is a secret and stays one in every dump.
    """

    enabled: bool | None = None
    address: str | None = None
    port: Port | None = None
    noProxyAddresses: list[str] | None = None
    authenticationType: ProxyAuthentication | None = None
    username: str | None = None
    password: SecretStr | None = None

    @property
    def is_set(self) -> bool:
        """True when the board has a proxy setting, be it enabled or not."""
        return self.address is not None


class CertificateFault(WireModel):
    """Which certificate kept the board from a network, and why."""

    certSubject: str | None = None
    certDepth: int | None = None
    certError: (
        Literal[
            "Unspecified",
            "Untrusted",
            "Revoked",
            "NotYetValid",
            "Expired",
            "SubjectMismatch",
            "AltSubjectMismatch",
            "BadCertificate",
            "ServerChainProbeFailed",
            "DomainSuffixMismatch",
            "DomainMismatch",
            "InsufficientKeyLength",
            "CertificateNotFound",
            "InvalidRootCA",
            "InvalidClientAuth",
            "UnknownClientId",
        ]
        | None
    ) = None


class ConnectionFailure(WireModel):
    """`GET /wifi/diagnostics/networks/{id}`: why the board could not join a network.

    `timestamp` is `2022-04-12T08:31:54+0000`: its offset has no colon, so it is no RFC 3339 time.
    """

    timestamp: str
    networkId: int
    ssid: str
    error: Literal[
        "NetworkNotFound",
        "WrongKey",
        "NoPskIncluded",
        "AuthenticationFailed",
        "ConnectionFailed",
        "SecurityTypeMismatch",
        "NetworkFrequencyNotAllowed",
        "NetworkNotEssPbssMbss",
        "NetworkNotSupported",
        "NetworkNonWpa",
    ]
    configState: WifiConfigState
    connectionState: WifiConnectionState
    certInfo: CertificateFault | None = None


class ConnectionFailures(WireModel):
    """`GET /wifi/diagnostics/networks`."""

    values: list[ConnectionFailure]


class NetworkInterface(WireModel):
    """`GET /net/interfaces/{networkInterfaceName}`.

    The service link itself shows as `azspheresvc`, without hardware address and assignment.
    `hardwareAddress` since 4.3.0.
    """

    interfaceName: str
    interfaceUp: bool
    connectedToNetwork: bool
    ipAcquired: bool
    connectedToInternet: bool
    ipAddresses: list[str] | None = None
    ipAssignment: Literal["static", "dynamic"] | None = None
    hardwareAddress: str | None = None


class NetworkInterfaces(WireModel):
    """`GET /net/interfaces`."""

    interfaces: list[NetworkInterface]


class NetworkInterfaceChange(WireModel):
    """`PATCH /net/interfaces/{networkInterfaceName}`: only what is meant is sent."""

    interfaceUp: bool | None = None
    hardwareAddress: str | None = None


class PortRange(WireModel):
    """Ports from `min` to `max`, both included."""

    min: Port
    max: Port


TcpFlag = Literal["fin", "syn", "rst", "psh", "ack", "urg"]


class FirewallRule(WireModel):
    """One rule of the firewall with the packets and bytes it has met."""

    sourceIP: str
    sourceMask: str
    destinationIP: str
    destinationMask: str
    uid: Annotated[int, Field(ge=0, le=2**32 - 1)]
    action: Literal["drop", "accept"]
    interfaceInName: str
    interfaceOutName: str
    state: Literal["none", "established", "related"]
    tcpMask: list[TcpFlag]
    tcpCmp: list[TcpFlag]
    tcpInv: bool
    protocol: Literal["any", "icmp", "igmp", "tcp", "udp"]
    sourcePortRange: PortRange
    destinationPortRange: PortRange
    packets: Counter
    bytes: Counter


class FirewallRuleset(WireModel):
    """The rules at one place of a packet's way."""

    hook: Literal["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]
    isValid: bool
    rules: list[FirewallRule]


class FirewallRulesets(WireModel):
    """`GET /net/firewall/rulesets`, since 4.1.0."""

    rulesets: list[FirewallRuleset]


class NetworkStatus(WireModel):
    """`GET /net/status`: never locked."""

    deviceAuthenticationIsReady: bool
    networkTimeSync: Literal["complete", "incomplete", "disabled"]
    proxy: Literal["disabled", "enabled", "resolvingProxyName", "ready"]
