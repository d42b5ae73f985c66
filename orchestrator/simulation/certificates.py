"""Certificates of the pretend boards: a CA made at start, and one leaf that all boards share.

Like real boards, every one presents the same checked name, so TLS proves the kind of the peer and
never which board it is. A second, foreign CA serves boards that must not be trusted. Pretend hosts
have a certificate each, for their addresses; some have signed theirs themselves.
"""

import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from orchestrator.systems.azure_sphere_device.simulator.spec import CERTIFICATE_NAME

_VALID_FOR = timedelta(days=3650)
_CLOCK_SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that lives as long as the rack."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The CA certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def make_authority(name: str = "Azure Sphere Device (simulated)") -> Authority:
    """Return a new P-256 authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    usage = _key_usage(signs_certificates=True)
    builder = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(key, builder.sign(key, hashes.SHA256()))


def board_context(authority: Authority, name: str = CERTIFICATE_NAME) -> ssl.SSLContext:
    """Return the server side of TLS for boards, with a leaf of `authority` for their name."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    leaf = (
        _builder(_named("Azure Sphere Device"), authority.certificate.subject, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _context(key, leaf)


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """The server side of TLS for one host, and the SHA-256 of its certificate, hexadecimal."""

    context: ssl.SSLContext
    fingerprint: str


def host_certificate(authority: Authority | None, names: Sequence[str]) -> HostCertificate:
    """Return a certificate for host names and addresses, signed by itself without `authority`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named("Platform Portal")
    issuer = authority.certificate.subject if authority else subject
    leaf = (
        _builder(subject, issuer, key)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if authority:
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        leaf = leaf.add_extension(issuer_key, critical=False)
    signed = leaf.sign(authority.key if authority else key, hashes.SHA256())
    return HostCertificate(_context(key, signed), signed.fingerprint(hashes.SHA256()).hex())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _context(key: ec.EllipticCurvePrivateKey, leaf: x509.Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Boards are met once or twice; nobody resumes a session.
    context.num_tickets = 0
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # The ssl module reads keys from files only.
    handle, name = tempfile.mkstemp(prefix="orchestrator-rack-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(private + leaf.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + _VALID_FOR)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
