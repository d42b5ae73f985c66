"""How a simulated system misbehaves: faults, and the schedule by which each of them strikes.

A schedule counts the requests to the calls that a fault names, struck or not. What is left to
chance is drawn from a generator of the fault's own, so the same seed gives the same faults
whatever else happens.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["refuse", "throttle", "drop", "lost_answer", "hang", "garbage", "page", "slow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour and when it strikes.

    `calls` are the rows (client method names) it strikes, empty for all. Of their requests the
    first `skip` pass; `nth` names single ones (1 is the first after those); `probability` lets
    chance decide, drawn from `seed`. `times` is how often it strikes at most, 0 for no end.

    `refuse` answers `status` without acting, `throttle` 429 with `retry_after` (a number of
    seconds, a date, or nonsense; None leaves the header out). `drop` breaks the link before
    acting, `lost_answer` after. `hang` never answers, `slow` answers after `seconds`. `garbage`
    is no JSON, `page` an HTML page with status 200.
    """

    kind: FaultKind
    calls: tuple[str, ...] = ()
    skip: int = 0
    nth: tuple[int, ...] = ()
    probability: float = 1.0
    seed: int = 0
    times: int = 0
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0


class _Schedule:
    """One fault with what it has met so far."""

    def __init__(self, fault: Fault, source: str) -> None:
        self.fault = fault
        self._met = 0
        self._struck = 0
        # Chance of a rehearsal, no secret.
        self._chance = random.Random(f"{source}/{fault.seed}")  # noqa: S311

    def due(self, call: str) -> bool:
        """Count a request to `call`; True when the fault is to strike it."""
        fault = self.fault
        if fault.calls and call not in fault.calls:
            return False
        self._met += 1
        turn = self._met - fault.skip
        # Drawn even when the outcome is settled, so that one key does not shift another's chance.
        spared = self._chance.random() >= fault.probability
        chosen = turn >= 1 and (not fault.nth or turn in fault.nth)
        left = fault.times == 0 or self._struck < fault.times
        return chosen and left and not spared

    def strike(self) -> Fault:
        """Count that the fault strikes, and return it."""
        self._struck += 1
        return self.fault


class FaultPlan:
    """The faults of one simulated system. `source` names it; it and the seeds decide all chance."""

    def __init__(self, faults: Sequence[Fault] = (), source: str = "") -> None:
        self._source = source
        self._schedules: list[_Schedule] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Let `fault` strike from now on."""
        self._schedules.append(_Schedule(fault, f"{self._source}/{len(self._schedules)}"))

    def clear(self) -> None:
        """Let the system behave from now on."""
        self._schedules.clear()

    def strike(self, call: str) -> Fault | None:
        """Return the fault that strikes this request to `call`, None when it may pass.

        Every schedule counts the request; of those that are due the first of the list strikes.
        """
        due = [schedule for schedule in self._schedules if schedule.due(call)]
        return due[0].strike() if due else None
