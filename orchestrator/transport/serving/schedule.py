"""When a fault strikes: the schedule of each one, and the plan of all faults of a system.

A schedule counts the requests to the calls that a fault names, struck or not. What is left to
chance is drawn from a generator of the fault's own, so the same seed gives the same faults
whatever else happens. What a fault does is said by the kinds of its system.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Timed:
    """When a fault strikes; each system adds its kinds and what belongs to them.

    `calls` are the rows (client method names) it strikes, empty for all; `but` are rows it leaves
    alone. Of their requests the first `skip` pass; `nth` names single ones (1 is the first after
    those), `every` each so-many-th; `probability` lets chance decide, drawn from `seed`. `times`
    is how often it strikes at most, 0 for no end.
    """

    kind: str
    calls: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    skip: int = 0
    nth: tuple[int, ...] = ()
    every: int = 0
    probability: float = 1.0
    seed: int = 0
    times: int = 0


F = TypeVar("F", bound=Timed)


class Schedule(Generic[F]):
    """One fault with what it has met so far."""

    def __init__(self, fault: F, source: str) -> None:
        self.fault = fault
        self._met = 0
        self._struck = 0
        self._chance = random.Random(f"{source}/{fault.seed}")  # noqa: S311  # no secret

    def due(self, call: str) -> bool:
        """Count a request to `call`; True when the fault is to strike it."""
        fault = self.fault
        if (fault.calls and call not in fault.calls) or call in fault.but:
            return False
        self._met += 1
        turn = self._met - fault.skip
        chosen = turn >= 1 and (not fault.nth or turn in fault.nth)
        chosen = chosen and (fault.every == 0 or turn % fault.every == 0)
        # Drawn even when the outcome is settled, so that one key does not shift another's chance.
        spared = self._chance.random() >= fault.probability
        left = fault.times == 0 or self._struck < fault.times
        return chosen and left and not spared

    def strike(self) -> F:
        """Count that the fault strikes, and return it."""
        self._struck += 1
        return self.fault


class FaultPlan(Generic[F]):
    """The faults of one simulated system. `source` names it; it and the seeds decide all chance."""

    def __init__(self, faults: Sequence[F] = (), source: str = "") -> None:
        self._source = source
        self._schedules: list[Schedule[F]] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: F) -> None:
        """Let `fault` strike from now on."""
        self._schedules.append(Schedule(fault, f"{self._source}/{len(self._schedules)}"))

    def clear(self) -> None:
        """Let the system behave from now on."""
        self._schedules.clear()

    def strike(self, call: str) -> F | None:
        """Return the fault that strikes this request to `call`, None when it may pass.

        Every schedule counts the request; of those that are due the first of the list strikes.
        """
        due = [schedule for schedule in self._schedules if schedule.due(call)]
        return due[0].strike() if due else None
