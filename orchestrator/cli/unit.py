"""`orchestrator unit`: which units are held for a person, and what that person decides.

What ever happened to a unit is shown by `orchestrator audit unit`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from orchestrator.cli.db import DatabaseUrl, DataDir, chosen_url
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, printable, say, show_error
from orchestrator.domain.errors import StationBusy, StationFault

if TYPE_CHECKING:
    from orchestrator.station.decisions import Decision
    from orchestrator.station.requests import Answer

app = typer.Typer(
    help="See which units are held, and decide about them.\n\n"
    "Example: orchestrator unit holds --data-dir data",
    no_args_is_help=True,
    rich_markup_mode=None,
)

WIDEST_MESSAGE = 60
"""Characters of a message that the table shows; JSON and CSV have it whole."""

ANSWER_SECONDS = 15.0
"""How long the answer of a running station is waited for."""

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file of the station, instead of the data directory."),
]
_COLUMNS = ("intent_id", "serial_number", "device_id", "slot", "kind", "parameters", "began_at",
            "message")  # fmt: skip


class _Place(NamedTuple):
    """Where a station keeps its things. `checkpoint_file` None: in the data folder."""

    folder: Path
    url: str
    checkpoint_file: Path | None = None


def _place(config: Path | None, data_dir: Path | None) -> _Place:
    """Return the data folder, the database and the checkpoint that the options name."""
    if config is None:
        return _Place(data_dir or Path("data"), chosen_url(data_dir, None))
    if data_dir is not None:
        raise typer.BadParameter("give --config or --data-dir, not both")
    from orchestrator.station.settings_file import load_settings

    settings = load_settings(config)
    folder = settings.station.data_dir
    return _Place(folder, settings.database_url, settings.audit.checkpoint_file)


@app.command()
def holds(
    *,
    config: Config = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    how: Annotated[
        Format, typer.Option("--format", help="Columns for people, or every member for programs.")
    ] = Format.TABLE,
) -> None:
    """List the requests of which nobody knows whether they were applied, the oldest first.

    Their units are held: look at each of them, then use `orchestrator unit decide`. The station
    may run.

    Example: orchestrator unit holds --data-dir data
    """
    if config is not None and database_url is not None:
        raise typer.BadParameter("give --config or --database-url, not both")
    url = chosen_url(data_dir, database_url) if config is None else _place(config, data_dir).url
    from orchestrator.audit.database import reading
    from orchestrator.audit.queries import HOLD_COLUMNS
    from orchestrator.audit.queries import holds as held

    with reading(url) as connection:
        rows = held(connection)
    if how is Format.TABLE:
        print_rows([_short(row) for row in rows], how, _COLUMNS)
    else:
        print_rows(rows, how, HOLD_COLUMNS)


def _short(row: dict[str, Any]) -> dict[str, Any]:
    message = row["message"] or ""
    if len(message) > WIDEST_MESSAGE:
        message = message[: WIDEST_MESSAGE - 3] + "..."
    device, began = row["device_id"][:12], row["began_at"][:19] + "Z"
    return {**row, "device_id": device, "began_at": began, "message": message}


@app.command()
def decide(
    *,
    intent: Annotated[
        str, typer.Argument(metavar="INTENT", help="The intent, as `unit holds` shows it.")
    ],
    answer: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER",
            help="applied: it is so; not-applied: it is certainly not so; ask-again: the unit can "
            "be asked now.",
        ),
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: what was seen.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Say what became of a request, after having looked at the unit itself.

    Recorded with name and reason, and never changed. A running station takes it over within two
    seconds, and the unit goes on by itself if it is in its slot. Exit code 1: refused.

    Example: orchestrator unit decide 06C9R4ZK7T2QW8EN not-applied --by Jo --reason "LED is off"
    """
    place = _place(config, data_dir)
    from orchestrator.station.decisions import Decision

    done = _decided(place, Decision(intent.upper(), answer, by, reason))
    if not done.done:
        say(f"refused: {printable(done.says)}")
        raise typer.Exit(ExitCode.NO)
    emit(printable(done.says))


def _decided(place: _Place, decision: "Decision") -> "Answer":
    """Record the decision here, or have the station that runs record it."""
    import anyio

    from orchestrator.app import decide_alone
    from orchestrator.audit.database import reading
    from orchestrator.station.decisions import DecisionRefused
    from orchestrator.station.requests import Answer, send

    with reading(place.url):
        # Writing would make a database where there is none.
        pass
    try:
        return Answer(done=True, says=anyio.run(decide_alone, *place, decision))
    except DecisionRefused as refusal:
        return Answer(done=False, says=str(refusal))
    except StationBusy as busy:
        answer = anyio.run(send, place.folder, decision, ANSWER_SECONDS)
        if answer is not None:
            return answer
        show_error(busy)
        raise StationFault(
            f"the station did not answer within {ANSWER_SECONDS:.0f} s; nothing was decided",
            remedy="See what the station says: it may have lost its audit. Then decide again",
        ) from None
