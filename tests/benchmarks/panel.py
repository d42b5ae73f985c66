"""From an event of the station to the page: 64 slots, each changing ten times a second.

    python -m tests.benchmarks.panel [--seconds 8] [--readers 50] [--json] [--smoke]

The station is one process: the real server, pages and live stream over a station on paper whose
slots change their state, each ten times a second, evenly spread. The panel is open in Chromium,
which tells for every change of a tile how old it is: from the moment before the event was published
to the change in the page, by one clock. Beside it so many readers, in a process of their own, take
the same stream, and one that stops reading for ever. `longest_hold_up` is the longest time in which
the station itself could not go on, measured by its own beat of 5 ms; `cores` is CPU time of the
station by time on the wall. `--smoke` is short, with two readers.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from orchestrator.domain.events import SlotState
from orchestrator.station.edge import beside
from tests.browser.browsing import panel
from tests.browser.samples import sample
from tests.browser.stage import PaperControl, Stage, chromium, paper_panel

SLOTS, PER_SECOND = 64, 10
TICK_SECONDS = 0.01
STATES = (SlotState.CHECK, SlotState.RUN, SlotState.PASS, SlotState.FAIL)
# Every tile carries the moment of its event, in milliseconds, as its serial number.
OBSERVE = """
() => {
  window.ages = [];
  new MutationObserver(() => {
    const now = performance.timeOrigin + performance.now();
    for (const each of document.querySelectorAll('#tiles .serial')) {
      const made = Number(each.textContent);
      if (!made || each.made === made) continue;
      each.made = made;
      window.ages.push(now - made);
    }
  }).observe(document.getElementById('tiles'),
             {subtree: true, childList: true, characterData: true});
}
"""
READERS = """
import asyncio, sys, urllib.parse
address, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
url = urllib.parse.urlsplit(address)
REQUEST = f"GET /live?view=operator HTTP/1.1\\r\\nHost: localhost:{url.port}\\r\\n\\r\\n".encode()
total = 0
async def read():
    global total
    reader, writer = await asyncio.open_connection("127.0.0.1", url.port)
    writer.write(REQUEST)
    try:
        while chunk := await reader.read(1 << 16):
            total += len(chunk)
    finally:
        writer.close()
async def stall():
    reader, writer = await asyncio.open_connection("127.0.0.1", url.port, limit=1024)
    writer.write(REQUEST)
    await asyncio.sleep(3600)
async def main():
    tasks = [asyncio.create_task(read()) for _ in range(count)] + [asyncio.create_task(stall())]
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    print(total / seconds / max(1, count), flush=True)
asyncio.run(main())
"""


@dataclass(slots=True)
class Load:
    """What the station does, and how long it was held up at most, in seconds."""

    control: PaperControl
    changes: int = 0
    longest: float = 0.0

    async def change(self) -> None:
        """Change the slots, as many a second as agreed, evenly spread."""
        began = time.perf_counter()
        while True:
            due = int((time.perf_counter() - began) * SLOTS * PER_SECOND)
            while self.changes < due:
                self._one(self.changes)
                self.changes += 1
            await anyio.sleep(TICK_SECONDS)

    def _one(self, number: int) -> None:
        slot, state = number % SLOTS + 1, STATES[number // SLOTS % len(STATES)]
        moment = f"{time.time() * 1000:.3f}"
        self.control.put(sample(slot, state, serial_number=moment))

    async def watch(self) -> None:
        """Note how late the event loop comes to this."""
        while True:
            before = time.perf_counter()
            await anyio.sleep(0.005)
            self.longest = max(self.longest, time.perf_counter() - before - 0.005)


async def measure(stage: Stage, readers: int, seconds: float) -> dict[str, Any]:
    """Return the figures of one load."""
    load = Load(stage.control)
    command = [sys.executable, "-c", READERS, stage.address, str(readers), str(seconds + 2)]
    async with (
        chromium() as browser,
        panel(browser, stage.address) as shown,
        await anyio.open_process(command, stderr=None) as others,
        beside(load.change),
    ):
        assert others.stdout is not None
        await others.stdout.receive()
        await anyio.sleep(1.0)
        await shown.page.evaluate(OBSERVE)
        load.longest = 0.0
        changes, cpu, wall = load.changes, time.process_time(), time.perf_counter()
        async with beside(load.watch):
            await anyio.sleep(seconds)
        wall = time.perf_counter() - wall
        cpu = time.process_time() - cpu
        changes = load.changes - changes
        ages: list[float] = await shown.page.evaluate("window.ages")
        told = b"".join([part async for part in others.stdout])
        each = float(told.split()[-1])
    return figures(ages, changes / wall, cpu / wall, load.longest, each)


def figures(
    ages: Sequence[float], changes: float, cores: float, longest: float, each: float
) -> dict[str, Any]:
    """Return the figures, in milliseconds, cores and kB."""
    quantiles = statistics.quantiles(ages, n=100)
    return {
        "changes_a_second": round(changes),
        "seen_in_page": len(ages),
        "to_page_median_ms": round(statistics.median(ages), 1),
        "to_page_99_ms": round(quantiles[98], 1),
        "cores": round(cores, 2),
        "longest_hold_up_ms": round(longest * 1000, 1),
        "reader_kb_a_second": round(each / 1000),
    }


async def run(seconds: float, readers: Sequence[int]) -> dict[str, Any]:
    """Return the figures for each number of readers."""
    found = {}
    for count in readers:
        with tempfile.TemporaryDirectory() as folder:
            slots = [sample(number, SlotState.EMPTY) for number in range(1, SLOTS + 1)]
            limits = {"streams_per_client": 256, "connections": 512, "connections_per_client": 512}
            async with paper_panel(Path(folder), slots, **limits) as stage:
                found[f"{count} readers"] = await measure(stage, count, seconds)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    given = parser.parse_args()
    seconds, readers = (1.5, (2,)) if given.smoke else (given.seconds, (1, given.readers))
    found = anyio.run(run, seconds, readers)
    text = json.dumps(found, indent=2) if given.json else "\n".join(lines(found))
    sys.stdout.write(text + "\n")


def lines(found: dict[str, Any]) -> list[str]:
    """Write the figures for people."""
    told = [f"{SLOTS} slots, each {PER_SECOND} changes of state a second, and Chromium"]
    for name, values in found.items():
        words = ", ".join(f"{key} {value}" for key, value in values.items())
        told.append(f"{name} and one that stopped: {words}")
    return told


if __name__ == "__main__":
    main()
