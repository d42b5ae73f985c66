"""`orchestrator audit`: ask the audit database, also while a station writes to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import audit_proof
from orchestrator.cli.db import DatabaseUrl, DataDir, chosen_url
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, printable, say
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.outcome import Outcome

if TYPE_CHECKING:
    from orchestrator.audit.queries import Filters

app = typer.Typer(
    help="Ask the audit database.\n\nExample: orchestrator audit runs --data-dir data",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command()(audit_proof.verify)
app.command()(audit_proof.certificate)
app.command(name="verify-certificate")(audit_proof.verify_certificate)

_WIDEST_MESSAGE = 60

_FormatOption = Annotated[
    Format, typer.Option("--format", help="Columns for people, or every member for programs.")
]
_Station = Annotated[str | None, typer.Option("--station", help="Only of this station.")]
_Slot = Annotated[str | None, typer.Option("--slot", help="Only of this slot.")]
_Recipe = Annotated[
    str | None, typer.Option("--recipe", help="Only of the recipe with this name or content hash.")
]
_OutcomeOption = Annotated[
    Outcome | None,
    typer.Option("--outcome", case_sensitive=False, help="Only with this outcome."),
]
_Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Runs that began then or later: date or time."),
]
_Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Runs that began then or before.")
]
_Serial = Annotated[str | None, typer.Option("--serial", help="Only of this serial number.")]
_Limit = Annotated[int, typer.Option("--limit", min=1, help="At most this many rows.")]


@contextmanager
def _asking(data_dir: Path | None, database_url: str | None) -> Iterator[Any]:
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.database import reading

    try:
        with reading(url) as connection:
            yield connection
    except InputMistakes as mistakes:
        if type(mistakes) is InputMistakes:
            raise typer.BadParameter(str(mistakes)) from mistakes
        raise


def _filters(**members: Any) -> "Filters":
    from orchestrator.audit.queries import Filters

    return Filters(**members)


@app.command()
def runs(
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    station: _Station = None,
    slot: _Slot = None,
    recipe: _Recipe = None,
    outcome: _OutcomeOption = None,
    since: _Since = None,
    until: _Until = None,
    serial: _Serial = None,
    limit: _Limit = 100,
    how: _FormatOption = Format.TABLE,
) -> None:
    """List runs, the newest first. The outcome of a run that has not ended is empty.

    Example: orchestrator audit runs --data-dir data --outcome FAIL --since 2026-11-21
    """
    with _asking(data_dir, database_url) as connection:
        from orchestrator.audit import queries

        filters = _filters(
            station=station,
            slot=slot,
            recipe=recipe,
            outcome=outcome,
            since=since,
            until=until,
            serial=serial,
        )
        rows = queries.runs(connection, filters, limit)
    columns = (
        "run_id", "station_id", "slot", "serial_number", "recipe", "outcome", "began_at",
        "seconds", "message",
    )  # fmt: skip
    _print(rows, how, columns, queries.RUN_COLUMNS)
    if len(rows) == limit and how is Format.TABLE:
        say(f"the newest {limit}; see more with --limit")


@app.command()
def run(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="The run, as `audit runs` shows it.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    how: _FormatOption = Format.TABLE,
) -> None:
    """Show one run: its steps in their order with timing and measurements.

    JSON is an array of step attempts, each with a list of its measurements.

    Example: orchestrator audit run 06C9R4ZK7T2QW8EN --data-dir data
    """
    with _asking(data_dir, database_url) as connection:
        from orchestrator.audit import queries

        found = queries.run_row(connection, run_id) or queries.run_row(connection, run_id.upper())
        steps = queries.steps(connection, found["run_id"]) if found else []
    if found is None:
        say(f"there is no run {run_id}")
        say("  List the runs with: orchestrator audit runs")
        raise typer.Exit(ExitCode.NO)
    if how is not Format.TABLE:
        print_rows(steps, how)
        return
    _print_head(found)
    columns = (
        "sequence", "section", "step_id", "attempt", "outcome", "began_at", "seconds", "message",
    )  # fmt: skip
    _print(steps, how, columns)
    measured = [
        {
            "sequence": step["sequence"],
            "step_id": step["step_id"],
            **value,
            "limits": _limits(value),
        }
        for step in steps
        for value in step["measurements"]
    ]
    if measured:
        emit("")
        names = ("sequence", "step_id", "name", "value", "uom", "limits", "outcome")
        print_rows(measured, how, names)


@app.command()
def unit(
    name: Annotated[
        str, typer.Argument(metavar="SERIAL|DEVICE_ID", help="Serial number or device id.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    how: _FormatOption = Format.TABLE,
) -> None:
    """Show everything that ever happened to a unit, the oldest first.

    Example: orchestrator audit unit SN-0001 --data-dir data
    """
    with _asking(data_dir, database_url) as connection:
        from orchestrator.audit import queries

        rows = queries.unit_history(connection, name)
    if not rows:
        say(f"no unit {name} was ever met")
        say("  Give a whole serial number or a whole device id, as `audit runs` shows them")
        raise typer.Exit(ExitCode.NO)
    columns = (
        "occurred_at", "kind", "run_id", "slot", "step_id", "outcome", "seconds", "message",
        "detail",
    )  # fmt: skip
    _print(rows, how, columns)


@app.command()
def failures(
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    station: _Station = None,
    slot: _Slot = None,
    recipe: _Recipe = None,
    outcome: _OutcomeOption = None,
    since: _Since = None,
    until: _Until = None,
    limit: _Limit = 100,
    how: _FormatOption = Format.TABLE,
) -> None:
    """Show which steps fail and how often, the most frequent first, with the last message.

    Example: orchestrator audit failures --data-dir data --since 2026-11-21
    """
    with _asking(data_dir, database_url) as connection:
        from orchestrator.audit import queries

        filters = _filters(
            station=station, slot=slot, recipe=recipe, outcome=outcome, since=since, until=until
        )
        rows = queries.failures(connection, filters, limit)
    columns = ("recipe", "step_id", "outcome", "failures", "runs", "last_ended_at", "message")
    _print(rows, how, columns, queries.FAILURE_COLUMNS)


def _print(
    rows: Sequence[dict[str, Any]],
    how: Format,
    columns: Sequence[str],
    every: Sequence[str] | None = None,
) -> None:
    """Print `columns` for people; for programs every member, as the schema names them."""
    if how is Format.TABLE:
        print_rows([_readable(row) for row in rows], how, columns)
    else:
        print_rows(rows, how, every)


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Shorten what a terminal has no room for: times to seconds, long texts to their begin."""
    shown = dict(row)
    for key in ("began_at", "ended_at", "last_ended_at", "occurred_at"):
        if shown.get(key):
            shown[key] = shown[key][:19] + "Z"
    if shown.get("duration_us") is not None:
        shown["seconds"] = f"{shown['duration_us'] / 1e6:.3f}"
    for key in ("message", "detail"):
        text = shown.get(key) or ""
        if len(text) > _WIDEST_MESSAGE:
            shown[key] = text[: _WIDEST_MESSAGE - 3] + "..."
    if "outcome" in shown:
        shown["outcome"] = shown["outcome"] or "-"
    return shown


def _print_head(found: dict[str, Any]) -> None:
    for key in (
        "run_id", "station_id", "slot", "serial_number", "part_number", "device_id", "recipe",
        "recipe_version", "recipe_hash", "began_at", "ended_at", "outcome", "message",
    ):  # fmt: skip
        if found[key] is not None and found[key] != "":
            emit(f"{key:15} {printable(str(found[key]))}")
    emit("")


def _limits(value: dict[str, Any]) -> str:
    """Say in short what a measurement was judged by."""
    words = {
        "limit_min": ">=",
        "limit_max": "<=",
        "limit_equal": "=",
        "limit_pattern": "form",
        "limit_one_of": "one of",
    }
    return ", ".join(
        f"{word} {value[key]}" for key, word in words.items() if value[key] is not None
    )
