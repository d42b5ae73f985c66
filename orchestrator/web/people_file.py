"""The accounts of a station: `people.json` and its pepper in the data folder, and nowhere else.

Names of people are in this file alone; everything else of the house knows opaque ids. Readable for
the service only, replaced as a whole; whoever changes it holds a lock, so that command line and
daemon can both do so.
"""

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.audit.files import replace_file
from orchestrator.domain.errors import ConfigurationMistakes, StationBusy
from orchestrator.domain.people import Role

FILE_NAME = "people.json"
PEPPER_NAME = "people.pepper"
_LOCK_NAME = "people.lock"
_LOCK_SECONDS = 10.0
_LARGEST_BYTES = 4 << 20
_MODE = 0o600
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(_Kept):
    """One person. `badge`, `pin` and `password` are what checks them, empty when not given."""

    person_id: str = Field(pattern=r"^P-[0-9A-Z]{8}$")
    name: str = Field(min_length=1, max_length=64)
    role: Role
    badge: str = ""
    pin: str = ""
    password: str = ""
    disabled: bool = False
    locked: bool = False
    made_at: str = ""


class Token(_Kept):
    """One program's key. `digest` checks it; times are RFC 3339 in UTC."""

    token_id: str = Field(pattern=r"^T-[0-9A-Z]{8}$")
    name: str = Field(min_length=1, max_length=64)
    scopes: tuple[str, ...]
    digest: str
    made_at: str
    expires_at: str
    last_used_at: str | None = None
    revoked: bool = False


class Register(_Kept):
    """Everything that is in the file."""

    version: int = Field(default=1, ge=1, le=1)
    people: tuple[Account, ...] = ()
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stamp:
    inode: int
    size: int
    changed: int


def _give_away(path: Path) -> None:
    """Let a file of the data folder belong to the folder's owner, where root has written it."""
    if os.name != "posix" or os.geteuid() != 0:
        return
    owner = path.parent.stat()
    os.chown(path, owner.st_uid, owner.st_gid)


def new_id(kind: str) -> str:
    """Return a new opaque id: P-XXXXXXXX for people, T-XXXXXXXX for tokens."""
    return f"{kind}-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


class PeopleFile:
    """The accounts in one data folder. Reads again when somebody else has changed them."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE_NAME
        self._pepper_path = data_dir / PEPPER_NAME
        self._lock_path = data_dir / _LOCK_NAME
        self._stamp: _Stamp | None = None
        self._register = Register()

    def pepper(self) -> bytes:
        """Return the key of this folder's hashes; the first call makes it.

        Raises ConfigurationMistakes when it cannot be used, OSError.
        """
        try:
            found = self._read_private(self._pepper_path)
        except FileNotFoundError:
            self._pepper_path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked():
                if not self._pepper_path.exists():
                    content = secrets.token_hex(32).encode()
                    replace_file(self._pepper_path, content, mode=_MODE)
                    _give_away(self._pepper_path)
            found = self._read_private(self._pepper_path)
        if len(found) < 32:
            raise ConfigurationMistakes(
                f"{self._pepper_path} is damaged",
                remedy="Restore it from the backup; without it nobody can sign in",
            )
        return found

    def read(self) -> Register:
        """Return what is in the file now; nothing when there is none.

        Raises ConfigurationMistakes when the file is damaged or others can read it.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._stamp, self._register = None, Register()
            return self._register
        stamp = _Stamp(found.st_ino, found.st_size, found.st_mtime_ns)
        if stamp != self._stamp:
            self._register = self._parsed(self._read_private(self.path))
            self._stamp = stamp
        return self._register

    def change(self, make: Callable[[Register], Register]) -> Register:
        """Replace the content by what `make` makes of it, durably. Raises what `read` raises.

        Raises StationBusy when somebody else holds the file for too long, OSError.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._stamp = None
            changed = make(self.read())
            content = changed.model_dump_json(indent=1).encode()
            replace_file(self.path, content, mode=_MODE)
            _give_away(self.path)
        return self.read()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        made = not self._lock_path.exists()
        lock = FileLock(self._lock_path, timeout=_LOCK_SECONDS, mode=_MODE, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise StationBusy(
                f"{self._lock_path} is held by another program",
                remedy="Wait until it has ended, then try again",
            ) from None
        try:
            if made:
                _give_away(self._lock_path)
            yield
        finally:
            lock.release()

    @staticmethod
    def _read_private(path: Path) -> bytes:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationMistakes(
                f"others on this machine can read {path}",
                remedy=f"Take the rights away: chmod 600 {path}",
            )
        if path.stat().st_size > _LARGEST_BYTES:
            raise ConfigurationMistakes(f"{path} is too large", remedy="Restore it from the backup")
        try:
            return path.read_bytes()
        except PermissionError:
            raise ConfigurationMistakes(
                f"{path} belongs to somebody else",
                remedy="Give it to the user that the station runs as",
            ) from None

    def _parsed(self, content: bytes) -> Register:
        try:
            return Register.model_validate_json(content)
        except ValidationError as mistakes:
            first = mistakes.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ConfigurationMistakes(
                f"{self.path} is damaged at {place or 'the beginning'}: {first['msg']}",
                remedy="Restore it from the backup, or remove it and add the people again",
            ) from None
