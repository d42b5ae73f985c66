"""How many rows a second `audit verify` examines, on a SQLite file of realistic runs.

    python tests/benchmarks/verify.py            20,000 runs of 64 rows
    python tests/benchmarks/verify.py --smoke    300 runs

The rows are chained and signed as a station does; 50 boards share a checkpoint per run.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from orchestrator.audit.database import reading
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.tables import TABLES
from orchestrator.audit.verify import VERIFY_SECONDS, verify
from orchestrator.domain.records import (
    CheckpointRow,
    MeasurementRow,
    Record,
    StepEndRow,
    StepRow,
)
from tests.audit import chained
from tests.audit.rows import at

STEPS, MEASURED = 14, 24


def rows_of(runs: int) -> Iterator[Record]:
    """Yield the rows of so many runs, about 64 each."""
    yield from chained.begin()
    yield from chained.head_rows()
    for number in range(1, runs + 1):
        *rows, last = chained.run_rows(number)
        yield from rows
        run_id = f"R{number}"
        for sequence in range(3, 3 + STEPS):
            yield StepRow(
                run_id, sequence, "main", f"s{sequence}", "Step", "x.step", 1, False, "{}", at(1)
            )
            yield StepEndRow(run_id, sequence, "PASS", at(2), 1000, "", "", "", "")
        for name in range(MEASURED):
            yield MeasurementRow(
                run_id, 3, f"m{name}", "number", "0.5", "V", "0.4", "0.6", None, None, None, "PASS"
            )
        yield last


def fill(path: Path, runs: int) -> int:
    """Write the runs; return how many rows there are."""
    upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    count, pending = 0, {cls: [] for cls in TABLES}
    for record, entry, digest in chained.chained(rows_of(runs)):
        pending[type(record)].append((*record, entry, digest))
        count += 1
        if isinstance(record, CheckpointRow) and count % 5000 < 64:
            _flush(connection, pending)
    _flush(connection, pending)
    connection.commit()
    connection.close()
    return count


def _flush(connection: sqlite3.Connection, pending: dict[type[Record], list[tuple]]) -> None:
    for cls, rows in pending.items():
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {TABLES[cls].name} VALUES ({marks})", rows)
            rows.clear()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small audit, for a quick look")
    runs = 300 if parser.parse_args().smoke else 20_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.db"
        rows = fill(path, runs)
        with reading(f"sqlite:///{path}", seconds=VERIFY_SECONDS) as connection:
            began = time.perf_counter()
            report = verify(connection, public_key=chained.KEY.public_key)
            seconds = time.perf_counter() - began
        if not report.is_sound or report.rows != rows:
            sys.exit(f"not sound: {[str(one) for one in report.findings[:3]]}")
    sys.stdout.write(f"{rows} rows in {seconds:.2f} s: {rows / seconds:,.0f} rows/s\n")


if __name__ == "__main__":
    main()
