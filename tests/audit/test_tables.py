"""The schema: records, tables, migrations and page say the same, and rows stay as they are."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.integrity import examine
from orchestrator.audit.location import open_store, sqlite_url
from orchestrator.audit.migrate import current, upgrade
from orchestrator.audit.reference import reference
from orchestrator.audit.tables import METADATA, RUN_VIEW, SCHEMA_REVISION, STEP_VIEW, TABLES
from orchestrator.domain import records
from orchestrator.domain.shipped import shipped
from tests.audit.rows import (
    BASE,
    PROOF,
    identity,
    measurement,
    run,
    run_end,
    step,
    step_end,
    unit,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "database.md"


def test_a_table_has_the_columns_of_its_record() -> None:
    """Records are bound as they are, with their place in the chain behind: one table each."""
    assert set(TABLES) == set(records.Record.__args__)  # type: ignore[attr-defined]  # a union
    for record, table in TABLES.items():
        assert tuple(table.columns.keys()) == (*record._fields, "entry", "entry_hash")
    assert {table.name for table in TABLES.values()} == set(METADATA.tables)


def test_the_program_names_the_newest_revision() -> None:
    """The schema of the program is that of the last migration."""
    revisions = sorted(path.stem for path in (shipped("migrations") / "versions").glob("0*.py"))
    assert revisions[-1].split("_")[0] == SCHEMA_REVISION


def test_the_migrations_make_the_tables_of_the_program(database_url: str) -> None:
    """From empty to head nothing differs, and doing it again does nothing."""
    assert upgrade(database_url) == (None, SCHEMA_REVISION)
    assert upgrade(database_url) == (SCHEMA_REVISION, SCHEMA_REVISION)
    assert current(database_url) == SCHEMA_REVISION
    assert [line for part in examine(database_url) for line in part.findings] == []


def _parts(statement: str) -> set[str]:
    """Return what a CREATE statement says, whatever its order, quotes and spaces."""
    head, _, body = re.sub(r'[\s"]', "", statement).partition("(")
    parts, depth = [""], 0
    for char in body:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return {head, *parts[:-1], parts[-1].removesuffix(")")}


def test_the_migrations_make_the_constraints_of_the_program(tmp_path: Path) -> None:
    """Checks and references, which the drift check does not see, are the same word for word."""
    made = create_engine("sqlite://")
    METADATA.create_all(made)
    upgrade(f"sqlite:///{tmp_path}/a.db")
    question = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql != ''"
    with made.connect() as connection:
        wanted = {row[0]: _parts(row[1]) for row in connection.execute(text(question))}
    with sqlite3.connect(tmp_path / "a.db") as file:
        found = {row[0]: _parts(row[1]) for row in file.execute(question)}
    file.close()
    found.pop("alembic_version")
    assert found == wanted


async def test_the_views_have_the_columns_they_promise(database_url: str) -> None:
    """The columns that queries name are those that the migration made."""
    async with open_audit(database_url):
        pass
    with reading(database_url) as connection:
        for view in (RUN_VIEW, STEP_VIEW):
            found = [column["name"] for column in inspect(connection).get_columns(view.name)]
            assert found == list(view.columns.keys())
            assert connection.execute(select(view)).all() == []


async def test_rows_are_never_changed_or_removed(database_url: str) -> None:
    """Each table refuses UPDATE and DELETE, whoever asks."""
    async with open_audit(database_url) as audit:
        await audit.record(
            *BASE,
            records.ArtifactRow("H1", "app", "app.bin", "00", 1, ""),
            unit("U1", "SN1"),
            run("R1", unit_id="U1"),
            identity("R1", "aa", "U1"),
            step("R1", 1),
            step_end("R1", 1),
            measurement("R1", 1),
            records.AttachmentRow("R1", 1, "log", "text/plain", "00", 1, b"x"),
            run_end("R1"),
            records.EventRow("E1", "st1", None, "R1", "note", "{}", "2026"),
            *PROOF,
        )
    store = open_store(database_url, 1)
    for table in METADATA.tables.values():
        column = next(iter(table.columns.keys()))
        for statement in (
            f"UPDATE {table.name} SET {column} = {column}",
            f"DELETE FROM {table.name}",
        ):
            with (
                store.engine.connect() as connection,
                pytest.raises(DBAPIError, match="only added"),
            ):
                connection.execute(text(statement))


def test_the_writers_connection_replaces_no_row(tmp_path: Path) -> None:
    """SQLite's INSERT OR REPLACE removes a row without the trigger, unless told otherwise."""
    upgrade(sqlite_url(tmp_path))
    store = open_store(sqlite_url(tmp_path), 1)
    store.open()
    raw = store._raw.driver_connection
    row = "INTO unit VALUES ('U1', 'SN1', 'P1', 'A', '2026', 1, zeroblob(32))"
    raw.execute(f"INSERT {row}")
    with pytest.raises(sqlite3.IntegrityError, match="only added"):
        raw.execute(f"INSERT OR REPLACE {row}")
    store.close()


async def test_the_database_judges_what_types_cannot(database_url: str) -> None:
    """Unknown words, negative durations and rows without their parent are refused."""
    from orchestrator.domain.errors import StationMisuse

    async with open_audit(database_url) as audit:
        await audit.record(*BASE, run("R1"), step("R1", 1))
        for bad in (
            step_end("R1", 1, outcome="GOOD"),
            step_end("R1", 1)._replace(duration_us=-1),
            step_end("R1", 2),
            step("R1", 0),
            step("R1", 2, section="middle"),
            measurement("R1", 1)._replace(kind="float"),
            run("R1"),
        ):
            with pytest.raises(StationMisuse, match="does not take these rows"):
                await audit.record(bad)


def test_the_page_about_the_database_is_made_from_the_tables() -> None:
    """Make it anew with: orchestrator db reference > docs/reference/database.md."""
    assert PAGE.read_text(encoding="utf-8") == reference()
