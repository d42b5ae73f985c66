"""The board's certificate store: what it takes, what it refuses, and the room that is left.

PEM texts are really parsed. What is kept of a certificate is what the board tells of it and its
size, never the key.
"""

import re
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from orchestrator.systems.azure_sphere_device.simulator import refusals
from orchestrator.systems.azure_sphere_device.simulator.refusals import Refused
from orchestrator.systems.azure_sphere_device.simulator.spec import BoardSpec
from orchestrator.systems.azure_sphere_device.simulator.starting import (
    CertificateKind,
    StoredCertificate,
)

MOST_IDENTIFIER = 16
MOST_PEM = 8192
MOST_PASSWORD = 256
_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]+")
_SHORT_NAMES = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COUNTRY_NAME: "C",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.LOCALITY_NAME: "L",
    NameOID.EMAIL_ADDRESS: "emailAddress",
}


class CertificateStore:
    """The certificates of one board by identifier, in the order in which they came."""

    def __init__(self, spec: BoardSpec) -> None:
        self._spec = spec
        self._stored = {entry.identifier: entry for entry in spec.certificates}

    @property
    def identifiers(self) -> list[str]:
        """The identifiers as the board lists them."""
        return list(self._stored)

    @property
    def available_bytes(self) -> int:
        """The room that is left."""
        used = sum(entry.size_bytes for entry in self._stored.values())
        return max(0, self._spec.certificate_store_bytes - used)

    def find(self, identifier: str) -> StoredCertificate | None:
        """Return the certificate of that identifier."""
        return self._stored.get(identifier)

    def add(self, entry: StoredCertificate) -> None:
        """Keep a certificate. Raises Refused when there is no room for it."""
        before = self._stored.get(entry.identifier)
        room = self.available_bytes
        if before is not None and self._spec.certificate_replaced:
            room += before.size_bytes
        if entry.size_bytes > room:
            raise Refused(refusals.CERTIFICATE_STORE_FULL)
        if before is None or self._spec.certificate_replaced:
            self._stored[entry.identifier] = entry

    def remove(self, identifier: str) -> StoredCertificate:
        """Take a certificate out and return it. Raises Refused when it is not there."""
        if identifier not in self._stored:
            raise Refused(refusals.CERTIFICATE_NOT_FOUND)
        return self._stored.pop(identifier)


def check_identifier(text: str) -> str:
    """Return `text` when it may name a certificate. Raises Refused."""
    if not _IDENTIFIER.fullmatch(text):
        raise Refused(refusals.IDENTIFIER_INVALID)
    if len(text) > MOST_IDENTIFIER:
        raise Refused(refusals.IDENTIFIER_TOO_LONG)
    return text


def read_certificate(  # the members of the request, nothing more
    identifier: str, kind: CertificateKind, public: str, private: str | None, password: str | None
) -> StoredCertificate:
    """Return what the store keeps of an upload. Raises Refused for whatever is wrong with it."""
    _check_sizes(public, private, password)
    certificate = _public(public)
    if kind == "rootca":
        _refuse_secrets(private, password)
    else:
        _check_key(certificate, private or "", password)
    return StoredCertificate(
        identifier=identifier,
        kind=kind,
        subject_name=_name(certificate.subject),
        issuer_name=_name(certificate.issuer),
        not_before=_time(certificate.not_valid_before_utc),
        not_after=_time(certificate.not_valid_after_utc),
        size_bytes=len(public.encode()) + len((private or "").encode()),
    )


def _check_sizes(public: str, private: str | None, password: str | None) -> None:
    if len(public) > MOST_PEM:
        raise Refused(refusals.PUBLIC_TOO_LONG)
    if len(private or "") > MOST_PEM:
        raise Refused(refusals.KEY_TOO_LONG)
    if len(password or "") > MOST_PASSWORD:
        raise Refused(refusals.PASSWORD_TOO_LONG)


def _refuse_secrets(private: str | None, password: str | None) -> None:
    if private is not None:
        raise Refused(refusals.KEY_NOT_ALLOWED)
    if password is not None:
        raise Refused(refusals.PASSWORD_NOT_ALLOWED)


def _public(text: str) -> x509.Certificate:
    """Return the certificate. The library reads its parts late, so they are asked for here."""
    try:
        certificate = x509.load_pem_x509_certificate(text.encode())
        _ = (certificate.subject, certificate.issuer, certificate.public_key())
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused(refusals.PUBLIC_INVALID) from None
    return certificate


def _check_key(certificate: x509.Certificate, text: str, password: str | None) -> None:
    """Refuse a key that cannot be read or belongs to another certificate."""
    key = _private(text, password)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise Refused(refusals.KEY_MISMATCH)


def _private(text: str, password: str | None) -> PrivateKeyTypes:
    """Return the key; the library tells by TypeError whether a password is missing or too much."""
    try:
        return load_pem_private_key(text.encode(), password.encode() if password else None)
    except TypeError:
        row = refusals.PASSWORD_NOT_NEEDED if password else refusals.KEY_LOCKED
        raise Refused(row) from None
    except (ValueError, UnsupportedAlgorithm):
        row = refusals.KEY_LOCKED if "ENCRYPTED" in text else refusals.KEY_INVALID
        raise Refused(row) from None


def _name(name: x509.Name) -> str:
    """Return a name as boards write it: `/CN=<TempRootCertificate>`."""
    return "".join(
        f"/{_SHORT_NAMES.get(part.oid, part.oid.dotted_string)}={part.value!s}" for part in name
    )


def _time(moment: datetime) -> str:
    """Return a time as boards write it: UTC, without saying so."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat()
