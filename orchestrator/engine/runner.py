"""Runs the steps of one plan on one unit: sections, groups, the order of them, the outcome.

One step is the business of `stepping`, going on with an interrupted run that of `resuming`. Who
shields a run from being cancelled is `run`.
"""

from anyio import create_task_group, current_time

from orchestrator.domain.crash_points import crash_point
from orchestrator.domain.errors import AuditUnavailable, OrchestratorError, StationMisuse
from orchestrator.domain.events import publish_nothing
from orchestrator.domain.outcome import Outcome, run_outcome
from orchestrator.engine.asking import Asking
from orchestrator.engine.attempt import Attempt, Binding, RunFacts
from orchestrator.engine.course import Course
from orchestrator.engine.evidence import Evidence
from orchestrator.engine.irreversible import Irreversible
from orchestrator.engine.lane import Lane, Watch
from orchestrator.engine.ledger import Ledger
from orchestrator.engine.news import News
from orchestrator.engine.prepare import PreparedItem, PreparedPlan, PreparedStep
from orchestrator.engine.request import EngineServices, RunControl, RunRequest, RunResult
from orchestrator.engine.resuming import Resuming
from orchestrator.engine.stepping import Stepper


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
        self._course = course = Course(prepared, request, control)
        self.watch = Watch()
        self._lane = Lane(request, control, self.watch)
        self._lane.pending.extend(request.opening)
        self._binding = Binding(request.identity)
        facts = RunFacts(prepared.plan, request, services.clock, self._binding)
        self._evidence = evidence = Evidence(services.recorder, facts)
        ledger = Ledger(facts, evidence)
        asking = Asking(facts, services.bounds, course.stop)
        acts = Irreversible(facts, evidence, ledger, asking, course.stop)
        self._stepper = stepper = Stepper(
            prepared, facts, course, evidence=evidence, irreversible=acts, news=self._news
        )
        self._resuming = Resuming(
            prepared,
            facts,
            course,
            evidence=evidence,
            ledger=ledger,
            acts=acts,
            stepper=stepper,
            news=self._news,
        )
        self._group_error: OrchestratorError | None = None
        control.attach(self.stop_now)

    def stop_now(self) -> None:
        """Cut off what is running, because the control was told to stop."""
        if not self._course.in_teardown:
            self.watch.cut_off()

    @property
    def settle_seconds(self) -> float:
        """How long the finding out about a lost request may have to wait at most."""
        steps = (one.definition.settle_seconds for one in self._prepared.steps if one.irreversible)
        earlier = (one.settle_seconds for one in self._request.earlier if one.is_open)
        return max((*steps, *earlier), default=0.0)

    async def perform(self) -> RunResult:
        """Run setup, main and teardown and close the run.

        Raises AuditUnavailable when evidence could not be written; the teardown has run then too.
        Raises StationMisuse when not even the opening of the run could be stored.
        """
        began = self._clock.monotonic()
        if self._news is not None:
            self._news.run_started(self._prepared.plan.name, len(self._prepared.steps))
        ended: Outcome | None = None
        try:
            with self._lane:
                try:
                    main = await self._setup_and_main()
                finally:
                    teardown = await self._teardown()
            self._evidence.best_effort = False
            try:
                result = await self._close(run_outcome(main, teardown), began)
            except StationMisuse as fault:
                self._course.fail(None, Outcome.ERROR, str(fault))
                result = await self._close(run_outcome(main, Outcome.ERROR), began)
            ended = result.outcome
            return result
        except StationMisuse:
            ended = Outcome.ERROR
            raise
        finally:
            # Without a durable end nobody knows it yet: whoever finds it out tells it.
            if self._news is not None and ended is not None:
                self._news.run_finished(ended, self._course.message)

    async def _close(self, outcome: Outcome, began: float) -> RunResult:
        duration_us = int((self._clock.monotonic() - began) * 1e6)
        result = RunResult(
            outcome,
            self._course.message,
            self._course.first_failure,
            duration_us,
            self._binding.identity,
        )
        await self._evidence.commit(self._lane.pending, self._evidence.run_end_row(result))
        crash_point("run.closed")
        return result

    # Sections -----------------------------------------------------------------------------------

    async def _setup_and_main(self) -> Outcome:
        sections, left_of = self._prepared.sections, self._resuming.left_of
        continues = self._request.continues
        try:
            if (
                continues is None or await self._resuming.begin(self._lane, continues)
            ) and await self._section(left_of(sections["setup"])):
                await self._section(left_of(sections["main"]))
        except StationMisuse as fault:
            self._course.fail(None, Outcome.ERROR, str(fault))
        return self._course.conclude()

    async def _section(self, items: tuple[PreparedItem, ...]) -> bool:
        """Run `items` until one ends the section; say whether the next section may follow."""
        control = self._control
        for item in items:
            if control.requested is not None:
                self._course.fail(None, control.requested.outcome, control.requested.message)
                return False
            if isinstance(item, PreparedStep):
                goes_on = await self._stepper.step(item, self._lane)
            else:
                goes_on = await self._group(item)
            if not goes_on:
                return False
        return True

    async def _teardown(self) -> Outcome:
        """Run every teardown step, whatever the others came to, within the time there is."""
        crash_point("teardown.begun")
        self._course.in_teardown = True
        self._evidence.best_effort = True
        seconds = self._bounds.teardown_seconds
        self._course.ends = current_time() + seconds
        for item in self._prepared.sections["teardown"]:
            if current_time() >= self._course.ends:
                self._course.fail(
                    None, Outcome.TIMEOUT, f"teardown took longer than {seconds:g} s; not finished"
                )
                break
            try:
                if isinstance(item, PreparedStep):
                    await self._stepper.step(item, self._lane)
                else:
                    await self._group(item)
            except StationMisuse as fault:
                self._course.fail(None, Outcome.ERROR, str(fault))
        return self._course.conclude()

    async def _group(self, steps: tuple[PreparedStep, ...]) -> bool:
        """Run `steps` side by side. Their begins are one commit, their ends each its own."""
        attempts = [self._stepper.open(step, 1) for step in steps]
        self._lane.boundary = ""
        began_at = self._evidence.now()
        rows = [self._evidence.begin_row(attempt, began_at) for attempt in attempts]
        try:
            await self._evidence.commit(self._lane.pending, *rows)
        except StationMisuse as fault:
            for attempt in attempts:
                self._stepper.end_unbegun(attempt, self._lane.pending, fault)
            raise
        self._stepper.opened()
        verdicts: list[bool] = []

        async def child(attempt: Attempt) -> None:
            try:
                with self._lane.beside() as lane:
                    verdicts.append(await self._stepper.step(attempt.step, lane, attempt))
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


def _news(request: RunRequest, services: EngineServices) -> News | None:
    if services.publish is publish_nothing:
        return None
    return News(services.publish, request, services.clock, services.bounds.progress_seconds)
