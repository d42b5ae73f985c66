"""The tables of the audit, as SQLAlchemy Core sees them, and the two views people ask first.

One table per record of `domain/records.py`: same columns, same order (a test compares), so that a
record is bound as it is. Rows are only added: the first migration also sets triggers that refuse
UPDATE and DELETE. Booleans are 0 or 1 on SQLite. Writing is `writer.py`, reading `queries.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.sql.expression import TableClause, column, table

from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import (
    ArtifactRow,
    AttachmentRow,
    EventRow,
    IdentityRow,
    MeasurementRow,
    RecipeRow,
    Record,
    RunEndRow,
    RunRow,
    StationRow,
    StepEndRow,
    StepRow,
    UnitRow,
)

SCHEMA_REVISION = "0001"
"""The revision of `migrations/` that makes exactly these tables; a test compares."""

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, key: bool = False, refers: str = "") -> Column[str]:
    reference = (ForeignKey(refers),) if refers else ()
    return Column(name, Text, *reference, primary_key=key, nullable=False)


def _maybe(name: str, *, refers: str = "") -> Column[str]:
    reference = (ForeignKey(refers),) if refers else ()
    return Column(name, Text, *reference, nullable=True)


def _count(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _at_least(minimum: int, name: str) -> CheckConstraint:
    return CheckConstraint(f"{name} >= {minimum}", name=name)


def _one_of(name: str, usual: str, *words: str) -> CheckConstraint:
    # The usual word is asked for first: SQLite builds the list of all anew in every statement.
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{name} = '{usual}' OR {name} IN ({listed})", name=name)


def _of_step() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["run_id", "sequence"], ["step.run_id", "step.sequence"])


session = Table(
    "session",
    METADATA,
    _text("session_id", key=True),
    _text("station_id"),
    _text("host"),
    _text("software_version"),
    _text("python_version"),
    _text("database_version"),
    _text("started_at"),
)

recipe = Table(
    "recipe",
    METADATA,
    _text("recipe_hash", key=True),
    _text("name"),
    _text("version"),
    _text("part_number"),
    _text("revision"),
    _text("operation"),
    _text("text"),
    _text("plan"),
    _text("loaded_at"),
    Index(None, "name", "version"),
)

artifact = Table(
    "artifact",
    METADATA,
    _text("recipe_hash", key=True, refers="recipe.recipe_hash"),
    _text("name", key=True),
    _text("file"),
    _text("sha256"),
    _count("size_bytes"),
    _text("description"),
    _at_least(0, "size_bytes"),
    Index(None, "sha256"),
)

unit = Table(
    "unit",
    METADATA,
    _text("unit_id", key=True),
    _maybe("serial_number"),
    _maybe("part_number"),
    _maybe("revision"),
    _text("registered_at"),
    Index(None, "serial_number"),
)

run = Table(
    "run",
    METADATA,
    _text("run_id", key=True),
    _text("station_id"),
    _text("session_id", refers="session.session_id"),
    _text("slot"),
    _text("port"),
    _text("recipe_hash", refers="recipe.recipe_hash"),
    _text("operation"),
    _maybe("unit_id", refers="unit.unit_id"),
    _text("inputs"),
    _text("began_at"),
    Index(None, "began_at", "station_id", "slot"),
    Index(None, "unit_id", "began_at"),
    Index(None, "recipe_hash"),
)

identity = Table(
    "identity",
    METADATA,
    _text("run_id", key=True, refers="run.run_id"),
    _count("sequence", key=True),
    _maybe("unit_id", refers="unit.unit_id"),
    _text("system", key=True),
    _text("device_id", key=True),
    _text("read_at"),
    _at_least(0, "sequence"),
    Index(None, "device_id"),
    Index(None, "unit_id"),
)

step = Table(
    "step",
    METADATA,
    _text("run_id", key=True, refers="run.run_id"),
    _count("sequence", key=True),
    _text("section"),
    _text("step_id"),
    _text("name"),
    _text("uses"),
    _count("attempt"),
    Column("irreversible", Boolean, nullable=False),
    _text("parameters"),
    _text("began_at"),
    _at_least(1, "sequence"),
    _at_least(1, "attempt"),
    _one_of("section", "main", "setup", "main", "teardown"),
)

step_end = Table(
    "step_end",
    METADATA,
    _text("run_id", key=True),
    _count("sequence", key=True),
    _text("outcome"),
    _text("ended_at"),
    _count("duration_us"),
    _text("error_class"),
    _text("error_code"),
    _text("message"),
    _text("remedy"),
    _of_step(),
    _one_of("outcome", Outcome.PASS, *Outcome),
    _at_least(0, "duration_us"),
)

measurement = Table(
    "measurement",
    METADATA,
    _text("run_id", key=True),
    _count("sequence", key=True),
    _text("name", key=True),
    _text("kind"),
    _text("value"),
    _text("uom"),
    _maybe("limit_min"),
    _maybe("limit_max"),
    _maybe("limit_equal"),
    _maybe("limit_pattern"),
    _maybe("limit_one_of"),
    _text("outcome"),
    _of_step(),
    _one_of("kind", "number", "number", "text", "boolean"),
    _one_of("outcome", Outcome.PASS, *Outcome),
)

attachment = Table(
    "attachment",
    METADATA,
    _text("run_id", key=True),
    _count("sequence", key=True),
    _text("name", key=True),
    _text("media_type"),
    _text("sha256"),
    _count("size_bytes"),
    Column("content", LargeBinary, nullable=False),
    _of_step(),
    _at_least(0, "size_bytes"),
)

run_end = Table(
    "run_end",
    METADATA,
    _text("run_id", key=True, refers="run.run_id"),
    _text("outcome"),
    _text("ended_at"),
    _count("duration_us"),
    Column("first_failure", BigInteger, nullable=True),
    _text("message"),
    ForeignKeyConstraint(["run_id", "first_failure"], ["step.run_id", "step.sequence"]),
    _one_of("outcome", Outcome.PASS, *Outcome),
    _at_least(0, "duration_us"),
    Index(None, "ended_at"),
)

event = Table(
    "event",
    METADATA,
    _text("event_id", key=True),
    _text("station_id"),
    _maybe("slot"),
    _maybe("run_id", refers="run.run_id"),
    _text("kind"),
    _text("detail"),
    _text("occurred_at"),
    Index(None, "occurred_at"),
    Index(None, "run_id"),
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
        RunEndRow: run_end,
        EventRow: event,
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
)
"""One row per run with its recipe, unit, last identity and end; `outcome` is NULL while open."""

STEP_VIEW: TableClause = table(
    "step_view",
    *(column(found.name, found.type) for found in step.columns),
    *(column(found.name, found.type) for found in step_end.columns if found.name not in step.c),
)
"""One row per step attempt with its end; `outcome` is NULL while it runs."""
