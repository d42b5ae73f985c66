"""Is the database whole? One answer per thing that could be wrong, for people and for scripts.

Reads everything and changes nothing, also while a station writes: all answers are about one
moment. What a row says is the affair of the chain (`verify.py`), which is asked here as well.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, SAWarning

from orchestrator.audit.faults import explain
from orchestrator.audit.migrate import upgrade_connection
from orchestrator.audit.schema import demand_revision, read_revision
from orchestrator.audit.snapshot import snapshot
from orchestrator.audit.tables import METADATA, RUN_VIEW, SCHEMA_REVISION, STEP_VIEW
from orchestrator.audit.verify import verify
from orchestrator.domain.errors import AuditUnavailable

_MAX_FINDINGS = 20


class Examined(NamedTuple):
    """One thing that was looked at: what is true when it is sound, and what is wrong with it."""

    name: str
    sound: str
    findings: tuple[str, ...]


def examine(database_url: str) -> list[Examined]:
    """Return what was found, in the order in which a person should read it.

    Raises Unreachable when there is no database, AuditUnavailable when it cannot be read or holds
    something else.
    """
    with snapshot(database_url, check_schema=False) as connection:
        place = str(connection.engine.url)
        revision = read_revision(connection, place)
        try:
            demand_revision(revision, place)
        except AuditUnavailable as error:
            # Of another schema nothing else could be said.
            return [Examined("schema", "", (error.what,))]
        return [
            Examined(name, sound, tuple(_answers(find, connection, place)))
            for name, sound, find in _QUESTIONS
        ]


def examine_file(database_url: str) -> list[Examined]:
    """Return what can be said of a SQLite file whatever its schema: pages and references.

    Raises what `examine` raises.
    """
    with snapshot(database_url, check_schema=False) as connection:
        place = str(connection.engine.url)
        return [
            Examined(name, sound, tuple(_answers(find, connection, place)))
            for name, sound, find in _QUESTIONS
            if find in {_pages, _references}
        ]


def _answers(
    find: Callable[[Connection], Iterator[str]], connection: Connection, place: str
) -> Iterator[str]:
    """Yield the findings; a database that breaks off while it is read is one more."""
    try:
        yield from find(connection)
    except DBAPIError as error:
        yield explain(error, place).what
        connection.rollback()


def _tables(connection: Connection) -> Iterator[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    with warnings.catch_warnings():
        # It stumbles over constraints that are not validated; those are asked for below.
        warnings.simplefilter("ignore", SAWarning)
        differences = compare_metadata(context, METADATA)
    for difference in differences:
        yield f"the tables differ from the program's: {difference}"


def _pages(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for line in connection.execute(text(f"PRAGMA integrity_check({_MAX_FINDINGS})")).scalars():
            if line != "ok":
                yield f"the file is damaged: {line}"
        return
    # A server checks a page when it reads it: every row of every table is asked for.
    for table in METADATA.sorted_tables:
        connection.execute(text(f"SELECT sum(length({table.name}::text)) FROM {table.name}"))  # noqa: S608  # our own names


def _references(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        orphans = connection.execute(text("PRAGMA foreign_key_check")).fetchmany(_MAX_FINDINGS)
        for table, row, parent, _ in orphans:
            yield f"table {table}, row {row}: refers to a missing row of {parent}"
        return
    for child in METADATA.sorted_tables:
        for key in child.foreign_key_constraints:
            name = key.referred_table.name
            parent = key.referred_table.alias("parent")
            pairs = [(part.parent, parent.c[part.column.name]) for part in key.elements]
            condition = pairs[0][0] == pairs[0][1]
            for mine, theirs in pairs[1:]:
                condition &= mine == theirs
            query = select(func.count()).select_from(child.outerjoin(parent, condition))
            query = query.where(pairs[0][1].is_(None), *(mine.is_not(None) for mine, _ in pairs))
            missing = connection.execute(query).scalar()
            if missing:
                yield f"table {child.name}: {missing} rows refer to missing rows of {name}"


def _constraints(connection: Connection) -> Iterator[str]:
    """Compare checks, keys and references, which guard rows that do not come from a station."""
    if connection.dialect.name == "sqlite":
        yield from _differences(connection, "table", "view")
        return
    query = "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = to_regclass(:name)"
    for table in METADATA.sorted_tables:
        found = {
            row[0]: row[1] for row in connection.execute(text(query), {"name": table.name}).all()
        }
        for constraint in table.constraints:
            name = str(constraint.name)
            if name not in found:
                yield f"table {table.name}: the constraint {name} is missing"
            elif not found[name]:
                yield f"table {table.name}: the constraint {name} was not checked for old rows"
    for view in (RUN_VIEW, STEP_VIEW):
        if connection.execute(select(func.to_regclass(view.name))).scalar() is None:
            yield f"the view {view.name} is missing"


def _triggers(connection: Connection) -> Iterator[str]:
    """Look for the triggers that keep rows: there, the program's own, and switched on."""
    if connection.dialect.name == "sqlite":
        yield from _differences(connection, "trigger")
        return
    query = text(
        "SELECT tgname, tgenabled FROM pg_trigger "
        "WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal"
    )
    for table in METADATA.sorted_tables:
        wanted = f"{table.name}_refuses_change"
        found = {
            str(row[0]): _letter(row[1]) for row in connection.execute(query, {"name": table.name})
        }
        if wanted not in found:
            yield f"table {table.name}: the trigger {wanted} is missing"
        elif found[wanted] not in "OA":
            yield f"table {table.name}: the trigger {wanted} is switched off"


def _letter(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _differences(connection: Connection, *kinds: str) -> Iterator[str]:
    """Compare what a file was made with to what the migrations make today, word for word."""
    scratch = create_engine("sqlite://")
    with scratch.connect() as made:
        upgrade_connection(made)
        wanted = _statements(made, kinds)
    found = _statements(connection, kinds)
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"the {wanted[name][0]} {name} is missing"
        elif name not in wanted:
            yield f"the {found[name][0]} {name} is not of this program"
        elif found[name] != wanted[name]:
            yield f"the {wanted[name][0]} {name} differs from the program's"


def _statements(connection: Connection, kinds: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    query = text("SELECT type, name, sql FROM sqlite_master WHERE sql != ''")
    return {
        name: (kind, re.sub(r'[\s"]', "", statement))
        for kind, name, statement in connection.execute(query).all()
        if kind in kinds
    }


def _chain(connection: Connection) -> Iterator[str]:
    report = verify(connection)
    yield from (str(finding) for finding in report.findings[:_MAX_FINDINGS])
    left = len(report.findings[_MAX_FINDINGS:]) + report.more
    if left:
        yield f"and {left} more: see them with `orchestrator audit verify`"


_QUESTIONS: tuple[tuple[str, str, Callable[[Connection], Iterator[str]]], ...] = (
    ("schema", f"revision {SCHEMA_REVISION}, the tables are the program's", _tables),
    ("pages", "every page can be read", _pages),
    ("references", "no row refers to a missing one", _references),
    ("constraints", "illegal rows are refused", _constraints),
    ("triggers", "UPDATE, DELETE and TRUNCATE are refused", _triggers),
    ("chain", "every row is the one that was written", _chain),
)
