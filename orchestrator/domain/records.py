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
    """A run was opened. The unit is None when its identity could not be read before.

    `continues` names the interrupted run whose evidence this one goes on with: the board had been
    locked in it, so that nothing before the lock can be asked again.
    """

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
    continues: str | None = None


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


class IntentRow(NamedTuple):
    """Something that cannot be undone is about to be requested; durable before the request.

    `kind` is the step (`uses`), `parameters` its arguments as canonical JSON without secrets.
    `settle_us` is how long a lost request may still be applied.
    """

    intent_id: str
    run_id: str
    sequence: int
    unit_id: str | None
    system: str
    device_id: str
    kind: str
    parameters: str
    settle_us: int
    began_at: str


class FindingRow(NamedTuple):
    """What became of an intent, as far as it was found out. The last one of an intent counts.

    `state` is applied, not_applied or unknown (the unit is held for a person); `source` is answer
    (the request was answered), probe (the other side was asked), recovery (it was asked after an
    interruption) or decision (a person said so: `actor` and the reason in `message`).
    """

    intent_id: str
    number: int
    state: str
    source: str
    actor: str
    message: str
    found_at: str


class EpochRow(NamedTuple):
    """A database begins to be written, or goes on after it was restored: a new epoch.

    `previous_entry` is the last entry before it, 0 for a new database.
    """

    epoch_id: str
    station_id: str
    key_id: str
    previous_entry: int
    actor: str
    reason: str
    began_at: str


class KeyRow(NamedTuple):
    """A signing key comes into force. `public_key` is Ed25519, base64.

    `endorsement` is the signature of the key before (`endorsed_by`) over the new one; both are
    None for the first key of a station and for one that replaces a lost key.
    """

    key_id: str
    public_key: str
    endorsed_by: str | None
    endorsement: str | None
    actor: str
    reason: str
    began_at: str


class CheckpointRow(NamedTuple):
    """A signed statement: the chain up to entry `up_to` has the head `head` (hexadecimal).

    `note` is the text that leaves the machine, signatures included.
    """

    up_to: int
    head: str
    epoch_id: str
    key_id: str
    note: str
    made_at: str


class SegmentRow(NamedTuple):
    """A segment of the chain was moved to an archive file and removed from the database.

    Rows that others refer to (recipes, units ...) stay as `carried_rows`; `carried_sha256` is over
    their canonical forms and hashes in their order, so that they stay provable without the archive.
    """

    segment_id: str
    first_entry: int
    last_entry: int
    first_previous: str
    last_hash: str
    row_count: int
    carried_rows: int
    carried_sha256: str
    file: str
    file_sha256: str
    archived_at: str


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
    | IntentRow
    | FindingRow
    | EpochRow
    | KeyRow
    | CheckpointRow
    | SegmentRow
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
