"""The remote desktop of a host: prepared connections, and a VNC server's side of RFB (RFC 6143).

The server asks for the password of the prepared connection (VNC authentication), tells a small
screen and answers each request for an update with the whole of it. Keys and clicks are taken and
do nothing.
"""

import struct
from collections.abc import Generator
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from orchestrator.systems.advantech_portal.simulator.part import Now
from orchestrator.systems.advantech_portal.simulator.picture import HEIGHT, WIDTH, pixels
from orchestrator.systems.advantech_portal.simulator.spec import HostSpec

VERSION = b"RFB 003.008\n"
_VNC_AUTHENTICATION = 2
_PIXEL_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
_LENGTHS = {0: 20, 3: 10, 4: 8, 5: 6}
"""Lengths of the client's messages of fixed size: pixel format, update, key, pointer."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A connection that may be opened once."""

    identifier: str
    password: str
    until: float


class Desktops:
    """The connections that were prepared and not opened yet."""

    def __init__(self, spec: HostSpec, now: Now) -> None:
        self._spec = spec
        self._now = now
        self._made = 0
        self._waiting: dict[str, Prepared] = {}

    def prepare(self) -> Prepared:
        """Prepare a connection."""
        self._made += 1
        now = self._now()
        self._waiting = {k: one for k, one in self._waiting.items() if one.until > now}
        word = self._spec.digest(f"desktop password {self._made}")[:8]
        made = Prepared(
            self._spec.guid(f"desktop {self._made}"), word, now + self._spec.desktop_seconds
        )
        self._waiting[made.identifier] = made
        return made

    def open(self, identifier: str) -> Prepared | None:
        """Return a prepared connection and forget it; None when there is none, or no more."""
        found = self._waiting.pop(identifier.lower(), None)
        return found if found is not None and found.until > self._now() else None

    def forget(self) -> None:
        """Forget all of them."""
        self._waiting.clear()


class Screen:
    """The server's side of one connection: takes bytes, returns bytes. `closed` ends it."""

    def __init__(self, name: str, prepared: Prepared, digits: str) -> None:
        self._name = name.encode()
        self._password = prepared.password
        self._digits = digits
        self._challenge = bytes.fromhex(digits[:32])
        self._buffer = b""
        self._talk = self._talking()
        self._wanted = 0
        self._said = b""
        self.closed = False
        self._advance(None)

    def hear(self, data: bytes) -> bytes:
        """Take what the client sends and return what the server says."""
        self._buffer += data
        while not self.closed and len(self._buffer) >= self._wanted:
            part, self._buffer = self._buffer[: self._wanted], self._buffer[self._wanted :]
            self._advance(part)
        said, self._said = self._said, b""
        return said

    def _advance(self, part: bytes | None) -> None:
        try:
            self._wanted = self._talk.send(part)
        except StopIteration:
            self.closed = True

    def _say(self, *parts: bytes) -> None:
        self._said += b"".join(parts)

    def _talking(self) -> Generator[int, bytes | None, None]:
        """Yield how many bytes are wanted next, and get them."""
        self._say(VERSION)
        if (yield from self._read(12)) != VERSION:
            return
        self._say(bytes([1, _VNC_AUTHENTICATION]))
        if (yield from self._read(1)) != bytes([_VNC_AUTHENTICATION]):
            return
        self._say(self._challenge)
        answer = yield from self._read(16)
        if answer != answer_to(self._challenge, self._password):
            reason = b"Authentication failed"
            self._say(struct.pack(">II", 1, len(reason)), reason)
            return
        self._say(struct.pack(">I", 0))
        yield from self._read(1)
        size = struct.pack(">HH", WIDTH, HEIGHT)
        self._say(size, _PIXEL_FORMAT, struct.pack(">I", len(self._name)), self._name)
        while (yield from self._message()):
            pass

    def _message(self) -> Generator[int, bytes | None, bool]:
        """Take one message of the client; False for one that is unknown."""
        (kind,) = yield from self._read(1)
        if kind == 2:
            head = yield from self._read(3)
            yield from self._read(4 * int.from_bytes(head[1:], "big"))
        elif kind == 6:
            head = yield from self._read(7)
            yield from self._read(min(int.from_bytes(head[3:], "big"), 1 << 20))
        elif kind in _LENGTHS:
            yield from self._read(_LENGTHS[kind] - 1)
        else:
            return False
        if kind == 3:
            self._say(struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0), self._raw())
        return True

    def _raw(self) -> bytes:
        rgb = pixels(self._digits, lit=True)
        return b"".join(bytes((rgb[k + 2], rgb[k + 1], rgb[k], 0)) for k in range(0, len(rgb), 3))

    @staticmethod
    def _read(count: int) -> Generator[int, bytes | None, bytes]:
        part = yield count
        return part or b""


def answer_to(challenge: bytes, password: str) -> bytes:
    """Return what a client that knows the password answers: DES with mirrored bits of the key."""
    key = bytes(
        int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1")[:8].ljust(8, b"\0")
    )
    cipher = Cipher(TripleDES(key * 3), modes.ECB())  # noqa: S305  # what the protocol asks for
    encryptor = cipher.encryptor()
    return encryptor.update(challenge) + encryptor.finalize()
