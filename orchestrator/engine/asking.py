"""Asks the unit what is true: whether it already is as an irreversible step would make it.

Every question begins with the unit's identity, read over a fresh connection, since the answer of
another unit would say nothing. What follows from an answer is decided in `irreversible`,
`continuation` and `establish`.
"""

from collections.abc import Callable
from typing import NamedTuple

from anyio import current_time, sleep

from orchestrator.domain.errors import (
    ErrorClass,
    OrchestratorError,
    StationFault,
    StationMisuse,
    UnitChanged,
)
from orchestrator.domain.unit import DeviceIdentity
from orchestrator.engine.attempt import Attempt, RunFacts
from orchestrator.engine.lane import Lane
from orchestrator.engine.prepare import PreparedStep
from orchestrator.engine.request import Bounds, Stop
from orchestrator.engine.verdict import Stopped, gate_closed

_ASK_AGAIN = frozenset({ErrorClass.LINK, ErrorClass.TIMEOUT, ErrorClass.BUSY})


class Answer(NamedTuple):
    """What the unit says: `applied` is None when it cannot say, for `fault`.

    `absent` means that the unit was not there to be asked: it was taken out, or another one
    answers. It can be asked when it is back.
    """

    applied: bool | None
    fault: OrchestratorError | None = None
    absent: bool = False

    @property
    def why(self) -> str:
        """Why it cannot say, as a part of a sentence."""
        return self.fault.what if self.fault is not None else "there was no time to ask"


class Asking:
    """Asks on behalf of one run. `stop` tells why the run is to end, if so."""

    def __init__(self, facts: RunFacts, bounds: Bounds, stop: Callable[[], Stop | None]) -> None:
        self._read_identity = facts.request.read_identity
        self._binding = facts.binding
        self._was_known = facts.request.identity is not None
        self._bounds = bounds
        self._stop = stop

    async def reread(self, lane: Lane, step: PreparedStep, seconds: float) -> DeviceIdentity:
        """Return the identity that the unit has now, read over a fresh connection.

        Raises GateClosed when it cannot be read in this run, and what the reading raises.
        """
        if self._binding.identity is None:
            raise gate_closed("the unit's identity was not read in this run")
        if not self._was_known:
            raise gate_closed(
                "nobody knew which unit it is when the run began, so what was requested of it"
                " before was not looked up; put it in again"
            )
        if self._read_identity is None:
            raise gate_closed("the unit's identity cannot be read again")
        return await lane.call(step, seconds, self._read_identity())

    async def settled(
        self, lane: Lane, attempt: Attempt, seconds: float, settle_seconds: float
    ) -> Answer:
        """Wait until a lost request can no longer be applied, then ask."""
        if attempt.step.definition.probe is not None:
            await sleep(settle_seconds)
        return await self.ask(lane, attempt, seconds)

    async def ask(self, lane: Lane, attempt: Attempt, seconds: float) -> Answer:
        """Return what the unit says, asked again within the bound while it does not answer.

        `seconds` bounds each question. A stop does not end the asking: a held unit costs more
        than a minute. A unit that was taken out is asked once more and not waited for.
        """
        if attempt.step.definition.probe is None:
            return Answer(None, StationFault(f"{attempt.step.planned.uses} has no probe to ask"))
        ends = current_time() + self._bounds.probe_seconds
        fault: OrchestratorError | None = None
        while (left := ends - current_time()) > 0:
            removed = self._removed()
            try:
                return Answer(await self._once(lane, attempt, min(left, seconds)))
            except UnitChanged as error:
                return Answer(None, error, absent=True)
            except OrchestratorError as error:
                fault = error
                if removed:
                    return Answer(None, error, absent=True)
                # After a stop a question that took too long is called stopped, too.
                if error.kind not in _ASK_AGAIN and not isinstance(error, Stopped):
                    return Answer(None, error)
            await sleep(self._bounds.probe_wait_seconds)
        return Answer(None, fault, absent=self._removed())

    def _removed(self) -> bool:
        stop = self._stop()
        return stop is not None and stop.error_class is ErrorClass.UNIT

    async def _once(self, lane: Lane, attempt: Attempt, seconds: float) -> bool:
        self._binding.bind(await self.reread(lane, attempt.step, seconds))
        return await self.probe(lane, attempt, seconds)

    async def probe(self, lane: Lane, attempt: Attempt, seconds: float) -> bool:
        """Return what the step's own probe says. Raises what it raises.

        Raises StationMisuse when it says neither yes nor no: silence is not taken for a no.
        """
        step = attempt.step
        assert step.definition.probe is not None
        question = step.definition.probe(attempt, *attempt.clients, **attempt.arguments)
        answer: object = await lane.call(step, seconds, question)
        if not isinstance(answer, bool):
            raise StationMisuse(
                f"the probe of {step.planned.uses} answered {answer!r}, neither yes nor no",
                remedy="Report it to whoever wrote the step",
            )
        return answer
