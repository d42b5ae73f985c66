"""Signing in to the cloud: who asks, how a token is got, kept, renewed before it ends, and refused.

Tokens and secrets are shown by nothing here: no repr, no log line, no error.
"""

from orchestrator.systems.azure_sphere_cloud.auth.cache import EncryptedFile
from orchestrator.systems.azure_sphere_cloud.auth.options import (
    APPLICATION_SCOPE,
    ARM_SCOPE,
    AUTHORITY_HOST,
    CLIENT_ID,
    DIRECTORY,
    USER_SCOPE,
    Flow,
    SignInOptions,
)
from orchestrator.systems.azure_sphere_cloud.auth.sign_in import FixedToken, SignIn
from orchestrator.systems.azure_sphere_cloud.auth.source import MsalSource, TokenSource

__all__ = [
    "APPLICATION_SCOPE",
    "ARM_SCOPE",
    "AUTHORITY_HOST",
    "CLIENT_ID",
    "DIRECTORY",
    "USER_SCOPE",
    "EncryptedFile",
    "FixedToken",
    "Flow",
    "MsalSource",
    "SignIn",
    "SignInOptions",
    "TokenSource",
]
