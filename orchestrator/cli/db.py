"""`orchestrator db`: for those who install, upgrade, back up, archive and export the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import emit, printable, say

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(
    help="Look after the audit database.\n\nExample: orchestrator db check --data-dir data",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="DIR", help="Data directory of a station.")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="Where the audit is, when it is not in a data directory.",
    ),
]


def chosen_url(data_dir: Path | None, database_url: str | None) -> str:
    """Return the database that the two options name. Raises typer.BadParameter.

    With neither of them the folder `data` here is meant, when it is there.
    """
    from orchestrator.audit.location import FILE_NAME, sqlite_url

    if data_dir is not None and database_url is not None:
        raise typer.BadParameter("give --data-dir or --database-url, not both")
    if database_url is not None:
        return database_url
    if data_dir is None and not Path("data", FILE_NAME).is_file():
        raise typer.BadParameter("say which database with --data-dir or --database-url")
    return sqlite_url(data_dir or Path("data"))


@app.command()
def upgrade(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database to the schema of this program; make it when it is missing.

    All or nothing. Stop the station and make a backup before.

    Example: orchestrator db upgrade --data-dir data
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.migrate import upgrade as bring_up

    before, after = bring_up(url)
    if before == after:
        emit(f"schema {after}, nothing to do")
    else:
        emit(f"schema {before or 'none'} -> {after}")


@app.command()
def current(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Print the schema revision of the database, and that of the program when it differs.

    Exit code 1 when they differ.

    Example: orchestrator db current --data-dir data
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.migrate import current as revision_of
    from orchestrator.audit.tables import SCHEMA_REVISION

    revision = revision_of(url)
    emit(revision or "none")
    if revision != SCHEMA_REVISION:
        say(f"this program has schema {SCHEMA_REVISION}")
        raise typer.Exit(ExitCode.NO)


@app.command()
def check(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Find out whether the database is sound: schema, pages, references, constraints, chain.

    One line per thing that was looked at. Reads everything, so a large database takes minutes;
    the station may run. Exit code 1 when something is wrong.

    Example: orchestrator db check --data-dir data
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.integrity import examine

    answers = examine(url)
    for name, sound, findings in answers:
        for line in findings or (f"ok, {sound}",):
            emit(f"{name:12} {printable(line)}")
    if any(found.findings for found in answers):
        say("Keep the database as it is, and restore the last backup beside it")
        raise typer.Exit(ExitCode.NO)


@app.command()
def grant(
    role: Annotated[str, typer.Option("--role", metavar="NAME", help="The station's role.")],
    database_url: Annotated[
        str,
        typer.Option("--database-url", metavar="URL", help="As the owner of the tables signs in."),
    ],
) -> None:
    """Let a role of a PostgreSQL server insert and read rows, and nothing else.

    The role must exist. Repeat it after `orchestrator db upgrade`.

    Example: orchestrator db grant --role station --database-url postgresql+psycopg://owner@host/db
    """
    from orchestrator.audit.roles import grant as give

    for line in give(database_url, role):
        emit(line)


@app.command()
def backup(
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="The file to make; not yet there.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Copy the database into one file while the station goes on, and prove it by restoring it.

    The file is a SQLite database, whatever kind the audit is. It appears only when it is sound.

    Example: orchestrator db backup --data-dir data --output backups/audit-2026-11-21.db
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.backup import backup as copy

    done = copy(url, output)
    emit(
        f"{output}: {done.rows} rows up to entry {done.last_entry}, "
        f"restored and examined in {done.seconds:.1f} s"
    )


@app.command()
def restore(
    source: Annotated[
        Path, typer.Option("--from", metavar="FILE", help="A backup made by `db backup`.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a database from a backup, in an empty place of either kind. Overwrites nothing.

    Example: orchestrator db restore --from backups/audit-2026-11-21.db --data-dir data
    """
    if data_dir is None and database_url is None:
        raise typer.BadParameter("say where with --data-dir or --database-url")
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.restore import restore as make

    done = make(source, url)
    emit(f"restored {done.rows} rows up to entry {done.last_entry}")
    say(
        "What was written after the backup is not in it. A station that knows a newer checkpoint "
        "refuses to write here until a person opens a new epoch:"
    )
    say("  orchestrator station new-epoch --config FILE --reason TEXT --by NAME")


@app.command()
def export(
    *,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder for the files.")],
    how: Annotated[str, typer.Option("--format", metavar="FORMAT", help="parquet or csv.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Rows from then on: date or time.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Rows up to then.")
    ] = None,
    attachments: Annotated[
        bool, typer.Option("--attachments", help="Write the contents of attachments as well.")
    ] = False,
) -> None:
    """Write the tables as files for other programs: a folder per table, a file per day (UTC).

    Days that are exported again replace their files, so ask for whole days.

    Example: orchestrator db export --data-dir data --format csv --output out --since 2026-11-20
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.export import ExportFormat
    from orchestrator.audit.export import export as write

    if how not in list(ExportFormat):
        raise typer.BadParameter(f"{how!r} is not one of parquet, csv", param_hint="--format")
    done = write(url, output, ExportFormat(how), since=since, until=until, attachments=attachments)
    emit(f"{output}: {done.rows} rows in {done.files} files, {done.attachments} new attachments")


@app.command()
def archive(
    *,
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder for the archive files.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    before: Annotated[
        str | None,
        typer.Option("--before", metavar="TIME", help="Only what is older: date or time."),
    ] = None,
    keep_days: Annotated[
        int | None,
        typer.Option("--keep-days", metavar="N", min=1, help="Only what is older than N days."),
    ] = None,
) -> None:
    """Move whole old runs into a file that proves itself, and leave the chain verifiable.

    The station must be stopped. Says so and ends well when nothing is old enough.

    Example: orchestrator db archive --data-dir data --keep-days 400 --output archive
    """
    if (before is None) == (keep_days is None):
        raise typer.BadParameter("say what is old with --before or --keep-days")
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.archive import Archived
    from orchestrator.audit.archive import archive as move
    from orchestrator.audit.moments import since_text
    from orchestrator.domain.clock import SystemClock

    clock = SystemClock()
    limit = since_text(before) if before is not None else _days_ago(clock.now(), keep_days or 0)
    with _held(url):
        done = move(url, output, limit, clock)
    if not isinstance(done, Archived):
        emit(f"nothing to archive: {done.why}")
        return
    emit(
        f"{done.file}: entries {done.first_entry} to {done.last_entry}; {done.removed} rows were "
        f"removed from the database, {done.carried} stayed"
    )
    say("Keep the file on another machine; check it with: orchestrator db check-archive FILE")


@app.command(name="check-archive")
def check_archive(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file made by `db archive`.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Prove an archive by itself and, when a database is named, that it was taken from there.

    Example: orchestrator db check-archive archive/audit-000000000001-000000250000.db
    """
    from orchestrator.audit.archive_file import read_archive

    found = read_archive(file)
    first, last, _ = found.stretch
    emit(f"sound: entries {first} to {last}, archived {found.archived_at}")
    if data_dir is not None or database_url is not None:
        from orchestrator.audit.archive import demand_taken_from

        demand_taken_from(chosen_url(data_dir, database_url), file, found)
        emit("the database says of this segment exactly what the file holds")


def _days_ago(now: "datetime", days: int) -> str:
    from datetime import timedelta

    from orchestrator.domain.clock import timestamp

    return timestamp(now - timedelta(days=days))


@contextmanager
def _held(database_url: str) -> Iterator[None]:
    """Hold the data directory of a file, so that no station begins; a server has its own lock."""
    from orchestrator.audit.location import sqlite_path

    path = sqlite_path(database_url)
    if path is None or not path.is_file():
        yield
        return
    from orchestrator.station.lock import station_lock

    with station_lock(path.parent):
        yield


@app.command()
def reference() -> None:
    """Print the page about tables and views as Markdown.

    Example: orchestrator db reference
    """
    from orchestrator.audit.reference import reference as page

    emit(page(), end="")
