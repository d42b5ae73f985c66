"""Tells whoever watches what a run is doing. News inform; they are never the evidence."""

from orchestrator.domain.clock import Clock
from orchestrator.domain.events import (
    Publish,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.engine.attempt import Attempt
from orchestrator.engine.request import RunRequest
from orchestrator.engine.verdict import Verdict


class News:
    """Publishes the events of one run; progress not more often than every `pace` seconds."""

    def __init__(self, publish: Publish, request: RunRequest, clock: Clock, pace: float) -> None:
        self._publish = publish
        self._slot = request.slot
        self._run_id = request.run_id
        self._clock = clock
        self._pace = pace
        self._last: dict[int, float] = {}

    def run_started(self, recipe: str, steps: int) -> None:
        """Say that the run begins; `steps` counts planned steps."""
        self._publish(RunStarted(self._slot, self._run_id, recipe, steps))

    def run_finished(self, outcome: Outcome, message: str) -> None:
        """Say that the run has ended and its end is durable, or can never be stored."""
        self._publish(RunFinished(self._slot, self._run_id, outcome, message))

    def step_started(self, attempt: Attempt) -> None:
        """Say that an attempt begins."""
        planned = attempt.step.planned
        self._publish(
            StepStarted(
                self._slot,
                self._run_id,
                planned.id,
                planned.name,
                attempt.number,
                attempt.step.position,
            )
        )

    def step_finished(self, attempt: Attempt, verdict: Verdict) -> None:
        """Say that an attempt has ended."""
        self._last.pop(attempt.sequence, None)
        step_id = attempt.step.planned.id
        self._publish(
            StepFinished(
                self._slot,
                self._run_id,
                step_id,
                attempt.number,
                verdict.outcome,
                verdict.sentence,
            )
        )

    def progress(self, attempt: Attempt, done: int, total: int) -> None:
        """Say how far an attempt is, unless that was said a moment ago and more will follow."""
        now = self._clock.monotonic()
        last = self._last.get(attempt.sequence)
        if last is not None and now - last < self._pace and done < total:
            return
        self._last[attempt.sequence] = now
        step_id = attempt.step.planned.id
        self._publish(StepProgress(self._slot, self._run_id, step_id, done, total))
