"""Reads the facts of an Azure Sphere image package, so that mistakes show before the first board.

Layout: data, metadata sections, 64 bytes of signature (raw r and s, ECDSA P-256 over everything
before them). The vendor's library parses the sections, but trusts the lengths in the file: a
forged section count makes it fill the memory, so the frame is checked here first. The library and
its cryptography are loaded when the first package is read.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from orchestrator.domain.errors import InputMistakes
from orchestrator.transport.text import printable

if TYPE_CHECKING:
    from azuresphere_imagemetadata.image import Image

SIGNATURE_BYTES = 64
_MAGIC = b"4X4M"
_HEADER = struct.Struct("<4sI")
_SECTION = struct.Struct("<HH")
_LENGTH = struct.Struct("<I")
_MAX_SECTIONS = 64
_IDENTITY_BYTES = 36

_REMOVE_AT_BOOT, _UNDER_DEVELOPMENT = 1, 2
_ABI_NAMES = {1: "SecureWorldRuntime", 2: "OSRuntime", 3: "ApplicationRuntime"}

SignatureKind = Literal["sdk", "other"]


class ImageMistakes(InputMistakes):
    """The file is no image package, or a damaged one. No board would take it."""


@dataclass(frozen=True, slots=True)
class ImagePackage:
    """What a package says of itself. Ids are in lower case.

    `signature` is `sdk` for the key that ships with the vendor's SDK (boards accept it only with
    the development capability) and `other` for any other key, which is not verified here. `needs`
    maps runtime names to the versions the image asks for. `size_bytes` is the file's size; the
    data inside is padded to four bytes, so it says nothing exact about the source.
    """

    component_id: str
    image_id: str
    image_type: int
    image_type_name: str
    image_name: str
    signature: SignatureKind
    needs: Mapping[str, int]
    size_bytes: int
    remove_at_boot: bool
    under_development: bool

    @property
    def application_runtime(self) -> int | None:
        """The ApplicationRuntime version that the image needs, None when it names none."""
        return self.needs.get("ApplicationRuntime")

    @property
    def temporary(self) -> bool:
        """Say whether the image carries a mark that it is not meant to ship."""
        return self.remove_at_boot or self.under_development


def read_image_package(content: bytes) -> ImagePackage:
    """Return the facts of the package in `content`. Raises ImageMistakes for anything else."""
    from azuresphere_imagemetadata.exceptions import ImageMetadataConversionError
    from azuresphere_imagemetadata.image import Image

    check_frame(content)
    try:
        return _facts(Image(content), content)
    except (ImageMetadataConversionError, ValueError, TypeError, struct.error) as error:
        raise _junk(f"its metadata cannot be read: {printable(str(error), 100)}") from error


def inspect_image(content: bytes) -> dict[str, str]:
    """Return the facts as texts, as recipe checks and reports show them.

    Keys: component_id, image_id, image_type, image_name, signature, application_runtime (empty
    when the image names none), size_bytes, temporary (`true` or `false`). Raises ImageMistakes.
    """
    package = read_image_package(content)
    runtime = package.application_runtime
    return {
        "component_id": package.component_id,
        "image_id": package.image_id,
        "image_type": package.image_type_name,
        "image_name": package.image_name,
        "signature": package.signature,
        "application_runtime": "" if runtime is None else str(runtime),
        "size_bytes": str(package.size_bytes),
        "temporary": "true" if package.temporary else "false",
    }


def _junk(reason: str) -> ImageMistakes:
    return ImageMistakes(
        f"The file is no usable image package: {reason}",
        remedy="Give the .imagepackage file that the build made, and check its size and hash",
        code="image.unreadable",
    )


def check_frame(content: bytes) -> None:
    """Walk the section table within its own bounds, before the library trusts its lengths.

    Raises ImageMistakes for what no package can be.
    """
    if len(content) < _HEADER.size + _LENGTH.size + SIGNATURE_BYTES:
        raise _junk(f"{len(content)} bytes are too few")
    end = len(content) - SIGNATURE_BYTES - _LENGTH.size
    (length,) = _LENGTH.unpack_from(content, end)
    start = end + _LENGTH.size - length
    # Without room for an identity the library would look for another layout, unguarded.
    if not 0 <= start <= end - _HEADER.size - _SECTION.size - _IDENTITY_BYTES:
        raise _junk("the length of its metadata is impossible")
    magic, count = _HEADER.unpack_from(content, start)
    if magic != _MAGIC:
        raise _junk("the mark of its metadata is missing")
    if not 1 <= count <= _MAX_SECTIONS:
        raise _junk(f"it claims to have {count} metadata sections")
    place = start + _HEADER.size
    for _ in range(count):
        size = _SECTION.unpack_from(content, place)[1] if place + _SECTION.size <= end else 0
        place += _SECTION.size + size
        if not size or place > end:
            raise _junk("its metadata sections do not fit into the file")


def _facts(image: "Image", content: bytes) -> ImagePackage:
    from azuresphere_imagemetadata.metadata_sections.identity import ImageType

    metadata = image.metadata
    if metadata.identity is None:
        raise _junk("it has no identity section")
    flags = metadata.tempinfo.flags.flags if metadata.tempinfo else 0
    return ImagePackage(
        component_id=metadata.identity.component_uid.lower(),
        image_id=metadata.identity.image_uid.lower(),
        image_type=metadata.identity.image_type,
        image_type_name=ImageType.get_name(metadata.identity.image_type),
        image_name=printable(metadata.debug.image_name, 32) if metadata.debug else "",
        signature=_signature_kind(image),
        needs=_needs(image),
        size_bytes=len(content),
        # Both bits are tested here: the library's own names show only the first one.
        remove_at_boot=bool(flags & _REMOVE_AT_BOOT),
        under_development=bool(flags & _UNDER_DEVELOPMENT),
    )


def _needs(image: "Image") -> Mapping[str, int]:
    """Return the highest version asked for per runtime."""
    from azuresphere_imagemetadata.metadata_sections import MetadataSectionId

    needs: dict[str, int] = {}
    for section in image.metadata.sections_by_id(MetadataSectionId.ABIDepends):
        for abi in section.versions:
            if name := _ABI_NAMES.get(abi.type):
                needs[name] = max(needs.get(name, 0), abi.version)
    return MappingProxyType(needs)


def _signature_kind(image: "Image") -> SignatureKind:
    """Tell the SDK's key from others; a broken signature of the SDK's key is a damaged file."""
    from azuresphere_imagemetadata.signing.app_development import AppDevelopmentSigner

    if image.has_valid_signature():
        return "sdk"
    named = image.metadata.signature
    if named is None:
        raise _junk("it is not signed")
    if named.signing_cert_thumbprint.hex() == AppDevelopmentSigner().thumbprint():
        raise _junk("its signature does not fit its content, so it is damaged")
    return "other"
