"""TLS for peers that are known by one pinned certificate file.

Certificate and name are always verified; nothing here can switch that off. The environment's own
trust store and key log are left alone, on purpose.
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


def empty_context() -> ssl.SSLContext:
    """Return a context that trusts nobody, for peers that are spoken to without TLS."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
