"""`orchestrator people`: the accounts of a station, and the tokens of programs.

Secrets are typed or read from standard input, never given on the command line, where every other
program of the machine could read them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, say
from orchestrator.domain.people import Role

if TYPE_CHECKING:
    from orchestrator.web.accounts import Accounts

app = typer.Typer(
    help="Add people who sign in at the panel, and tokens for programs.\n\n"
    "Example: orchestrator people list --data-dir data",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file of the station, instead of the data directory."),
]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data directory of the station [default: data].")
]
Stdin = Annotated[
    bool,
    typer.Option(
        "--stdin", help="Read the secrets from standard input, one per line, as they are asked for."
    ),
]
PersonId = Annotated[str, typer.Argument(metavar="ID", help="The id, as `people list` shows it.")]
_COLUMNS = ("person_id", "name", "role", "badge", "state")
_TOKEN_COLUMNS = ("token_id", "name", "scopes", "expires_at", "last_used_at", "state")


def _accounts(config: Path | None, data_dir: Path | None) -> "Accounts":
    if config is not None and data_dir is not None:
        raise typer.BadParameter("give --config or --data-dir, not both")
    from orchestrator.domain.clock import SystemClock
    from orchestrator.web.accounts import Accounts
    from orchestrator.web.people_file import PeopleFile

    folder = data_dir or Path("data")
    if config is not None:
        from orchestrator.station.settings_file import load_settings

        folder = load_settings(config).station.data_dir
    return Accounts(PeopleFile(folder), SystemClock())


def _secret(what: str, *, stdin: bool, twice: bool = True) -> str:
    """Ask for a secret without showing it, or take the next line of standard input."""
    import sys

    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{what} is asked for: give --stdin, or use a terminal")
    return str(typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))


@app.command()
def add(
    *,
    name: Annotated[str, typer.Option("--name", help="Name; it stays in this file alone.")],
    role: Annotated[Role, typer.Option("--role", help="What the person is here for.")],
    stdin: Stdin = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Add a person and print the id that the audit will have.

    Viewers and operators get a badge and a PIN, everybody else a password and, if they want, a
    badge in the place of the name.

    Example: orchestrator people add --name Ana --role operator --data-dir data
    """
    from orchestrator.web.accounts import Proof
    from orchestrator.web.people import BY_BADGE

    accounts = _accounts(config, data_dir)
    accounts.demand_new(name, role)
    if role in BY_BADGE:
        badge = _secret("Badge (scan it)", stdin=stdin, twice=False)
        proof = Proof(badge=badge, pin=_secret("PIN", stdin=stdin))
    else:
        proof = Proof(password=_secret("Password", stdin=stdin))
    emit(accounts.add(name, role, proof).person_id)


@app.command(name="list")
def show(
    *,
    tokens: Annotated[bool, typer.Option("--tokens", help="List the tokens of programs.")] = False,
    how: Annotated[
        Format, typer.Option("--format", help="Columns for people, or every member for programs.")
    ] = Format.TABLE,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """List people, or tokens, and whether they may be used.

    Example: orchestrator people list --data-dir data
    """
    accounts = _accounts(config, data_dir)
    if tokens:
        print_rows(accounts.token_rows(), how, _TOKEN_COLUMNS)
    else:
        print_rows(accounts.rows(), how, _COLUMNS)


@app.command()
def remove(
    person: PersonId,
    *,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """End everything that a person, or a token, may do; the id stays for the audit.

    A running station ends their sessions with their next request.

    Example: orchestrator people remove P-0A1B2C3D --data-dir data
    """
    _tell(_accounts(config, data_dir).remove(person), person, "may do nothing any more")


@app.command()
def unlock(
    person: PersonId,
    *,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Let somebody who was locked out after wrong attempts try again.

    Example: orchestrator people unlock P-0A1B2C3D --data-dir data
    """
    _tell(_accounts(config, data_dir).unlock(person), person, "may try again")


def _tell(done: bool, person: str, words: str) -> None:
    if not done:
        say(f"there is no {person}; list them with: orchestrator people list")
        raise typer.Exit(ExitCode.NO)
    emit(f"{person} {words}")


@app.command()
def token(
    *,
    name: Annotated[str, typer.Option("--name", help="What the token is for.")],
    scope: Annotated[
        list[str],
        typer.Option("--scope", help="look, work, hold or metrics; may be given more than once."),
    ],
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How long it is good.")] = 30,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make a token for a program and print it, this once.

    Example: orchestrator people token --name label-printer --scope look --data-dir data
    """
    made, secret = _accounts(config, data_dir).add_token(name, scope, days)
    say(f"{made.token_id} is good until {made.expires_at}; it is shown only now:")
    emit(secret)
