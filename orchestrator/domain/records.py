"""The rows of the audit, and the protocol through which the house writes them.

Each record is a named tuple whose members are the columns of one table, in order: what a caller
hands over is what the database binds. Rows are only ever added. Times are RFC 3339 texts in UTC
(`clock.timestamp`), durations whole microseconds, structured values canonical JSON text, measured
numbers decimal text: no float ever enters. `audit/tables.py` says which table keeps which record;
a test compares the columns.
"""

from typing import NamedTuple, Protocol


class StationRow(NamedTuple):
    """A start of the daemon: which program, on which machine, with which versions.

    Kept in the table `session`.
    """

    session_id: str
    station_id: str
    host: str
    software_version: str
    python_version: str
    database_version: str
    started_at: str


class RecipeRow(NamedTuple):
    """A recipe as it was run: known by its content hash, kept with its text. Written once."""

    recipe_hash: str
    name: str
    version: str
    part_number: str
    revision: str
    operation: str
    text: str
    plan: str
    loaded_at: str


class ArtifactRow(NamedTuple):
    """One file that a recipe consumes. Written once per recipe hash and name."""

    recipe_hash: str
    name: str
    file: str
    sha256: str
    size_bytes: int
    description: str


class UnitRow(NamedTuple):
    """A unit that the line has met. Written once; `unit_id` comes from `ids.unit_id`."""

    unit_id: str
    serial_number: str | None
    part_number: str | None
    revision: str | None
    registered_at: str


class RunRow(NamedTuple):
    """A run was opened. The unit is None when its identity could not be read before."""

    run_id: str
    station_id: str
    session_id: str
    slot: str
    port: str
    recipe_hash: str
    operation: str
    unit_id: str | None
    inputs: str
    began_at: str


class RunEndRow(NamedTuple):
    """A run was closed. `first_failure` is the sequence of the step that is reported."""

    run_id: str
    outcome: str
    ended_at: str
    duration_us: int
    first_failure: int | None
    message: str


class IdentityRow(NamedTuple):
    """An identity as it was read from silicon during a run, by step `sequence` (0: before)."""

    run_id: str
    sequence: int
    unit_id: str | None
    system: str
    device_id: str
    read_at: str


class StepRow(NamedTuple):
    """A step attempt began. `sequence` counts the attempts of the run from 1 in their order.

    `parameters` is JSON without secrets; `section` is setup, main or teardown.
    """

    run_id: str
    sequence: int
    section: str
    step_id: str
    name: str
    uses: str
    attempt: int
    irreversible: bool
    parameters: str
    began_at: str


class StepEndRow(NamedTuple):
    """A step attempt ended. The error members are empty texts for PASS."""

    run_id: str
    sequence: int
    outcome: str
    ended_at: str
    duration_us: int
    error_class: str
    error_code: str
    message: str
    remedy: str


class MeasurementRow(NamedTuple):
    """A value taken by a step, with the limit it was judged by.

    `kind` is number, text or boolean; `value` and the limits are decimal or plain text; `one_of`
    is a JSON list. Limits that the recipe does not set are None.
    """

    run_id: str
    sequence: int
    name: str
    kind: str
    value: str
    uom: str
    limit_min: str | None
    limit_max: str | None
    limit_equal: str | None
    limit_pattern: str | None
    limit_one_of: str | None
    outcome: str


class AttachmentRow(NamedTuple):
    """A file that a step made or read."""

    run_id: str
    sequence: int
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    content: bytes


class EventRow(NamedTuple):
    """Something else worth keeping: start and stop, a swap, a clock that stepped, a decision."""

    event_id: str
    station_id: str
    slot: str | None
    run_id: str | None
    kind: str
    detail: str
    occurred_at: str


Record = (
    StationRow
    | RecipeRow
    | ArtifactRow
    | UnitRow
    | RunRow
    | RunEndRow
    | IdentityRow
    | StepRow
    | StepEndRow
    | MeasurementRow
    | AttachmentRow
    | EventRow
)


class Recorder(Protocol):
    """Where evidence goes. Implemented by `audit`."""

    async def record(self, *records: Record) -> None:
        """Return when all `records` are durable, in one transaction, in this order.

        Rows that are written once (recipe, artifact, unit, identity) are left as they are when
        already there. Raises AuditUnavailable when they may not be on disk, StationMisuse when one
        of them cannot be stored at all (then none of this call's rows is).
        """
        ...
