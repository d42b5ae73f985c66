"""Every row gets its place in one chain; six tables more: intents, findings, and what proves rows.

All tables are made anew from `0002_schema.sql`: SQLite cannot change keys in place, and one way for
both kinds of database is one way to test. Rows of the first schema are copied aside, put in the
order in which they happened (never before what they refer to), chained, and written back. All of it
is one transaction. The chain's form is written out here once more, so that it stays what it was.
"""

import hashlib
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from alembic import op
from sqlalchemy import Connection

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SCHEMA = Path(__file__).with_name("0002_schema.sql")

_WORDS = {
    "sqlite": {"blob": "BLOB", "number": "INTEGER"},
    "postgresql": {"blob": "BYTEA", "number": "BIGINT"},
}
_OUTCOMES = "'PASS', 'SKIPPED', 'FAIL', 'TIMEOUT', 'ERROR', 'ABORTED', 'INTERRUPTED'"

_KEPT = (
    "signing_key", "epoch", "session", "recipe", "artifact", "unit", "run", "identity", "step",
    "step_end", "measurement", "attachment", "intent", "finding", "run_end", "event", "checkpoint",
    "segment",
)  # fmt: skip

_REFUSAL = "rows of the audit are only added, never changed or removed"

_ROWS_AT_A_TIME = 200


class _Old(NamedTuple):
    """A table of the first schema.

    `happened` are the moments whose latest orders its rows, `place` orders those of one moment,
    `joined` are the tables that the moments come from.
    """

    name: str
    columns: str
    key: str
    happened: tuple[str, ...]
    place: str = "0"
    joined: str = ""


_LAST = str(2**62)

_OLD = (
    _Old(
        "session",
        "session_id station_id host software_version python_version database_version started_at",
        "session_id",
        ("started_at",),
    ),
    _Old(
        "recipe",
        "recipe_hash name version part_number revision operation text plan loaded_at",
        "recipe_hash",
        ("loaded_at",),
    ),
    _Old(
        "artifact",
        "recipe_hash name file sha256 size_bytes description",
        "recipe_hash name",
        ("recipe.loaded_at",),
        joined="LEFT JOIN recipe ON recipe.recipe_hash = artifact.recipe_hash",
    ),
    _Old(
        "unit",
        "unit_id serial_number part_number revision registered_at",
        "unit_id",
        ("registered_at",),
    ),
    _Old(
        "run",
        "run_id station_id session_id slot port recipe_hash operation unit_id inputs began_at",
        "run_id",
        ("run.began_at", "session.started_at", "recipe.loaded_at", "unit.registered_at"),
        joined="LEFT JOIN session ON session.session_id = run.session_id "
        "LEFT JOIN recipe ON recipe.recipe_hash = run.recipe_hash "
        "LEFT JOIN unit ON unit.unit_id = run.unit_id",
    ),
    _Old(
        "identity",
        "run_id sequence unit_id system device_id read_at",
        "run_id sequence system device_id",
        ("identity.read_at", "old_run.happened", "unit.registered_at"),
        "identity.sequence",
        "LEFT JOIN old_run ON old_run.run_id = identity.run_id "
        "LEFT JOIN unit ON unit.unit_id = identity.unit_id",
    ),
    _Old(
        "step",
        "run_id sequence section step_id name uses attempt irreversible parameters began_at",
        "run_id sequence",
        ("step.began_at", "old_run.happened"),
        "step.sequence",
        "LEFT JOIN old_run ON old_run.run_id = step.run_id",
    ),
    _Old(
        "step_end",
        "run_id sequence outcome ended_at duration_us error_class error_code message remedy",
        "run_id sequence",
        ("step_end.ended_at", "old_step.happened"),
        "step_end.sequence",
        "LEFT JOIN old_step ON old_step.run_id = step_end.run_id "
        "AND old_step.sequence = step_end.sequence",
    ),
    _Old(
        "measurement",
        "run_id sequence name kind value uom limit_min limit_max limit_equal limit_pattern "
        "limit_one_of outcome",
        "run_id sequence name",
        ("old_step_end.happened", "old_step.happened"),
        "measurement.sequence",
        "LEFT JOIN old_step ON old_step.run_id = measurement.run_id "
        "AND old_step.sequence = measurement.sequence "
        "LEFT JOIN old_step_end ON old_step_end.run_id = measurement.run_id "
        "AND old_step_end.sequence = measurement.sequence",
    ),
    _Old(
        "attachment",
        "run_id sequence name media_type sha256 size_bytes content",
        "run_id sequence name",
        ("old_step_end.happened", "old_step.happened"),
        "attachment.sequence",
        "LEFT JOIN old_step ON old_step.run_id = attachment.run_id "
        "AND old_step.sequence = attachment.sequence "
        "LEFT JOIN old_step_end ON old_step_end.run_id = attachment.run_id "
        "AND old_step_end.sequence = attachment.sequence",
    ),
    _Old(
        "run_end",
        "run_id outcome ended_at duration_us first_failure message",
        "run_id",
        ("run_end.ended_at", "old_run.happened", "old_step.happened"),
        _LAST,
        "LEFT JOIN old_run ON old_run.run_id = run_end.run_id "
        "LEFT JOIN old_step ON old_step.run_id = run_end.run_id "
        "AND old_step.sequence = run_end.first_failure",
    ),
    _Old(
        "event",
        "event_id station_id slot run_id kind detail occurred_at",
        "event_id",
        ("event.occurred_at", "old_run.happened"),
        _LAST,
        "LEFT JOIN old_run ON old_run.run_id = event.run_id",
    ),
)
"""In an order in which rows never refer to a later table."""


def upgrade() -> None:
    """Put the old rows aside, make the tables, chain the rows into them."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    for view in ("run_view", "step_view"):
        connection.exec_driver_sql(f"DROP VIEW {view}")
    for table in _OLD:
        _put_aside(connection, table, dialect)
    for table in reversed(_OLD):
        connection.exec_driver_sql(f"DROP TABLE {table.name}")
    words = {**_WORDS[dialect], "outcomes": _OUTCOMES}
    lines = _SCHEMA.read_text(encoding="utf-8").format(**words).splitlines()
    statements = "\n".join(line for line in lines if not line.startswith("--"))
    for statement in statements.strip().removesuffix(";").split(";\n"):
        connection.exec_driver_sql(statement)
    _chain(connection, "?" if dialect == "sqlite" else "%s")
    for table in _OLD:
        connection.exec_driver_sql(f"DROP TABLE old_{table.name}")
    for name in _KEPT:
        _keep_rows(connection, name, dialect)


def _put_aside(connection: Connection, table: _Old, dialect: str) -> None:
    collate = ' COLLATE "C"' if dialect == "postgresql" else ""
    moments = [f"COALESCE({moment}, ''){collate}" for moment in table.happened]
    latest = "max" if dialect == "sqlite" else "greatest"
    happened = f"{latest}({', '.join(moments)})" if len(moments) > 1 else moments[0]
    columns = ", ".join(f"{table.name}.{name}" for name in table.columns.split())
    connection.exec_driver_sql(
        f"CREATE TABLE old_{table.name} AS SELECT {columns}, {happened} AS happened, "  # noqa: S608  # words of this file
        f"{table.place} AS place FROM {table.name} {table.joined}"
    )
    key = ", ".join(table.key.split())
    connection.exec_driver_sql(f"CREATE INDEX old_{table.name}_key ON old_{table.name} ({key})")


def _rows(connection: Connection, rank: int) -> Iterator[tuple[Any, ...]]:
    """Give happened, place and rank of each row of an old table, then its columns, in order."""
    table = _OLD[rank]
    order = ", ".join(["happened", "place", *table.key.split()])
    columns = ", ".join(table.columns.split())
    found = connection.exec_driver_sql(
        f"SELECT happened, place, {columns} FROM old_{table.name} ORDER BY {order}",  # noqa: S608  # words of this file
        execution_options={"stream_results": True, "yield_per": _ROWS_AT_A_TIME},
    )
    for happened, place, *values in found:
        yield happened, place, rank, values


def _chain(connection: Connection, mark: str) -> None:
    """Number and chain the old rows of all tables, and write them into the new ones."""
    inserts = []
    for table in _OLD:
        names = [*table.columns.split(), "entry", "entry_hash"]
        marks = ", ".join([mark] * len(names))
        inserts.append(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})")  # noqa: S608  # words of this file
    ordered = merge(
        *(_rows(connection, rank) for rank in range(len(_OLD))), key=lambda row: row[:3]
    )
    entry, head = 0, bytes(32)
    while block := list(islice(ordered, _ROWS_AT_A_TIME)):
        groups: list[list[tuple[Any, ...]]] = [[] for _ in _OLD]
        for *_, rank, values in block:
            entry += 1
            head = hashlib.sha256(head + _canonical(_OLD[rank], entry, values)).digest()
            groups[rank].append((*values, entry, head))
        for insert, rows in zip(inserts, groups, strict=True):
            if rows:
                connection.exec_driver_sql(insert, rows)


def _canonical(table: _Old, entry: int, values: Sequence[Any]) -> bytes:
    named = zip(table.columns.split(), values, strict=True)
    hashed = [value for name, value in named if (table.name, name) != ("attachment", "content")]
    if table.name == "run":
        hashed.append(None)  # continues
    if table.name == "step":
        hashed[7] = int(hashed[7])  # irreversible: a truth or a number, as the database has it
    absent = "".join("1" if value is None else "0" for value in hashed)
    texts = ["" if value is None else str(value) for value in hashed]
    return "\0".join([str(entry), table.name, absent, *texts]).encode()


def _keep_rows(connection: Connection, table: str, dialect: str) -> None:
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    else:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
