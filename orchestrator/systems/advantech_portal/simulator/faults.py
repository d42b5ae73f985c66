"""How a host misbehaves. When a fault strikes is the business of `transport.serving.schedule`."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.transport.serving.schedule import Timed

FaultKind = Literal[
    "refuse",
    "drop",
    "lost_answer",
    "late",
    "hang",
    "garbage",
    "page",
    "slow",
    "reboot",
    "freeze",
    "cut",
    "empty",
]


@dataclass(frozen=True, slots=True)
class Fault(Timed):
    """One misbehaviour of a host.

    `refuse` answers `status` and `words` without acting; `empty` answers 200 without a body and
    without acting. `drop` breaks the link before acting, `lost_answer` after, `late` at once and
    acts `seconds` later. `hang` never answers, `slow` answers after `seconds`. `garbage` is no
    JSON, `page` an HTML page with status 200. `reboot` restarts the host in the middle, `freeze`
    stops it so that only a watchdog or a hand can restart it.

    `cut` is for streams and WebSockets: it breaks them after `events` messages, 0 for no such end,
    or after `seconds`, 0 for no such end; the last message is cut off within itself.
    """

    kind: FaultKind
    status: int = 500
    words: str = ""
    seconds: float = 0.0
    events: int = 0
