"""Category Networking: interfaces, fixed addresses, routes and Wi-Fi."""

from orchestrator.transport.endpoint import WireModel, WireRoot


class IoCounters(WireModel):
    """Bytes and packets since the interface came up, and those that were lost."""

    ifindex: int
    bytesSent: int
    bytesRecv: int
    packetsSent: int
    packetsRecv: int
    errin: int
    errout: int
    dropin: int
    dropout: int
    fifoin: int
    fifoout: int


class NetInterface(WireModel):
    """One interface. `addresses` have their prefix length; speeds are bits per second.

    `uuid` is a GUID in braces on Windows and the interface's name on Linux. `typeId` is 1 or 6 for
    Ethernet, by operating system, and 71 for Wi-Fi.
    """

    ifIndex: int
    uuid: str
    name: str
    type: str
    typeId: int
    connected: bool
    description: str | None = None
    mtu: int | None = None
    isDefault: bool | None = None
    dhcpEnabled: bool | None = None
    hardwareAddress: str | None = None
    speed: str | None = None
    sendSpeed: int | None = None
    recvSpeed: int | None = None
    addresses: list[str] | None = None
    gateway: list[str] | None = None
    dns: list[str] | None = None
    dnssuffix: str | None = None
    ipv4Metric: int | None = None
    ipv6Metric: int | None = None
    iocounters: IoCounters | None = None


class NetInterfaces(WireRoot[list[NetInterface]]):
    """`GET /platform/api/networking/interfaces`, and the event `netifaces`."""


class RouteOrder(WireModel):
    """`POST .../interfaces/route`: uuids of interfaces, the most preferred first."""

    ipv6: bool
    sortedGUIDList: list[str]


class Ipv4Config(WireModel):
    """`PUT .../ipv4config/{ifIndex}`, and its answer: dotted addresses."""

    ipAddress: str
    subnetMask: str
    defaultGateway: str
    primaryDNS: str
    secondaryDNS: str | None = None


class WifiProfile(WireModel):
    """A network that an adapter knows, and whom it belongs to."""

    name: str
    allUserProfile: bool
    groupPolicyProfile: bool
    perUserProfile: bool


class WifiAdapter(WireModel):
    """One Wi-Fi adapter."""

    ifIndex: int
    uuid: str
    description: str
    profiles: list[WifiProfile]


class WifiAdapters(WireRoot[list[WifiAdapter]]):
    """`GET .../wifi/interfaces`."""


class WifiNetwork(WireModel):
    """A network in sight. `signalQuality` is percent, `signalStrength` dBm."""

    alreadyConnected: bool
    authenticationAlgorithm: str
    cipherAlgorithm: str
    connectable: bool
    infrastructureType: str
    profileAvailable: bool
    profileName: str
    ssid: str
    securityEnabled: bool
    signalQuality: int
    signalStrength: int
    physicalTypes: list[str]
    channel: int | None = None
    bssid: str | None = None


class WifiNetworks(WireRoot[list[WifiNetwork]]):
    """`GET .../wifi/networks/{uuid}`."""
