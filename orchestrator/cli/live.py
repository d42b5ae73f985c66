"""What a person sees while a station works: a table with one row and one bar per slot.

On a terminal it is redrawn in place; anywhere else a line comes every few seconds. All of it goes
to stderr.
"""

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO, cast

import anyio
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from orchestrator.cli.output import printable, say, wants_colour
from orchestrator.domain.events import SlotState, StationNotice
from orchestrator.station.hub import Listener
from orchestrator.station.log import log_event
from orchestrator.station.view import StationView

if TYPE_CHECKING:
    from orchestrator.app import Finish, Prepared
    from orchestrator.station.office import Trial
    from orchestrator.station.recipes import ReadyRecipe

REDRAW_SECONDS = 0.2
LINE_SECONDS = 3.0
_STYLES = {
    SlotState.PASS: "bold green",
    SlotState.FAIL: "bold red",
    SlotState.ERROR: "bold yellow",
    SlotState.BLOCKED: "bold yellow",
    SlotState.STOPPED: "bold",
    SlotState.SCAN: "bold blue",
    SlotState.DO: "bold blue",
}


def draw(view: StationView) -> Table:
    """Draw the picture of the station as a table."""
    # The sentence takes what is left: without a ratio a long one would push the others out.
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("slot", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("state", no_wrap=True, min_width=7)
    table.add_column("", width=20)
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for name, slot in sorted(view.slots.items()):
        table.add_row(
            Text(printable(name)),
            Text(printable(slot.unit)),
            Text(slot.state.value, style=_STYLES.get(slot.state, "")),
            ProgressBar(total=1.0, completed=slot.done, width=20, complete_style="cyan"),
            Text(printable(slot.says)),
        )
    for notice in view.notices:
        table.add_row("", "", Text("station", style="bold"), "", Text(printable(notice)))
    return table


async def show_table(listener: Listener, console: Console) -> None:
    """Redraw the table on the terminal until the station has ended."""
    view = StationView()
    with Live(draw(view), console=console, auto_refresh=False) as live:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_redraw, live, view)
            async for event in listener:
                view.take(event)
            tasks.cancel_scope.cancel()
        live.update(draw(view), refresh=True)


async def _redraw(live: Live, view: StationView) -> None:
    while True:
        await anyio.sleep(REDRAW_SECONDS)
        live.update(draw(view), refresh=True)


async def show_lines(listener: Listener) -> None:
    """Say every few seconds how far the station is, until it has ended."""
    view = StationView()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_repeat_line, view)
        async for event in listener:
            view.take(event)
            if isinstance(event, StationNotice):
                say(event.message)
        tasks.cancel_scope.cancel()
    say(view.line())


async def _repeat_line(view: StationView) -> None:
    last = ""
    while True:
        await anyio.sleep(LINE_SECONDS)
        line = view.line()
        if line != last:
            say(line)
        last = line


class Show(StrEnum):
    """How a working station is shown."""

    TABLE = "table"
    LINES = "lines"
    LOG = "log"


class AboveTable:
    """A text stream that writes whole lines above the table that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = ""

    def write(self, text: str) -> int:
        """Print the lines that are complete now; the table would overwrite half a line."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        return len(text)

    def flush(self) -> None:
        """Do nothing: a line is printed as soon as it is complete."""

    def isatty(self) -> bool:
        """Say yes: a table is only ever drawn on a terminal."""
        return True


def on_terminal() -> bool:
    """Say whether a table can be redrawn in place."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


async def _attempt(ready: "ReadyRecipe") -> "Trial":
    """Try a recipe on a simulated board; the simulators are loaded only then."""
    from orchestrator.simulation.trial import try_recipe

    return await try_recipe(ready)


async def run_shown(prepared: "Prepared", show: Show, boards: int | None) -> "Finish":
    """Run the station and show it; returns how it ended. Raises what `run_station` raises."""
    from orchestrator.app import logger_for, run_station
    from orchestrator.station.edge import Edge
    from orchestrator.station.hub import Hub

    hub = Hub()
    console = Console(stderr=True, no_color=not wants_colour(sys.stderr), highlight=False)
    above = cast("TextIO", AboveTable(console)) if show is Show.TABLE else None
    log = logger_for(prepared, stream=above)
    with hub.listen() as listener:

        async def display() -> None:
            if show is Show.TABLE:
                await show_table(listener, console)
            elif show is Show.LINES:
                await show_lines(listener)
            else:
                async for event in listener:
                    log_event(log, event)

        edge = Edge()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(display)
            with edge:
                finish = await run_station(
                    prepared, hub=hub, log=log, boards=boards, attempt=_attempt
                )
            hub.close()
    if edge.error is not None:
        raise edge.error
    return finish
