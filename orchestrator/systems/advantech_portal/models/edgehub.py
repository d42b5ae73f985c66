"""Category EdgeHub: the connection to the cloud, AppHub, the embedded broker, mass deployment."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from orchestrator.systems.advantech_portal.models.common import Scalar
from orchestrator.transport.endpoint import WireModel, WireRoot
from orchestrator.transport.secret import SecretModel, SentSecret

Port = Annotated[int, Field(ge=0, le=65535)]
MacDigits = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{12}$")]


class ConnectionState(WireModel):
    """`GET /edgehub/api/connection`."""

    enabled: bool
    status: Literal["connected", "disconnected"]
    certRevoked: bool | None = None
    stormDetected: bool | None = None


class Deviceon(SecretModel):
    """Where DeviceOn is, and the key to it."""

    dccsUrl: str
    iotKey: SentSecret


class ConnCfgMqtt(SecretModel):
    """The setting with a broker and an account. `mac` has 12 digits without separators."""

    username: str
    password: SentSecret
    mqttHost: str
    mqttPort: Port
    enableTLS: bool
    overWebSocket: bool
    connectionString: SentSecret | None = None
    mac: MacDigits | None = None
    uuid: str | None = None
    deviceon: Deviceon | None = None


class ConnCfgToken(SecretModel):
    """The setting with a device token. `skipCertVerify` is the host's own, towards its cloud."""

    deviceTokenCredential: SentSecret
    skipCertVerify: bool
    deviceon: Deviceon | None = None
    caCerts: list[str] | None = None


ConnCfgRequest = ConnCfgToken | ConnCfgMqtt


class ConnCfgSent(WireRoot[ConnCfgRequest]):
    """`POST /edgehub/api/conncfg`: one of the two settings."""


class ConnCfg(SecretModel):
    """The current setting. Which of both groups of members comes, or both, is not documented."""

    username: str | None = None
    password: SentSecret | None = None
    mqttHost: str | None = None
    mqttPort: Port | None = None
    enableTLS: bool | None = None
    overWebSocket: bool | None = None
    connectionString: SentSecret | None = None
    mac: str | None = None
    uuid: str | None = None
    deviceon: Deviceon | None = None
    skipCertVerify: bool | None = None
    deviceTokenCredential: SentSecret | None = None
    caCerts: list[str] | None = None
    iothubKey: SentSecret | None = None
    iothubCert: str | None = None
    mqttKey: SentSecret | None = None
    mqttCert: str | None = None


class ConnectionRequest(SecretModel):
    """`POST /edgehub/api/connection`: a setting given with `connect` is made first."""

    op: Literal["connect", "disconnect"]
    conncfg: ConnCfgRequest | None = None


class Profile(WireRoot[dict[str, Scalar]]):
    """`GET /edgehub/api/profile`: a flat map of versions, and of functions.

    A function is 0 (not there), 1 (there) or a count, under names such as `perif:gpio:count`.
    """

    def has(self, function: str) -> bool:
        """Return whether the host has that function: a number above 0, or true."""
        value = self.root.get(function)
        return not isinstance(value, str) and bool(value)

    @property
    def versions(self) -> dict[str, str]:
        """Component to version, such as `rest-server` to `v1.0.1`."""
        mark = "agent:version:"
        return {n.removeprefix(mark): str(v) for n, v in self.root.items() if n.startswith(mark)}

    @property
    def model_name(self) -> str | None:
        """The host's model, None when it does not say."""
        value = self.root.get("model:name")
        return value if isinstance(value, str) else None


class TagData(WireRoot[Annotated[dict[str, Scalar], Field(min_length=1)]]):
    """`POST /edgehub/api/data`: name of a tag to its value."""


class ApphubStatus(WireModel):
    """`GET /edgehub/api/apphub/status`."""

    status: Annotated[
        str,
        StringConstraints(
            pattern=r"^(running|stopped|unknown or not available|unknown status: .*)$"
        ),
    ]


class ApphubLogConfig(WireModel):
    """`PUT /edgehub/api/apphub/log/config`: either member or both."""

    logFile: bool | None = None
    logLevel: Literal["error", "info"] | None = None


class BrokerStatus(WireModel):
    """Counters of the embedded broker; times are Unix time and durations, in seconds."""

    version: str | None = None
    started: int | None = None
    time: int | None = None
    uptime: int | None = None
    bytes_received: int | None = None
    bytes_sent: int | None = None
    clients_connected: int | None = None
    clients_disconnected: int | None = None
    clients_maximum: int | None = None
    clients_total: int | None = None
    messages_received: int | None = None
    messages_sent: int | None = None
    retained: int | None = None
    inflight: int | None = None
    inflight_dropped: int | None = None
    subscriptions: int | None = None
    packets_received: int | None = None
    packets_sent: int | None = None
    memory_alloc: int | None = None
    threads: int | None = None


class EdgebusStatus(WireModel):
    """`GET /edgehub/api/edgebus/status`."""

    enabled: bool
    mqttBrokerStatus: BrokerStatus | None = None
    clientStatus: str | None = None


class EdgebusConfig(WireModel):
    """`PUT /edgehub/api/edgebus/config`, and its answer."""

    enabled: bool


class PemResult(SecretModel):
    """`POST /edgehub/api/pem/temp`: the kind of PEM file, and the file in base64."""

    type: str
    data: SentSecret


class BootstrapConfig(SecretModel):
    """`PUT /edgehub/api/bootstrap/config`: the access token of a tenant."""

    tenantToken: SentSecret
