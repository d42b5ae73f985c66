"""What every pipeline of a station shares.

A plain bundle: it is made once by the daemon and decides nothing by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
from structlog.typing import FilteringBoundLogger

from orchestrator.domain.errors import AuditUnavailable
from orchestrator.domain.fixture import Fixture
from orchestrator.domain.ids import Ids
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.run import EngineServices
from orchestrator.station.desk import Desk
from orchestrator.station.journal import Journal
from orchestrator.station.line import Line
from orchestrator.station.past import Ended, Past, Verdict
from orchestrator.station.recipes import RecipeShelf
from orchestrator.station.serials import SlotBlocked, UnitRule
from orchestrator.station.settings_floor import TileSection

LOOKS_AT_ONCE = 4


def _never() -> bool:
    return False


def _forget(ended: Ended) -> None:
    del ended


@dataclass(frozen=True, slots=True)
class Session:
    """One start of the daemon, as the audit knows it."""

    station_id: str
    session_id: str


class Claims:
    """Which board is being worked on where: one identity in two slots is one too many."""

    def __init__(self) -> None:
        self._slots: dict[DeviceIdentity, str] = {}

    @contextmanager
    def hold(self, identity: DeviceIdentity | None, slot: str) -> Iterator[None]:
        """Claim `identity` for `slot` while the context lasts.

        Raises SlotBlocked when another slot holds it.
        """
        if identity is None:
            yield
            return
        holder = self._slots.get(identity)
        if holder is not None:
            raise SlotBlocked(
                f"Board {identity.device_id[:12]} is being worked on in slot {holder}",
                remedy="Two boards with one identity, or a slot listed twice: call the engineer",
            )
        self._slots[identity] = slot
        try:
            yield
        finally:
            del self._slots[identity]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a pipeline works with. `services.publish` reaches the hub."""

    fixture: Fixture
    services: EngineServices
    ids: Ids
    session: Session
    shelf: RecipeShelf
    rule: UnitRule
    log: FilteringBoundLogger
    ready_seconds: float
    swap_check_seconds: Callable[[], float]
    note: Callable[[Verdict], None]
    progressed: Callable[[], None]
    audit_is_lost: Callable[[AuditUnavailable], None]
    past: Past
    line: Line
    journal: Journal
    desk: Desk
    says: TileSection = field(default_factory=TileSection)
    manual_start: bool = False
    """True when a board is run only when somebody presses start."""
    by_count: Callable[[], bool] = _never
    """Says whether the station ends by itself after so many boards: each of them is run."""
    ended: Callable[[Ended], None] = _forget
    """Told of every run that has ended, for the counters."""
    undecided: dict[str, str] = field(default_factory=dict)
    """Runs whose end nobody has heard of, with their slots: one that runs, or a lost commit."""
    claims: Claims = field(default_factory=Claims)
    look_limit: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(LOOKS_AT_ONCE)
    )
