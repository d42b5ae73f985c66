"""What a station is made of, and how it comes to its end: values, without any work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from orchestrator.domain.clock import Clock, SystemClock
from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.fixture import Fixture, TakesAddresses
from orchestrator.domain.host import HostLink
from orchestrator.domain.ids import Ids
from orchestrator.engine.step import StepDefinition
from orchestrator.station.figures import Figures
from orchestrator.station.hub import Hub
from orchestrator.station.keeper import Evidence, Watchfulness
from orchestrator.station.past import Past, Verdict
from orchestrator.station.recipes import RecipeShelf
from orchestrator.station.serials import UnitRule


def _no_disk() -> int | None:
    return None


def _no_figures() -> Figures:
    return Figures(SystemClock())


@dataclass(frozen=True, slots=True)
class Parts:
    """What `app` hands to a station.

    `recorder` writes the audit and `past` asks it. `free_mib` says how much room its disk has, None
    when that is not to be watched. `requests` is the data folder whose requests are answered, None
    for none. `host` is what the audit calls this machine, empty for its own name; `host_link` the
    way to its own management service, if it is watched. `addresses` takes those that are scanned.
    `figures` are what is measured of the audit and of outside systems.
    """

    fixture: Fixture
    recorder: Evidence
    past: Past
    database_version: str
    shelf: RecipeShelf
    rule: UnitRule
    definitions: dict[str, StepDefinition]
    clock: Clock
    ids: Ids
    hub: Hub
    log: FilteringBoundLogger
    timing: "Timing"
    watchfulness: Watchfulness = field(default_factory=Watchfulness)
    free_mib: Callable[[], int | None] = _no_disk
    requests: Path | None = None
    host: str = ""
    host_link: HostLink | None = None
    addresses: TakesAddresses | None = None
    figures: Figures = field(default_factory=_no_figures)


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the fixture is looked at, in seconds; see the settings of the same names."""

    poll_seconds: float = 0.5
    gone_seconds: float = 3.0
    ready_seconds: float = 60.0
    swap_check_seconds: float = 5.0
    ask_seconds: float = 30.0


@dataclass(slots=True)
class StationEnd:
    """How a station came to its end. `verdicts` are kept only when it was to end by itself.

    `audit_lost` is why evidence could not be written when the station ended.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    audit_lost: AuditUnavailable | None = None
    interrupted: int = 0
