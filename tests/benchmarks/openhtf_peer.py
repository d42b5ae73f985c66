"""OpenHTF on the same work: 20 trivial phases, one judged measurement each, nothing durable.

Runs with the Python of an environment of its own that has openhtf, and imports nothing of this
project: `python openhtf_peer.py UNITS RUNS`. Each unit is a thread that executes one test after
the other. Prints one line of JSON.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import openhtf as htf

STEPS = 20


def phase(number: int) -> Callable[..., None]:
    """Make one trivial phase."""

    @htf.PhaseOptions(name=f"step{number}")
    @htf.measures(htf.Measurement(f"m{number}").in_range(0, 1000))
    def body(test: Any) -> None:
        test.measurements[f"m{number}"] = number

    return body


def unit(number: int, runs: int, passed: list[bool]) -> None:
    """Run the tests of one unit."""
    for _ in range(runs):
        test = htf.Test(*[phase(step) for step in range(STEPS)], test_name=f"t{number}")
        test.configure(name=f"t{number}")
        passed.append(test.execute(test_start=lambda: f"unit{number}"))


def main() -> None:
    """Measure once, as the arguments say."""
    units, runs = int(sys.argv[1]), int(sys.argv[2])
    unit(0, 1, [])  # imports and the like
    passed: list[bool] = []
    threads = [
        threading.Thread(target=unit, args=(number, runs, passed)) for number in range(units)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if len(passed) != units * runs or not all(passed):
        raise SystemExit("some tests did not pass")
    figures = {"steps": units * runs * STEPS, "seconds": seconds}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
