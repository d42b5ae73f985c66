"""Signs the tokens of a host: JWT of ECDSA P-256, with a certificate to check them by."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

_VALID_FOR = timedelta(days=3650)
_BEGINNING = datetime(2023, 1, 1, tzinfo=UTC)


class Signer:
    """The key of one host. It is made when it is first needed."""

    def __init__(self, name: str, digits: str) -> None:
        self._name = name
        self._number = int(digits[:60], 16) + 1

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self._number, ec.SECP256R1())

    @cached_property
    def certificate(self) -> bytes:
        """The certificate of the key, PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(self._number >> 100)
            .not_valid_before(_BEGINNING)
            .not_valid_after(_BEGINNING + _VALID_FOR)
            .sign(self._key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def sign(self, claims: dict[str, object]) -> str:
        """Return a JWT with `claims`."""
        head = _part(json.dumps({"alg": "ES256", "typ": "JWT"}).encode())
        signed = f"{head}.{_part(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
