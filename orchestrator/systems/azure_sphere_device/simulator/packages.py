"""What a board reads from an image package, and whom it trusts.

Parsing is the vendor's library behind the room's own check of the frame (a forged section count
would keep it busy for minutes). The signature is checked with the public keys of the board's
keystore.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from azuresphere_imagemetadata.exceptions import ImageMetadataConversionError
from azuresphere_imagemetadata.image import Image
from azuresphere_imagemetadata.metadata_sections import MetadataSectionId
from azuresphere_imagemetadata.metadata_sections.abi import ABIDependsType
from azuresphere_imagemetadata.signing.app_development import AppDevelopmentSigner
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from orchestrator.systems.azure_sphere_device.image_package import ImageMistakes, check_frame
from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.manifest import (
    find_manifest,
    mutable_storage_kb,
)
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused

SAMPLE_CERTIFICATE = Path(__file__).parent / "keys" / "sample-production.crt.pem"
"""Public half of the stand-in for the production signing key; every simulated board trusts it."""

_SIGNATURE_BYTES = 64
_REMOVE_AT_BOOT = 1
_PARSE_ERRORS = (ImageMetadataConversionError, struct.error, ValueError, TypeError, IndexError)

Signature = Literal["production", "sdk"]


@dataclass(frozen=True, slots=True)
class Package:
    """The facts of one image package whose signature is trusted."""

    component_id: str
    image_id: str
    image_type: int
    name: str
    size_bytes: int
    data_bytes: int
    application_runtime: int
    remove_at_boot: bool
    signature: Signature
    mutable_storage_kb: int = 0
    replica_type: int = 1


@dataclass(frozen=True, slots=True)
class Keystore:
    """The keys a board trusts, by SHA-1 thumbprint of their certificates."""

    keys: dict[bytes, tuple[Signature, ec.EllipticCurvePublicKey]]

    def verify(self, thumbprint: bytes, signature: bytes, signed: bytes) -> Signature | None:
        """Return which kind of key signed, None when no trusted key did."""
        kind, key = self.keys.get(thumbprint, (None, None))
        if kind is None or key is None:
            return None
        r, s = (int.from_bytes(signature[half : half + 32], "big") for half in (0, 32))
        try:
            key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return None
        return kind


def keystore(*production: x509.Certificate) -> Keystore:
    """Return a keystore with the SDK test key and the `production` certificates."""
    signer = AppDevelopmentSigner()
    sdk = signer.signing_map.ecdsa_256.cert.certificate
    certificates: list[tuple[Signature, x509.Certificate]] = [("sdk", sdk)]
    certificates += [("production", certificate) for certificate in production]
    keys: dict[bytes, tuple[Signature, ec.EllipticCurvePublicKey]] = {}
    for kind, certificate in certificates:
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        # The format itself names keys by SHA-1; trust rests on the ECDSA signature.
        keys[certificate.fingerprint(hashes.SHA1())] = (kind, key)  # noqa: S303
    return Keystore(keys)


@lru_cache(maxsize=1)
def sample_keystore() -> Keystore:
    """Return the keystore of a board as it comes out of the box of the simulator."""
    return keystore(x509.load_pem_x509_certificate(SAMPLE_CERTIFICATE.read_bytes()))


def read_package(content: bytes, trusted: Keystore) -> Package:
    """Return the facts of a package that is signed by a trusted key.

    Raises Refused with 7.18 for anything that is no image package, 7.15 for an unknown signature.
    """
    image = _parse(content)
    identity, signature = image.metadata.identity, image.metadata.signature
    if identity is None or signature is None:
        raise Refused(refusals.NOT_AN_IMAGE)
    kind = trusted.verify(
        signature.signing_cert_thumbprint,
        content[-_SIGNATURE_BYTES:],
        content[:-_SIGNATURE_BYTES],
    )
    if kind is None:
        raise Refused(refusals.UNTRUSTED_IMAGE)
    debug, temporary = image.metadata.debug, image.metadata.tempinfo
    return Package(
        component_id=identity.component_uid.lower(),
        image_id=identity.image_uid.lower(),
        image_type=identity.image_type,
        name=debug.image_name if debug else "",
        size_bytes=len(content),
        data_bytes=len(image.data),
        application_runtime=_runtime_needed(image),
        remove_at_boot=bool(temporary and temporary.flags.flags & _REMOVE_AT_BOOT),
        signature=kind,
        mutable_storage_kb=mutable_storage_kb(find_manifest(bytes(image.data))),
    )


def _parse(content: bytes) -> Image:
    """Return the parsed package; raises Refused for junk, however it is forged."""
    try:
        check_frame(content)
    except ImageMistakes:
        raise Refused(refusals.NOT_AN_IMAGE) from None
    try:
        image = Image(content)
        if image.metadata.signature_size != _SIGNATURE_BYTES:
            raise Refused(refusals.NOT_AN_IMAGE)
        _ = (image.metadata.identity, image.metadata.signature, image.metadata.debug)
    except _PARSE_ERRORS:
        raise Refused(refusals.NOT_AN_IMAGE) from None
    return image


def _runtime_needed(image: Image) -> int:
    """Return the highest ApplicationRuntime that the package asks for, 0 when it asks for none."""
    return max(
        (
            abi.version
            for section in image.metadata.sections_by_id(MetadataSectionId.ABIDepends)
            for abi in section.versions
            if abi.type == ABIDependsType.ApplicationRuntime
        ),
        default=0,
    )
