"""Makes a secret traceable without showing it: the audit keeps its fingerprint, never its value.

Two runs that used the same key show the same fingerprint, so a key that was changed, or given
wrongly, can be found afterwards.
"""

import hashlib

from orchestrator.engine.step import Secret

_SHOWN_DIGITS = 12


def fingerprint(secret: Secret | None) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of `secret`; empty without one."""
    if secret is None:
        return ""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()[:_SHOWN_DIGITS]


def revealed(secret: Secret | None) -> str | None:
    """Return the secret itself, for the request that needs it."""
    return None if secret is None else secret.reveal()
