"""How a board misbehaves. When a fault strikes is the business of `transport.serving.schedule`."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.transport.serving.schedule import Timed

FaultKind = Literal[
    "busy", "refuse", "drop", "lost_answer", "reboot", "hang", "garbage", "slow", "late"
]


@dataclass(frozen=True, slots=True)
class Fault(Timed):
    """One misbehaviour of a board.

    `at` is how much of a request's body arrives before `drop` and `reboot` strike, from 0 to 1.
    `seconds` is the delay of `slow`, and of `late` between the cut connection and the application
    of the request. `status` and `error` are the answer of `busy` and `refuse`.
    """

    kind: FaultKind
    at: float = 1.0
    seconds: float = 0.0
    status: int = 503
    error: int = 10485765
