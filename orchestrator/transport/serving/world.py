"""What a simulator takes from outside: time, waiting, and a place to report the truth.

Tests hand over a clock that they move themselves and a `sleep` that moves it; nothing waits then.
What a simulated system really applied is reported here, whatever its answers said.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from orchestrator.domain.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that was really applied. `subject` is the device or thing that it was done to."""

    at: datetime
    subject: str
    what: str
    detail: Mapping[str, object]


def ignore(happening: Happening) -> None:
    """Drop `happening`: for systems whose truth nobody keeps."""


@dataclass(frozen=True, slots=True)
class World:
    """The surroundings of a simulated system."""

    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    report: Callable[[Happening], None] = ignore
