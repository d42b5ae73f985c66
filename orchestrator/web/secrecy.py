"""How badges, PINs, passwords and tokens are kept: never themselves, only what checks them.

PINs and passwords are hashed by Argon2id over a keyed digest, so that a copy of the accounts
without the pepper file beside them gives nothing to try PINs on. A badge is known by its keyed
digest; a token, which is long and random, by its plain one.
"""

import base64
import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TOKEN_PREFIX = "orc_"  # noqa: S105  # the beginning of every token is no secret
PIN_DIGITS: Final = 6
PASSWORD_LENGTH: Final = 12
_LONGEST = 256
_MEMORY_KIB = 64 * 1024
_PASSES = 3


class Hashing:
    """Makes and checks the hashes of one data folder. `pepper` is its secret key.

    `memory_kib` and `passes` are what one guess costs: 64 MiB and three passes by default.
    """

    def __init__(
        self, pepper: bytes, *, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES
    ) -> None:
        self._pepper = pepper
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib)
        self._nobody = self._argon2.hash(secrets.token_hex(16))

    def badge(self, code: str) -> str:
        """Return what a badge is known by."""
        return hmac.new(self._pepper, b"badge\0" + code.encode(), hashlib.sha256).hexdigest()

    def name(self, name: str) -> str:
        """Return what attempts under a sign-in name are counted by."""
        folded = name.strip().casefold().encode()
        return hmac.new(self._pepper, b"name\0" + folded, hashlib.sha256).hexdigest()

    def make(self, person: str, secret: str) -> str:
        """Return the hash of a PIN or password of `person`. Takes about 0.1 s."""
        return self._argon2.hash(self._keyed(person, secret))

    def fits(self, person: str, secret: str, kept: str) -> bool:
        """Say whether `secret` is the one that was kept; takes as long with nothing kept."""
        try:
            return self._argon2.verify(kept or self._nobody, self._keyed(person, secret))
        except (VerificationError, InvalidHashError):
            return False

    def _keyed(self, person: str, secret: str) -> bytes:
        message = f"{person}\0{secret[:_LONGEST]}".encode()
        return hmac.new(self._pepper, message, hashlib.sha256).digest()


def new_token() -> str:
    """Return a new token: a prefix that secret scanners know, and 32 random bytes."""
    return TOKEN_PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def token_digest(token: str) -> str:
    """Return what a token is known by."""
    return hashlib.sha256(token.encode()).hexdigest()


def weak_pin(pin: str, badge: str = "") -> str:
    """Return why `pin` cannot be taken, or an empty text."""
    if not (pin.isascii() and pin.isdigit()) or not PIN_DIGITS <= len(pin) <= 2 * PIN_DIGITS:
        return f"a PIN has {PIN_DIGITS} to {2 * PIN_DIGITS} digits"
    if pin in re.sub(r"\D", "", badge):
        return "the PIN stands on the badge"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1:
        return "the PIN is a row of digits"
    if re.fullmatch(r"(\d{1,4})\1+", pin):
        return "the PIN repeats itself"
    if _is_date(pin):
        return "the PIN is a date"
    return ""


def _is_date(pin: str) -> bool:
    short, long = ("%d%m%y", "%y%m%d", "%m%d%y"), ("%d%m%Y", "%Y%m%d", "%m%d%Y")
    for order in {6: short, 8: long}.get(len(pin), ()):
        with suppress(ValueError):
            year = datetime.strptime(pin, order).replace(tzinfo=UTC).year
            if len(pin) == 6 or 1900 <= year <= 2100:
                return True
    return False


def weak_password(password: str, name: str) -> str:
    """Return why `password` cannot be taken, or an empty text. Any character may be used."""
    if not PASSWORD_LENGTH <= len(password) <= _LONGEST:
        return f"a password has at least {PASSWORD_LENGTH} characters"
    folded = password.casefold()
    if name.strip() and name.strip().casefold() in folded:
        return "the password contains the name"
    if len(set(folded)) < 5 or re.fullmatch(r"(.{1,6})\1+", folded):
        return "the password repeats itself"
    if any(word in folded for word in ("password", "qwertyui", "12345678", "orchestrator")):
        return "the password contains what everybody tries first"
    return ""
