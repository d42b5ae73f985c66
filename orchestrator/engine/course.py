"""How far a run has come and what it came to: outcomes, the first failure, what has passed."""

from math import inf

from orchestrator.domain.outcome import Outcome, worst
from orchestrator.engine.prepare import PreparedPlan
from orchestrator.engine.request import RunControl, RunRequest, Stop


class Course:
    """What the sections of one run share.

    `passed` are the positions of the steps that passed, `scope` is what conditions may ask for.
    `ends` is when the teardown must be over, infinite before it; `message` is the first failure's.
    """

    __slots__ = (
        "_control",
        "_failed",
        "ends",
        "first_failure",
        "in_teardown",
        "message",
        "passed",
        "scope",
    )

    def __init__(self, prepared: PreparedPlan, request: RunRequest, control: RunControl) -> None:
        self._control = control
        self._failed: list[Outcome] = []
        self.passed: set[int] = set()
        self.scope: dict[str, object] = _scope(prepared, request) if prepared.conditional else {}
        self.first_failure: int | None = None
        self.message = ""
        self.in_teardown = False
        self.ends = inf

    def fail(self, sequence: int | None, outcome: Outcome, message: str) -> None:
        """Count something that did not pass; the first one is what the run reports."""
        self._failed.append(outcome)
        if not self.message:
            self.first_failure = sequence
            self.message = message

    def conclude(self) -> Outcome:
        """Return the gravest of what was counted since the last time."""
        outcome = worst(self._failed)
        self._failed = []
        return outcome

    def stop(self) -> Stop | None:
        """Return why the run is to end, None when it is not. Teardown is not stopped."""
        return None if self.in_teardown else self._control.requested


def _scope(prepared: PreparedPlan, request: RunRequest) -> dict[str, object]:
    """Return what conditions may ask for; steps that have not ended have no outcome yet."""
    scope: dict[str, object] = {step.outcome_key: None for step in prepared.steps}
    scope.update({f"inputs.{name}": value for name, value in request.inputs.items()})
    for member in ("serial_number", "part_number", "revision"):
        scope[f"unit.{member}"] = getattr(request.unit, member)
    return scope
