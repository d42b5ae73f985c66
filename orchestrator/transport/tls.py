"""TLS for peers that are known by one pinned certificate file, and for public services.

Certificate and name are always verified; nothing here can switch that off. A pinned peer is not
checked against the machine's own trust store; the key log of the environment is left alone.
"""

import ssl
from pathlib import Path

from orchestrator.domain.errors import ConfigurationMistakes


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
