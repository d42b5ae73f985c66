"""The tables that prove the others: epochs, signing keys, checkpoints, archived segments.

Their rows are chained like all rows; `tables.py` names them beside the rest.
"""

from sqlalchemy import CheckConstraint

from orchestrator.audit.columns import at_least, count, hexadecimal, kept, maybe, text

signing_key = kept(
    "signing_key",
    text("key_id", key=True),
    text("public_key"),
    maybe("endorsed_by", refers="signing_key.key_id"),
    maybe("endorsement"),
    text("actor"),
    text("reason"),
    text("began_at"),
    # A key is endorsed by a name and a signature, or not at all.
    CheckConstraint("(endorsed_by IS NULL) = (endorsement IS NULL)", name="endorsement"),
    CheckConstraint("endorsed_by <> key_id", name="endorsed_by"),
)

epoch = kept(
    "epoch",
    text("epoch_id", key=True),
    text("station_id"),
    text("key_id", refers="signing_key.key_id"),
    count("previous_entry"),
    text("actor"),
    text("reason"),
    text("began_at"),
    CheckConstraint("previous_entry >= 0 AND previous_entry < entry", name="previous_entry"),
)

checkpoint = kept(
    "checkpoint",
    count("up_to", key=True),
    text("head"),
    text("epoch_id", refers="epoch.epoch_id"),
    text("key_id", refers="signing_key.key_id"),
    text("note"),
    text("made_at"),
    CheckConstraint("up_to >= 1 AND up_to < entry", name="up_to"),
    hexadecimal("head"),
)

segment = kept(
    "segment",
    text("segment_id", key=True),
    count("first_entry"),
    count("last_entry"),
    text("first_previous"),
    text("last_hash"),
    count("row_count"),
    count("carried_rows"),
    text("carried_sha256"),
    text("file"),
    text("file_sha256"),
    text("archived_at"),
    at_least(1, "first_entry"),
    CheckConstraint("last_entry >= first_entry AND last_entry < entry", name="last_entry"),
    at_least(0, "row_count"),
    at_least(0, "carried_rows"),
    hexadecimal("first_previous"),
    hexadecimal("last_hash"),
    hexadecimal("carried_sha256"),
    hexadecimal("file_sha256"),
)
