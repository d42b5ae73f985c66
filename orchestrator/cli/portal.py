"""`orchestrator portal`: register lists of devices without boards at hand."""

import typer

from orchestrator.cli.lists import AtOnce, Config, Csv, DryRun, Result, work

app = typer.Typer(
    help="Work with the IoT portal without boards at hand.\n\n"
    "Example: orchestrator portal register --config station.toml --csv devices.csv",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def portal() -> None:
    """Keep `register` a command of its own."""


@app.command()
def register(
    *,
    csv: Csv,
    config: Config,
    dry_run: DryRun = False,
    at_once: AtOnce = None,
    result: Result = None,
) -> None:
    """Register every device of a list in the IoT portal.

    The columns are DeviceId,DeviceName,ModelId. May be interrupted and called again: what is done
    is left alone, and what was requested is asked for first. Each device is a run in the audit.
    Exit code 1: a line did not pass.

    Example: orchestrator portal register --config station.toml --csv devices.csv
    """
    work("register", csv, config, dry_run=dry_run, at_once=at_once, result=result)
