"""The `orchestrator` command: joins the nouns, and turns errors into sentences and exit codes."""

import os
import platform
import sys
import tempfile
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from orchestrator import __version__
from orchestrator.cli import (
    audit,
    cloud,
    db,
    demo,
    people,
    portal,
    recipe,
    simulate,
    simulate_hosts,
    simulate_services,
    station,
    systems,
    unit,
)
from orchestrator.cli.exit_codes import ExitCode, exit_code_for
from orchestrator.cli.output import emit, say, show_error
from orchestrator.domain.errors import OrchestratorError

EPILOG = (
    "Exit codes: 0 yes, 1 the answer is no (a unit did not pass), 2 wrong command line, "
    "65 recipe has mistakes, 69 not reachable, 70 our fault, 73/74 cannot create or write, "
    "75 someone else holds it, 77 not allowed, 78 settings are wrong."
)

app = typer.Typer(
    name="orchestrator",
    help="Run recipes on many boards at once and prove every step afterwards.\n\n"
    "Example: orchestrator demo --boards 8",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="demo")(demo.demo)
app.add_typer(station.app, name="station")
app.add_typer(recipe.app, name="recipe")
app.add_typer(people.app, name="people")
app.add_typer(unit.app, name="unit")
app.add_typer(cloud.app, name="cloud")
app.add_typer(portal.app, name="portal")
app.add_typer(audit.app, name="audit")
app.add_typer(db.app, name="db")
simulate_services.add_to(simulate.app)
simulate_hosts.add_to(simulate.app)
app.add_typer(simulate.app, name="simulate")
app.add_typer(systems.app, name="systems")


def _versions() -> str:
    from orchestrator.domain.shipped import shipped
    from orchestrator.recipe import LANGUAGE_VERSION

    revisions = sorted(path.stem for path in (shipped("migrations") / "versions").glob("0*.py"))
    schema = revisions[-1].split("_")[0] if revisions else "none"
    return (
        f"orchestrator {__version__}, Python {platform.python_version()}, "
        f"database schema {schema}, recipe language {LANGUAGE_VERSION}"
    )


def _show_version(wanted: bool) -> None:
    if wanted:
        emit(_versions())
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Print the versions of package, Python, database schema and recipe language.",
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks on the terminal.")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Never colour the output.")] = False,
) -> None:
    """Take the options that every command shares."""
    del version
    if debug:
        os.environ["ORCHESTRATOR_DEBUG"] = "1"
    if no_color:
        os.environ["NO_COLOR"] = "1"


def _report_our_fault(error: BaseException) -> None:
    """Keep the traceback in a file that the message names."""
    text = "".join(traceback.format_exception(error))
    if os.environ.get("ORCHESTRATOR_DEBUG"):
        say(text)
    handle, name = tempfile.mkstemp(prefix="orchestrator-report-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as report:
        report.write(f"{_versions()}\n{' '.join(sys.argv)}\n{text}")
    say(f"error: the program itself failed ({type(error).__name__})")
    say(f"  The report lies in {Path(name)}; send it to the developers")


class ProcessEdge:
    """The outermost edge: whatever leaves the command becomes a sentence and an exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OrchestratorError):
            show_error(error)
            sys.exit(exit_code_for(error))
        if isinstance(error, OSError):
            places = {"file": str(error.filename)} if error.filename else None
            show_error(
                OrchestratorError(
                    f"the system refused: {error.strerror or error}",
                    remedy="Check the path, its rights and the free space",
                    where=places,
                )
            )
            sys.exit(ExitCode.INPUT_OUTPUT)
        if isinstance(error, Exception):
            _report_our_fault(error)
            sys.exit(ExitCode.OUR_FAULT)


def main() -> None:
    """Run the command line and leave the process with the exit code of its answer."""
    with ProcessEdge():
        app()
