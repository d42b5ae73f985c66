"""Goes on with an interrupted run behind the lock that it had applied.

The steps through that lock cannot be made again. They count with what they came to in the
interrupted run, once the unit itself has said that it still is as the lock made it.
"""

from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.intents import Continuation, EarlierIntent, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.engine.attempt import Attempt, RunFacts
from orchestrator.engine.course import Course
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.irreversible import Irreversible
from orchestrator.engine.lane import Lane
from orchestrator.engine.ledger import Ledger
from orchestrator.engine.news import News
from orchestrator.engine.prepare import PreparedItem, PreparedPlan, PreparedStep
from orchestrator.engine.stepping import Stepper


class Resuming:
    """Begins a run that continues another one, and says which steps are left for it."""

    def __init__(
        self,
        prepared: PreparedPlan,
        facts: RunFacts,
        course: Course,
        *,
        evidence: Evidence,
        ledger: Ledger,
        acts: Irreversible,
        stepper: Stepper,
        news: News | None,
    ) -> None:
        self._prepared = prepared
        self._facts = facts
        self._course = course
        self._evidence = evidence
        self._ledger = ledger
        self._acts = acts
        self._stepper = stepper
        self._news = news
        self._behind = 0

    def left_of(self, items: tuple[PreparedItem, ...]) -> tuple[PreparedItem, ...]:
        """Return what of `items` is still to be carried out."""
        if not self._behind:
            return items
        left: list[PreparedItem] = []
        for item in items:
            if isinstance(item, PreparedStep):
                left += [item] if item.position > self._behind else []
            elif steps := tuple(one for one in item if one.position > self._behind):
                left.append(steps)
        return tuple(left)

    async def begin(self, lane: Lane, continues: Continuation) -> bool:
        """Ask the unit whether the lock holds; say whether the run goes on behind it.

        Raises StationMisuse when the continuation does not fit the plan or the earlier intents,
        and AuditUnavailable.
        """
        step, intent = self._fitting(continues)
        attempt = Attempt(self._facts, step, 0, 1, None)
        self._stepper.fill(attempt)
        if (step.planned.uses, attempt.parameters) != (intent.kind, intent.parameters):
            raise _misfit(continues, "its intent asked for something else")
        await self._evidence.commit(lane.pending)
        self._stepper.opened()
        if self._news is not None:
            self._news.step_started(attempt)
        verdict = await self._acts.still_applied(lane, attempt, intent, step.timeout_seconds)
        if self._news is not None:
            self._news.step_finished(attempt, verdict)
        if verdict.outcome is not Outcome.PASS:
            self._course.fail(None, verdict.outcome, f"{step.planned.name}: {verdict.sentence}")
            return False
        self._take_over(continues, step)
        return True

    def _fitting(self, continues: Continuation) -> tuple[PreparedStep, EarlierIntent]:
        intent = self._ledger.get(continues.intent_id)
        steps = [one for one in self._prepared.steps if one.planned.id == continues.through]
        if intent is None or intent.state is not FindingState.APPLIED:
            raise _misfit(continues, f"intent {continues.intent_id} is not known as applied")
        if not steps or not steps[0].irreversible or steps[0].section == "teardown":
            raise _misfit(continues, f"the recipe has no such step {continues.through}")
        return steps[0], intent

    def _take_over(self, continues: Continuation, through: PreparedStep) -> None:
        """Count the steps through the lock with what they came to in the interrupted run."""
        self._behind = through.position
        for step in self._prepared.steps[: through.position]:
            outcome = continues.outcomes.get(step.planned.id, Outcome.PASS)
            if outcome is Outcome.PASS or step is through:
                outcome = Outcome.PASS
                self._course.passed.add(step.position)
            elif outcome is not Outcome.SKIPPED:
                said = f"{outcome.value} in run {continues.run_id}, which this run goes on with"
                self._course.fail(None, outcome, f"{step.planned.name}: {said}")
            if self._prepared.conditional:
                self._course.scope[step.outcome_key] = outcome.value


def _misfit(continues: Continuation, why: str) -> StationMisuse:
    return StationMisuse(
        f"this run cannot go on with run {continues.run_id}: {why}",
        remedy="Set the unit aside for the engineer; report it with the station's log",
    )
