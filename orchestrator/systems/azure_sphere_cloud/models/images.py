"""Category Images: what a tenant has uploaded, and where to fetch it."""

from orchestrator.systems.azure_sphere_cloud.models.common import Guid, Page
from orchestrator.transport.endpoint import WireModel, WireRoot

IMAGE_TYPES: dict[int, str] = {
    0: "InvalidImageType",
    1: "OneBl",
    2: "PlutonRuntime",
    3: "WifiFirmware",
    4: "SecurityMonitor",
    5: "NormalWorldLoader",
    6: "NormalWorldDtb",
    7: "NormalWorldKernel",
    8: "RootFs",
    9: "Services",
    10: "Applications",
    13: "FwConfig",
    16: "BootManifest",
    17: "Nwfs",
    19: "TrustedKeystore",
    20: "Policy",
    21: "CustomerBoardConfig",
    22: "UpdateCertStore",
    23: "BaseSystemUpdateManifest",
    24: "FirmwareUpdateManifest",
    25: "CustomerUpdateManifest",
    26: "RecoveryManifest",
    27: "ManifestSet",
    28: "Other",
}
"""The numbers of image types and their names."""


class ImageMetadata(WireModel):
    """An image. `ImageType` is the deprecated twin of `Type`."""

    Id: Guid
    Name: str | None = None
    ComponentId: Guid
    Description: str | None = None
    ImageType: int | None = None
    Type: int | None = None


class ImageMetadataCollection(Page):
    """A page of images."""

    Items: list[ImageMetadata]


class ImageDownloadInfo(WireModel):
    """Where an image can be fetched for a short while. The address itself is the permission."""

    IsSuccess: bool
    Uri: str | None = None
    UriMessage: str | None = None


class ImageStatusObject(WireModel):
    """The form of an image's status that the reference's example shows."""

    Status: str


class ImageStatus(WireRoot[str | ImageStatusObject]):
    """An image's status: a text by declaration, an object by example; both are taken."""

    @property
    def status(self) -> str:
        """The status in either form."""
        return self.root if isinstance(self.root, str) else self.root.Status
