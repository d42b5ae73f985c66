"""`orchestrator cloud`: claim lists of devices without boards at hand."""

import typer

from orchestrator.cli.lists import AtOnce, Config, Csv, DryRun, Result, work

app = typer.Typer(
    help="Work with the cloud without boards at hand.\n\n"
    "Example: orchestrator cloud claim --config station.toml --csv devices.csv",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def cloud() -> None:
    """Keep `claim` a command of its own."""


@app.command()
def claim(
    *,
    csv: Csv,
    config: Config,
    dry_run: DryRun = False,
    at_once: AtOnce = None,
    result: Result = None,
) -> None:
    """Claim every device of a list into the station's tenant and put it into its device group.

    The columns are DeviceId,ProductName,DeviceGroupName. May be interrupted and called again: what
    is done is left alone, and what was requested is asked for first. Each device is a run in the
    audit. Exit code 1: a line did not pass.

    Example: orchestrator cloud claim --config station.toml --csv devices.csv
    """
    work("claim", csv, config, dry_run=dry_run, at_once=at_once, result=result)
