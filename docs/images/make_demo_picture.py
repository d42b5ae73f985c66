"""Makes docs/images/demo.svg: the live table of a real demo run, in the middle and at its end.

python docs/images/make_demo_picture.py
"""

import io
import tempfile
from pathlib import Path

import anyio
from rich.console import Console, Group
from rich.text import Text

from orchestrator.app import logger_for, prepare, run_station
from orchestrator.cli.child import running_child
from orchestrator.cli.demo import READY_SECONDS, STOP_SECONDS, rack_command, settings_text
from orchestrator.cli.demo_rack import rack_text
from orchestrator.cli.live import StationView
from orchestrator.domain.events import SlotState
from orchestrator.station.hub import Hub, Listener
from orchestrator.station.settings_file import load_settings

BOARDS = 16
PICTURE = Path(__file__).with_name("demo.svg")
ENDED = (SlotState.PASS, SlotState.FAIL, SlotState.ERROR)


async def watch(listener: Listener, console: Console) -> None:
    """Print the table when a third of the boards have their verdict."""
    view, drawn = StationView(), False
    async for event in listener:
        view.take(event)
        if not drawn and view.count(*ENDED) >= BOARDS // 3:
            prompt = Text("$ orchestrator demo --boards 16 --faults", style="bold")
            console.print(Group(prompt, Text(), view.table()))
            drawn = True


async def main() -> None:
    """Run the demo in a temporary folder and save the picture."""
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rack_file, settings_file = folder / "rack.toml", folder / "station.toml"
        rack_file.write_text(rack_text(BOARDS, faults=True), encoding="utf-8")
        rack = running_child(
            rack_command(folder, rack_file), folder / "rack.log", READY_SECONDS, STOP_SECONDS
        )
        async with rack as ready:
            settings_file.write_text(settings_text(ready), encoding="utf-8")
            prepared, hub = prepare(load_settings(settings_file)), Hub()
            with hub.listen() as listener:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(watch, listener, console)
                    await run_station(prepared, hub=hub, log=logger_for(prepared), boards=BOARDS)
                    hub.close()
    console.save_svg(str(PICTURE), title="orchestrator demo")


anyio.run(main)
