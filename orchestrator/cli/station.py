"""`orchestrator station`: run the daemon, or check that it could run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import emit

if TYPE_CHECKING:
    from orchestrator.app import Checked, Finish

app = typer.Typer(
    help="Run the station daemon, or check its settings.\n\n"
    "Example: orchestrator station run --config station.toml",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Option("--config", help="Settings file (TOML).", show_default=False)]


@app.command()
def run(
    config: Config,
    exit_when_done: Annotated[
        int | None,
        typer.Option(
            min=1, help="Stop by itself when so many boards have their verdict.", metavar="N"
        ),
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Log lines even on a terminal, no table.")
    ] = False,
) -> None:
    """Run the station in the foreground until a signal stops it.

    On a terminal a table shows every slot; anywhere else one line per event goes to stderr. The
    first signal ends runs as ABORTED within the time of the settings, the second one cuts them.

    Example: orchestrator station run --config station.toml
    """
    import anyio

    from orchestrator.app import prepare
    from orchestrator.cli.live import Show, on_terminal, run_shown
    from orchestrator.engine.memory import settle_collector
    from orchestrator.station.settings_file import load_settings

    prepared = prepare(load_settings(config))
    show = Show.TABLE if on_terminal() and not plain else Show.LOG
    settle_collector()
    finish = anyio.run(run_shown, prepared, show, exit_when_done)
    raise typer.Exit(exit_code_of(finish))


def exit_code_of(finish: "Finish") -> ExitCode:
    """Return what the shell is told about a station that has ended.

    Raises AuditUnavailable when that is what ended it.
    """
    import signal

    from orchestrator.domain.outcome import Outcome

    if finish.end.audit_lost is not None:
        raise finish.end.audit_lost
    if finish.asked_by is not None:
        terminated = finish.asked_by is signal.SIGTERM
        return ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED
    passed = all(verdict.outcome is Outcome.PASS for verdict in finish.end.verdicts)
    return ExitCode.YES if passed else ExitCode.NO


@app.command()
def check(config: Config) -> None:
    """Say for each thing the station needs whether it is in order, and what to do if not.

    Looks at settings, recipes, serial numbers, database and local service; changes nothing.
    Exit code 0: all in order, 78: settings or recipes are wrong, 69: something does not answer.

    Example: orchestrator station check --config station.toml
    """
    import anyio

    from orchestrator.app import check_station

    raise typer.Exit(_print_checks(anyio.run(check_station, config)))


def _print_checks(checks: "Sequence[Checked]") -> ExitCode:
    for entry in checks:
        emit(f"{'ok' if entry.fault is None else 'problem':8}{entry.what}")
        if entry.fault is not None:
            for line in str(entry.fault.what).splitlines():
                emit(f"        {line}")
            if entry.fault.remedy:
                emit(f"        -> {entry.fault.remedy}")
    faults = [entry for entry in checks if entry.fault is not None]
    if any(entry.settings for entry in faults):
        return ExitCode.CONFIGURATION
    return ExitCode.UNAVAILABLE if faults else ExitCode.YES


@app.command()
def settings() -> None:
    """Print the reference of all settings as Markdown.

    Example: orchestrator station settings > settings.md
    """
    from orchestrator.station.settings_reference import reference

    emit(reference(), end="")
