"""How a pretend web service misbehaves. When a fault strikes is `schedule.py`."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.transport.serving.schedule import Timed

FaultKind = Literal["refuse", "throttle", "drop", "lost_answer", "hang", "garbage", "page", "slow"]


@dataclass(frozen=True, slots=True)
class Fault(Timed):
    """One misbehaviour of a web service.

    `refuse` answers `status` without acting, `throttle` 429 with `retry_after` (a number of
    seconds, a date, or nonsense; None leaves the header out). `drop` breaks the link before
    acting, `lost_answer` after. `hang` never answers, `slow` answers after `seconds`. `garbage`
    is no JSON, `page` an HTML page with status 200.
    """

    kind: FaultKind
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0
