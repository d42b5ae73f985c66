"""Keeps the sign-in over a restart in a file that only its key opens. Without one: memory."""

import os
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from orchestrator.domain.errors import ConfigurationMistakes

_SALT_BYTES = 16
_LARGEST_BYTES = 4 << 20
_SHORTEST_KEY = 16
_WORK = 2**14


class EncryptedFile:
    """One file with the tokens of one sign-in, encrypted and authenticated with `key`."""

    def __init__(self, path: Path, key: SecretStr) -> None:
        if len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ConfigurationMistakes(
                f"The key of the token cache has fewer than {_SHORTEST_KEY} characters",
                remedy="Make a long random one and name it in the settings by reference",
                code="sign_in.cache_key",
            )
        self._path = path
        self._key = key

    def load(self) -> str | None:
        """Return what was kept, None without a file. Raises ConfigurationMistakes."""
        try:
            content = self._path.read_bytes()
            if len(content) > _LARGEST_BYTES:
                raise InvalidToken
            salt, sealed = content[:_SALT_BYTES], content[_SALT_BYTES:]
            return self._box(salt).decrypt(sealed).decode()
        except FileNotFoundError:
            return None
        except (InvalidToken, UnicodeDecodeError):
            raise ConfigurationMistakes(
                f"The token cache {self._path} cannot be opened with its key",
                remedy="Correct the key, or delete the file and sign in again",
                code="sign_in.cache",
            ) from None
        except OSError as error:
            raise self._unusable("read", error) from error

    def save(self, text: str) -> None:
        """Keep `text`, readable for this account alone, all or nothing."""
        salt = os.urandom(_SALT_BYTES)
        content = salt + self._box(salt).encrypt(text.encode())
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # mkstemp makes a file that nobody else may read.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(self._path)
        except OSError as error:
            raise self._unusable("written", error) from error

    def _box(self, salt: bytes) -> Fernet:
        derive = Scrypt(salt=salt, length=32, n=_WORK, r=8, p=1)
        return Fernet(urlsafe_b64encode(derive.derive(self._key.get_secret_value().encode())))

    def _unusable(self, verb: str, error: OSError) -> ConfigurationMistakes:
        return ConfigurationMistakes(
            f"The token cache {self._path} cannot be {verb}: {error.strerror or error}",
            remedy="Correct its path in the settings, or its permissions",
            code="sign_in.cache",
        )
