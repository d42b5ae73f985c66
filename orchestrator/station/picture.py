"""Takes the picture of the whole station: what every view of it begins with."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator import __version__
from orchestrator.domain.clock import timestamp
from orchestrator.station.figures import Outside
from orchestrator.station.floor import Floor
from orchestrator.station.hub import Hub
from orchestrator.station.keeper import Keeper
from orchestrator.station.pipeline import Pipeline
from orchestrator.station.scanner import Scanner
from orchestrator.station.shift import Shift
from orchestrator.station.snapshot import (
    AuditHealth,
    LineReason,
    NextAction,
    RecipeSnapshot,
    SlotSnapshot,
    StationSnapshot,
)
from orchestrator.station.tools import Tools
from orchestrator.station.view import StationView


@dataclass(frozen=True, slots=True)
class Camera:
    """Everything that a snapshot of the station is taken from."""

    tools: Tools
    floor: Floor
    view: StationView
    hub: Hub
    shift: Shift
    keeper: Keeper
    scanner: Scanner
    outside: Outside
    started_at: str
    free_mib: Callable[[], int | None]

    def take(self) -> StationSnapshot:
        """Return the station as it is now."""
        tools = self.tools
        return StationSnapshot(
            sequence=self.hub.sequence,
            taken_at=timestamp(tools.services.clock.now()),
            station=tools.session.station_id,
            session_id=tools.session.session_id,
            operation=tools.shelf.operation,
            software_version=__version__,
            started_at=self.started_at,
            slots=tuple(self._slot(each) for each in self.floor),
            prompts=tuple(self.tools.desk.prompts()),
            reasons=tuple(LineReason(*each) for each in tools.line.reasons.items()),
            recipes=tuple(
                RecipeSnapshot(ready.plan.name, ready.plan.version, ready.plan.content_hash)
                for ready in tools.shelf.plans
            ),
            shift=self.shift.snapshot(),
            audit=self.audit(),
            notices=tuple(self.view.notices),
            next_action=self._next(),
            chosen_slot=self.scanner.chosen,
            manual_start=tools.manual_start,
            systems=self.outside.systems(),
        )

    def _slot(self, pipeline: Pipeline) -> SlotSnapshot:
        gate = pipeline.gate
        return self.view.snapshot(
            pipeline.slot.name,
            pipeline.slot.port,
            closed=pipeline.closed,
            may_start=gate.is_open and (gate.waits_for_start or pipeline.may_retry),
            may_stop=pipeline.may_stop,
        )

    def audit(self) -> AuditHealth:
        """Return whether evidence can be written."""
        keeper, journal = self.keeper, self.tools.journal
        return AuditHealth(
            writable=keeper.fault is None,
            why=str(keeper.fault) if keeper.fault is not None else "",
            lost_at=timestamp(keeper.lost_at) if keeper.lost_at is not None else None,
            waiting=journal.waiting,
            dropped=journal.dropped,
            commits=keeper.commits,
            free_mib=self.free_mib(),
            waiting_since=journal.waiting_since,
        )

    def _next(self) -> NextAction | None:
        waiting = self.scanner.waiting()
        chosen = [each for each in waiting if each.slot == self.scanner.chosen]
        first = next(iter(chosen or waiting), None)
        if first is None:
            return None
        slot = self.view.slots[first.slot]
        sentence = first.prompt.question.sentence if first.prompt is not None else slot.sentence
        return NextAction(first.slot, sentence)
