"""`orchestrator demo`: a simulated rack and a real station, from nothing to a summary.

The rack is a process of its own that speaks HTTPS; the station is the one that a factory runs, on
settings that the demo writes into its data folder. What else a line needs is in `demo_lines`.
"""

import shlex
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.demo_hosts import HostLine
from orchestrator.cli.demo_lines import Line, LineName
from orchestrator.cli.exit_codes import ExitCode
from orchestrator.cli.output import Format, emit, print_rows, printable, say

if TYPE_CHECKING:
    from orchestrator.app import Finish
    from orchestrator.station.past import Verdict

LINES: Mapping[LineName, Line] = {
    LineName.GUARDIAN: Line("guardian-line.yaml"),
    LineName.FULL: Line("full-line.yaml", services=True),
    LineName.EDGE: HostLine("edge-computer-provisioning.yaml"),
}
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
WIDTH = 96
_PANEL = """
[web]
port = 0
sign_in = false
"""


def demo(
    boards: Annotated[int, typer.Option(min=1, max=250, help="How many boards.")] = 8,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the audit database; must not hold one already.",
            show_default="a new folder orchestrator-demo-TIME here",
        ),
    ] = None,
    faults: Annotated[
        bool, typer.Option("--faults", help="Make some boards bad; they must not pass.")
    ] = False,
    recipe: Annotated[
        LineName,
        typer.Option(
            help="Shipped recipe; full-line goes on to cloud and portal, and "
            "edge-computer-provisioning has computers instead of boards."
        ),
    ] = LineName.GUARDIAN,
    panel: Annotated[
        bool,
        typer.Option("--panel", help="Serve the operator's panel too, until Ctrl-C is pressed."),
    ] = False,
) -> None:
    """Run a recipe on simulated boards, all at once, and prove it with a database.

    Starts a rack of simulated boards and a station, shows one row per slot, ends by itself and
    prints what every board came to. Exit code 0 if all passed, 1 if some did not. The full line
    has a pretend cloud and a pretend portal too; with --faults they lose answers. With --panel
    the address of the panel is said, and the station stays until it is interrupted.

    Example: orchestrator demo --boards 16 --faults
    """
    import anyio

    from orchestrator.cli.station import exit_code_of

    folder = _folder(data_dir)
    if folder is None:
        raise typer.Exit(ExitCode.CANNOT_CREATE)
    line = LINES[recipe]
    say(f"{_count(boards, line)}, simulated; everything about them goes to {folder}")
    finish = anyio.run(_run, folder, boards, faults, line, panel)
    if panel:
        _next_commands(None, folder)
    else:
        _summary(finish.end.verdicts, folder, line)
    raise typer.Exit(exit_code_of(finish))


def _folder(wanted: Path | None) -> Path | None:
    """Make the data folder; None, with a sentence, when it holds an audit or cannot be made."""
    from datetime import datetime

    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    folder = (wanted or Path(f"orchestrator-demo-{stamp}")).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=wanted is not None)
        taken = sorted(path.name for path in folder.iterdir())
    except OSError as refusal:
        say(f"error: the folder {folder} cannot be made: {refusal.strerror}")
        say("  Name another one with --data-dir")
        return None
    if any(name in taken for name in ("audit.db", "station.toml", "rack.toml")):
        say(f"error: the folder {folder} already holds a demo or a station")
        say("  Name a new folder with --data-dir, nothing is ever overwritten")
        return None
    return folder


async def _run(folder: Path, boards: int, faults: bool, line: Line, panel: bool) -> "Finish":
    from orchestrator.app import prepare
    from orchestrator.cli.child import running_child
    from orchestrator.cli.live import Show, on_terminal, run_shown
    from orchestrator.engine.memory import settle_collector
    from orchestrator.station.settings_file import load_settings

    rack_file = line.describe(folder, boards, faults=faults)
    line.set_token()
    command = line.command(folder, rack_file, boards, faults=faults)
    async with running_child(command, folder / "rack.log", READY_SECONDS, STOP_SECONDS) as ready:
        settings_file = folder / "station.toml"
        text = line.station(ready) + (_PANEL if panel else "")
        settings_file.write_text(text, encoding="utf-8")
        prepared = prepare(load_settings(settings_file))
        settle_collector()
        show = Show.TABLE if on_terminal() else Show.LINES
        return await run_shown(prepared, show, None if panel else line.units(ready))


def settings_text(ready: "Mapping[str, Any]") -> str:
    """Return the settings of a station for the rack that said it is `ready`."""
    return LINES[LineName.GUARDIAN].station(ready)


def rack_command(folder: Path, rack_file: Path) -> list[str]:
    """Return the command that runs the boards of `rack_file` and leaves its files in `folder`."""
    return LINES[LineName.GUARDIAN].command(folder, rack_file)


def _summary(verdicts: "Sequence[Verdict]", folder: Path, line: Line) -> None:
    ordered = sorted(verdicts, key=lambda verdict: verdict.slot)
    rows = [
        {
            "slot": verdict.slot,
            "unit": verdict.serial_number or "-",
            "outcome": verdict.outcome.value,
        }
        for verdict in ordered
    ]
    print_rows(rows, Format.TABLE)
    bad = [verdict for verdict in ordered if not verdict.outcome.is_pass]
    for verdict in bad:
        emit(f"\n{verdict.slot} {verdict.outcome.value}\n{_paragraph(verdict.message)}")
    counts = Counter(row["outcome"] for row in rows)
    totals = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    emit(f"\n{_count(len(rows), line)}: {totals or 'none had its verdict'}")
    for told in line.counts(folder):
        emit(told)
    if rows:
        _next_commands((bad or ordered)[0], folder)


def _count(units: int, line: Line) -> str:
    return f"1 {line.noun}" if units == 1 else f"{units} {line.noun}s"


def _paragraph(message: str) -> str:
    return textwrap.fill(
        printable(message),
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def _next_commands(shown: "Verdict | None", folder: Path) -> None:
    emit("\nAsk the audit:")
    for words in (
        ["audit", "runs"],
        *([["audit", "run", shown.run_id]] if shown and shown.run_id else []),
        *([["audit", "unit", shown.serial_number]] if shown and shown.serial_number else []),
        ["audit", "failures"],
    ):
        emit("  " + _command(["orchestrator", *words, "--data-dir", _near(folder)]))


def _near(folder: Path) -> str:
    """Name the folder as seen from here, if it lies here."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def _command(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
