"""The page about the database, made from the tables so that it cannot tell anything else.

`orchestrator db reference > docs/reference/database.md`; a test compares.
"""

import inspect
from collections.abc import Iterable

from sqlalchemy import CheckConstraint, Column, Table

from orchestrator.audit.columns import record_columns
from orchestrator.audit.tables import METADATA, RUN_VIEW, SCHEMA_REVISION, STEP_VIEW, TABLES

_HEAD = f"""# The audit database

What a station writes, schema {SCHEMA_REVISION}. This page is made from the tables by
`orchestrator db reference`.

On SQLite it is the file `audit.db` in the data directory, on PostgreSQL the database of
`database_url`; the tables are the same. Any program may read while a station runs: open the SQLite
file read-only (`sqlite3 'file:data/audit.db?mode=ro'`), never with a program that writes.

- Rows are only added. Triggers refuse UPDATE and DELETE. On SQLite they do not see what the REPLACE
  clause removes, unless `PRAGMA recursive_triggers` is ON, as it is on the station's connection:
  one more reason to open the file read-only.
- Every row is an entry of one chain. `entry` counts 1, 2, 3 ... over all tables together, in the
  order in which the rows were written; times can step, entries cannot. `entry_hash` (32 bytes)
  covers the row and, by the hash of the entry before, all rows before it; `chain.md` says how.
- Times are texts: RFC 3339, UTC, microseconds (`2026-11-21T02:00:00.000000Z`); they sort as text.
- Durations are whole microseconds. Measured numbers and limits are decimal texts, never floats.
- Outcomes are PASS, SKIPPED, FAIL, TIMEOUT, ERROR, ABORTED, INTERRUPTED. What has not ended has no
  row in `run_end` or `step_end`, and outcome NULL in the views.
- What makes a row the one it is (its key) is unique; a second row with it is refused.
- A step attempt is known by `run_id` and `sequence`, which counts the attempts of a run from 1.

Start with the views `run_view` and `step_view`.
"""

_OF_EVERY_TABLE = ("_entry", "_entry_hash")

_EXAMPLES = """
## Examples

First-pass outcome counts of a day:

```sql
SELECT outcome, count(*) FROM run_view
WHERE began_at >= '2026-11-21' AND began_at < '2026-11-22' GROUP BY outcome;
```

All values of one measurement with the serial number they belong to:

```sql
SELECT run_view.serial_number, measurement.value, measurement.uom, measurement.outcome
FROM measurement JOIN run_view ON run_view.run_id = measurement.run_id
WHERE measurement.name = 'stage_seconds';
```

Every unit that got a certain file:

```sql
SELECT DISTINCT run_view.serial_number, run_view.device_id
FROM artifact JOIN run_view ON run_view.recipe_hash = artifact.recipe_hash
WHERE artifact.sha256 = '...' AND run_view.outcome = 'PASS';
```
"""


def reference() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for view, about in (
        (RUN_VIEW, "One row per run, with its recipe, unit, last identity and end."),
        (STEP_VIEW, "One row per step attempt, with its end."),
    ):
        names = ", ".join(f"`{column.name}`" for column in view.columns)
        parts.append(f"\n## View {view.name}\n\n{about}\n\n{names}\n")
    for record, table in TABLES.items():
        parts.append(f"\n## {table.name}\n\n{inspect.getdoc(record)}\n\n")
        parts.append("| column | type | |\n|---|---|---|\n")
        parts.extend(_column_line(column) for column in record_columns(table))
        parts.append("\nAnd `entry`, `entry_hash`, as in every table.\n")
        parts.extend(_check_lines(table))
        parts.extend(_index_lines(table))
    parts.append(_EXAMPLES)
    return "".join(parts)


def _column_line(column: Column[object]) -> str:
    return f"| `{column.name}` | {column.type} | {', '.join(_notes(column))} |\n"


def _notes(column: Column[object]) -> Iterable[str]:
    if column.info.get("key"):
        yield "key"
    if column.nullable:
        yield "may be NULL"
    for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname):
        yield f"refers to `{key.target_fullname}`"


def _check_lines(table: Table) -> Iterable[str]:
    checks = sorted(
        str(check.sqltext)
        for check in table.constraints
        if isinstance(check, CheckConstraint) and not str(check.name).endswith(_OF_EVERY_TABLE)
    )
    if checks:
        yield f"\nHolds always: {'; '.join(f'`{check}`' for check in checks)}.\n"


def _index_lines(table: Table) -> Iterable[str]:
    indexes = sorted(
        ", ".join(str(column.name) for column in index.columns)
        for index in METADATA.tables[table.name].indexes
    )
    if indexes:
        yield f"\nIndexed by: {'; '.join(indexes)}.\n"
