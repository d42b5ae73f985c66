"""The tables of the audit, as SQLAlchemy Core sees them, and the two views people ask first.

One table per record of `domain/records.py`: same columns, same order (a test compares), so that a
record is bound as it is; behind them `entry` and `entry_hash` of the chain (`columns.py`). Rows
are only added: the migrations also set triggers that refuse UPDATE and DELETE. Booleans are 0 or 1
on SQLite. Writing is `writer.py`, reading `queries.py`, what proves the rows `proof_tables.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Table
from sqlalchemy.sql.expression import TableClause, column, table

from orchestrator.audit.columns import (
    SHARED_METADATA,
    at_least,
    content,
    count,
    kept,
    maybe,
    of_step,
    one_of,
    record_columns,
    text,
    truly,
    truth,
)
from orchestrator.audit.proof_tables import checkpoint, epoch, segment, signing_key
from orchestrator.domain.intents import FindingSource, FindingState
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    ArtifactRow,
    AttachmentRow,
    CheckpointRow,
    EpochRow,
    EventRow,
    FindingRow,
    IdentityRow,
    IntentRow,
    KeyRow,
    MeasurementRow,
    RecipeRow,
    Record,
    RunEndRow,
    RunRow,
    SegmentRow,
    StationRow,
    StepEndRow,
    StepRow,
    UnitRow,
)

METADATA = SHARED_METADATA
"""All tables of the audit, as Alembic compares them with a database."""

SCHEMA_REVISION = "0002"
"""The revision of `migrations/` that makes exactly these tables; a test compares."""

session = kept(
    "session",
    text("session_id", key=True),
    text("station_id"),
    text("host"),
    text("software_version"),
    text("python_version"),
    text("database_version"),
    text("started_at"),
)

recipe = kept(
    "recipe",
    text("recipe_hash", key=True),
    text("name"),
    text("version"),
    text("part_number"),
    text("revision"),
    text("operation"),
    text("text"),
    text("plan"),
    text("loaded_at"),
    Index(None, "name", "version"),
)

artifact = kept(
    "artifact",
    text("recipe_hash", key=True, refers="recipe.recipe_hash"),
    text("name", key=True),
    text("file"),
    text("sha256"),
    count("size_bytes"),
    text("description"),
    at_least(0, "size_bytes"),
    Index(None, "sha256"),
)

unit = kept(
    "unit",
    text("unit_id", key=True),
    maybe("serial_number"),
    maybe("part_number"),
    maybe("revision"),
    text("registered_at"),
    Index(None, "serial_number"),
)

run = kept(
    "run",
    text("run_id", key=True),
    text("station_id"),
    text("session_id", refers="session.session_id"),
    text("slot"),
    text("port"),
    text("recipe_hash", refers="recipe.recipe_hash"),
    text("operation"),
    maybe("unit_id", refers="unit.unit_id"),
    text("inputs"),
    text("began_at"),
    maybe("continues", refers="run.run_id"),
    CheckConstraint("continues <> run_id", name="continues"),
    Index(None, "began_at", "station_id", "slot"),
    Index(None, "unit_id", "began_at"),
    Index(None, "recipe_hash"),
)

identity = kept(
    "identity",
    text("run_id", key=True, refers="run.run_id"),
    count("sequence", key=True),
    maybe("unit_id", refers="unit.unit_id"),
    text("system", key=True),
    text("device_id", key=True),
    text("read_at"),
    at_least(0, "sequence"),
    Index(None, "device_id"),
    Index(None, "unit_id"),
)

step = kept(
    "step",
    text("run_id", key=True, refers="run.run_id"),
    count("sequence", key=True),
    text("section"),
    text("step_id"),
    text("name"),
    text("uses"),
    count("attempt"),
    truth("irreversible"),
    text("parameters"),
    text("began_at"),
    at_least(1, "sequence"),
    at_least(1, "attempt"),
    one_of("section", "main", "setup", "main", "teardown"),
    truly("irreversible"),
)

step_end = kept(
    "step_end",
    text("run_id", key=True),
    count("sequence", key=True),
    text("outcome"),
    text("ended_at"),
    count("duration_us"),
    text("error_class"),
    text("error_code"),
    text("message"),
    text("remedy"),
    of_step(),
    one_of("outcome", Outcome.PASS, *Outcome),
    at_least(0, "duration_us"),
)

measurement = kept(
    "measurement",
    text("run_id", key=True),
    count("sequence", key=True),
    text("name", key=True),
    text("kind"),
    text("value"),
    text("uom"),
    maybe("limit_min"),
    maybe("limit_max"),
    maybe("limit_equal"),
    maybe("limit_pattern"),
    maybe("limit_one_of"),
    text("outcome"),
    of_step(),
    one_of("kind", "number", "number", "text", "boolean"),
    one_of("outcome", Outcome.PASS, *Outcome),
)

attachment = kept(
    "attachment",
    text("run_id", key=True),
    count("sequence", key=True),
    text("name", key=True),
    text("media_type"),
    text("sha256"),
    count("size_bytes"),
    content("content"),
    of_step(),
    at_least(0, "size_bytes"),
)

run_end = kept(
    "run_end",
    text("run_id", key=True, refers="run.run_id"),
    text("outcome"),
    text("ended_at"),
    count("duration_us"),
    count("first_failure", nullable=True),
    text("message"),
    ForeignKeyConstraint(["run_id", "first_failure"], ["step.run_id", "step.sequence"]),
    one_of("outcome", Outcome.PASS, *Outcome),
    at_least(0, "duration_us"),
    Index(None, "ended_at"),
)

event = kept(
    "event",
    text("event_id", key=True),
    text("station_id"),
    maybe("slot"),
    maybe("run_id", refers="run.run_id"),
    text("kind"),
    text("detail"),
    text("occurred_at"),
    Index(None, "occurred_at"),
    Index(None, "run_id"),
)

intent = kept(
    "intent",
    text("intent_id", key=True),
    text("run_id"),
    count("sequence"),
    maybe("unit_id", refers="unit.unit_id"),
    text("system"),
    text("device_id"),
    text("kind"),
    text("parameters"),
    count("settle_us"),
    text("began_at"),
    of_step(),
    at_least(0, "settle_us"),
    Index(None, "device_id"),
    Index(None, "run_id", "sequence"),
)

finding = kept(
    "finding",
    text("intent_id", key=True, refers="intent.intent_id"),
    count("number", key=True),
    text("state"),
    text("source"),
    text("actor"),
    text("message"),
    text("found_at"),
    at_least(1, "number"),
    one_of("state", FindingState.APPLIED, *FindingState),
    one_of("source", FindingSource.ANSWER, *FindingSource),
    # Whoever decides gives a name; only a person can send a unit back to be asked again.
    CheckConstraint("source <> 'decision' OR actor <> ''", name="actor"),
    CheckConstraint("state <> 'reopened' OR source = 'decision'", name="reopened"),
)

Index(
    "ix_step_end_failed",
    step_end.c.ended_at,
    step_end.c.outcome,
    sqlite_where=step_end.c.outcome.in_(("FAIL", "ERROR", "TIMEOUT")),
    postgresql_where=step_end.c.outcome.in_(("FAIL", "ERROR", "TIMEOUT")),
)

TABLES: Mapping[type[Record], Table] = MappingProxyType(
    {
        KeyRow: signing_key,
        EpochRow: epoch,
        StationRow: session,
        RecipeRow: recipe,
        ArtifactRow: artifact,
        UnitRow: unit,
        RunRow: run,
        IdentityRow: identity,
        StepRow: step,
        StepEndRow: step_end,
        MeasurementRow: measurement,
        AttachmentRow: attachment,
        IntentRow: intent,
        FindingRow: finding,
        RunEndRow: run_end,
        EventRow: event,
        CheckpointRow: checkpoint,
        SegmentRow: segment,
    }
)
"""Which table keeps which record, in an order in which foreign keys are always satisfied."""

WRITTEN_ONCE = frozenset({RecipeRow, ArtifactRow, UnitRow, IdentityRow})
"""Records that may be handed over again: the row that is already there stays as it is."""

RUN_VIEW: TableClause = table(
    "run_view",
    column("run_id"),
    column("station_id"),
    column("session_id"),
    column("slot"),
    column("port"),
    column("operation"),
    column("recipe_hash"),
    column("recipe"),
    column("recipe_version"),
    column("unit_id"),
    column("serial_number"),
    column("part_number"),
    column("revision"),
    column("device_id"),
    column("inputs"),
    column("began_at"),
    column("outcome"),
    column("ended_at"),
    column("duration_us"),
    column("first_failure"),
    column("message"),
    column("continues"),
    column("entry"),
    column("end_entry"),
)
"""One row per run with its recipe, unit, last identity and end; `outcome` is NULL while open.

`entry` is that of its begin, `end_entry` that of its end.
"""

STEP_VIEW: TableClause = table(
    "step_view",
    *(column(found.name, found.type) for found in record_columns(step)),
    *(column(c.name, c.type) for c in record_columns(step_end) if c.name not in step.c),
    column("entry", step.c.entry.type),
    column("end_entry", step.c.entry.type),
)
"""One row per step attempt with its end; `outcome` is NULL while it runs.

`entry` is that of its begin, `end_entry` that of its end.
"""
