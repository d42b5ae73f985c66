"""`db check`: what is looked at, and that each kind of damage has its sentence."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from orchestrator.audit.integrity import examine, examine_file
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.migrate import upgrade
from orchestrator.domain.errors import AuditUnavailable, Unreachable
from tests.audit.story import fill

NAMES = ["schema", "pages", "references", "constraints", "triggers", "chain"]


def _found(url: str) -> Mapping[str, tuple[str, ...]]:
    return {name: findings for name, _, findings in examine(url) if findings}


def _change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_sound_database_has_a_good_word_for_everything(database_url: str) -> None:
    """The same things are looked at on both kinds."""
    fill(database_url, days=(1,))
    answers = examine(database_url)
    assert [name for name, _, _ in answers] == NAMES
    assert all(sound and not findings for _, sound, findings in answers)


FILE_DAMAGE = [
    ("schema", "DROP INDEX ix_run_recipe_hash", "ix_run_recipe_hash"),
    ("schema", "CREATE TABLE songs (title)", "songs"),
    ("constraints", "DROP VIEW run_view", "the view run_view is missing"),
    ("constraints", "CREATE VIEW mine AS SELECT 1", "mine is not of this program"),
    ("triggers", "DROP TRIGGER run_refuses_delete", "run_refuses_delete is missing"),
    (
        "triggers",
        "CREATE TRIGGER helper AFTER INSERT ON run BEGIN SELECT 1; END",
        "helper is not of this program",
    ),
]


@pytest.mark.parametrize(("name", "damage", "words"), FILE_DAMAGE)
def test_what_was_changed_in_a_file_is_named(
    tmp_path: Path, name: str, damage: str, words: str
) -> None:
    """Tables, indexes, views and triggers are compared with what the migrations make."""
    url = sqlite_url(tmp_path)
    upgrade(url)
    _change(tmp_path / "audit.db", damage)
    assert words in "\n".join(_found(url)[name])


def test_a_weakened_constraint_is_named(tmp_path: Path) -> None:
    """Also one that was taken out of the text of a table behind SQLite's back."""
    url = sqlite_url(tmp_path)
    upgrade(url)
    _change(
        tmp_path / "audit.db",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, '>= 1', '>= 0') WHERE name = 'step'",
    )
    assert _found(url)["constraints"] == ("the table step differs from the program's",)


def test_a_trigger_with_other_words_is_named(tmp_path: Path) -> None:
    """The name alone is not enough."""
    url = sqlite_url(tmp_path)
    upgrade(url)
    _change(
        tmp_path / "audit.db",
        "DROP TRIGGER run_refuses_delete",
        "CREATE TRIGGER run_refuses_delete BEFORE DELETE ON run BEGIN SELECT 1; END",
    )
    assert "differs" in _found(url)["triggers"][0]


def test_missing_rows_are_found_twice(tmp_path: Path) -> None:
    """By the references to them, and by the gap in the chain."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1,))
    _change(
        tmp_path / "audit.db",
        "DROP TRIGGER session_refuses_delete",
        "DELETE FROM session",
    )
    found = _found(url)
    assert "refers to a missing row of session" in found["references"][0]
    assert "missing" in found["chain"][0]
    assert set(found) == {"references", "triggers", "chain"}


def test_many_findings_are_counted(tmp_path: Path) -> None:
    """Twenty are shown, the others are a number."""
    url = sqlite_url(tmp_path)
    fill(url, days=(1, 2, 3))
    _change(
        tmp_path / "audit.db",
        "DROP TRIGGER unit_refuses_update",
        "DROP TRIGGER step_refuses_update",
        "DROP TRIGGER event_refuses_update",
        "UPDATE unit SET part_number = 'X'",
        "UPDATE step SET name = 'X'",
        "UPDATE event SET detail = 'X'",
    )
    chain = _found(url)["chain"]
    assert len(chain) == 21
    assert "more" in chain[-1]


def test_a_page_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """The other answers are given all the same, as far as they can be."""
    url = sqlite_url(tmp_path)
    fill(url)
    _change(tmp_path / "audit.db", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE")
    with (tmp_path / "audit.db").open("r+b") as file:
        # Behind the pages of the schema, of which there are some thirty.
        file.seek(4096 * 70)
        file.write(b"\xff" * 4096 * 8)
    found = _found(url)
    assert "pages" in found
    assert [name for name, *_ in examine_file(url)] == ["pages", "references"]


SERVER_DAMAGE = [
    ("schema", "DROP INDEX ix_run_recipe_hash", "ix_run_recipe_hash"),
    ("constraints", "DROP VIEW step_view", "step_view is missing"),
    ("constraints", "ALTER TABLE step DROP CONSTRAINT ck_step_attempt", "ck_step_attempt"),
    (
        "constraints",
        (
            "ALTER TABLE step DROP CONSTRAINT ck_step_sequence, "
            "ADD CONSTRAINT ck_step_sequence CHECK (sequence >= 1) NOT VALID"
        ),
        "was not checked for old rows",
    ),
    ("triggers", "DROP TRIGGER run_refuses_change ON run", "run_refuses_change is missing"),
    ("triggers", "ALTER TABLE recipe DISABLE TRIGGER recipe_refuses_change", "is switched off"),
    (
        "references",
        (
            "ALTER TABLE session DISABLE TRIGGER ALL; DELETE FROM session; "
            "ALTER TABLE session ENABLE TRIGGER ALL"
        ),
        "refer to missing rows of session",
    ),
    (
        "chain",
        (
            "ALTER TABLE unit DISABLE TRIGGER ALL; UPDATE unit SET part_number = 'X'; "
            "ALTER TABLE unit ENABLE TRIGGER ALL"
        ),
        "unit",
    ),
]


def test_what_was_changed_on_a_server_is_named(server_url: str) -> None:
    """Every change has its own line, under the name of what was looked at."""
    fill(server_url, days=(1,))
    with psycopg.connect(server_url.replace("+psycopg", "")) as connection:
        for _, damage, _ in SERVER_DAMAGE:
            connection.execute(damage.encode())
    found = _found(server_url)
    for kind, damage, words in SERVER_DAMAGE:
        assert words in "\n".join(found[kind]), damage


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_of_another_schema_only_that_is_said(tmp_path: Path, revision: str) -> None:
    """Everything else would compare with the wrong tables."""
    url = sqlite_url(tmp_path)
    upgrade(url)
    _change(tmp_path / "audit.db", f"UPDATE alembic_version SET version_num = '{revision}'")
    ((name, _, findings),) = examine(url)
    assert name == "schema"
    assert revision in findings[0]


def test_what_is_no_audit_is_refused(tmp_path: Path) -> None:
    """Nothing there, or something else."""
    with pytest.raises(Unreachable):
        examine(sqlite_url(tmp_path))
    _change(tmp_path / "audit.db", "CREATE TABLE songs (title)")
    with pytest.raises(AuditUnavailable, match="other tables"):
        examine(sqlite_url(tmp_path))
