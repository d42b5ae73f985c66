"""Which schema a database has, and whether this program may use it.

Reads one row that the migrations leave behind, so that opening a database needs no migration
machinery.
"""

from sqlalchemy import Connection, inspect, text

from orchestrator.audit.tables import SCHEMA_REVISION
from orchestrator.domain.errors import AuditUnavailable

VERSION_TABLE = "alembic_version"


def read_revision(connection: Connection, place: str) -> str | None:
    """Return the schema revision of the database; None when it has no tables at all.

    Raises AuditUnavailable when it holds something else than an audit.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if VERSION_TABLE in tables:
        revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  # a constant
        if revision is not None:
            return str(revision)
    raise AuditUnavailable(
        f"the database holds other tables ({', '.join(sorted(tables)[:3])} ...) and no audit",
        where={"database": place},
        remedy="Name another data directory or database_url",
    )


def demand_revision(revision: str | None, place: str) -> None:
    """Return when the database has the schema of this program. Raises AuditUnavailable."""
    if revision == SCHEMA_REVISION:
        return
    if revision is None:
        what, remedy = (
            "the database is empty: no station has written to it yet",
            ("Check the data directory, or make the tables with `orchestrator db upgrade`"),
        )
    elif revision > SCHEMA_REVISION:
        what = (
            f"the database has schema {revision}, which is newer than this program "
            f"(schema {SCHEMA_REVISION})"
        )
        remedy = "Install the newer program again; this one must not write there"
    else:
        what = f"the database has schema {revision}, this program needs {SCHEMA_REVISION}"
        remedy = "Back it up, then run `orchestrator db upgrade`"
    raise AuditUnavailable(what, where={"database": place}, remedy=remedy, code="schema")
