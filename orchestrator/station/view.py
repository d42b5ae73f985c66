"""The picture of a station that events draw: one row per slot, the last notices, who waits longest.

Terminal, panel and API show the same picture. It takes an event in no time and never waits; who
draws it decides what of it to show.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.domain.clock import Clock, SystemClock, timestamp
from orchestrator.domain.events import (
    Event,
    PromptClosed,
    PromptOpened,
    RunFinished,
    RunStarted,
    SlotChanged,
    SlotState,
    StationNotice,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.prompts import Prompt
from orchestrator.station.snapshot import SlotSnapshot

NOTICES = 3
WAITING = frozenset({SlotState.SCAN, SlotState.DO})
"""The states in which a slot waits for a person."""
_JUDGED = frozenset({SlotState.PASS, SlotState.FAIL, SlotState.ERROR, SlotState.STOPPED})


@dataclass(slots=True)
class SlotView:
    """One row: what is known of a slot. `began`, `ended` and `turned` are monotonic seconds."""

    state: SlotState = SlotState.EMPTY
    sentence: str = ""
    detail: str = ""
    serial_number: str | None = None
    device_id: str | None = None
    run_id: str = ""
    recipe: str = ""
    step: str = ""
    steps: int = 0
    position: int = 0
    part: float = 0.0
    began_at: datetime | None = None
    began: float = 0.0
    ended: float | None = None
    since: datetime | None = None
    turned: float = 0.0
    prompts: dict[str, Prompt] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The name of the unit for people, empty without one."""
        return self.serial_number or (self.device_id or "")[:12]

    @property
    def says(self) -> str:
        """One line: the step while it runs, else what to do and why."""
        if self.state is SlotState.RUN and self.step:
            return self.step
        return " ".join(filter(None, (self.sentence, self.detail)))

    @property
    def done(self) -> float:
        """How much of the run is behind us, from 0 to 1."""
        if self.state is SlotState.PASS:
            return 1.0
        return self._share() if self.state in _JUDGED or self.run_id else 0.0

    def _share(self) -> float:
        if not self.steps:
            return 0.0
        return min(1.0, max(0.0, (self.position - 1 + self.part) / self.steps))

    def forget_run(self) -> None:
        """Begin anew: another board, or the same one from the beginning."""
        self.steps = self.position = 0
        self.part = 0.0
        self.run_id = self.recipe = self.step = ""
        self.began_at = self.ended = None


class StationView:
    """Everything that is shown, kept up to date by `take`."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.slots: dict[str, SlotView] = {}
        self.notices: list[str] = []
        self._takers: Mapping[type[Any], Callable[[SlotView, Any], None]] = {
            SlotChanged: self._slot_changed,
            RunStarted: self._run_started,
            RunFinished: self._run_finished,
            StepStarted: _step_started,
            StepProgress: _step_progress,
            StepFinished: _step_finished,
            PromptOpened: _prompt_opened,
            PromptClosed: _prompt_closed,
        }

    def take(self, event: Event) -> None:
        """Change the picture by one event; one that shows nothing of a slot changes no slot."""
        if isinstance(event, StationNotice):
            self.notices = [*self.notices, event.message][-NOTICES:]
            return
        taker = self._takers.get(type(event))
        if taker is None:
            return
        slot = self.slots.get(event.slot)
        if slot is None:
            slot = self.slots[event.slot] = SlotView()
        taker(slot, event)

    def _slot_changed(self, slot: SlotView, event: SlotChanged) -> None:
        if event.state is not slot.state or slot.since is None:
            slot.since, slot.turned = self._clock.now(), self._clock.monotonic()
        slot.state, slot.sentence, slot.detail = event.state, event.sentence, event.detail
        slot.serial_number, slot.device_id = event.serial_number, event.device_id
        if event.state in (SlotState.CHECK, SlotState.EMPTY):
            slot.forget_run()
        if event.run_id:
            slot.run_id = event.run_id

    def _run_started(self, slot: SlotView, event: RunStarted) -> None:
        slot.forget_run()
        slot.run_id, slot.recipe, slot.steps = event.run_id, event.recipe, event.steps
        slot.began_at, slot.began = self._clock.now(), self._clock.monotonic()

    def _run_finished(self, slot: SlotView, event: RunFinished) -> None:
        if slot.run_id == event.run_id and slot.ended is None:
            slot.ended = self._clock.monotonic()

    def count(self, *states: SlotState) -> int:
        """Return how many slots are in one of `states`."""
        return sum(slot.state in states for slot in self.slots.values())

    def waiting(self) -> list[str]:
        """Return the slots that wait for a person, the one that waits longest first."""
        found = [(slot.turned, name) for name, slot in self.slots.items() if slot.state in WAITING]
        return [name for _, name in sorted(found)]

    def line(self) -> str:
        """Say the whole picture in one line."""
        words = [
            f"{self.count(state)} {state.value}"
            for state in SlotState
            if self.count(state) and state is not SlotState.EMPTY
        ]
        return ", ".join(words) or "no board yet"

    def elapsed(self, slot: SlotView) -> float | None:
        """Return how many seconds the run of `slot` takes or took; None without one."""
        if slot.began_at is None:
            return None
        end = self._clock.monotonic() if slot.ended is None else slot.ended
        return max(0.0, end - slot.began)

    def snapshot(
        self, name: str, port: str, *, closed: str, may_start: bool, may_stop: bool
    ) -> SlotSnapshot:
        """Return what is shown of the slot `name`, with what only its pipeline knows."""
        slot = self.slots.get(name) or SlotView()
        return SlotSnapshot(
            name=name,
            port=port,
            state=slot.state,
            sentence=slot.sentence,
            detail=slot.detail,
            serial_number=slot.serial_number,
            device_id=slot.device_id,
            run_id=slot.run_id,
            recipe=slot.recipe,
            step=slot.step,
            position=slot.position,
            steps=slot.steps,
            progress=slot.done,
            began_at=timestamp(slot.began_at) if slot.began_at is not None else None,
            elapsed_seconds=self.elapsed(slot),
            since=timestamp(slot.since) if slot.since is not None else "",
            prompts=tuple(slot.prompts.values()),
            closed=closed,
            may_start=may_start,
            may_stop=may_stop,
        )


def _step_started(slot: SlotView, event: StepStarted) -> None:
    slot.position, slot.part, slot.step = event.position, 0.0, event.name


def _step_progress(slot: SlotView, event: StepProgress) -> None:
    slot.part = event.done / event.total if event.total else 0.0


def _step_finished(slot: SlotView, event: StepFinished) -> None:
    del event
    slot.part = 1.0


def _prompt_opened(slot: SlotView, event: PromptOpened) -> None:
    slot.prompts[event.prompt.prompt_id] = event.prompt


def _prompt_closed(slot: SlotView, event: PromptClosed) -> None:
    slot.prompts.pop(event.prompt_id, None)
