"""Runs the steps of one plan on one unit: sections, groups, attempts, retries, outcome.

The order around every step is: may it begin, its begin is durable, call, judge, its end. Calling
is done by `lane`, judging by `verdict`, rows by `evidence`, and what cannot be undone has its
own rules in `irreversible`. Who shields a run from being cancelled is `run`.
"""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from anyio import create_task_group, current_time, sleep

from orchestrator.domain.errors import (
    AuditUnavailable,
    DeadlineExceeded,
    OrchestratorError,
    StationMisuse,
)
from orchestrator.domain.events import publish_nothing
from orchestrator.domain.outcome import Outcome, run_outcome, worst
from orchestrator.domain.records import Record
from orchestrator.engine.attempt import Attempt, Binding, RunFacts
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.irreversible import Irreversible, check_gate
from orchestrator.engine.lane import Lane, Watch
from orchestrator.engine.news import News
from orchestrator.engine.prepare import PreparedItem, PreparedPlan, PreparedStep, bind
from orchestrator.engine.request import EngineServices, RunControl, RunRequest, RunResult, Stop
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
_SKIPPED = Outcome.SKIPPED
_FOREVER = float("inf")
_NOTHING_JUDGED: Mapping[str, Outcome] = MappingProxyType({})


class Runner:
    """One run. `perform` is called once."""

    def __init__(
        self,
        prepared: PreparedPlan,
        request: RunRequest,
        services: EngineServices,
        control: RunControl,
    ) -> None:
        self._prepared = prepared
        self._request = request
        self._control = control
        self._clock = services.clock
        self._bounds = services.bounds
        self._news = _news(request, services)
        self._on_progress = self._news.progress if self._news is not None else None
        self._binding = Binding(request.identity)
        self._facts = RunFacts(prepared.plan, request, services.clock, self._binding)
        self._evidence = Evidence(services.recorder, services.clock, request)
        self._irreversible = Irreversible(self._facts, self._evidence, services.bounds, self._stop)
        self.watch = Watch()
        self._lane = Lane(request, control, self.watch)
        self._lane.pending.extend(request.opening)
        self._scope: dict[str, object] = _scope(prepared, request) if prepared.conditional else {}
        self._passed: set[int] = set()
        self._failed: list[Outcome] = []
        self._first_failure: int | None = None
        self._message = ""
        self._in_teardown = False
        self._ends = _FOREVER
        self._group_error: OrchestratorError | None = None
        control.attach(self.stop_now)

    def stop_now(self) -> None:
        """Cut off what is running, because the control was told to stop."""
        if not self._in_teardown:
            self.watch.cut_off()

    async def perform(self) -> RunResult:
        """Run setup, main and teardown and close the run.

        Raises AuditUnavailable when evidence could not be written; the teardown has run then too.
        Raises StationMisuse when not even the opening of the run could be stored.
        """
        began = self._clock.monotonic()
        if self._news is not None:
            self._news.run_started(self._prepared.plan.name, len(self._prepared.steps))
        outcome = Outcome.ERROR
        try:
            with self._lane:
                try:
                    main = await self._setup_and_main()
                finally:
                    teardown = await self._teardown()
            outcome = run_outcome(main, teardown)
            self._evidence.best_effort = False
            try:
                return await self._close(outcome, began)
            except StationMisuse as fault:
                self._fail(None, Outcome.ERROR, str(fault))
                outcome = run_outcome(main, Outcome.ERROR)
                return await self._close(outcome, began)
        except AuditUnavailable as error:
            outcome, self._message = Outcome.ERROR, str(error)
            raise
        finally:
            if self._news is not None:
                self._news.run_finished(outcome, self._message)

    async def _close(self, outcome: Outcome, began: float) -> RunResult:
        duration_us = int((self._clock.monotonic() - began) * 1e6)
        result = RunResult(outcome, self._message, self._first_failure, duration_us)
        await self._evidence.commit(self._lane.pending, self._evidence.run_end_row(result))
        return result

    # Sections -----------------------------------------------------------------------------------

    async def _setup_and_main(self) -> Outcome:
        sections = self._prepared.sections
        try:
            if await self._section(sections["setup"]):
                await self._section(sections["main"])
        except StationMisuse as fault:
            self._fail(None, Outcome.ERROR, str(fault))
        outcome = worst(self._failed)
        self._failed = []
        return outcome

    async def _section(self, items: tuple[PreparedItem, ...]) -> bool:
        """Run `items` until one ends the section; say whether the next section may follow."""
        control = self._control
        for item in items:
            if control.requested is not None:
                self._fail(None, control.requested.outcome, control.requested.message)
                return False
            if isinstance(item, PreparedStep):
                goes_on = await self._step(item, self._lane)
            else:
                goes_on = await self._group(item)
            if not goes_on:
                return False
        return True

    async def _teardown(self) -> Outcome:
        """Run every teardown step, whatever the others came to, within the time there is."""
        self._in_teardown = True
        self._evidence.best_effort = True
        seconds = self._bounds.teardown_seconds
        self._ends = current_time() + seconds
        for item in self._prepared.sections["teardown"]:
            if current_time() >= self._ends:
                self._fail(
                    None, Outcome.TIMEOUT, f"teardown took longer than {seconds:g} s; not finished"
                )
                break
            try:
                if isinstance(item, PreparedStep):
                    await self._step(item, self._lane)
                else:
                    await self._group(item)
            except StationMisuse as fault:
                self._fail(None, Outcome.ERROR, str(fault))
        return worst(self._failed)

    async def _group(self, steps: tuple[PreparedStep, ...]) -> bool:
        """Run `steps` side by side. Their begins are one commit, their ends each its own."""
        attempts = [self._open(step, 1) for step in steps]
        self._lane.boundary = ""
        began_at = self._evidence.now()
        rows = [self._evidence.begin_row(attempt, began_at) for attempt in attempts]
        try:
            await self._evidence.commit(self._lane.pending, *rows)
        except StationMisuse as fault:
            for attempt in attempts:
                self._end_unbegun(attempt, self._lane.pending, fault)
            raise
        verdicts: list[bool] = []

        async def child(attempt: Attempt) -> None:
            try:
                with self._lane.beside() as lane:
                    verdicts.append(await self._step(attempt.step, lane, attempt))
                    await self._evidence.commit(lane.pending)
            except (AuditUnavailable, StationMisuse) as error:
                # A sibling must come to its own end: an error that left here would cancel it.
                self._group_error = self._group_error or error

        async with create_task_group() as group:
            for attempt in attempts:
                group.start_soon(child, attempt)
        if self._group_error is not None:
            error, self._group_error = self._group_error, None
            raise error
        return all(verdicts)

    # One step -----------------------------------------------------------------------------------

    async def _step(self, step: PreparedStep, lane: Lane, opened: Attempt | None = None) -> bool:
        """Run one step with its retries; say whether the section goes on after it.

        `opened` is the first attempt, when its begin is durable already.
        """
        number = 1
        while True:
            attempt = opened or self._open(step, number)
            verdict = await self._attempt(attempt, lane, opened is not None)
            retry = step.planned.retry
            if (
                verdict.outcome is _PASS
                or retry is None
                or number > retry.times
                or not self._may_retry(step, verdict)
            ):
                break
            await self._pause(attempt, float(retry.wait_seconds), lane)
            if not self._may_retry(step, verdict):
                break
            opened = None
            number += 1
        if self._prepared.conditional:
            self._scope[step.outcome_key] = verdict.outcome.value
        if verdict.outcome is _PASS:
            self._passed.add(step.position)
            return True
        if verdict.outcome is _SKIPPED:
            return True
        self._fail(attempt.sequence, verdict.outcome, f"{step.planned.name}: {verdict.sentence}")
        return step.planned.on_fail == "continue"

    def _may_retry(self, step: PreparedStep, verdict: Verdict) -> bool:
        retry = step.planned.retry
        if retry is None or step.irreversible or verdict.error_class not in retry.on:
            return False
        if self._in_teardown:
            return current_time() < self._ends
        return self._control.requested is None

    async def _pause(self, attempt: Attempt, seconds: float, lane: Lane) -> None:
        """Wait before the next attempt. What the last one came to is durable before."""
        if seconds > 0:
            lane.boundary = ""
            await self._evidence.commit(lane.pending)
            limit = min(2 * seconds, self._ends - current_time())
            # The end of the teardown cuts the wait off; the caller looks for it.
            with suppress(DeadlineExceeded):
                try:
                    await lane.call(attempt.step, limit, sleep, seconds)
                except Stopped as stopped:
                    ends = f"{attempt.step.planned.name}: {stopped.stop.message}"
                    self._fail(attempt.sequence, stopped.stop.outcome, ends)

    def _open(self, step: PreparedStep, number: int) -> Attempt:
        """Number a new attempt and find out whether the step function may be called."""
        attempt = Attempt(
            self._facts,
            step,
            self._evidence.next_sequence(),
            number,
            self._on_progress,
        )
        request = self._request
        try:
            if step.planned.condition is not None and not evaluate(
                step.planned.condition, self._scope
            ):
                attempt.refusal = SKIPPED
                return attempt
            if step.needs:
                attempt.clients = self._clients(step)
            arguments = step.arguments or bind(
                self._prepared.plan, step, request.inputs, request.unit, request.secrets
            )
            attempt.arguments = arguments.fresh()
            attempt.parameters = arguments.text
            if step.irreversible:
                check_gate(self._prepared, step, self._passed)
                if self._evidence.lost is not None:
                    raise gate_closed("the audit cannot be written")
        except OrchestratorError as error:
            attempt.refusal = verdict_of(error, request.secrets)
        return attempt

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
        if self._news is not None:
            self._news.step_started(attempt)
        verdict = attempt.refusal or self._halted()
        if verdict is None:
            began = self._clock.monotonic()
            seconds = self._seconds(step)
            if step.irreversible:
                verdict = await self._irreversible.act(lane, attempt, seconds)
            else:
                try:
                    await lane.call(
                        step, seconds, step.function, attempt, *attempt.clients, **attempt.arguments
                    )
                    verdict = PASSED
                except OrchestratorError as error:
                    verdict = verdict_of(error, self._request.secrets)
            attempt.duration_us = int((self._clock.monotonic() - began) * 1e6)
        return self._ended(attempt, lane, verdict)

    def _halted(self) -> Verdict | None:
        """Return how a step ends whose begin is durable and that must not be called any more."""
        stop = self._stop()
        return verdict_of(Stopped(stop), self._request.secrets) if stop is not None else None

    def _seconds(self, step: PreparedStep) -> float:
        if self._in_teardown:
            return min(step.timeout_seconds, self._ends - current_time())
        return step.timeout_seconds

    def _ended(self, attempt: Attempt, lane: Lane, verdict: Verdict) -> Verdict:
        """Judge what was measured and leave the end of the attempt in `lane`."""
        judged = _NOTHING_JUDGED
        passed = verdict.outcome is _PASS
        if attempt.values or (passed and attempt.step.limited):
            judged, by_values = judge_values(attempt.step, attempt.values)
            if passed and by_values is not PASSED:
                verdict = by_values
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
            self._end_unbegun(attempt, lane.pending, fault)
            raise

    def _end_unbegun(self, attempt: Attempt, pending: list[Record], fault: StationMisuse) -> None:
        """End an attempt whose begin met rows that cannot be stored; nothing was called."""
        verdict = verdict_of(fault, self._request.secrets)
        self._evidence.add_end(pending, attempt, verdict, {}, self._evidence.now())
        self._passed.clear()

    # Book-keeping -------------------------------------------------------------------------------

    def _fail(self, sequence: int | None, outcome: Outcome, message: str) -> None:
        """Count something that did not pass; the first one is what the run reports."""
        self._failed.append(outcome)
        if not self._message:
            self._first_failure = sequence
            self._message = message

    def _stop(self) -> Stop | None:
        return None if self._in_teardown else self._control.requested


def _news(request: RunRequest, services: EngineServices) -> News | None:
    if services.publish is publish_nothing:
        return None
    return News(services.publish, request, services.clock, services.bounds.progress_seconds)


def _scope(prepared: PreparedPlan, request: RunRequest) -> dict[str, object]:
    """Return what conditions may ask for; steps that have not ended have no outcome yet."""
    scope: dict[str, object] = {step.outcome_key: None for step in prepared.steps}
    scope.update({f"inputs.{name}": value for name, value in request.inputs.items()})
    for member in ("serial_number", "part_number", "revision"):
        scope[f"unit.{member}"] = getattr(request.unit, member)
    return scope
