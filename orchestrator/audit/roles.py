"""What the station's role may do on a PostgreSQL server: add rows and read them, nothing else.

The owner makes the tables and looks after them; the station signs in as another role. Even a
station that was taken over can then not change what it has written. What was granted is read back
as the server sees it, since rights also come through other roles.
"""

from typing import NamedTuple

from sqlalchemy import Connection, text

from orchestrator.audit.location import sqlite_path
from orchestrator.audit.maintenance import maintaining
from orchestrator.audit.schema import VERSION_TABLE, demand_revision, read_revision
from orchestrator.audit.tables import RUN_VIEW, STEP_VIEW, TABLES
from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes

_TOO_MUCH = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")


_OWNED = """
    SELECT relname FROM pg_class
    WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        AND pg_has_role(:role, relowner, 'MEMBER')
    UNION SELECT nspname FROM pg_namespace
    WHERE nspname = current_schema() AND pg_has_role(:role, nspowner, 'MEMBER')
    UNION SELECT datname FROM pg_database
    WHERE datname = current_database() AND pg_has_role(:role, datdba, 'MEMBER')
"""
"""What a role owns of the audit, itself or through another role."""


class _Role(NamedTuple):
    name: str
    quoted: str


def grant(database_url: str, role_name: str) -> list[str]:
    """Let `role_name` insert and read, and nothing else; return what it now has, in sentences.

    The URL is that of the owner of the tables. Raises ConfigurationMistakes when the database is a
    file, InputMistakes when there is no such role or it has more rights than it may have,
    StationBusy while a station writes, AuditUnavailable when the server refuses.
    """
    if sqlite_path(database_url) is not None:
        raise ConfigurationMistakes(
            "a SQLite file has no roles",
            where={"setting": "database_url"},
            remedy="Protect the file with the rights of its folder instead",
        )
    with maintaining(database_url) as connection:
        place = str(connection.engine.url)
        demand_revision(read_revision(connection, place), place)
        role = _known(connection, role_name)
        _set_rights(connection, role)
        _demand_no_more(connection, role)
        connection.commit()
    return [
        f"{role_name} may connect, insert into {len(TABLES)} tables and read them",
        "it may not change, delete or truncate rows, nor change tables",
    ]


def _known(connection: Connection, name: str) -> _Role:
    query = "SELECT rolsuper, quote_ident(rolname) FROM pg_roles WHERE rolname = :name"
    found = connection.execute(text(query), {"name": name}).first()
    if found is None:
        raise InputMistakes(
            f"there is no role {name} on the server",
            where={"role": name},
            remedy=f"Make it with SQL as an administrator: CREATE ROLE {name} LOGIN PASSWORD '...'",
        )
    if found.rolsuper:
        raise InputMistakes(
            f"the role {name} is a superuser, to whom no right can be denied",
            where={"role": name},
            remedy="Name a role of its own for the station",
        )
    return _Role(name, found.quote_ident)


def _set_rights(connection: Connection, role: _Role) -> None:
    database, schema = connection.execute(
        text("SELECT quote_ident(current_database()), quote_ident(current_schema())")
    ).one()
    kept = ", ".join(table.name for table in TABLES.values())
    read_only = f"{VERSION_TABLE}, {RUN_VIEW.name}, {STEP_VIEW.name}"
    for statement in (
        f"REVOKE ALL ON {kept}, {read_only} FROM PUBLIC, {role.quoted}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {role.quoted}",
        f"GRANT CONNECT ON DATABASE {database} TO {role.quoted}",
        f"GRANT USAGE ON SCHEMA {schema} TO {role.quoted}",
        f"GRANT SELECT, INSERT ON {kept} TO {role.quoted}",
        f"GRANT SELECT ON {read_only} TO {role.quoted}",
    ):
        connection.execute(text(statement))


def _demand_no_more(connection: Connection, role: _Role) -> None:
    """Ask the server what the role may really do, through other roles as well."""
    for table in (*(table.name for table in TABLES.values()), VERSION_TABLE):
        rights = (*_TOO_MUCH, "INSERT") if table == VERSION_TABLE else _TOO_MUCH
        for right in rights:
            query = text("SELECT has_table_privilege(:role, to_regclass(:name)::oid, :right)")
            if connection.execute(
                query, {"role": role.name, "name": table, "right": right}
            ).scalar():
                raise _too_much(role, f"{right} on {table}")
    query = text("SELECT has_schema_privilege(:role, current_schema(), 'CREATE')")
    if connection.execute(query, {"role": role.name}).scalar():
        raise _too_much(role, "CREATE in the schema")
    # An owner can give back to himself what was taken.
    owned = connection.execute(text(_OWNED), {"role": role.name}).scalars().all()
    if owned:
        raise _too_much(role, f"of an owner on {', '.join(owned[:3])}")


def _too_much(role: _Role, right: str) -> InputMistakes:
    return InputMistakes(
        f"the role {role.name} would still have the right {right}, by itself or through "
        "another role",
        where={"role": role.name},
        remedy="Nothing was changed; name a role that owns nothing and is in no other role",
    )
