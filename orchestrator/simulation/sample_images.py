"""Makes signed application packages, so that lines can be rehearsed with real files.

Two keys sign them: the SDK test key of the vendor's library (public; boards accept it only with
capability 11), and a stand-in for a production key, which simulated boards trust. The stand-in
lies beside this file. It is a published sample, protects nothing, and no real board knows it.
"""

import json
import random
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from azuresphere_imagemetadata.image import Image
from azuresphere_imagemetadata.metadata_sections import (
    ABIDependsSection,
    DebugSection,
    IdentitySection,
    TempImageMetadataSection,
)
from azuresphere_imagemetadata.metadata_sections.abi import ABIDependsType, ABIIdentity
from azuresphere_imagemetadata.metadata_sections.identity import ImageType
from azuresphere_imagemetadata.metadata_sections.temporary_image import TempImageMetadataFlags
from azuresphere_imagemetadata.signing.app_development import AppDevelopmentSigner
from azuresphere_imagemetadata.signing.signer import Signer, SigningMap
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from orchestrator.systems.azure_sphere_device.simulator.packages import SAMPLE_CERTIFICATE

SignWith = Literal["production", "sdk"]

SAMPLE_KEY = Path(__file__).parent / "keys" / "sample-production.key.pem"
"""Private half of the stand-in for the production key: a public sample, not a secret."""

_BUILT_AT = 1_700_000_000
_NAME_BYTES = 31
_MAGIC = b"\x45\x3d\xcd\x28"


def production_signer() -> Signer:
    """Return the signer with the stand-in for a production key."""
    key = serialization.load_pem_private_key(SAMPLE_KEY.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return signer_of(key, x509.load_pem_x509_certificate(SAMPLE_CERTIFICATE.read_bytes()))


def signer_of(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> Signer:
    """Return a signer with a key of one's own."""
    bundle = pkcs12.PKCS12KeyAndCertificates(key, pkcs12.PKCS12Certificate(certificate, None), [])
    return Signer(SigningMap(ecdsa_256=bundle))


def make_image(
    name: str,
    component_id: str,
    image_id: str,
    size_bytes: int,
    *,
    sign: SignWith | Signer = "production",
    application_runtime: int = 12,
    image_type: int = ImageType.Applications,
    temporary: bool = False,
    manifest: Mapping[str, object] | None = None,
) -> bytes:
    """Return a signed package whose payload has `size_bytes` (rounded up to a multiple of 4).

    A `manifest` stands at the beginning of the payload as plain text, as in real images; it never
    makes the payload longer, so one that is larger than the payload is cut and means nothing.

    The payload is pseudo-random from the image id: it does not compress and is the same every
    time; the signature is not, since ECDSA draws a random number.
    """
    image = Image()
    noise = random.Random(image_id).randbytes(max(0, size_bytes - len(_MAGIC)))  # noqa: S311  # payload, no secret
    text = json.dumps(manifest).encode() if manifest is not None else b""
    image.data = (_MAGIC + text + noise)[:size_bytes]
    image.metadata.add_section(_identity(component_id, image_id, image_type))
    image.metadata.add_section(_debug(name))
    if temporary:
        section = TempImageMetadataSection()
        section.flags.flags = TempImageMetadataFlags.RemoveAtBoot
        image.metadata.add_section(section)
    needs = ABIDependsSection()
    abi = struct.pack("<II", application_runtime, ABIDependsType.ApplicationRuntime)
    needs.versions = [ABIIdentity(abi)]
    image.metadata.add_section(needs)
    return bytes(image.serialize(signer=_signer(sign)))


def manifest(name: str, component_id: str, mutable_storage_kb: int) -> dict[str, object]:
    """Return the `app_manifest.json` of an application that wants mutable storage, in KiB."""
    return {
        "SchemaVersion": 1,
        "Name": name,
        "ComponentId": component_id,
        "EntryPoint": "/bin/app",
        "CmdArgs": [],
        "Capabilities": {"MutableStorage": {"SizeKB": mutable_storage_kb}},
        "ApplicationType": "Default",
    }


def _signer(sign: SignWith | Signer) -> Signer:
    if isinstance(sign, Signer):
        return sign
    return production_signer() if sign == "production" else AppDevelopmentSigner()


def _identity(component_id: str, image_id: str, image_type: int) -> IdentitySection:
    section = IdentitySection()
    section.image_type = image_type
    section.component_uid, section.image_uid = component_id, image_id
    return section


def _debug(name: str) -> DebugSection:
    section = DebugSection()
    section.debug_time = _BUILT_AT
    section.image_name = name
    section.image_name_raw = name.encode()[:_NAME_BYTES].ljust(_NAME_BYTES + 1, b"\0")
    return section
