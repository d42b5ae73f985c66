"""TLS for peers known by a pinned certificate file or fingerprint, and for public services.

A peer always has to prove itself, by certificate and name or by the fingerprint of its certificate;
nothing here can switch that off. A pinned peer is not checked against the machine's own trust
store; the key log of the environment is left alone.
"""

import hashlib
import re
import ssl
from collections.abc import Iterable
from pathlib import Path

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.transport.text import printable


def pinned_context(ca_file: Path) -> ssl.SSLContext:
    """Return a context that trusts what `ca_file` (PEM) signed and nothing else, TLS 1.2 or newer.

    Made once and shared by all boards. Raises ConfigurationMistakes when the file cannot be read
    or holds no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca_file)
    except ssl.SSLError as error:
        raise ConfigurationMistakes(
            f"The certificate file {ca_file} holds no usable PEM certificate",
            remedy="Give the file that begins with -----BEGIN CERTIFICATE-----",
            code="tls.ca_file",
        ) from error
    except OSError as error:
        raise ConfigurationMistakes(
            f"The certificate file {ca_file} cannot be read: {error.strerror or error}",
            remedy="Correct its path in the settings, or its permissions",
            code="tls.ca_file",
        ) from error
    return context


def public_context() -> ssl.SSLContext:
    """Return a context for services of the public network: the machine's own trust store.

    TLS 1.2 or newer; certificate and name are verified. `SSLKEYLOGFILE` is left alone, unlike in
    the standard library's default context.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def empty_context() -> ssl.SSLContext:
    """Return a context that trusts nobody, for peers that are spoken to without TLS."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class FingerprintMismatch(ssl.SSLCertVerificationError):
    """The peer showed another certificate than the pinned ones. Its fingerprint is in the text."""

    def __str__(self) -> str:
        # The base class shows a tuple.
        return str(self.args[0])


class _PinnedObject(ssl.SSLObject):
    """One TLS connection that ends its handshake only with a pinned certificate."""

    def do_handshake(self) -> None:
        """Finish the handshake, then compare. Raises FingerprintMismatch."""
        super().do_handshake()
        context = self.context
        assert isinstance(context, _PinnedContext)
        context.compare(self.getpeercert(binary_form=True))


class _PinnedSocket(ssl.SSLSocket):
    """The same for code that uses sockets."""

    def do_handshake(self, block: bool = False) -> None:
        """Finish the handshake, then compare. Raises FingerprintMismatch."""
        super().do_handshake(block)
        context = self.context
        assert isinstance(context, _PinnedContext)
        context.compare(self.getpeercert(binary_form=True))


class _PinnedContext(ssl.SSLContext):
    """Trusts certificates by their SHA-256 alone: no authority, no name, no date."""

    # The library's check needs an authority; ours takes its place in every handshake.
    sslobject_class = _PinnedObject
    sslsocket_class = _PinnedSocket
    pinned: frozenset[str] = frozenset()

    def compare(self, certificate: bytes | None) -> None:
        """Raise FingerprintMismatch unless `certificate` (DER) is a pinned one."""
        shown = hashlib.sha256(certificate or b"").hexdigest()
        if certificate and shown in self.pinned:
            return
        raise FingerprintMismatch(f"its SHA-256 fingerprint is {shown}, which is not pinned")


def fingerprint_context(fingerprints: Iterable[str]) -> ssl.SSLContext:
    """Return a context that trusts exactly the certificates of these SHA-256 fingerprints.

    For peers with a certificate of their own making, which no authority signed. A fingerprint is
    64 hexadecimal digits, colons and blanks between them allowed. TLS 1.2 or newer. Raises
    ConfigurationMistakes for what is no fingerprint, and for none.
    """
    context = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.pinned = frozenset(_fingerprint(text) for text in fingerprints)
    if not context.pinned:
        raise ConfigurationMistakes(
            "No fingerprint is given to trust",
            remedy="Give the SHA-256 fingerprint of the host's certificate in the settings",
            code="tls.fingerprint",
        )
    return context


def _fingerprint(text: str) -> str:
    digits = text.strip().lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ConfigurationMistakes(
            f'"{printable(text, 120)}" is no SHA-256 fingerprint',
            remedy="Give 64 hexadecimal digits, as the host or openssl x509 -fingerprint -sha256"
            " shows them",
            code="tls.fingerprint",
        )
    return digits
