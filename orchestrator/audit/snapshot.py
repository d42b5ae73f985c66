"""One state of the whole database, read for as long as it takes while the station goes on writing.

Backup, export and check see the rows of a single moment: on SQLite inside one read transaction of
the write-ahead log, on PostgreSQL inside one REPEATABLE READ transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from orchestrator.audit.database import reading

SNAPSHOT_SECONDS = 86_400.0
"""How long a snapshot may be held."""


@contextmanager
def snapshot(
    database_url: str, *, seconds: float = SNAPSHOT_SECONDS, check_schema: bool = True
) -> Iterator[Connection]:
    """Give a connection that can only read and sees one moment of the database.

    Raises what `database.reading` raises.
    """
    with reading(database_url, seconds=seconds, check_schema=check_schema) as connection:
        connection.rollback()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection
