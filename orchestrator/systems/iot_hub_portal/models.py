"""What goes over the portal's wire, in the document's spelling.

`deviceId` and `deviceID` both occur. What a portal marks as nullable may be absent as well. Times
come as the portal writes them.
"""

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel
from pydantic.types import FailFast

from orchestrator.transport.endpoint import WireModel
from orchestrator.transport.secret import SecretModel, SentSecret

Names = dict[str, str]


class DeviceModelCommand(WireModel):
    """A command declared on a device model. `port` is the LoRa port; portals take 1 to 223."""

    name: str
    frame: str
    port: int


class DeviceModel(WireModel):
    """A device model: the template of devices. Without `modelId` the portal makes one up."""

    name: str
    appEUI: str
    modelId: str | None = None
    imageUrl: str | None = None
    description: str | None = None
    sensorDecoderURL: str | None = None
    commands: list[DeviceModelCommand] | None = None


class Command(WireModel):
    """A command as attached to one device."""

    commandId: str | None = None
    frame: str | None = None


class DeviceListItem(SecretModel):
    """Short form of a device, used in lists. `appKey` is a secret."""

    deviceID: str | None = None
    deviceName: str | None = None
    imageUrl: str | None = None
    isConnected: bool = False
    isEnabled: bool = False
    statusUpdatedTime: str | None = None
    appEUI: str | None = None
    appKey: SentSecret | None = None
    locationCode: str | None = None


class DeviceDetails(SecretModel):
    """Full form of a LoRa device. `appKey` is a secret."""

    deviceID: str
    deviceName: str
    appEUI: str
    modelName: str
    imageUrl: str | None = None
    isConnected: bool = False
    isEnabled: bool = False
    statusUpdatedTime: str | None = None
    appKey: SentSecret | None = None
    locationCode: str | None = None
    assetId: str | None = None
    deviceType: str | None = None
    modelId: str | None = None
    sensorDecoder: str | None = None
    alreadyLoggedInOnce: bool = False
    commands: list[Command] | None = None


class Channel(WireModel):
    """One radio channel of a router configuration. `if_` is `if` on the wire."""

    enable: bool | None = None
    freq: int = 0
    radio: int = 0
    if_: Annotated[int, Field(alias="if")] = 0
    bandwidth: int = 0
    spread_factor: int = 0

    model_config = ConfigDict(serialize_by_alias=True)


class RouterConfig(WireModel):
    """LoRa Basics Station router configuration. Portals put the region's stock one in its place."""

    netID: list[int] | None = None
    joinEui: list[list[str]] | None = None
    region: str | None = None
    hwspec: str | None = None
    freq_range: list[int] | None = None
    dRs: list[list[int]] | None = None
    sx1301_conf: list[dict[str, Channel]] | None = None
    nocca: bool = False
    nodc: bool = False
    nodwell: bool = False


class Concentrator(WireModel):
    """A LoRa concentrator; its id is the EUI, 16 hexadecimal digits in upper case."""

    deviceId: str
    deviceName: str
    loraRegion: str
    deviceType: str | None = None
    clientCertificateThumbprint: str | None = None
    isConnected: bool = False
    isEnabled: bool = False
    alreadyLoggedInOnce: bool = False
    routerConfig: RouterConfig | None = None


class GatewayModule(WireModel):
    """A module on an edge gateway."""

    moduleName: str | None = None
    version: str | None = None
    status: str | None = None
    environmentVariables: Names | None = None
    moduleIdentityTwinSettings: Names | None = None


class ConfigItem(WireModel):
    """The last deployment seen on a gateway."""

    name: str | None = None
    dateCreation: str | None = None
    status: str | None = None


class GatewayListItem(WireModel):
    """Short form of a gateway."""

    deviceId: str | None = None
    status: str | None = None
    type: str | None = None
    nbDevices: int = 0


class Gateway(SecretModel):
    """An edge gateway. `symmetricKey` is a secret and left null by portals."""

    deviceId: str
    type: str
    symmetricKey: SentSecret | None = None
    connectionState: str | None = None
    scope: str | None = None
    endPoint: str | None = None
    status: str | None = None
    runtimeResponse: str | None = None
    nbDevices: int = 0
    nbModules: int = 0
    environment: str | None = None
    lastDeployment: ConfigItem | None = None
    modules: list[GatewayModule] | None = None


class ConfigListItem(WireModel):
    """One edge deployment with its counters."""

    configurationID: str | None = None
    conditions: str | None = None
    metricsTargeted: int = 0
    metricsApplied: int = 0
    metricsSuccess: int = 0
    metricsFailure: int = 0
    priority: int = 0
    creationDate: str | None = None
    modules: list[GatewayModule] | None = None


class MethodResult(WireModel):
    """Outcome of a direct method on an edge module (`C2Dresult`); `payload` is JSON text."""

    payload: str | None = None
    status: int = 0


class OidcSettings(WireModel):
    """How the portal's own web client signs in; not declared by the document."""

    authority: str
    metadataUrl: str
    clientId: str
    scope: str


class Concentrators(RootModel[Annotated[list[Concentrator], FailFast()]]):
    """`GET /api/Concentrators`; not declared by the document."""


class Configs(RootModel[Annotated[list[ConfigListItem], FailFast()]]):
    """`GET /api/Configs`."""


class DeviceModels(RootModel[Annotated[list[DeviceModel], FailFast()]]):
    """`GET /api/DeviceModels`."""


class Devices(RootModel[Annotated[list[DeviceListItem], FailFast()]]):
    """`GET /api/Devices`."""


class Gateways(RootModel[Annotated[list[GatewayListItem], FailFast()]]):
    """`GET /api/Gateways`."""
