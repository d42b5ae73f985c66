"""A shift at a real station with sixteen simulated boards, worked at its panel in a real browser.

Station and boards are processes and sockets of their own; the person is a scanner and a keyboard.
"""

import json
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, expect

from orchestrator.simulation.rack import Rack, run_rack
from orchestrator.systems.azure_sphere_device.simulator import BoardSpec, Fault
from orchestrator.systems.azure_sphere_device.simulator.spec import slot_path
from tests.browser.browsing import Panel, panel
from tests.browser.stage import chromium
from tests.browser.test_tiles import COLOURS, LOOK, hexadecimal
from tests.end_to_end.test_station import FAST, Running, ask, station

SLOTS = 16
OTHER_OS, CANNOT_FIT, HANGS = (4, 9), (6,), (11, 14)
RECIPE = Path(__file__).with_name("shift.yaml")
SETTINGS = """
[station]
name = "shift"
operation = "PROGRAM"
data_dir = "."

[unit]
part_number = "GUARDIAN-100"

[unit.serial_number]
rule = "scan"
pattern = "AZ-[0-9]{{6}}"
looks_like = "AZ-123456"

[recipes]
files = [{recipe}]

[fixture.azure_sphere]
service_url = {service}
ca_file = {ca_file}
https_port = {https_port}
poll_seconds = 0.1
gone_seconds = 0.5
ready_seconds = 10.0

[web]
port = {port}
sign_in = false

[slots]
auto = false
"""


def spec(number: int) -> BoardSpec:
    """Return what is in slot `number`."""
    path = slot_path(number - 1)
    if number in OTHER_OS:
        return BoardSpec(slot_path=path, os_version="22.09", **FAST)
    if number in HANGS:
        calls = ("get_device_capabilities",)
        return BoardSpec(slot_path=path, faults=(Fault("hang", calls),), **FAST)
    return BoardSpec(slot_path=path, **FAST)


def free_port() -> int:
    """Return a port that nobody listens on, for two stations one after the other."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def write_settings(folder: Path, rack: Rack, port: int) -> Path:
    """Write the settings of this station."""
    ready = json.loads(rack.ready_line())
    text = SETTINGS.format(
        recipe=json.dumps(str(RECIPE)),
        service=json.dumps(ready["service"]),
        ca_file=json.dumps(ready["ca_file"]),
        https_port=ready["https_port"],
        port=port,
    )
    for number in range(1, SLOTS + 1):
        text += f'\n[[slot]]\nname = "{number}"\nport = "{slot_path(number - 1)}"\n'
    path = folder / "station.toml"
    path.write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def watched(browser: Browser, address: str) -> AsyncIterator[tuple[Panel, Panel]]:
    """Open the panel in two browsers."""
    async with panel(browser, address) as first, panel(browser, address) as second:
        yield first, second


async def identify(shown: Panel, number: int) -> None:
    """Scan the label of a slot, then the label of its board; with some noise before."""
    await shown.shows(str(number), "SCAN")
    await shown.scan(f"BOX-{number:02}-77")
    await shown.scan(f"%SLOT-{number}")
    await expect(shown.page.locator("#said")).to_contain_text(f"lot {number}")
    await shown.scan(f"AZ-1000{number:02}")
    await expect(shown.tile(str(number))).not_to_have_attribute("data-state", "SCAN")


async def fit(shown: Panel, number: int) -> None:
    """Answer the question of a slot by codes."""
    await shown.shows(str(number), "DO")
    await shown.scan(f"%SLOT-{number}")
    await expect(shown.page.locator("#detail h2")).to_contain_text(f"Slot {number} ")
    await shown.scan("%NO" if number in CANNOT_FIT else "%YES")
    await expect(shown.tile(str(number))).not_to_have_attribute("data-state", "DO")
    await expect(shown.page.locator("#detail")).not_to_contain_text("Fit the antenna.")
    await shown.scan("%CLOSE")


def verdict(number: int) -> tuple[str, str]:
    """Return the word and the sentence that slot `number` has to end with."""
    if number in OTHER_OS:
        return "FAIL", r"Red bin\..*22\.09"
    if number in CANNOT_FIT:
        return "FAIL", r"Red bin\..*The antenna cannot be fitted"
    if number in HANGS:
        return "ERROR", r"Station problem\. Leave the board\. Call the engineer\."
    return "PASS", r"Take it out\. Green bin\."


async def judged(shown: Panel, number: int) -> None:
    """Return when the slot shows its verdict: word, sentence and colours."""
    word, sentence = verdict(number)
    tile = shown.tile(str(number))
    await shown.shows(str(number), word)
    await expect(tile.locator(".word")).to_have_text(word)
    await expect(tile.locator(".says")).to_have_text(re.compile(sentence, re.DOTALL))
    await expect(tile.locator(".serial")).to_have_text(f"AZ-1000{number:02}")
    colours = next(each for state, each in COLOURS.items() if state.value == word)
    look = await tile.evaluate(LOOK)
    assert (hexadecimal(look["fill"]), hexadecimal(look["letters"])) == colours


async def work(shown: Panel, numbers: range) -> None:
    """Bring the boards of some slots to their verdict."""
    for number in numbers:
        await identify(shown, number)
    for number in numbers:
        if number not in OTHER_OS:
            await fit(shown, number)
    for number in numbers:
        await judged(shown, number)


async def first_half(running: Running, first: Panel, second: Panel) -> None:
    """Bring eight boards to their verdict, with a reload, and let the others be interrupted."""
    await work(first, range(1, 5))
    await first.page.reload()
    await first.live()
    for number in range(1, 5):
        await judged(first, number)
    await work(second, range(5, 9))
    await identify(first, 16)
    await first.shows("16", "DO")
    running.process.send_signal(signal.SIGKILL)
    await expect(first.page.locator("#lost")).to_be_visible()


async def test_a_whole_shift_is_worked_at_the_panel(tmp_path: Path) -> None:
    """Sixteen boards end with the right word, sentence and colour on two screens.

    The page is reloaded and the station killed in the middle; boards that had their verdict keep
    it, the interrupted one is worked anew, and every answer is in the audit once.
    """
    specs = [spec(number) for number in range(1, SLOTS + 1)]
    port = free_port()
    address = f"http://localhost:{port}/"
    async with run_rack(specs) as rack, chromium() as browser:
        config = write_settings(tmp_path, rack, port)
        async with station(config) as running:
            await running.until(lambda line: line["event"] == "panel")
            async with watched(browser, address) as (first, second):
                await first_half(running, first, second)
                async with station(config) as again:
                    await again.until(lambda line: line["event"] == "panel")
                    await expect(first.page.locator("#lost")).to_be_hidden()
                    await work(first, range(9, SLOTS + 1))
                    for number in range(1, SLOTS + 1):
                        await judged(second, number)
                    again.process.send_signal(signal.SIGTERM)
                    assert await again.ended() == 143
                # Labels of boxes, scanned in between, were refused as they should.
                for shown in (first, second):
                    assert shown.without_absence("409 (Conflict)") == []
    answered = ask(tmp_path, "SELECT count(*) FROM event WHERE kind = 'prompt_answered'")
    assert answered == [(SLOTS - len(OTHER_OS),)]
    twice = "SELECT run_id FROM event WHERE kind = 'prompt_answered' GROUP BY 1 HAVING count(*) > 1"
    assert ask(tmp_path, twice) == []
    outcomes = dict(ask(tmp_path, "SELECT outcome, count(*) FROM run_end GROUP BY 1"))
    assert outcomes == {"PASS": 11, "FAIL": 3, "ERROR": 2, "INTERRUPTED": 1}
