"""Two seams for the proof that nothing is lost: a log of what was acknowledged, planned deaths.

`ORCHESTRATOR_ACK_LOG=FILE` appends one line per committed entry, before anybody is told of it.
`ORCHESTRATOR_CRASH_AT=name:k[,name:k]` kills the process at the k-th visit of a crash point.
Both are for test harnesses; neither is set on a station that works. Only `app` uses this module.
"""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.audit.append import Entry
from orchestrator.audit.commit import OnEntries
from orchestrator.domain.crash_points import CRASH_POINTS, arm
from orchestrator.domain.errors import ConfigurationMistakes

ACK_LOG = "ORCHESTRATOR_ACK_LOG"
CRASH_AT = "ORCHESTRATOR_CRASH_AT"


@contextmanager
def acknowledged_entries(environment: Mapping[str, str]) -> Iterator[OnEntries | None]:
    """Give what is to be told of every commit; None when nobody wants to know. Raises OSError."""
    name = environment.get(ACK_LOG)
    if not name:
        yield None
        return
    with Path(name).open("ab", buffering=0) as file:

        def note(entries: Sequence[Entry]) -> None:
            lines = (f"{entry} {digest.hex()} {table}\n" for entry, digest, table in entries)
            file.write("".join(lines).encode())

        yield note


def planned_deaths(text: str) -> dict[str, int]:
    """Return which crash point kills at which visit. Raises ConfigurationMistakes."""
    plan: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, visit = part.strip().partition(":")
        if name not in CRASH_POINTS or not visit.isdecimal() or int(visit) < 1:
            raise ConfigurationMistakes(
                f"{CRASH_AT}: {part!r} is no crash point with a number of a visit",
                remedy=f"Write NAME:K; the names are {', '.join(CRASH_POINTS)}",
            )
        plan[name] = int(visit)
    return plan


def arm_crash_points(environment: Mapping[str, str]) -> None:
    """Arm the planned deaths of `environment`, if there are any."""
    plan = planned_deaths(environment.get(CRASH_AT, ""))
    if not plan:
        return

    def visit(name: str) -> None:
        left = plan.get(name, 0) - 1
        plan[name] = left
        if left == 0:
            die()

    arm(visit)


def die() -> None:
    """End this process as a power cut would: nothing is flushed, nobody is told."""
    number = getattr(signal, "SIGKILL", signal.SIGTERM)
    os.kill(os.getpid(), number)
