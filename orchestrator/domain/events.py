"""What happens on a station, as values for screens, logs and other programs.

Events inform; the audit is the evidence. Publishing never waits and may drop a slow listener.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.prompts import Prompt


class SlotState(StrEnum):
    """What a slot is doing; the words of the operator's tile."""

    EMPTY = "EMPTY"
    SCAN = "SCAN"
    DO = "DO"
    CHECK = "CHECK"
    RUN = "RUN"
    PASS = "PASS"
    FAIL = "FAIL"
    ERROR = "ERROR"
    STOPPED = "STOPPED"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class SlotChanged:
    """A slot took another state. `sentence` says what to do now, `detail` why.

    `run_id` is the run that works there or whose verdict is shown, empty while there is none.
    """

    slot: str
    state: SlotState
    sentence: str = ""
    serial_number: str | None = None
    device_id: str | None = None
    detail: str = ""
    run_id: str = ""

    @property
    def message(self) -> str:
        """Both in one line: what to do now, then why."""
        return " ".join(filter(None, (self.sentence, self.detail)))


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run was opened. `steps` counts the planned steps of all sections."""

    slot: str
    run_id: str
    recipe: str
    steps: int


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step attempt began; `position` counts planned steps from 1."""

    slot: str
    run_id: str
    step_id: str
    name: str
    attempt: int
    position: int


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far the running step is, `done` of `total` in the step's own unit (often bytes)."""

    slot: str
    run_id: str
    step_id: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step attempt ended."""

    slot: str
    run_id: str
    step_id: str
    attempt: int
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended. `message` is the first failure's sentence, empty for PASS."""

    slot: str
    run_id: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class PromptOpened:
    """A run asks the person at its slot something."""

    slot: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class PromptClosed:
    """A prompt is no longer open. `by` is who answered, empty when nobody did in time."""

    slot: str
    prompt_id: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class StationNotice:
    """Something about the whole station, for the line at the bottom of the screen."""

    message: str


Event = (
    SlotChanged
    | RunStarted
    | StepStarted
    | StepProgress
    | StepFinished
    | RunFinished
    | PromptOpened
    | PromptClosed
    | StationNotice
)
Publish = Callable[[Event], None]


def publish_nothing(event: Event) -> None:
    """Drop `event`: for runs that nobody watches."""
