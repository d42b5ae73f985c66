"""Runs one step of a plan: its attempts, their begins and ends, and when to try again.

The order around every attempt is: may it begin, its begin is durable, call, judge, its end. Calling
is done by `lane`, judging by `verdict`, rows by `evidence`; what cannot be undone has its own rules
in `irreversible`. Which step comes next is `runner`'s business.
"""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from anyio import current_time, sleep

from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import (
    AuditUnavailable,
    DeadlineExceeded,
    OrchestratorError,
    StationMisuse,
    UnitChanged,
)
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import Record
from orchestrator.engine.attempt import Attempt, RunFacts
from orchestrator.engine.course import Course
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.irreversible import Irreversible, check_gate
from orchestrator.engine.lane import Lane
from orchestrator.engine.news import News
from orchestrator.engine.prepare import PreparedPlan, PreparedStep, bind
from orchestrator.engine.verdict import (
    PASSED,
    SKIPPED,
    Stopped,
    Verdict,
    gate_closed,
    judge_values,
    verdict_of,
)
from orchestrator.recipe.expression import evaluate

_PASS = Outcome.PASS
_FAIL = Outcome.FAIL
_SKIPPED = Outcome.SKIPPED
_NOTHING_JUDGED: Mapping[str, Outcome] = MappingProxyType({})


def _judged(attempt: Attempt, verdict: Verdict) -> tuple[Verdict, Mapping[str, Outcome]]:
    """Return how the step ends by what it found and by what it measured, and each measurement."""
    passed = verdict.outcome is _PASS
    if not (attempt.values or (passed and attempt.step.limited)):
        return verdict, _NOTHING_JUDGED
    judged, by_values = judge_values(attempt.step, attempt.values)
    return by_values if passed and by_values is not PASSED else verdict, judged


class Stepper:
    """Runs the steps of one run, as `runner` says. What they come to is counted in `course`."""

    def __init__(
        self,
        prepared: PreparedPlan,
        facts: RunFacts,
        course: Course,
        *,
        evidence: Evidence,
        irreversible: Irreversible,
        news: News | None,
    ) -> None:
        self._prepared = prepared
        self._facts = facts
        self._request = facts.request
        self._clock = facts.clock
        self._course = course
        self._passed = course.passed
        self._evidence = evidence
        self._irreversible = irreversible
        self._news = news
        self._on_progress = news.progress if news is not None else None
        self._opened = False

    async def step(self, step: PreparedStep, lane: Lane, opened: Attempt | None = None) -> bool:
        """Run one step with its retries; say whether the section goes on after it.

        `opened` is the first attempt, when its begin is durable already.
        """
        number = 1
        while True:
            attempt = opened or self.open(step, number)
            verdict = await self._attempt(attempt, lane, opened is not None)
            if verdict.outcome is _PASS or not await self._again(attempt, lane, verdict):
                break
            opened = None
            number += 1
        if self._prepared.conditional:
            self._course.scope[step.outcome_key] = verdict.outcome.value
        if verdict.outcome is _PASS:
            self._passed.add(step.position)
            return True
        if verdict.outcome is _SKIPPED:
            return True
        self._course.fail(
            attempt.sequence, verdict.outcome, f"{step.planned.name}: {verdict.sentence}"
        )
        return step.planned.on_fail == "continue"

    async def _again(self, attempt: Attempt, lane: Lane, verdict: Verdict) -> bool:
        """Wait as the recipe's retry says; return whether there is another attempt.

        What cannot be undone knows no retry: it is tried once more when its request was lost and
        the unit itself said that it is not applied.
        """
        if attempt.step.irreversible:
            return attempt.may_act_again and attempt.number == 1 and self._goes_on()
        retry = attempt.step.planned.retry
        if (
            retry is None
            or attempt.number > retry.times
            or verdict.error_class not in retry.on
            or not self._goes_on()
        ):
            return False
        await self._pause(attempt, float(retry.wait_seconds), lane)
        return self._goes_on()

    def _goes_on(self) -> bool:
        if self._course.in_teardown:
            return current_time() < self._course.ends
        return self._course.stop() is None

    async def _pause(self, attempt: Attempt, seconds: float, lane: Lane) -> None:
        """Wait before the next attempt. What the last one came to is durable before."""
        if seconds > 0:
            lane.boundary = ""
            await self._evidence.commit(lane.pending)
            limit = min(2 * seconds, self._course.ends - current_time())
            # The end of the teardown cuts the wait off; the caller looks for it.
            with suppress(DeadlineExceeded):
                try:
                    await lane.call(attempt.step, limit, sleep(seconds))
                except Stopped as stopped:
                    ends = f"{attempt.step.planned.name}: {stopped.stop.message}"
                    self._course.fail(attempt.sequence, stopped.stop.outcome, ends)

    def open(self, step: PreparedStep, number: int) -> Attempt:
        """Number a new attempt and find out whether the step function may be called."""
        attempt = Attempt(
            self._facts,
            step,
            self._evidence.next_sequence(),
            number,
            self._on_progress,
        )
        try:
            if step.planned.condition is not None and not evaluate(
                step.planned.condition, self._course.scope
            ):
                attempt.refusal = SKIPPED
                return attempt
            self.fill(attempt)
            if step.irreversible:
                check_gate(self._prepared, step, self._passed)
                if self._evidence.lost is not None:
                    raise gate_closed("the audit cannot be written")
        except OrchestratorError as error:
            attempt.refusal = verdict_of(error, self._request.secrets)
        return attempt

    def fill(self, attempt: Attempt) -> None:
        """Give `attempt` its clients and arguments.

        Raises StationMisuse for what this run or this station does not have.
        """
        step, request = attempt.step, self._request
        if step.needs:
            attempt.clients = self._clients(step)
        arguments = step.arguments or bind(
            self._prepared.plan, step, request.inputs, request.unit, request.secrets
        )
        attempt.arguments = arguments.fresh()
        attempt.parameters = arguments.text

    def _clients(self, step: PreparedStep) -> tuple[object, ...]:
        resources = self._request.resources
        missing = [need.__name__ for need in step.needs if need not in resources]
        if missing:
            raise StationMisuse(
                f"step {step.planned.uses} works on {', '.join(missing)}, which this station"
                " does not provide",
                remedy="Check the station's settings and the recipe's steps",
            )
        return tuple(resources[need] for need in step.needs)

    async def _attempt(self, attempt: Attempt, lane: Lane, durable: bool) -> Verdict:
        """Carry out one attempt and leave its end in `lane`. `durable`: its begin is."""
        # All in one coroutine: each further one costs as much as a row.
        evidence, step = self._evidence, attempt.step
        if not durable:
            row = evidence.begin_row(attempt, lane.boundary or evidence.now())
            if attempt.refusal is not None:
                lane.pending.append(row)
            else:
                try:
                    await evidence.record(*lane.pending, row)
                    lane.pending.clear()
                except (AuditUnavailable, StationMisuse) as error:
                    await self._not_begun(attempt, lane, row, error)
                if not self._opened:
                    self.opened()
        if self._news is not None:
            self._news.step_started(attempt)
        verdict = attempt.refusal or self._halted()
        judged = _NOTHING_JUDGED
        if verdict is None:
            crash_point("step.begun")
            began = self._clock.monotonic()
            seconds = self._seconds(step)
            if step.irreversible:
                verdict = await self._irreversible.act(lane, attempt, seconds)
                verdict, judged = _judged(attempt, verdict)
            else:
                try:
                    call = step.function(attempt, *attempt.clients, **attempt.arguments)
                    await lane.call(step, seconds, call)
                    verdict = PASSED
                except OrchestratorError as error:
                    verdict = verdict_of(error, self._request.secrets)
                verdict, judged = _judged(attempt, verdict)
                if verdict.outcome is _FAIL:
                    verdict = await self._of_this_unit(lane, attempt, verdict, seconds)
            crash_point("step.returned")
            attempt.duration_us = int((self._clock.monotonic() - began) * 1e6)
        return self._ended(attempt, lane, verdict, judged)

    async def _of_this_unit(
        self, lane: Lane, attempt: Attempt, bad: Verdict, seconds: float
    ) -> Verdict:
        """Return `bad`, unless another unit has answered than the one that this run is about.

        Nothing else tells: a unit that is exchanged between two looks answers in its place.
        """
        read = self._request.read_identity
        if read is None or self._facts.binding.identity is None or self._course.in_teardown:
            return bad
        try:
            attempt.identify(await lane.call(attempt.step, seconds, read()))
        except (UnitChanged, Stopped) as error:
            return verdict_of(error, self._request.secrets)
        except OrchestratorError:
            return bad
        return bad

    def opened(self) -> None:
        """Note that the run's first rows are durable."""
        if not self._opened:
            self._opened = True
            crash_point("run.opened")

    def _halted(self) -> Verdict | None:
        """Return how a step ends whose begin is durable and that must not be called any more."""
        stop = self._course.stop()
        return verdict_of(Stopped(stop), self._request.secrets) if stop is not None else None

    def _seconds(self, step: PreparedStep) -> float:
        if self._course.in_teardown:
            return min(step.timeout_seconds, self._course.ends - current_time())
        return step.timeout_seconds

    def _ended(
        self, attempt: Attempt, lane: Lane, verdict: Verdict, judged: Mapping[str, Outcome]
    ) -> Verdict:
        """Leave the end of the attempt in `lane`."""
        lane.boundary = ended_at = self._evidence.now()
        self._evidence.add_end(lane.pending, attempt, verdict, judged, ended_at)
        if self._news is not None:
            self._news.step_finished(attempt, verdict)
        return verdict

    async def _not_begun(
        self, attempt: Attempt, lane: Lane, row: Record, error: AuditUnavailable | StationMisuse
    ) -> None:
        batch = (*lane.pending, row)
        lane.pending.clear()
        try:
            await self._evidence.missed(batch, error)
        except StationMisuse as fault:
            self.end_unbegun(attempt, lane.pending, fault)
            raise

    def end_unbegun(self, attempt: Attempt, pending: list[Record], fault: StationMisuse) -> None:
        """End an attempt whose begin met rows that cannot be stored; nothing was called."""
        verdict = verdict_of(fault, self._request.secrets)
        self._evidence.add_end(pending, attempt, verdict, {}, self._evidence.now())
        self._passed.clear()
