"""`orchestrator audit verify`, `certificate`, `verify-certificate`: what proves the audit."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.db import DatabaseUrl, DataDir, chosen_url
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, say
from orchestrator.domain.errors import ConfigurationMistakes, InputMistakes

if TYPE_CHECKING:
    from orchestrator.audit.findings import Report

_COLUMNS = ("kind", "table", "entry", "message")
_LONGEST_FILE = 16 * 1024 * 1024


def verify(
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="ENTRY|TIME",
            help="Only what came after the last checkpoint before this entry, date or time.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="CHECKPOINT", help="A checkpoint that left the machine."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="The station's key, kept elsewhere."),
    ] = None,
    how: Annotated[Format, typer.Option("--format", help="How findings are printed.")] = (
        Format.TABLE
    ),
) -> None:
    """Prove that no row of the audit was changed, deleted, inserted, reordered or cut off.

    Also while a station writes. Exit code 0: nothing was found, 1: each finding names table and
    entry. Without --public-key and --against only what the database says of itself is proven.

    Example: orchestrator audit verify --data-dir data --against checkpoint.txt
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.database import reading
    from orchestrator.audit.keys import load_public_key
    from orchestrator.audit.verify import VERIFY_SECONDS
    from orchestrator.audit.verify import verify as examine

    begin: int | str | None = int(since) if since is not None and since.isdigit() else since
    notes = [_text(path) for path in against or []]
    key = load_public_key(public_key) if public_key is not None else None
    with reading(url, seconds=VERIFY_SECONDS) as connection:
        report = examine(connection, begin, notes, key)
    _print_report(report, how)
    raise typer.Exit(ExitCode.YES if report.is_sound else ExitCode.NO)


def _print_report(report: "Report", how: Format) -> None:
    rows = [
        {
            "kind": finding.kind.value,
            "table": finding.table,
            "entry": finding.entry or None,
            "message": finding.message,
        }
        for finding in report.findings
    ]
    if rows or how is not Format.TABLE:
        print_rows(rows, how, _COLUMNS)
    if report.more:
        say(f"and {report.more} more findings")
    for note in report.notes:
        say(f"note: {note}")
    if report.trusts_own_key and report.key_id:
        say(f"note: trusted key {report.key_id} because the database names it; see --public-key")
    summary = (
        f"{report.rows} rows, entries {report.first_entry} to {report.last_entry}, "
        f"{report.checkpoints} checkpoints, {report.attachments} attachments"
    )
    if not report.is_sound:
        count = len(report.findings) + report.more
        say(f"NOT SOUND: {count} finding{'s' if count > 1 else ''} in {summary}")
        say("  Keep the database as it is, and compare it with a backup and older checkpoints")
    elif how is Format.TABLE:
        emit(f"sound: {summary}")
        emit(f"head {report.head.hex()}, signed up to entry {report.signed_up_to}")


def certificate(
    serial: Annotated[
        str, typer.Argument(metavar="SERIAL|DEVICE_ID", help="Serial number or device id.")
    ],
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it there.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="The station's key; else that of --data-dir."),
    ] = None,
) -> None:
    """Issue the signed birth certificate of a unit, which is proven without this database.

    Refused for a unit whose newest run has not passed, and for one that is held.

    Example: orchestrator audit certificate SN-0001 --data-dir data --output SN-0001.json
    """
    url = chosen_url(data_dir, database_url)
    from orchestrator.audit.certificate import issue
    from orchestrator.audit.database import reading
    from orchestrator.audit.files import replace_file
    from orchestrator.audit.keys import KEY_FILE, load_key_file

    if key is None and database_url is not None:
        raise typer.BadParameter("say which key with --key, or name the station with --data-dir")
    signing = load_key_file(key or (data_dir or Path("data")) / KEY_FILE)
    if signing is None:
        raise ConfigurationMistakes(
            "there is no signing key",
            where={"file": str(key or (data_dir or Path("data")) / KEY_FILE)},
            remedy="Name the station's key with --key",
        )
    try:
        with reading(url) as connection:
            text = issue(connection, serial, signing)
    except InputMistakes as refusal:
        say(f"refused: {refusal.what}")
        say(f"  {refusal.remedy}")
        raise typer.Exit(ExitCode.NO) from None
    if output is None:
        emit(text, end="")
    else:
        replace_file(output, text.encode())
        say(f"wrote {output}, signed with key {signing.key_id}")


def verify_certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate.")],
    public_key: Annotated[
        Path, typer.Option("--public-key", metavar="FILE", help="The station's public key.")
    ],
    how: Annotated[Format, typer.Option("--format", help="How it is printed.")] = Format.TABLE,
) -> None:
    """Prove a certificate with the public key alone, without database and network.

    Exit code 0: it is as it was issued, 1: it proves nothing.

    Example: orchestrator audit verify-certificate SN-0001.json --public-key station.pub
    """
    from orchestrator.audit.envelope import unseal
    from orchestrator.audit.keys import load_public_key

    key = load_public_key(public_key)
    try:
        statement = unseal(_text(file), key)
    except InputMistakes as refusal:
        say(f"refused: {refusal.what}")
        say(f"  {refusal.remedy}")
        raise typer.Exit(ExitCode.NO) from None
    if how is Format.JSON:
        emit(json.dumps(statement, indent=2, ensure_ascii=True))
        return
    print_rows(list(_summary(statement["predicate"])), how)


def _summary(predicate: dict[str, Any]) -> list[dict[str, Any]]:
    unit, run, station = predicate["unit"], predicate["run"], predicate["station"]
    return [
        {"what": "result", "value": predicate["result"]},
        {"what": "serial number", "value": unit["serial_number"]},
        {"what": "device id", "value": unit["device_id"]},
        {"what": "station", "value": station["station_id"]},
        {"what": "run", "value": run["run_id"]},
        {"what": "ended at", "value": run["ended_at"]},
        {"what": "passed", "value": ", ".join(predicate["passedTests"])},
        {"what": "failed", "value": ", ".join(predicate["failedTests"])},
        {"what": "entry", "value": predicate["chain"]["entry"]},
    ]


def _text(path: Path) -> str:
    """Return the text of a file, its line ends as they are. Raises InputMistakes, OSError."""
    with path.open("rb") as file:
        content = file.read(_LONGEST_FILE)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InputMistakes(
            "the file is no text",
            where={"file": str(path)},
            remedy="Name the file as it was written",
        ) from None
