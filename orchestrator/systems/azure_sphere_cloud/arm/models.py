"""What goes over the wire of the successor: resources with an id, a name and properties.

Members are in camel case. The definition marks nearly all of them as optional, and its examples
leave most of them out, so nothing but what this program reads is required.
"""

from typing import Annotated

from pydantic import Field

from orchestrator.systems.azure_sphere_cloud.models import DeviceId, from_base64
from orchestrator.transport.endpoint import WireModel


class Page(WireModel):
    """A page of a list: the address of the next one, absent or empty on the last."""

    nextLink: str | None = None


class Catalog(WireModel):
    """A catalog."""

    id: str
    name: str
    location: str | None = None


class ProductProperties(WireModel):
    """What a product says of itself."""

    description: str | None = None
    provisioningState: str | None = None


class Product(WireModel):
    """A product; its name is its id."""

    id: str | None = None
    name: str
    properties: ProductProperties | None = None


class ProductBody(WireModel):
    """A product to be made; its name is in the path."""

    properties: ProductProperties


class Products(Page):
    """A page of products."""

    value: list[Product]


class GroupProperties(WireModel):
    """What a device group says of itself: `Retail` or `RetailEval`, `UpdateAll` and so on."""

    description: str | None = None
    osFeedType: str | None = None
    updatePolicy: str | None = None
    allowCrashDumpsCollection: str | None = None
    hasDeployment: bool | None = None
    provisioningState: str | None = None


class Group(WireModel):
    """A device group."""

    id: str | None = None
    name: str
    properties: GroupProperties | None = None


class GroupBody(WireModel):
    """A device group to be made; its name is in the path."""

    properties: GroupProperties


class Groups(Page):
    """A page of device groups."""

    value: list[Group]


class DeviceProperties(WireModel):
    """What the cloud knows of a device."""

    deviceId: str | None = None
    chipSku: str | None = None
    lastAvailableOsVersion: str | None = None
    lastInstalledOsVersion: str | None = None
    lastOsUpdateUtc: str | None = None
    lastUpdateRequestUtc: str | None = None
    provisioningState: str | None = None


class Device(WireModel):
    """A device. The id's path names its product and group."""

    id: str
    name: str
    properties: DeviceProperties | None = None


class Devices(Page):
    """A page of devices."""

    value: list[Device]


class ClaimBody(WireModel):
    """The devices to be claimed. The most in one request is not settled."""

    deviceIdentifiers: Annotated[list[DeviceId], Field(min_length=1)]


class DeviceGroupReference(WireModel):
    """The id of the device group that a device is to be in."""

    deviceGroupId: str


class DeviceUpdate(WireModel):
    """A change of a device."""

    properties: DeviceGroupReference


class CapabilityBody(WireModel):
    """What a capability file is asked for: `ApplicationDevelopment`, `FieldServicing`."""

    capabilities: list[str]


class CapabilityImage(WireModel):
    """A signed capability file in base64; absent while the answer is only an acceptance."""

    image: str | None = None

    @property
    def content(self) -> bytes:
        """The file itself. Raises UnusableAnswer."""
        return from_base64(self.image or "")


class ImageProperties(WireModel):
    """What the cloud knows of an image; `image` is its content in base64 where it is sent."""

    image: str | None = Field(default=None, repr=False)
    imageId: str | None = None
    imageName: str | None = None
    componentId: str | None = None
    imageType: str | None = None
    provisioningState: str | None = None


class Image(WireModel):
    """An image; its name is its id."""

    id: str | None = None
    name: str | None = None
    properties: ImageProperties | None = None


class ImageBody(WireModel):
    """An image to be uploaded."""

    properties: ImageProperties


class Images(Page):
    """A page of images."""

    value: list[Image]


class DeploymentProperties(WireModel):
    """The images of a deployment."""

    deploymentId: str | None = None
    deployedImages: list[Image] | None = None
    deploymentDateUtc: str | None = None
    provisioningState: str | None = None


class Deployment(WireModel):
    """A deployment of a device group."""

    id: str | None = None
    name: str | None = None
    properties: DeploymentProperties | None = None


class DeploymentBody(WireModel):
    """A deployment to be made."""

    properties: DeploymentProperties


class Deployments(Page):
    """A page of deployments."""

    value: list[Deployment]


class Count(WireModel):
    """The answer of counts."""

    value: Annotated[int, Field(ge=0)]


class CertificateProperties(WireModel):
    """A certificate of a catalog."""

    certificate: str | None = None
    status: str | None = None
    subject: str | None = None
    thumbprint: str | None = None
    expiryUtc: str | None = None
    notBeforeUtc: str | None = None


class Certificate(WireModel):
    """A certificate; its serial number is its name."""

    id: str | None = None
    name: str | None = None
    properties: CertificateProperties | None = None


class Certificates(Page):
    """A page of certificates."""

    value: list[Certificate]


class CertificateChain(WireModel):
    """A chain of certificates in PEM."""

    certificateChain: str | None = None


class NonceBody(WireModel):
    """What proves that a certificate's key is had."""

    proofOfPossessionNonce: str


class ArmErrorDetail(WireModel):
    """Why something was refused."""

    code: str | None = None
    message: str | None = None


class ArmError(WireModel):
    """The body of every refusal."""

    error: ArmErrorDetail


class Status(WireModel):
    """How far an accepted request is. `Succeeded`, `Failed` and `Canceled` are ends."""

    name: str | None = None
    status: str
    error: ArmErrorDetail | None = None
    properties: dict[str, object] | None = None

    @property
    def ended(self) -> bool:
        """True when it changes no more."""
        return self.status in {"Succeeded", "Failed", "Canceled"}
