"""What a station shows at one moment, as frozen values: for panels, the API and the command line.

`Control.snapshot` makes it. It names no person: whoever acts is an opaque id here.
"""

from dataclasses import dataclass
from decimal import Decimal

from orchestrator.domain.events import SlotState
from orchestrator.domain.prompts import Prompt


@dataclass(frozen=True, slots=True)
class SlotSnapshot:
    """One slot. `sentence` says what to do now, `detail` why; both may be empty.

    `position` counts planned steps from 1 to `steps`, `progress` the whole run from 0 to 1.
    `began_at` (RFC 3339, UTC) is when the run began, `elapsed_seconds` how long it takes or took;
    both are None without a run of this start. `since` is when the slot took its state. `prompts`
    are the open questions, the oldest first. `closed` is why the slot is held, empty while it is
    not. `may_start` and `may_stop` say whether `start_slot` and `stop_slot` would do something.
    """

    name: str
    port: str
    state: SlotState
    sentence: str = ""
    detail: str = ""
    serial_number: str | None = None
    device_id: str | None = None
    run_id: str = ""
    recipe: str = ""
    step: str = ""
    position: int = 0
    steps: int = 0
    progress: float = 0.0
    began_at: str | None = None
    elapsed_seconds: float | None = None
    since: str = ""
    prompts: tuple[Prompt, ...] = ()
    closed: str = ""
    may_start: bool = False
    may_stop: bool = False


@dataclass(frozen=True, slots=True)
class LineReason:
    """Why no run may begin: `kind` is audit, disk, host, hold ..., `sentence` is for people."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RecipeSnapshot:
    """A recipe that this station runs."""

    name: str
    version: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class ShiftSnapshot:
    """The counters of the shift that began at `began_at` and ends at `ends_at` (RFC 3339, UTC).

    `passed`, `failed` and `errors` count runs; one that was stopped or interrupted counts nowhere.
    `first_pass_yield` is from 0 to 1: units whose first run in the shift passed, of all units with
    a run that counts; None without one. `boards_per_hour` looks back one hour at most. `operator`
    is the id of who works, `work_order` what is worked on, empty while nobody has said so.
    """

    began_at: str
    ends_at: str
    passed: int = 0
    failed: int = 0
    errors: int = 0
    first_pass_yield: Decimal | None = None
    boards_per_hour: Decimal = Decimal(0)
    operator: str = ""
    work_order: str = ""


@dataclass(frozen=True, slots=True)
class AuditHealth:
    """Whether evidence can be written. `why` says why not, since `lost_at` (RFC 3339, UTC).

    `waiting` are events that are not written yet, the oldest of them since `waiting_since`
    (RFC 3339, UTC), `dropped` those that were given up, `commits` the transactions since the
    start; `free_mib` is the room on its disk, None when not watched.
    """

    writable: bool
    why: str = ""
    lost_at: str | None = None
    waiting: int = 0
    dropped: int = 0
    commits: int = 0
    free_mib: int | None = None
    waiting_since: str | None = None


@dataclass(frozen=True, slots=True)
class SystemSnapshot:
    """Whether an outside system worked when it was asked last, and since when (RFC 3339, UTC).

    `name` is that of its folder in `systems`.
    """

    name: str
    works: bool
    since: str


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one thing to do next: the slot that waits for a person longest, and its sentence."""

    slot: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StationSnapshot:
    """The whole station. It holds every event up to number `sequence` of session `session_id`.

    `chosen_slot` is the slot whose label was scanned, for which the next scan is meant. `reasons`
    are why no run may begin, empty while the line is open. `systems` are the shared services that
    were asked since the start.
    """

    sequence: int
    taken_at: str
    station: str
    session_id: str
    operation: str
    software_version: str
    started_at: str
    slots: tuple[SlotSnapshot, ...]
    prompts: tuple[Prompt, ...]
    reasons: tuple[LineReason, ...]
    recipes: tuple[RecipeSnapshot, ...]
    shift: ShiftSnapshot
    audit: AuditHealth
    notices: tuple[str, ...] = ()
    next_action: NextAction | None = None
    chosen_slot: str = ""
    manual_start: bool = False
    systems: tuple[SystemSnapshot, ...] = ()
