"""A small audit with everything in it, chained and signed row by row without the writer."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import create_engine

from orchestrator.audit.chain import GENESIS, CanonicalForm, Head, chained_columns, link
from orchestrator.audit.keys import StationKey, StationSigner, key_row
from orchestrator.audit.location import sqlite_path
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.tables import TABLES
from orchestrator.domain.records import (
    ArtifactRow,
    AttachmentRow,
    CheckpointRow,
    EpochRow,
    EventRow,
    FindingRow,
    IdentityRow,
    IntentRow,
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
from tests.audit.rows import at

KEY = StationKey.from_seed(b"k" * 32)
OTHER_KEY = StationKey.from_seed(b"o" * 32)
STATION = "line 1"
EPOCH = "E1"
IMAGE = hashlib.sha256(b"image").hexdigest()
PLAN = json.dumps(
    {
        "setup": [],
        "main": [
            {"id": "measure", "required": True, "if": None},
            {"id": "lock", "required": True, "if": None},
        ],
        "teardown": [],
    }
)
RECIPE_HASH = hashlib.sha256(PLAN.encode()).hexdigest()
FORMS = {cls: CanonicalForm(table) for cls, table in TABLES.items()}


def device(number: int) -> str:
    """Return the id of a board."""
    return f"{number:0128x}"


def begin(key: StationKey = KEY, epoch: str = EPOCH, previous: int = 0) -> list[Record]:
    """Return the first rows of a database or of an epoch."""
    return [
        key_row(key, actor="setup", reason="first key", began_at=at(0)),
        EpochRow(epoch, STATION, key.key_id, previous, "setup", "new", at(0)),
    ]


def head_rows() -> list[Record]:
    """Return the rows that come before the first run."""
    return [
        StationRow("S1", STATION, "pc", "0.1", "3.11", "SQLite", at(0)),
        RecipeRow(
            RECIPE_HASH, "guardian", "1.0", "P1", "A", "PROGRAM", "recipe: 1\n# é", PLAN, at(0)
        ),
        ArtifactRow(RECIPE_HASH, "app", "app.imagepackage", IMAGE, 5, "application"),
        EventRow("EV0", STATION, None, None, "started", '{"by":"test"}', at(0)),
    ]


def run_rows(number: int, outcome: str = "PASS") -> list[Record]:
    """Return all rows of one run: a measurement, an attachment and a lock."""
    run_id, unit_id, content = f"R{number}", f"U{number}", f"log {number}".encode()
    sha256 = hashlib.sha256(content).hexdigest()
    second = 10 * number
    return [
        UnitRow(unit_id, f"SN-{number:04}", "P1", "A", at(second)),
        RunRow(
            run_id, STATION, "S1", "1", "1111", RECIPE_HASH, "PROGRAM", unit_id, "{}", at(second)
        ),
        IdentityRow(run_id, 0, unit_id, "azure-sphere", device(number), at(second)),
        StepRow(run_id, 1, "main", "measure", "Measure", "x.measure", 1, False, "{}", at(second)),
        MeasurementRow(
            run_id, 1, "volts", "number", "0.50", "V", "0.4", "0.6", None, None, None, "PASS"
        ),
        AttachmentRow(run_id, 1, "log.txt", "text/plain", sha256, len(content), content),
        StepEndRow(run_id, 1, "PASS", at(second + 1), 900_000, "", "", "", ""),
        StepRow(run_id, 2, "main", "lock", "Lock", "x.lock", 1, True, "{}", at(second + 1)),
        IntentRow(
            f"I{number}", run_id, 2, unit_id, "azure-sphere", device(number), "x.lock", "{}", 0,
            at(second + 1),
        ),
        FindingRow(f"I{number}", 1, "applied", "answer", STATION, "", at(second + 2)),
        StepEndRow(run_id, 2, "PASS", at(second + 2), 500_000, "", "", "", ""),
        RunEndRow(run_id, outcome, at(second + 3), 3_000_000, None, ""),
    ]  # fmt: skip


def story(runs: int = 2) -> list[Record]:
    """Return an audit of so many runs, without checkpoints."""
    return [*begin(), *head_rows(), *(row for n in range(1, runs + 1) for row in run_rows(n))]


def chained(
    records: Iterable[Record], head: Head = GENESIS, key: StationKey = KEY, epoch: str = EPOCH
) -> Iterator[tuple[Record, int, bytes]]:
    """Yield each record with its entry and hash, and a checkpoint after each end of a run."""
    signer = StationSigner(key, STATION)
    entry, previous = head
    for record in records:
        entry, previous = entry + 1, _hash(record, entry + 1, previous)
        yield record, entry, previous
        if isinstance(record, RunEndRow):
            note = signer.note(epoch, entry, previous)
            row = CheckpointRow(entry, previous.hex(), epoch, key.key_id, note, record.ended_at)
            entry, previous = entry + 1, _hash(row, entry + 1, previous)
            yield row, entry, previous


def _hash(record: Record, entry: int, previous: bytes) -> bytes:
    names = {column.name for column in chained_columns(TABLES[type(record)])}
    values = [value for name, value in record._asdict().items() if name in names]
    return link(previous, FORMS[type(record)].canonical(entry, values))


def write(database_url: str, rows: Iterable[tuple[Record, int, bytes]]) -> list[str]:
    """Put chained rows into a database, which is made when it is empty; return the notes."""
    upgrade(database_url)
    path = sqlite_path(database_url)
    engine = create_engine(f"sqlite:///{path}" if path else database_url)
    notes = []
    with engine.begin() as connection:
        for record, entry, entry_hash in rows:
            values = {**record._asdict(), "entry": entry, "entry_hash": entry_hash}
            connection.execute(TABLES[type(record)].insert().values(values))
            if isinstance(record, CheckpointRow):
                notes.append(record.note)
    engine.dispose()
    return notes


def made(folder: Path, runs: int = 2) -> tuple[Path, str]:
    """Make `audit.db` in `folder`; return it and the newest checkpoint."""
    notes = write(f"sqlite:///{folder / 'audit.db'}", chained(story(runs)))
    return folder / "audit.db", notes[-1]
