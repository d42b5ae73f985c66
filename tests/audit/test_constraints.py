"""Rows that no station writes, tried directly with SQL: the database refuses each of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.location import open_store
from orchestrator.audit.tables import TABLES
from orchestrator.domain import records
from tests.audit.rows import RECIPE, at, identity, measurement, run, run_end, step, step_end, unit
from tests.audit.story import fill

STRAY = run("R99")
INTENT = records.IntentRow("I99", "R2", 1, None, "azure-sphere", "aa", "sphere.x", "{}", 0, at(1))
FINDING = records.FindingRow("I1", 2, "applied", "probe", "", "", at(1))
CHECKPOINT = records.CheckpointRow(5, "0" * 64, "E1", "K1", "note", at(1))
SEGMENT = records.SegmentRow(
    "G1", 1, 9, "0" * 64, "0" * 64, 9, 0, "0" * 64, "file", "0" * 64, at(1)
)

ILLEGAL: dict[str, Any] = {
    "an outcome that is no word of ours": run_end("R99", "GOOD"),
    "an outcome in lower case": step_end("R2", 1, "pass"),
    "the end of a step that never began": step_end("R2", 7),
    "the end of a run that never began": run_end("NONE"),
    "a second end of a run": run_end("R2"),
    "a second end of a step": step_end("R2", 1),
    "a step in a run that never began": step("NONE", 1),
    "a step with the number of another": step("R2", 1),
    "a step with number zero": step("R2", 0),
    "a step in no section": step("R2", 2, section="middle"),
    "a step with attempt zero": step("R2", 2, attempt=0),
    "a measurement of a step that never began": measurement("R2", 7),
    "a second measurement with the same name": measurement("R2", 1),
    "a measurement of no kind": measurement("R2", 1, "other")._replace(kind="float"),
    "a measurement without outcome": measurement("R2", 1, "other")._replace(outcome=""),
    "a duration below zero": run_end("R99")._replace(duration_us=-1),
    "a failure that is no step of the run": run_end("R99", failure=7),
    "a run of a recipe that nobody stored": STRAY._replace(recipe_hash="none"),
    "a run of a session that never began": STRAY._replace(session_id="none"),
    "a run of a unit that nobody knows": STRAY._replace(unit_id="none"),
    "a run that continues itself": STRAY._replace(continues="R99"),
    "a run that continues one that never was": STRAY._replace(continues="R98"),
    "a run without a slot": STRAY._replace(slot=None),
    "a second run with the same id": run("R2"),
    "an identity before the first": identity("R2", "bb", None, -1),
    "an identity of a unit that nobody knows": identity("R2", "bb", "none"),
    "a recipe stored twice": RECIPE,
    "a unit stored twice": unit("U2", "SN2"),
    "an artifact of no recipe": records.ArtifactRow("none", "a", "f", "00", 1, ""),
    "an artifact smaller than nothing": records.ArtifactRow("H1", "a", "f", "00", -1, ""),
    "an attachment of no step": records.AttachmentRow("R2", 7, "a", "t", "00", 1, b"x"),
    "an event in a run that never began": records.EventRow(
        "V99", "st1", None, "NONE", "note", "{}", at(1)
    ),
    "an intent of a step that never began": INTENT._replace(sequence=7),
    "an intent that settles before it began": INTENT._replace(settle_us=-1),
    "an intent written twice": INTENT._replace(intent_id="I1"),
    "a finding of no intent": FINDING._replace(intent_id="none"),
    "a finding with number zero": FINDING._replace(number=0),
    "a finding with the number of another": FINDING._replace(number=1),
    "a finding in an unknown state": FINDING._replace(state="perhaps"),
    "a finding from an unknown source": FINDING._replace(source="rumour"),
    "a decision by nobody": FINDING._replace(source="decision"),
    "a unit sent back by no person": FINDING._replace(state="reopened"),
    "a key endorsed by nobody known": records.KeyRow("K9", "A", "none", "sig", "", "", at(1)),
    "a key half endorsed": records.KeyRow("K9", "A", None, "sig", "", "", at(1)),
    "an epoch with an unknown key": records.EpochRow("E9", "st1", "none", 1, "", "", at(1)),
    "a checkpoint of an unknown epoch": CHECKPOINT._replace(epoch_id="none"),
    "a segment that ends before it begins": SEGMENT._replace(first_entry=10),
    "a segment without a whole hash": SEGMENT._replace(last_hash="00"),
}


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection past the station, to a database with a story in it."""
    fill(database_url, days=(1,))
    store = open_store(database_url, 1)
    with store.engine.connect() as connection:
        # A run that is still open, whose rows the illegal ones would join.
        _insert(connection, run("R99"), 900)
        yield connection


def _insert(
    connection: Connection, row: records.Record, entry: int, entry_hash: bytes = bytes(32)
) -> None:
    values = {**row._asdict(), "entry": entry, "entry_hash": entry_hash}
    connection.execute(TABLES[type(row)].insert().values(values))


def test_illegal_rows_are_refused(connection: Connection) -> None:
    """Each mistake alone is enough, and a row without one is taken."""
    for what, row in ILLEGAL.items():
        before = connection.begin_nested()
        try:
            _insert(connection, row, 1000)
        except DBAPIError:
            before.rollback()
        else:
            pytest.fail(f"the database took {what}")
    _insert(connection, step("R99", 1), 1000)


def test_a_row_needs_its_place_in_the_chain(connection: Connection) -> None:
    """Numbers begin with one, none is there twice in a table, and a hash is whole."""
    places = ((0, bytes(32)), (-5, bytes(32)), (900, bytes(32)), (1000, bytes(31)), (1000, b""))
    for entry, entry_hash in places:
        before = connection.begin_nested()
        with pytest.raises(DBAPIError):
            _insert(connection, run("R100"), entry, entry_hash)
        before.rollback()
    with pytest.raises(DBAPIError):
        connection.execute(
            text("INSERT INTO unit (unit_id, registered_at, entry) VALUES ('U99', '', 1000)")
        )


def test_no_way_to_change_a_row(connection: Connection) -> None:
    """UPDATE, DELETE, TRUNCATE and upserts are refused in every table that has rows."""
    for table in TABLES.values():
        key = ", ".join(table.info["key"])
        every = ", ".join(column.name for column in table.columns)
        statements = [
            f"DELETE FROM {table.name}",
            f"UPDATE {table.name} SET entry = entry",
            f"{_again(table.name, every)} ON CONFLICT ({key}) DO UPDATE SET entry = 7",
        ]
        if connection.dialect.name == "postgresql":
            statements.append(f"TRUNCATE {table.name} CASCADE")
        counted = f"SELECT count(*) FROM {table.name}"
        rows = connection.execute(text(counted)).scalar()
        assert rows or table.name == "segment"
        for statement in statements if rows else ():
            before = connection.begin_nested()
            with pytest.raises(DBAPIError, match="only added"):
                connection.execute(text(statement))
            before.rollback()
        assert connection.execute(text(counted)).scalar() == rows


def _again(table: str, every: str) -> str:
    return f"INSERT INTO {table} ({every}) SELECT {every} FROM {table} WHERE true"
