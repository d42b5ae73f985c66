"""The first schema: twelve tables, their indexes, two views, and the triggers that keep rows.

Written out as SQL, so that it stays what it was when the program's tables move on. The same text
serves SQLite and PostgreSQL but for the word for bytes.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OUTCOMES = "'PASS', 'SKIPPED', 'FAIL', 'TIMEOUT', 'ERROR', 'ABORTED', 'INTERRUPTED'"

_BLOB = {"sqlite": "BLOB", "postgresql": "BYTEA"}

# The usual word is asked for first: SQLite builds the list of the others anew in every statement.

_TABLES = """
CREATE TABLE session (
    session_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    host TEXT NOT NULL,
    software_version TEXT NOT NULL,
    python_version TEXT NOT NULL,
    database_version TEXT NOT NULL,
    started_at TEXT NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (session_id)
);
CREATE TABLE recipe (
    recipe_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    part_number TEXT NOT NULL,
    revision TEXT NOT NULL,
    operation TEXT NOT NULL,
    text TEXT NOT NULL,
    plan TEXT NOT NULL,
    loaded_at TEXT NOT NULL,
    CONSTRAINT pk_recipe PRIMARY KEY (recipe_hash)
);
CREATE TABLE artifact (
    recipe_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    description TEXT NOT NULL,
    CONSTRAINT pk_artifact PRIMARY KEY (recipe_hash, name),
    CONSTRAINT fk_artifact_recipe_hash_recipe
        FOREIGN KEY (recipe_hash) REFERENCES recipe (recipe_hash),
    CONSTRAINT ck_artifact_size_bytes CHECK (size_bytes >= 0)
);
CREATE TABLE unit (
    unit_id TEXT NOT NULL,
    serial_number TEXT,
    part_number TEXT,
    revision TEXT,
    registered_at TEXT NOT NULL,
    CONSTRAINT pk_unit PRIMARY KEY (unit_id)
);
CREATE TABLE run (
    run_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    port TEXT NOT NULL,
    recipe_hash TEXT NOT NULL,
    operation TEXT NOT NULL,
    unit_id TEXT,
    inputs TEXT NOT NULL,
    began_at TEXT NOT NULL,
    CONSTRAINT pk_run PRIMARY KEY (run_id),
    CONSTRAINT fk_run_session_id_session
        FOREIGN KEY (session_id) REFERENCES session (session_id),
    CONSTRAINT fk_run_recipe_hash_recipe
        FOREIGN KEY (recipe_hash) REFERENCES recipe (recipe_hash),
    CONSTRAINT fk_run_unit_id_unit FOREIGN KEY (unit_id) REFERENCES unit (unit_id)
);
CREATE TABLE identity (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    unit_id TEXT,
    system TEXT NOT NULL,
    device_id TEXT NOT NULL,
    read_at TEXT NOT NULL,
    CONSTRAINT pk_identity PRIMARY KEY (run_id, sequence, system, device_id),
    CONSTRAINT fk_identity_run_id_run FOREIGN KEY (run_id) REFERENCES run (run_id),
    CONSTRAINT fk_identity_unit_id_unit FOREIGN KEY (unit_id) REFERENCES unit (unit_id),
    CONSTRAINT ck_identity_sequence CHECK (sequence >= 0)
);
CREATE TABLE step (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    section TEXT NOT NULL,
    step_id TEXT NOT NULL,
    name TEXT NOT NULL,
    uses TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    irreversible BOOLEAN NOT NULL,
    parameters TEXT NOT NULL,
    began_at TEXT NOT NULL,
    CONSTRAINT pk_step PRIMARY KEY (run_id, sequence),
    CONSTRAINT fk_step_run_id_run FOREIGN KEY (run_id) REFERENCES run (run_id),
    CONSTRAINT ck_step_sequence CHECK (sequence >= 1),
    CONSTRAINT ck_step_attempt CHECK (attempt >= 1),
    CONSTRAINT ck_step_section CHECK (section = 'main' OR section IN ('setup', 'main', 'teardown'))
);
CREATE TABLE step_end (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    error_class TEXT NOT NULL,
    error_code TEXT NOT NULL,
    message TEXT NOT NULL,
    remedy TEXT NOT NULL,
    CONSTRAINT pk_step_end PRIMARY KEY (run_id, sequence),
    CONSTRAINT fk_step_end_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_step_end_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes})),
    CONSTRAINT ck_step_end_duration_us CHECK (duration_us >= 0)
);
CREATE TABLE measurement (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    uom TEXT NOT NULL,
    limit_min TEXT,
    limit_max TEXT,
    limit_equal TEXT,
    limit_pattern TEXT,
    limit_one_of TEXT,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_measurement PRIMARY KEY (run_id, sequence, name),
    CONSTRAINT fk_measurement_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_measurement_kind CHECK (kind = 'number' OR kind IN ('number', 'text', 'boolean')),
    CONSTRAINT ck_measurement_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes}))
);
CREATE TABLE attachment (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    content {blob} NOT NULL,
    CONSTRAINT pk_attachment PRIMARY KEY (run_id, sequence, name),
    CONSTRAINT fk_attachment_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_attachment_size_bytes CHECK (size_bytes >= 0)
);
CREATE TABLE run_end (
    run_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    first_failure BIGINT,
    message TEXT NOT NULL,
    CONSTRAINT pk_run_end PRIMARY KEY (run_id),
    CONSTRAINT fk_run_end_run_id_run FOREIGN KEY (run_id) REFERENCES run (run_id),
    CONSTRAINT fk_run_end_run_id_first_failure_step
        FOREIGN KEY (run_id, first_failure) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_run_end_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes})),
    CONSTRAINT ck_run_end_duration_us CHECK (duration_us >= 0)
);
CREATE TABLE event (
    event_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    slot TEXT,
    run_id TEXT,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (event_id),
    CONSTRAINT fk_event_run_id_run FOREIGN KEY (run_id) REFERENCES run (run_id)
);
"""

_INDEXES = """
CREATE INDEX ix_recipe_name_version ON recipe (name, version);
CREATE INDEX ix_artifact_sha256 ON artifact (sha256);
CREATE INDEX ix_unit_serial_number ON unit (serial_number);
CREATE INDEX ix_run_began_at_station_id_slot ON run (began_at, station_id, slot);
CREATE INDEX ix_run_unit_id_began_at ON run (unit_id, began_at);
CREATE INDEX ix_run_recipe_hash ON run (recipe_hash);
CREATE INDEX ix_identity_device_id ON identity (device_id);
CREATE INDEX ix_identity_unit_id ON identity (unit_id);
CREATE INDEX ix_run_end_ended_at ON run_end (ended_at);
CREATE INDEX ix_event_occurred_at ON event (occurred_at);
CREATE INDEX ix_event_run_id ON event (run_id);
CREATE INDEX ix_step_end_failed ON step_end (ended_at, outcome)
    WHERE outcome IN ('FAIL', 'ERROR', 'TIMEOUT');
"""

# A run whose unit was not known when it began belongs to the unit that a step identified later.
_VIEWS = """
CREATE VIEW run_view AS
SELECT
    run.run_id, run.station_id, run.session_id, run.slot, run.port, run.operation,
    run.recipe_hash, recipe.name AS recipe, recipe.version AS recipe_version,
    unit.unit_id, unit.serial_number, unit.part_number, unit.revision,
    (SELECT identity.device_id FROM identity WHERE identity.run_id = run.run_id
        ORDER BY identity.sequence DESC LIMIT 1) AS device_id,
    run.inputs, run.began_at,
    run_end.outcome, run_end.ended_at, run_end.duration_us, run_end.first_failure,
    run_end.message
FROM run
JOIN recipe ON recipe.recipe_hash = run.recipe_hash
LEFT JOIN unit ON unit.unit_id = COALESCE(run.unit_id,
    (SELECT identity.unit_id FROM identity
        WHERE identity.run_id = run.run_id AND identity.unit_id IS NOT NULL
        ORDER BY identity.sequence DESC LIMIT 1))
LEFT JOIN run_end ON run_end.run_id = run.run_id;
CREATE VIEW step_view AS
SELECT
    step.run_id, step.sequence, step.section, step.step_id, step.name, step.uses,
    step.attempt, step.irreversible, step.parameters, step.began_at,
    step_end.outcome, step_end.ended_at, step_end.duration_us, step_end.error_class,
    step_end.error_code, step_end.message, step_end.remedy
FROM step
LEFT JOIN step_end ON step_end.run_id = step.run_id AND step_end.sequence = step.sequence;
"""

_KEPT = (
    "session", "recipe", "artifact", "unit", "run", "identity", "step", "step_end",
    "measurement", "attachment", "run_end", "event",
)  # fmt: skip

_REFUSAL = "rows of the audit are only added, never changed or removed"


def upgrade() -> None:
    """Make everything, in one transaction."""
    dialect = op.get_bind().dialect.name
    for block in (_TABLES, _INDEXES, _VIEWS):
        for statement in block.format(blob=_BLOB[dialect], outcomes=_OUTCOMES).strip().split(";\n"):
            op.execute(statement.rstrip(";"))
    if dialect == "sqlite":
        _keep_rows_on_sqlite()
    else:
        _keep_rows_on_postgresql()


def _keep_rows_on_sqlite() -> None:
    for table in _KEPT:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )


def _keep_rows_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in _KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
