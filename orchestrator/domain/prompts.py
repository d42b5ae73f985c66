"""What a run asks the person at its slot, and what that person answers.

A step states a `Question` and gets a `Reply`; who shows it, who may answer and that it is answered
exactly once is the station's business. A prompt has no time limit of its own: the step's holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from orchestrator.domain.people import Actor


class PromptKind(StrEnum):
    """What kind of answer is wanted."""

    CONFIRM = "confirm"
    """Done, or there is a problem: "yes" or "no"."""
    CHOOSE = "choose"
    """One of `options`."""
    NUMBER = "number"
    """A decimal number in `uom`, from `minimum` to `maximum`."""
    TEXT = "text"
    """A text that matches `pattern`."""
    SCAN = "scan"
    """A code that matches `pattern`, from a scanner."""
    LOOK = "look"
    """Look at `picture`; one of `options`."""
    CHECKLIST = "checklist"
    """Every one of `options` ticked, or "no"."""


class AnswerSource(StrEnum):
    """How an answer was given."""

    SCANNED = "scanned"
    TYPED = "typed"
    PRESSED = "pressed"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to look at. `sha256` (hexadecimal) is its name in addresses."""

    content: bytes = field(repr=False)
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a step wants to know. `sentence` tells the person what to do, at most two sentences.

    `pattern` is a regular expression that the whole answer must match; `looks_like` shows how such
    an answer looks. Members that a kind does not use stay empty.
    """

    kind: PromptKind
    sentence: str
    options: tuple[str, ...] = ()
    uom: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pattern: str = ""
    looks_like: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is open now, in the slot and run that asked it.

    `asked_at` is RFC 3339 in UTC; `seconds` is how long the step waits at most.
    """

    prompt_id: str
    slot: str
    run_id: str
    step_id: str
    question: Question
    asked_at: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered: `yes` is False when the person said that there is a problem.

    `text` is the option, number or code as it was given, empty for a plain yes or no.
    """

    yes: bool
    text: str
    by: Actor
    source: AnswerSource


class Operator(Protocol):
    """The person at the slot, for steps: ask for this type as a client."""

    async def ask(self, question: Question) -> Reply:
        """Return the answer, which is then already in the audit.

        Waits until the step's own time limit. Raises StationMisuse for a question that cannot be
        answered, and AuditUnavailable.
        """
        ...

    def open_prompts(self) -> Sequence[Prompt]:
        """Return what is being asked in this slot right now."""
        ...
