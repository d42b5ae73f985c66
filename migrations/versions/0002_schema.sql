-- Tables, indexes and views of schema 0002. Read by 0002_every_row_in_a_chain.py, which fills in
-- the words that differ between databases: {blob} for bytes, {number} for the entry.

CREATE TABLE signing_key (
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    endorsed_by TEXT,
    endorsement TEXT,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_signing_key PRIMARY KEY (entry),
    CONSTRAINT ck_signing_key_endorsement CHECK ((endorsed_by IS NULL) = (endorsement IS NULL)),
    CONSTRAINT ck_signing_key_endorsed_by CHECK (endorsed_by <> key_id),
    CONSTRAINT uq_signing_key_key_id UNIQUE (key_id),
    CONSTRAINT ck_signing_key_entry CHECK (entry >= 1),
    CONSTRAINT ck_signing_key_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_signing_key_endorsed_by_signing_key
        FOREIGN KEY (endorsed_by) REFERENCES signing_key (key_id)
);
CREATE TABLE epoch (
    epoch_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    previous_entry BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_epoch PRIMARY KEY (entry),
    CONSTRAINT ck_epoch_previous_entry CHECK (previous_entry >= 0 AND previous_entry < entry),
    CONSTRAINT uq_epoch_epoch_id UNIQUE (epoch_id),
    CONSTRAINT ck_epoch_entry CHECK (entry >= 1),
    CONSTRAINT ck_epoch_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_epoch_key_id_signing_key
        FOREIGN KEY (key_id) REFERENCES signing_key (key_id)
);
CREATE TABLE session (
    session_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    host TEXT NOT NULL,
    software_version TEXT NOT NULL,
    python_version TEXT NOT NULL,
    database_version TEXT NOT NULL,
    started_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (entry),
    CONSTRAINT uq_session_session_id UNIQUE (session_id),
    CONSTRAINT ck_session_entry CHECK (entry >= 1),
    CONSTRAINT ck_session_entry_hash CHECK (length(entry_hash) = 32)
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
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_recipe PRIMARY KEY (entry),
    CONSTRAINT uq_recipe_recipe_hash UNIQUE (recipe_hash),
    CONSTRAINT ck_recipe_entry CHECK (entry >= 1),
    CONSTRAINT ck_recipe_entry_hash CHECK (length(entry_hash) = 32)
);
CREATE TABLE artifact (
    recipe_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    description TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_artifact PRIMARY KEY (entry),
    CONSTRAINT ck_artifact_size_bytes CHECK (size_bytes >= 0),
    CONSTRAINT uq_artifact_recipe_hash_name UNIQUE (recipe_hash, name),
    CONSTRAINT ck_artifact_entry CHECK (entry >= 1),
    CONSTRAINT ck_artifact_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_artifact_recipe_hash_recipe
        FOREIGN KEY (recipe_hash) REFERENCES recipe (recipe_hash)
);
CREATE TABLE unit (
    unit_id TEXT NOT NULL,
    serial_number TEXT,
    part_number TEXT,
    revision TEXT,
    registered_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_unit PRIMARY KEY (entry),
    CONSTRAINT uq_unit_unit_id UNIQUE (unit_id),
    CONSTRAINT ck_unit_entry CHECK (entry >= 1),
    CONSTRAINT ck_unit_entry_hash CHECK (length(entry_hash) = 32)
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
    continues TEXT,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_run PRIMARY KEY (entry),
    CONSTRAINT ck_run_continues CHECK (continues <> run_id),
    CONSTRAINT uq_run_run_id UNIQUE (run_id),
    CONSTRAINT ck_run_entry CHECK (entry >= 1),
    CONSTRAINT ck_run_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_run_session_id_session
        FOREIGN KEY (session_id) REFERENCES session (session_id),
    CONSTRAINT fk_run_recipe_hash_recipe
        FOREIGN KEY (recipe_hash) REFERENCES recipe (recipe_hash),
    CONSTRAINT fk_run_unit_id_unit
        FOREIGN KEY (unit_id) REFERENCES unit (unit_id),
    CONSTRAINT fk_run_continues_run
        FOREIGN KEY (continues) REFERENCES run (run_id)
);
CREATE TABLE identity (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    unit_id TEXT,
    system TEXT NOT NULL,
    device_id TEXT NOT NULL,
    read_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_identity PRIMARY KEY (entry),
    CONSTRAINT ck_identity_sequence CHECK (sequence >= 0),
    CONSTRAINT uq_identity_run_id_sequence_system_device_id
        UNIQUE (run_id, sequence, system, device_id),
    CONSTRAINT ck_identity_entry CHECK (entry >= 1),
    CONSTRAINT ck_identity_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_identity_run_id_run
        FOREIGN KEY (run_id) REFERENCES run (run_id),
    CONSTRAINT fk_identity_unit_id_unit
        FOREIGN KEY (unit_id) REFERENCES unit (unit_id)
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
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_step PRIMARY KEY (entry),
    CONSTRAINT ck_step_sequence CHECK (sequence >= 1),
    CONSTRAINT ck_step_attempt CHECK (attempt >= 1),
    CONSTRAINT ck_step_section CHECK (section = 'main' OR section IN ('setup', 'main', 'teardown')),
    CONSTRAINT ck_step_irreversible CHECK (irreversible = FALSE OR irreversible = TRUE),
    CONSTRAINT uq_step_run_id_sequence UNIQUE (run_id, sequence),
    CONSTRAINT ck_step_entry CHECK (entry >= 1),
    CONSTRAINT ck_step_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_step_run_id_run
        FOREIGN KEY (run_id) REFERENCES run (run_id)
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
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_step_end PRIMARY KEY (entry),
    CONSTRAINT fk_step_end_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_step_end_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes})),
    CONSTRAINT ck_step_end_duration_us CHECK (duration_us >= 0),
    CONSTRAINT uq_step_end_run_id_sequence UNIQUE (run_id, sequence),
    CONSTRAINT ck_step_end_entry CHECK (entry >= 1),
    CONSTRAINT ck_step_end_entry_hash CHECK (length(entry_hash) = 32)
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
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_measurement PRIMARY KEY (entry),
    CONSTRAINT fk_measurement_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_measurement_kind CHECK (kind = 'number' OR kind IN ('number', 'text', 'boolean')),
    CONSTRAINT ck_measurement_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes})),
    CONSTRAINT uq_measurement_run_id_sequence_name UNIQUE (run_id, sequence, name),
    CONSTRAINT ck_measurement_entry CHECK (entry >= 1),
    CONSTRAINT ck_measurement_entry_hash CHECK (length(entry_hash) = 32)
);
CREATE TABLE attachment (
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    content {blob} NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_attachment PRIMARY KEY (entry),
    CONSTRAINT fk_attachment_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_attachment_size_bytes CHECK (size_bytes >= 0),
    CONSTRAINT uq_attachment_run_id_sequence_name UNIQUE (run_id, sequence, name),
    CONSTRAINT ck_attachment_entry CHECK (entry >= 1),
    CONSTRAINT ck_attachment_entry_hash CHECK (length(entry_hash) = 32)
);
CREATE TABLE intent (
    intent_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    unit_id TEXT,
    system TEXT NOT NULL,
    device_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    settle_us BIGINT NOT NULL,
    began_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_intent PRIMARY KEY (entry),
    CONSTRAINT fk_intent_run_id_sequence_step
        FOREIGN KEY (run_id, sequence) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_intent_settle_us CHECK (settle_us >= 0),
    CONSTRAINT uq_intent_intent_id UNIQUE (intent_id),
    CONSTRAINT ck_intent_entry CHECK (entry >= 1),
    CONSTRAINT ck_intent_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_intent_unit_id_unit
        FOREIGN KEY (unit_id) REFERENCES unit (unit_id)
);
CREATE TABLE finding (
    intent_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    actor TEXT NOT NULL,
    message TEXT NOT NULL,
    found_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_finding PRIMARY KEY (entry),
    CONSTRAINT ck_finding_number CHECK (number >= 1),
    CONSTRAINT ck_finding_state
        CHECK (state = 'applied' OR state IN ('applied', 'not_applied', 'unknown', 'reopened')),
    CONSTRAINT ck_finding_source
        CHECK (source = 'answer' OR source IN ('answer', 'probe', 'recovery', 'decision')),
    CONSTRAINT ck_finding_actor CHECK (source <> 'decision' OR actor <> ''),
    CONSTRAINT ck_finding_reopened CHECK (state <> 'reopened' OR source = 'decision'),
    CONSTRAINT uq_finding_intent_id_number UNIQUE (intent_id, number),
    CONSTRAINT ck_finding_entry CHECK (entry >= 1),
    CONSTRAINT ck_finding_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_finding_intent_id_intent
        FOREIGN KEY (intent_id) REFERENCES intent (intent_id)
);
CREATE TABLE run_end (
    run_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    first_failure BIGINT,
    message TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_run_end PRIMARY KEY (entry),
    CONSTRAINT fk_run_end_run_id_first_failure_step
        FOREIGN KEY (run_id, first_failure) REFERENCES step (run_id, sequence),
    CONSTRAINT ck_run_end_outcome CHECK (outcome = 'PASS' OR outcome IN ({outcomes})),
    CONSTRAINT ck_run_end_duration_us CHECK (duration_us >= 0),
    CONSTRAINT uq_run_end_run_id UNIQUE (run_id),
    CONSTRAINT ck_run_end_entry CHECK (entry >= 1),
    CONSTRAINT ck_run_end_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_run_end_run_id_run
        FOREIGN KEY (run_id) REFERENCES run (run_id)
);
CREATE TABLE event (
    event_id TEXT NOT NULL,
    station_id TEXT NOT NULL,
    slot TEXT,
    run_id TEXT,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (entry),
    CONSTRAINT uq_event_event_id UNIQUE (event_id),
    CONSTRAINT ck_event_entry CHECK (entry >= 1),
    CONSTRAINT ck_event_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_event_run_id_run
        FOREIGN KEY (run_id) REFERENCES run (run_id)
);
CREATE TABLE checkpoint (
    up_to BIGINT NOT NULL,
    head TEXT NOT NULL,
    epoch_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    note TEXT NOT NULL,
    made_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_checkpoint PRIMARY KEY (entry),
    CONSTRAINT ck_checkpoint_up_to CHECK (up_to >= 1 AND up_to < entry),
    CONSTRAINT ck_checkpoint_head CHECK (length(head) = 64),
    CONSTRAINT uq_checkpoint_up_to UNIQUE (up_to),
    CONSTRAINT ck_checkpoint_entry CHECK (entry >= 1),
    CONSTRAINT ck_checkpoint_entry_hash CHECK (length(entry_hash) = 32),
    CONSTRAINT fk_checkpoint_epoch_id_epoch
        FOREIGN KEY (epoch_id) REFERENCES epoch (epoch_id),
    CONSTRAINT fk_checkpoint_key_id_signing_key
        FOREIGN KEY (key_id) REFERENCES signing_key (key_id)
);
CREATE TABLE segment (
    segment_id TEXT NOT NULL,
    first_entry BIGINT NOT NULL,
    last_entry BIGINT NOT NULL,
    first_previous TEXT NOT NULL,
    last_hash TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    carried_rows BIGINT NOT NULL,
    carried_sha256 TEXT NOT NULL,
    file TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    archived_at TEXT NOT NULL,
    entry {number} NOT NULL,
    entry_hash {blob} NOT NULL,
    CONSTRAINT pk_segment PRIMARY KEY (entry),
    CONSTRAINT ck_segment_first_entry CHECK (first_entry >= 1),
    CONSTRAINT ck_segment_last_entry CHECK (last_entry >= first_entry AND last_entry < entry),
    CONSTRAINT ck_segment_row_count CHECK (row_count >= 0),
    CONSTRAINT ck_segment_carried_rows CHECK (carried_rows >= 0),
    CONSTRAINT ck_segment_first_previous CHECK (length(first_previous) = 64),
    CONSTRAINT ck_segment_last_hash CHECK (length(last_hash) = 64),
    CONSTRAINT ck_segment_carried_sha256 CHECK (length(carried_sha256) = 64),
    CONSTRAINT ck_segment_file_sha256 CHECK (length(file_sha256) = 64),
    CONSTRAINT uq_segment_segment_id UNIQUE (segment_id),
    CONSTRAINT ck_segment_entry CHECK (entry >= 1),
    CONSTRAINT ck_segment_entry_hash CHECK (length(entry_hash) = 32)
);

CREATE INDEX ix_recipe_name_version ON recipe (name, version);
CREATE INDEX ix_artifact_sha256 ON artifact (sha256);
CREATE INDEX ix_unit_serial_number ON unit (serial_number);
CREATE INDEX ix_run_began_at_station_id_slot ON run (began_at, station_id, slot);
CREATE INDEX ix_run_recipe_hash ON run (recipe_hash);
CREATE INDEX ix_run_unit_id_began_at ON run (unit_id, began_at);
CREATE INDEX ix_identity_device_id ON identity (device_id);
CREATE INDEX ix_identity_unit_id ON identity (unit_id);
CREATE INDEX ix_step_end_failed ON step_end (ended_at, outcome)
    WHERE outcome IN ('FAIL', 'ERROR', 'TIMEOUT');
CREATE INDEX ix_intent_device_id ON intent (device_id);
CREATE INDEX ix_intent_run_id_sequence ON intent (run_id, sequence);
CREATE INDEX ix_run_end_ended_at ON run_end (ended_at);
CREATE INDEX ix_event_occurred_at ON event (occurred_at);
CREATE INDEX ix_event_run_id ON event (run_id);

-- A run whose unit was not known when it began belongs to the unit that a step identified later.
CREATE VIEW run_view AS
SELECT
    run.run_id, run.station_id, run.session_id, run.slot, run.port, run.operation,
    run.recipe_hash, recipe.name AS recipe, recipe.version AS recipe_version,
    unit.unit_id, unit.serial_number, unit.part_number, unit.revision,
    (SELECT identity.device_id FROM identity WHERE identity.run_id = run.run_id
        ORDER BY identity.sequence DESC LIMIT 1) AS device_id,
    run.inputs, run.began_at,
    run_end.outcome, run_end.ended_at, run_end.duration_us, run_end.first_failure,
    run_end.message, run.continues, run.entry, run_end.entry AS end_entry
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
    step_end.error_code, step_end.message, step_end.remedy,
    step.entry, step_end.entry AS end_entry
FROM step
LEFT JOIN step_end ON step_end.run_id = step.run_id AND step_end.sequence = step.sequence;
