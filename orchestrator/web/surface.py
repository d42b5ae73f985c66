"""What the web knows of a station: the objects it asks, handed over by `app`.

Nothing here acts. Tests hand over a surface of their own, without a station behind it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from structlog.typing import FilteringBoundLogger

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.station.control import Control
from orchestrator.station.figures import Figures
from orchestrator.station.hub import Hub
from orchestrator.station.office import NO_OFFICE, Office
from orchestrator.station.recipes import RecipeShelf
from orchestrator.station.settings_floor import ScannerSection
from orchestrator.station.settings_web import WebSection
from orchestrator.web.people import People

P = ParamSpec("P")
T = TypeVar("T")


class Reads(Protocol):
    """Where questions to the audit are asked: `audit.queries` through `Audit.read`."""

    async def read(
        self, query: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `query(connection, ...)`. Raises AuditUnavailable."""
        ...


Note = Callable[[str, Mapping[str, object]], Awaitable[None]]
"""Keeps an event of a kind in the audit: returns when it is durable. Raises AuditUnavailable."""


_PLAIN_SCANNER = ScannerSection()


def no_shift() -> float | None:
    """Say that there are no shifts."""
    return None


@dataclass(frozen=True, slots=True)
class Surface:
    """One station as the web sees it.

    `station` is its name, `session` the id of this start: sequence numbers of events count within
    it. `control` acts on the station, `reads` asks the audit, `note` writes to it; `scanner` tells
    codes apart; `shift_ends` is in how many seconds the shift ends, None when there are no shifts.
    `office` is what pages for engineers and quality ask besides, `figures` what the counters show
    of the audit and of outside systems.
    """

    station: str
    session: str
    settings: WebSection
    control: Control
    hub: Hub
    reads: Reads
    note: Note
    shelf: RecipeShelf
    clock: Clock
    log: FilteringBoundLogger
    people: People
    part_number: str = ""
    scanner: ScannerSection = _PLAIN_SCANNER
    shift_ends: Callable[[], float | None] = no_shift
    office: Office = NO_OFFICE
    figures: Figures = field(default_factory=lambda: Figures(SystemClock()))
