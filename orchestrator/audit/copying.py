"""All rows of one audit into another, of either kind: numbers, hashes and order stay as they are.

The chain is made of the rows' own bytes and knows no kind of database, so a copy proves the same.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, LargeBinary, Table, func, select

from orchestrator.audit.tables import TABLES

_ROWS_AT_ONCE = 1_000
_CONTENTS_AT_ONCE = 16


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every table, in an order in which references are satisfied. The caller commits."""
    for table in TABLES.values():
        at_once = _CONTENTS_AT_ONCE if _has_contents(table) else _ROWS_AT_ONCE
        query = select(table).order_by(table.c.entry)
        found = source.execute(query.execution_options(yield_per=at_once))
        for block in found.mappings().partitions():
            target.execute(table.insert(), [dict(row) for row in block])


def _has_contents(table: Table) -> bool:
    return "content" in table.c and isinstance(table.c.content.type, LargeBinary)


def last_entry(connection: Connection) -> int:
    """Return the number of the newest entry; 0 when there is none."""
    newest = (
        connection.execute(select(func.max(table.c.entry))).scalar() for table in TABLES.values()
    )
    return max(number or 0 for number in newest)


def row_counts(connection: Connection, up_to: int) -> Mapping[str, int]:
    """Return how many rows each table has up to an entry."""
    return {
        table.name: connection.execute(
            select(func.count()).select_from(table).where(table.c.entry <= up_to)
        ).scalar_one()
        for table in TABLES.values()
    }
