"""`orchestrator db`: the schema of the audit database, for those who install and upgrade."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import emit, say

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
    """Find out whether the database is sound: schema, file and references.

    Reads everything, so a large database takes minutes. Exit code 1 when something is wrong.

    Example: orchestrator db check --data-dir data
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.migrate import check as find_faults

    findings = find_faults(url)
    for finding in findings:
        emit(finding)
    if findings:
        say("Keep the database as it is, and restore the last backup")
        raise typer.Exit(ExitCode.NO)
    emit("sound: the schema is the program's, file and references are whole")


@app.command()
def reference() -> None:
    """Print the page about tables and views as Markdown.

    Example: orchestrator db reference
    """
    from orchestrator.audit.reference import reference as page

    emit(page(), end="")
