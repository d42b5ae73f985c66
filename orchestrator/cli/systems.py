"""`orchestrator systems`: the operations of the outside systems, and recordings of real ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, say

if TYPE_CHECKING:
    from orchestrator.cli.rooms import Room
    from orchestrator.systems.azure_sphere_device.redaction import Hidden
    from orchestrator.transport.recording import Recording

app = typer.Typer(
    help="The outside systems: their operations, and recordings of real ones.\n\n"
    "Example: orchestrator systems operations --system azure_sphere_device",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_COLUMNS = (
    "category", "operation_id", "method", "path", "since", "idempotent", "lock", "client_method",
    "simulated",
)  # fmt: skip
_RECORDABLE = "azure_sphere_device"


@app.command()
def operations(
    *,
    system: Annotated[
        str | None, typer.Option(help="Only this system.", show_default="all")
    ] = None,
    how: Annotated[
        Format, typer.Option("--format", help="A table, a JSON array, or CSV.")
    ] = Format.TABLE,
    markdown: Annotated[bool, typer.Option("--markdown", hidden=True)] = False,
) -> None:
    """List every operation of the outside systems, as their tables of endpoints have it.

    Example: orchestrator systems operations --system azure_sphere_device --format csv
    """
    from dataclasses import asdict

    from orchestrator.cli.rooms import ROOMS, reference

    if markdown:
        emit(reference(), end="")
        return
    rooms = ROOMS if system is None else (_room(system),)
    rows = [asdict(row) for room in rooms for row in room.operations()]
    print_rows(rows, how, ("system", *_COLUMNS))


@app.command()
def record(
    system: Annotated[
        str, typer.Argument(metavar="SYSTEM", help=f"What to record: {_RECORDABLE}.")
    ],
    *,
    address: Annotated[str, typer.Option(help="IPv4 address of the board.")],
    ca_file: Annotated[
        Path,
        typer.Option(
            help="Certificate (PEM) that the board must prove.", exists=True, dir_okay=False
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write the recording.", dir_okay=False)
    ],
    https_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the board.")] = 443,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Do not hide this: device-id, mac, ip, ssid, subject, identity or blob. "
            "Can be given again.",
        ),
    ] = None,
) -> None:
    """Read everything that a board tells and write it into a file, without what names the board.

    Changes nothing on the board. What the board refuses is part of the recording. Exit code 1
    when a call got no answer at all; the rest is written nevertheless.

    Example: orchestrator systems record azure_sphere_device --address 192.168.35.2
    --ca-file ca.pem --out board.json
    """
    import anyio

    from orchestrator.systems.azure_sphere_device.recording import record_board
    from orchestrator.transport.recording import write_recording
    from orchestrator.transport.tls import pinned_context

    if _room(system).name != _RECORDABLE:
        raise typer.BadParameter(f"{system} cannot be recorded", param_hint="SYSTEM")
    _check_address(address)
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    kept = _kept(keep or [])
    context = pinned_context(ca_file)

    async def read() -> "Recording":
        return await record_board(address, context=context, https_port=https_port, keep=kept)

    recording = anyio.run(read)
    write_recording(out, recording)
    _tell(out, recording)


def _kept(names: list[str]) -> "list[Hidden]":
    """Return what is not to be hidden."""
    from orchestrator.systems.azure_sphere_device.redaction import Hidden

    known = [each.value for each in Hidden]
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                f"{name!r} is nothing that is hidden; there is {', '.join(known)}",
                param_hint="--keep",
            )
    return [Hidden(name) for name in names]


def _tell(out: Path, recording: "Recording") -> None:
    """Say what was written and what is missing in it."""
    answers = [
        answer
        for kept in recording.answers.values()
        for answer in (kept if isinstance(kept, list) else [kept])
    ]
    refused = [
        name
        for name, kept in recording.answers.items()
        if not isinstance(kept, list) and kept.status >= 400
    ]
    say(f"wrote {out}: {len(answers)} answers")
    if refused:
        say(f"  refused by the board: {', '.join(refused)}")
    for call, why in recording.unread.items():
        say(f"  not read: {call}: {why}")
    if recording.unread:
        raise typer.Exit(ExitCode.NO)


def _check_address(address: str) -> None:
    from ipaddress import IPv4Address

    try:
        IPv4Address(address)
    except ValueError:
        raise typer.BadParameter(
            f"{address!r} is no IPv4 address", param_hint="--address"
        ) from None


def _room(name: str) -> "Room":
    from orchestrator.cli.rooms import ROOMS, room

    found = room(name)
    if found is None:
        known = ", ".join(each.name for each in ROOMS)
        raise typer.BadParameter(f"there is no system {name!r}; there is {known}")
    return found
