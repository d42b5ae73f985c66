"""What the settings say about the portal of a computer, as its client takes it."""

import ssl

from pydantic import SecretStr

from orchestrator.domain.errors import ConfigurationMistakes
from orchestrator.station.prepare import secret_value
from orchestrator.station.settings_base import SecretReference
from orchestrator.station.settings_portal import ComputerPortalSection
from orchestrator.systems.advantech_portal.auth import Account
from orchestrator.systems.advantech_portal.models import ADMIN_ACCOUNT, OS_ACCOUNT
from orchestrator.transport.tls import fingerprint_context, pinned_context


def trust_of(section: ComputerPortalSection) -> ssl.SSLContext:
    """Return whom the section trusts. Raises ConfigurationMistakes."""
    if section.ca_file is not None:
        return pinned_context(section.ca_file)
    return fingerprint_context(section.fingerprints)


def account_of(section: ComputerPortalSection, password: SecretReference, key: str) -> Account:
    """Return the account of the section with the password behind `password`, the value of `key`.

    Raises ConfigurationMistakes when there is none.
    """
    found = secret_value(password)
    if not found:
        source = f"file {password.file}" if password.file else f"variable {password.env}"
        raise ConfigurationMistakes(
            f"`{key}`: {source} holds nothing readable",
            remedy="Put the password there, or correct the reference",
        )
    kind = ADMIN_ACCOUNT if section.account == "admin" else OS_ACCOUNT
    return Account(section.username, SecretStr(found), kind)
