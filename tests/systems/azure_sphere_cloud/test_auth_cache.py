"""The file that keeps a sign-in over a restart: encrypted, for its owner, all or nothing."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.domain.errors import (
    ConfigurationMistakes,
)
from orchestrator.systems.azure_sphere_cloud.auth import (
    EncryptedFile,
    MsalSource,
    SignIn,
    SignInOptions,
)
from tests.systems.azure_sphere_cloud.authority import KEY, bench_and_authority


async def test_file_keeps_the_sign_in_over_a_restart_and_shows_nothing(tmp_path: Path) -> None:
    """A second process needs no person; the file is for its owner and cannot be read."""
    bench, authority = bench_and_authority()
    path = tmp_path / "sub" / "tokens"
    for told in (1, 0):
        file = EncryptedFile(path, KEY)
        source = MsalSource(SignInOptions(), file=file, transport=authority.transport)
        sign_in = SignIn(source, clock=bench.watch)
        if told:
            await sign_in.sign_in(lambda _: None)
        assert (await sign_in())["Authorization"].startswith("Bearer token-")
    content = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    for token in [*authority.directory.cloud.tokens, "refresh-1", "access_token"]:
        assert not token or token.encode() not in content
    with pytest.raises(ConfigurationMistakes, match="cannot be opened with its key"):
        EncryptedFile(path, SecretStr("another key, long enough")).load()
    path.write_bytes(content[:-1])
    with pytest.raises(ConfigurationMistakes, match="delete the file"):
        EncryptedFile(path, KEY).load()
    assert list(path.parent.iterdir()) == [path]


def test_file_that_cannot_be_used_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    """A short key, a folder in its place and one that cannot be made."""
    with pytest.raises(ConfigurationMistakes, match="fewer than 16"):
        EncryptedFile(tmp_path / "t", SecretStr("short"))
    with pytest.raises(ConfigurationMistakes, match="cannot be read"):
        EncryptedFile(tmp_path, KEY).load()
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationMistakes, match="cannot be written"):
        EncryptedFile(tmp_path / "file" / "t", KEY).save("x")
    assert EncryptedFile(tmp_path / "none", KEY).load() is None
