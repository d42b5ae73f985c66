"""Checkpoints: signed notes that say "the chain up to entry N has this head", three lines long.

The form is C2SP `tlog-checkpoint` in a C2SP `signed-note`: origin, size and head as lines, an
empty line, then one line per signature, `— NAME BASE64(key hash ‖ signature)`. Origin and key name
are `orchestrator/STATION/EPOCH`, so that a note from another station or epoch is told apart.
Pure functions over text and keys: what lies in the database or in files is left to others.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.domain.errors import InputMistakes

SOFTWARE = "orchestrator"
"""The first part of every origin."""

_ED25519 = b"\x01"
_SIGNATURE_START = "— "
_HEAD_BYTES = 32
_LONGEST_NOTE = 4096


class Signs(Protocol):
    """What signs a note: a key whose private half never leaves it."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over `message`."""
        ...


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note states. `size` counts entries, `head` is the hash of the last one of them."""

    origin: str
    size: int
    head: bytes

    @property
    def body(self) -> str:
        """The lines that are signed, each with its line end."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.head).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read: what it states, and its signatures by key name and key hash."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def is_signed_by(self, public_key: bytes) -> bool:
        """Say whether the key (32 bytes) has signed this note under the name of its origin."""
        origin = self.checkpoint.origin
        wanted = key_hash(origin, public_key)
        message = self.checkpoint.body.encode()
        return any(
            name == origin and found == wanted and is_signature(public_key, signature, message)
            for name, found, signature in self.signatures
        )


def origin_of(station_id: str, epoch_id: str) -> str:
    """Return the origin line of a station's epoch. Blanks and the like are percent-encoded."""
    return f"{SOFTWARE}/{quote(station_id, safe='')}/{quote(epoch_id, safe='')}"


def key_hash(name: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key, as C2SP defines them."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:4]


def make_note(checkpoint: Checkpoint, signer: Signs) -> str:
    """Return the signed note of `checkpoint`, ready to leave the machine."""
    signature = key_hash(checkpoint.origin, signer.public_key) + signer.sign(
        checkpoint.body.encode()
    )
    line = f"{_SIGNATURE_START}{checkpoint.origin} {base64.b64encode(signature).decode()}\n"
    return f"{checkpoint.body}\n{line}"


def parse_note(text: str) -> Note:
    """Read a note. Raises InputMistakes that says what is wrong with it; proves nothing yet.

    Line ends of Windows and empty lines around the note are taken as they come from mail.
    """
    if len(text) > _LONGEST_NOTE:
        raise _no_note(f"it has {len(text)} characters, a note has less than {_LONGEST_NOTE}")
    lines = text.replace("\r\n", "\n").strip().split("\n")
    if len(lines) < 5 or lines[3]:
        raise _no_note("it needs three lines, an empty line and signatures")
    origin, size, head = lines[:3]
    if not origin or not size.isascii() or not size.isdigit() or str(int(size[:20])) != size:
        raise _no_note(f"its second line is no number of entries: {size[:40]}")
    checkpoint = Checkpoint(origin, int(size), _decoded(head))
    if len(checkpoint.head) != _HEAD_BYTES:
        raise _no_note("its third line is no hash of 32 bytes")
    return Note(checkpoint, tuple(_signature(line) for line in lines[4:]))


def is_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` is that of the Ed25519 key over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, separator, rest = line.removeprefix(_SIGNATURE_START).partition(" ")
    if not line.startswith(_SIGNATURE_START) or not separator:
        raise _no_note("a line after the empty line is no signature")
    found = _decoded(rest)
    return name, found[:4], found[4:]


def _decoded(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _no_note("a line is no base64") from None
    if base64.b64encode(found).decode() != text:
        raise _no_note("a line is no base64 in its one form")
    return found


def _no_note(why: str) -> InputMistakes:
    return InputMistakes(
        f"this is no checkpoint: {why}",
        remedy="Give the text as the station wrote it, from its first line to its last",
    )
