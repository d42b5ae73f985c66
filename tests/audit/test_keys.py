"""The signing key of a station: its files, its notes, and how it is replaced."""

import os
from pathlib import Path

import pytest

from orchestrator.audit import keys
from orchestrator.audit.checkpoint import Checkpoint, make_note, origin_of, parse_note
from orchestrator.audit.keys import StationKey, StationSigner
from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes

KEY = StationKey.from_seed(b"1" * 32)
OTHER = StationKey.from_seed(b"2" * 32)
posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights in lists of its own")


def test_a_key_is_made_once_and_read_back(tmp_path: Path) -> None:
    """The files hold the same key; a second one is not made over it."""
    assert keys.load_key(tmp_path) is None
    made = keys.create_key(tmp_path)
    found = keys.load_key(tmp_path)
    assert found is not None
    assert found.key_id == made.key_id
    assert keys.load_public_key(tmp_path / keys.PUBLIC_FILE) == made.public_key
    with pytest.raises(FileExistsError):
        keys.create_key(tmp_path)


def test_nothing_shows_the_private_half() -> None:
    """What is printed of a key is its name."""
    assert repr(KEY) == f"StationKey({KEY.key_id})"


@posix
def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """The message says what to do about it."""
    keys.create_key(tmp_path)
    path = tmp_path / keys.KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigurationMistakes, match="its mode is 0640") as refusal:
        keys.load_key(tmp_path)
    assert "chmod 600" in refusal.value.remedy


@posix
def test_a_key_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The station runs as the owner of its key."""
    keys.create_key(tmp_path)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(ConfigurationMistakes, match="belongs to user"):
        keys.load_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(content: bytes, tmp_path: Path) -> None:
    """Neither half is guessed."""
    path = tmp_path / keys.KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationMistakes, match="no Ed25519 key"):
        keys.load_key(tmp_path)
    with pytest.raises(InputMistakes, match="no Ed25519 public key"):
        keys.load_public_key(path)
    with pytest.raises(InputMistakes, match="cannot be read"):
        keys.load_public_key(tmp_path / "none")


def test_a_new_key_is_endorsed_by_the_old_one() -> None:
    """The endorsement names exactly this key and this endorser."""
    row = keys.key_row(OTHER, actor="ada", reason="yearly", began_at="t", endorsed_by=KEY)
    assert keys.is_endorsed(row, KEY.public_key)
    assert not keys.is_endorsed(row, OTHER.public_key)
    assert not keys.is_endorsed(row._replace(key_id="0" * 16), KEY.public_key)
    assert not keys.is_endorsed(row._replace(endorsement="?"), KEY.public_key)
    first = keys.key_row(KEY, actor="ada", reason="first", began_at="t")
    assert not keys.is_endorsed(first, KEY.public_key)


@pytest.mark.parametrize("committed", [True, False])
def test_a_rotation_that_was_cut_off_is_settled_by_the_chain(
    committed: bool, tmp_path: Path
) -> None:
    """The staged key takes its place exactly when the chain says that it is in force."""
    keys.create_key(tmp_path, KEY)
    keys.stage_key(tmp_path, OTHER)
    expected = OTHER if committed else KEY
    for _ in range(2):
        keys.settle_staged_key(tmp_path, expected.key_id)
        found = keys.load_key(tmp_path)
        assert found is not None
        assert found.key_id == expected.key_id
        assert keys.load_public_key(tmp_path / keys.PUBLIC_FILE) == expected.public_key
        assert not (tmp_path / keys.NEXT_FILE).exists()


def test_a_note_says_what_was_signed_and_by_whom() -> None:
    """It is read back as it was made, from a mail as well, and only its key fits."""
    text = StationSigner(KEY, "line 1").note("E1", 7, b"h" * 32)
    assert text.splitlines()[:2] == ["orchestrator/line%201/E1", "7"]
    for form in (text, text.replace("\n", "\r\n"), f"\n{text}\n"):
        note = parse_note(form)
        assert note.checkpoint == Checkpoint(origin_of("line 1", "E1"), 7, b"h" * 32)
        assert note.is_signed_by(KEY.public_key)
        assert not note.is_signed_by(OTHER.public_key)
        assert not note.is_signed_by(b"short")


def test_the_signature_counts_for_the_origin_alone() -> None:
    """A signature under another name, or moved to another note, proves nothing."""
    text = make_note(Checkpoint("a/b", 7, b"h" * 32), KEY)
    assert not parse_note(text.replace("a/b\n7", "a/c\n7", 1)).is_signed_by(KEY.public_key)
    assert not parse_note(text.replace("\n7\n", "\n8\n")).is_signed_by(KEY.public_key)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "three lines"),
        ("a\n1\nAAAA\nno", "three lines"),
        ("a\n07\nAAAA\n\n— a AAAA", "number of entries"),
        ("a\nx\nAAAA\n\n— a AAAA", "number of entries"),
        ("a\n7\nAAAA\n\n— a AAAA", "32 bytes"),
        ("a\n7\n?\n\n— a AAAA", "base64"),
        ("a\n7\nAB==\n\n— a AAAA", "one form"),
        (f"a\n7\n{'A' * 43}=\n\na AAAA", "no signature"),
        ("a" * 5000, "characters"),
    ],
)
def test_what_is_no_note_is_refused_with_a_reason(text: str, why: str) -> None:
    """Each way to be wrong has its words."""
    with pytest.raises(InputMistakes, match=why):
        parse_note(text)
