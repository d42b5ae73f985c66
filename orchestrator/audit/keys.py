"""The station's signing key: an Ed25519 key in two files of the data directory.

`station.key` holds the private half (PEM, PKCS #8) and belongs to the station's user alone;
`station.pub` holds the public half for everybody who verifies. A new key that comes into force is
endorsed by the old one. Rows and chain are written elsewhere: here are files and signatures only.
"""

import base64
import binascii
import hashlib
import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from orchestrator.audit.checkpoint import Checkpoint, is_signature, make_note, origin_of
from orchestrator.audit.files import replace_file, sync_folder
from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes
from orchestrator.domain.records import KeyRow

KEY_FILE = "station.key"
"""The private half in a data directory."""

PUBLIC_FILE = "station.pub"
"""The public half in a data directory."""

NEXT_FILE = "station.key.next"
"""The private half of a key that is about to come into force."""

_PRIVATE_MODE = 0o600
_RAW_BYTES = 32
_LARGEST_FILE = 65_536


class StationKey:
    """A key that signs. Its private half is shown by nothing, not even in a traceback."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key: bytes = private.public_key().public_bytes_raw()
        """The 32 bytes of the public half."""
        self.key_id: str = key_id(self.public_key)
        """Sixteen hexadecimal digits that name this key."""

    @classmethod
    def generate(cls) -> "StationKey":
        """Return a new random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "StationKey":
        """Return the key of 32 bytes: the same seed gives the same key, for rehearsals."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over `message`."""
        return self._private.sign(message)

    def private_pem(self) -> bytes:
        """Return the private half as it is kept in its file."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_pem(self) -> bytes:
        """Return the public half as it is kept in its file."""
        found = self._private.public_key()
        return found.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def __repr__(self) -> str:
        return f"StationKey({self.key_id})"


class StationSigner:
    """A station's key at work on its chain: what the writer asks for (`signing.Signer`)."""

    def __init__(self, key: StationKey, station_id: str) -> None:
        self._key = key
        self.station_id = station_id
        """The station whose chain is signed."""
        self.key_id = key.key_id
        """The name of the key."""
        self.public_key = public_text(key.public_key)
        """The public half, base64."""

    def note(self, epoch_id: str, up_to: int, head: bytes) -> str:
        """Return the signed note: in this epoch the chain up to entry `up_to` has `head`."""
        return make_note(Checkpoint(origin_of(self.station_id, epoch_id), up_to, head), self._key)


def key_id(public_key: bytes) -> str:
    """Return the name of a key: the first 16 hexadecimal digits of SHA-256 over its 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def public_text(public_key: bytes) -> str:
    """Return a public key as the audit keeps it: base64 of its 32 bytes."""
    return base64.b64encode(public_key).decode()


def public_bytes(text: str) -> bytes:
    """Return the 32 bytes of a public key that the audit keeps. Raises ValueError."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(found) != _RAW_BYTES or public_text(found) != text:
        raise ValueError("no Ed25519 public key in base64")
    return found


def create_key(data_dir: Path, key: StationKey | None = None) -> StationKey:
    """Make the two files of a new key (or of `key`), the private one readable by this user alone.

    Needs the station lock. Raises FileExistsError when there is a key already, OSError when they
    cannot be written.
    """
    if (data_dir / KEY_FILE).exists():
        raise FileExistsError(f"there is a key already: {data_dir / KEY_FILE}")
    made = key or StationKey.generate()
    data_dir.mkdir(parents=True, exist_ok=True)
    replace_file(data_dir / KEY_FILE, made.private_pem(), mode=_PRIVATE_MODE)
    replace_file(data_dir / PUBLIC_FILE, made.public_pem())
    return made


def stage_key(data_dir: Path, new: StationKey) -> None:
    """Lay the next key beside the present one, before the chain says that it is in force."""
    replace_file(data_dir / NEXT_FILE, new.private_pem(), mode=_PRIVATE_MODE)


def settle_staged_key(data_dir: Path, current_key_id: str) -> None:
    """Put a staged key in force when the chain says that it is, forget it when it never came.

    Finishes a rotation that was cut off at any point; harmless without one. Raises OSError, and
    ConfigurationMistakes for a staged key that cannot be used.
    """
    staged = load_key_file(data_dir / NEXT_FILE)
    if staged is None:
        return
    if staged.key_id == current_key_id:
        (data_dir / NEXT_FILE).replace(data_dir / KEY_FILE)
        sync_folder(data_dir)
        replace_file(data_dir / PUBLIC_FILE, staged.public_pem())
    else:
        (data_dir / NEXT_FILE).unlink()


def load_key(data_dir: Path) -> StationKey | None:
    """Return the key in `data_dir`; None when there is none.

    Raises ConfigurationMistakes when others may read the file, when it belongs to somebody else
    (both on POSIX) or when it is no key.
    """
    return load_key_file(data_dir / KEY_FILE)


def load_key_file(path: Path) -> StationKey | None:
    """Return the key in a file of any name, like `load_key`."""
    try:
        content = _read(path)
        _demand_private(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationMistakes(
            f"the signing key cannot be read: {error.strerror}",
            where={"file": str(path)},
            remedy="Run the station as the user whose key it is",
        ) from None
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationMistakes(
            "the file holds no Ed25519 key that can be used",
            where={"file": str(path)},
            remedy="Put the key back from its backup; without one see "
            "`orchestrator station new-epoch`",
        )
    return StationKey(private)


def load_public_key(path: Path) -> bytes:
    """Return the 32 bytes of the public key in a PEM file. Raises InputMistakes."""
    try:
        found = load_pem_public_key(_read(path))
    except OSError as error:
        raise InputMistakes(
            f"the public key cannot be read: {error.strerror}",
            where={"file": str(path)},
            remedy=f"Name the {PUBLIC_FILE} of the station",
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise InputMistakes(
            "the file holds no Ed25519 public key",
            where={"file": str(path)},
            remedy=f"Name the {PUBLIC_FILE} of the station; the private key is not needed",
        )
    return found.public_bytes_raw()


def endorsement_text(new_key_id: str, new_public_key: str) -> bytes:
    """Return what the old key signs so that the new one comes into force."""
    return f"orchestrator key endorsement\n{new_key_id}\n{new_public_key}\n".encode()


def key_row(
    key: StationKey,
    *,
    actor: str,
    reason: str,
    began_at: str,
    endorsed_by: StationKey | None = None,
) -> KeyRow:
    """Return the row with which `key` comes into force, endorsed by the key before it."""
    public = public_text(key.public_key)
    endorsement = None
    if endorsed_by is not None:
        signature = endorsed_by.sign(endorsement_text(key.key_id, public))
        endorsement = base64.b64encode(signature).decode()
    old = endorsed_by.key_id if endorsed_by is not None else None
    return KeyRow(key.key_id, public, old, endorsement, actor, reason, began_at)


def is_endorsed(row: KeyRow, old_public_key: bytes) -> bool:
    """Say whether the key with `old_public_key` has endorsed the one of `row`."""
    if row.endorsement is None:
        return False
    try:
        signature = base64.b64decode(row.endorsement, validate=True)
    except binascii.Error:
        return False
    return is_signature(old_public_key, signature, endorsement_text(row.key_id, row.public_key))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE)


def _demand_private(path: Path) -> None:
    # Windows keeps rights in lists of its own; the folder's rights count there.
    if os.name != "posix":
        return
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise ConfigurationMistakes(
            f"the signing key belongs to user {found.st_uid}, the station runs as {os.geteuid()}",
            where={"file": str(path)},
            remedy="Run the station as the user whose key it is, or give the file to that user",
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationMistakes(
            f"others may use the signing key: its mode is {stat.S_IMODE(found.st_mode):04o}",
            where={"file": str(path)},
            remedy=f"Run: chmod 600 {path}; if others had access, then rotate the key",
        )
