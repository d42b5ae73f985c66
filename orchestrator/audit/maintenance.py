"""The door for those who look after the database while no station writes to it.

Restoring and archiving change more than a station may: they hold the place of the one writer, so
that a station which is started meanwhile is refused, and speak to the database in transactions of
their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from orchestrator.audit.faults import explain
from orchestrator.audit.location import open_store


@contextmanager
def maintaining(database_url: str, *, busy_timeout_seconds: float = 5.0) -> Iterator[Connection]:
    """Give a connection that may change everything, as the only writer. The caller commits.

    Raises StationBusy when a station holds the database, AuditUnavailable when it cannot be
    opened or changed, ConfigurationMistakes for a URL that cannot be used.
    """
    store = open_store(database_url, busy_timeout_seconds)
    driver = store.engine.dialect.loaded_dbapi
    try:
        try:
            store.open()
        except store.commit_errors as error:
            raise explain(error, store.place) from error
        with store.engine.connect() as connection:
            yield connection
    except (driver.Error, DBAPIError) as error:
        # Other errors are those of files beside the database.
        raise explain(error, store.place) from error
    finally:
        store.close()
