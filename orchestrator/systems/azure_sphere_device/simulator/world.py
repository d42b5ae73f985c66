"""What a simulated board takes from outside: time, waiting, and a place to report the truth.

Tests hand over a clock that they move themselves and a `sleep` that moves it; nothing waits then.
What really happened on a board is reported here, whatever its answers said.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from orchestrator.domain.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Happening:
    """A state change that a board really applied, or a board that came or went."""

    at: datetime
    device_id: str
    what: str
    detail: Mapping[str, object]


def ignore(happening: Happening) -> None:
    """Drop `happening`: for boards whose truth nobody keeps."""


@dataclass(frozen=True, slots=True)
class World:
    """The surroundings of a board.

    `report` is told what a board really applied, `received` of each request that it cannot undo,
    whatever becomes of it.
    """

    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    report: Callable[[Happening], None] = ignore
    received: Callable[[Happening], None] = ignore
