"""The files that the cases need: certificates with their keys, and image packages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orchestrator.simulation.sample_images import make_image

GOOD, SDK = "6b8b4567-0000-4000-8000-000000000001", "6b8b4567-0000-4000-8000-000000000002"
_IMAGE = "6b8b4567-0000-4000-8000-0000000000a{}"


def write_material(folder: Path, facts: dict[str, object]) -> None:
    """Write everything into `folder`; `facts` are what the script shall compare answers with."""
    good = make_image("good", GOOD, _IMAGE.format(1), 16384)
    sdk = make_image("sdk", SDK, _IMAGE.format(2), 16384, sign="sdk")
    (folder / "good.imagepackage").write_bytes(good)
    (folder / "sdk.imagepackage").write_bytes(sdk)
    (folder / "VERSION").write_text("23.05.2")
    (folder / "facts.json").write_text(json.dumps({**facts, "good": GOOD, "sdk": SDK}))
    _write_pair(folder / "root.pem", None, "Test root")
    _write_pair(folder / "client.pem", folder / "client.key", "Test client")
    _write_pair(folder / "other.pem", folder / "other.key", "Other client")


def _write_pair(certificate: Path, key_file: Path | None, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key_file is None, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    if key_file is not None:
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"secret"),
            )
        )
