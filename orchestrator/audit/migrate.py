"""Bringing a database to the schema of this program; whether it is sound is asked elsewhere.

The revisions lie in `migrations/` (inside the wheel: `orchestrator/shipped/migrations`). Nothing
here decides when to migrate: `database.open_audit` does it for an empty database only, people do
it with `orchestrator db upgrade`.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from orchestrator.audit.database import reading
from orchestrator.audit.faults import explain
from orchestrator.audit.location import open_store
from orchestrator.audit.schema import demand_revision, read_revision
from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.domain.shipped import shipped


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def make_tables(connection: Connection) -> None:
    """Run the missing revisions in the transaction of `connection`, which the caller ends."""
    if not connection.in_transaction():
        connection.begin()
    command.upgrade(_config(connection), "head")


def upgrade_connection(connection: Connection) -> str:
    """Run the missing revisions in one transaction and return the revision reached."""
    make_tables(connection)
    connection.commit()
    return SCHEMA_REVISION


def upgrade(database_url: str, busy_timeout_seconds: float = 5.0) -> tuple[str | None, str]:
    """Bring a database to this program's schema, all or nothing; make it when it is missing.

    Returns the revision before (None: empty) and after. Raises AuditUnavailable when the
    database cannot be used or is newer, ConfigurationMistakes for a URL that cannot be used.
    """
    store = open_store(database_url, busy_timeout_seconds)
    try:
        store.open()
        store.close()
        with store.engine.connect() as connection:
            before = read_revision(connection, store.place)
            if before is not None and before >= SCHEMA_REVISION:
                demand_revision(before, store.place)
                return before, before
            return before, upgrade_connection(connection)
    except store.commit_errors as error:
        store.close()
        raise explain(error, store.place) from error


def current(database_url: str) -> str | None:
    """Return the schema revision of a database that a station made; None when it is empty.

    Raises Unreachable when there is none.
    """
    with reading(database_url, check_schema=False) as connection:
        return read_revision(connection, str(connection.engine.url))
