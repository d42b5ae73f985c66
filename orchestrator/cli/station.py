"""`orchestrator station`: run the daemon, check that it could run, look after its key."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import emit
from orchestrator.cli.status import status

if TYPE_CHECKING:
    from orchestrator.app import Checked, Finish
    from orchestrator.station.signing import Place

app = typer.Typer(
    help="Run the station daemon, or check its settings.\n\n"
    "Example: orchestrator station run --config station.toml",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Option("--config", help="Settings file (TOML).", show_default=False)]

app.command(name="status")(status)


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

    Looks at settings, recipes, serial numbers, database with its signing key, and local service;
    changes nothing.
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
def barcodes(
    config: Config,
    language: Annotated[
        str, typer.Option("--language", help="Language of the card.", metavar="CODE")
    ] = "en",
) -> None:
    """Print the card of command codes and slot labels as HTML, for printing.

    Every code is a DataMatrix that the scanner patterns of the settings recognise; slots that have
    no name in the settings get no label.

    Example: orchestrator station barcodes --config station.toml > card.html
    """
    from orchestrator.station.settings_file import load_settings
    from orchestrator.web.barcodes import sheet_alone

    settings = load_settings(config)
    names = [slot.name for slot in settings.slot]
    emit(sheet_alone(language, settings.station.name, names, settings.scanner), end="")


_Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.", metavar="TEXT")]
_By = Annotated[str, typer.Option("--by", help="Who decided it, for the record.", metavar="NAME")]


@app.command()
def init(config: Config) -> None:
    """Make what a station needs before its first start: settings, data folder, signing key.

    What is there stays as it is. Give the public key to everybody who verifies the audit.

    Example: orchestrator station init --config station.toml
    """
    import json

    from orchestrator.audit.files import replace_file
    from orchestrator.audit.keys import PUBLIC_FILE
    from orchestrator.domain.shipped import shipped
    from orchestrator.station.lock import station_lock
    from orchestrator.station.settings_file import load_settings
    from orchestrator.station.signing import ensure_signer

    if not config.exists():
        example = shipped("config") / "station.example.toml"
        text = example.read_text(encoding="utf-8")
        # A recipe that is there, wherever the settings are made: the example names its neighbour.
        recipe = json.dumps(str(shipped("recipes") / "guardian-line.yaml"))
        replace_file(config, text.replace('"../recipes/guardian-line.yaml"', recipe).encode())
        emit(f"made      settings {config}: correct name, recipes and certificate in it")
    settings = load_settings(config)
    data_dir = settings.station.data_dir
    there = data_dir.is_dir()
    with station_lock(data_dir):
        emit(f"{'found' if there else 'made':10}data folder {data_dir}")
        ensured = ensure_signer(data_dir, settings.station.name, settings.database_url)
    emit(f"{'made' if ensured.made else 'found':10}signing key {ensured.signer.key_id}")
    emit(f"          public key {data_dir / PUBLIC_FILE}")


@app.command(name="rotate-key")
def rotate_key(config: Config, reason: _Reason, by: _By) -> None:
    """Put a new signing key in the place of the old one, which endorses it. Stop the station first.

    Everybody who verifies the audit gets the new public key; the old one still proves all.

    Example: orchestrator station rotate-key --config station.toml --reason "yearly" --by ada
    """
    import anyio

    from orchestrator.domain.clock import SystemClock
    from orchestrator.station import signing
    from orchestrator.station.lock import station_lock

    place = _signing_place(config)
    with station_lock(place.data_dir):
        old, new = anyio.run(
            lambda: signing.rotate_key(place, actor=by, reason=reason, clock=SystemClock())
        )
    emit(f"key {new} is in force, endorsed by {old}")


@app.command(name="new-epoch")
def new_epoch(config: Config, reason: _Reason, by: _By) -> None:
    """Let the station go on with a restored database, or without its lost key; on record for ever.

    Whoever verifies the audit sees where the epoch began, who decided it and why.

    Example: orchestrator station new-epoch --config station.toml --reason "disk broke" --by ada
    """
    import anyio

    from orchestrator.domain.clock import SystemClock
    from orchestrator.station import signing
    from orchestrator.station.lock import station_lock

    place = _signing_place(config)
    with station_lock(place.data_dir):
        epoch = anyio.run(
            lambda: signing.new_epoch(place, actor=by, reason=reason, clock=SystemClock())
        )
    emit(f"epoch {epoch.epoch_id} began behind entry {epoch.previous_entry}, key {epoch.key_id}")


def _signing_place(config: Path) -> "Place":
    from orchestrator.station.settings_file import load_settings
    from orchestrator.station.signing import place_of

    return place_of(load_settings(config))


@app.command()
def settings() -> None:
    """Print the reference of all settings as Markdown.

    Example: orchestrator station settings > settings.md
    """
    from orchestrator.station.settings_reference import reference

    emit(reference(), end="")
