"""What the station API answers and is asked, as models: the server writes them, the client reads.

Times are RFC 3339 in UTC, ids are opaque, measured numbers are texts. Members are only ever added.
What comes from the audit is described in `evidence`.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from orchestrator.domain.events import SlotState
from orchestrator.domain.people import Role
from orchestrator.domain.prompts import AnswerSource, PromptKind
from orchestrator.web.rights import Right

_PLAIN = r"^[^\x00-\x1f\x7f]*$"

Word = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_PLAIN)]
"""A short text in a request: a name, an id, a serial number."""
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=_PLAIN)]
"""A reason in a request."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_PLAIN)]
"""What a scanner has read."""
Secret = Annotated[str, StringConstraints(max_length=256)]


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="ignore")


class Asked(BaseModel):
    """Base of what is asked: unknown members are mistakes, nothing is converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# Station


class Reason(Answer):
    """Why no run may begin."""

    kind: str = Field(description="audit, disk, host, hold ...")
    sentence: str


class LoadedRecipe(Answer):
    """A recipe that the station runs."""

    name: str
    version: str
    content_hash: str


class Shift(Answer):
    """The counters of the shift; the yield is from 0 to 1."""

    began_at: str
    ends_at: str
    passed: int
    failed: int
    errors: int
    first_pass_yield: Decimal | None
    boards_per_hour: Decimal
    operator: str
    work_order: str


class AuditState(Answer):
    """Whether evidence can be written, and how much waits for it."""

    writable: bool
    why: str
    lost_at: str | None
    waiting: int
    dropped: int
    commits: int
    free_mib: int | None
    waiting_since: str | None


class SystemState(Answer):
    """Whether an outside system worked when it was asked last, and since when."""

    name: str = Field(description="azure_sphere_cloud, iot_hub_portal")
    works: bool
    since: str


class Next(Answer):
    """The one thing to do next."""

    slot: str
    sentence: str


class Prompt(Answer):
    """A question that a run asks the person at its slot."""

    prompt_id: str
    slot: str
    run_id: str
    step_id: str
    asked_at: str
    seconds: float | None
    kind: PromptKind
    sentence: str
    options: list[str]
    uom: str
    minimum: Decimal | None
    maximum: Decimal | None
    pattern: str
    looks_like: str
    picture: str | None = Field(description="Address of the picture, below the API's prefix.")


class Slot(Answer):
    """One slot: what it does, and what its person is to do."""

    name: str
    port: str
    state: SlotState
    sentence: str
    detail: str
    serial_number: str | None
    device_id: str | None
    run_id: str
    recipe: str
    step: str
    position: int
    steps: int
    progress: float
    began_at: str | None
    elapsed_seconds: float | None
    since: str
    closed: str = Field(description="Why the slot is held, empty while it is not.")
    may_start: bool
    may_stop: bool
    prompts: list[str] = Field(description="The ids of its open prompts, the oldest first.")


class Station(Answer):
    """The station as a whole. It holds every event up to number `sequence` of `session_id`."""

    sequence: int
    taken_at: str
    station: str
    session_id: str
    operation: str
    software_version: str
    started_at: str
    states: dict[SlotState, int] = Field(description="How many slots are in each state.")
    reasons: list[Reason]
    recipes: list[LoadedRecipe]
    shift: Shift
    audit: AuditState
    notices: list[str]
    next_action: Next | None
    chosen_slot: str
    manual_start: bool
    systems: list[SystemState] = Field(description="The services that were asked since the start.")


class Snapshot(Answer):
    """Everything that a screen shows at one moment."""

    station: Station
    slots: list[Slot]
    prompts: list[Prompt]


class Slots(Answer):
    """Slots by their name."""

    items: list[Slot]
    next: str | None


class Prompts(Answer):
    """Open prompts, the oldest first."""

    items: list[Prompt]


# Commands


class Done(Answer):
    """A command was carried out, and is in the audit."""

    says: str


class Held(Answer):
    """Whether a slot or the line is closed, and why."""

    held: bool
    reason: str


class Scanned(Answer):
    """What a scan did. `value` is the number, answer or word that it was.

    `action` is choose_slot, serial, answer, stop, start, work_order, page, ignored, badge (the PIN
    is needed) or signed_in.
    """

    action: str
    slot: str
    value: str
    says: str


class HoldOrder(Asked):
    """Why a slot or the line is to be closed."""

    reason: Sentence


class DecisionOrder(Asked):
    """What somebody says of a request after having looked at the unit, and why."""

    answer: Literal["applied", "not-applied", "ask-again"]
    reason: Sentence


class PromptAnswer(Asked):
    """An answer to a prompt. `yes` is false when there is a problem."""

    yes: bool
    text: Annotated[str, StringConstraints(max_length=256, pattern=_PLAIN)] = ""
    source: Annotated[AnswerSource, Field(strict=False)] = AnswerSource.PRESSED


class Scan(Asked):
    """A code that was read or typed."""

    code: Code
    source: Annotated[AnswerSource, Field(strict=False)] = AnswerSource.SCANNED


# People


class SignIn(Asked):
    """Badge and PIN, or name (or badge) and password."""

    badge: Annotated[str, StringConstraints(max_length=128)] = ""
    pin: Secret = Field(default="", repr=False)
    name: Annotated[str, StringConstraints(max_length=64)] = ""
    password: Secret = Field(default="", repr=False)


class Me(Answer):
    """Who asks, and what that one may do. `form_token` belongs into forms of this session."""

    person: str
    name: str
    role: Role
    signed_in: bool
    rights: list[Right]
    ends_in_seconds: float | None
    form_token: str


class Person(Answer):
    """An account, without what checks it."""

    person_id: str
    name: str
    role: Role
    disabled: bool
    locked: bool
    has_badge: bool
    made_at: str


class People(Answer):
    """All accounts of the station."""

    items: list[Person]


# Health


class Health(Answer):
    """Whether the station lives, or is ready to take boards; `problems` says why not."""

    status: str
    problems: list[str] = []


class Version(Answer):
    """Which program this is."""

    version: str
    python: str
    api: str
