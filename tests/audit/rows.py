"""Rows for the tests: a short story whose parts a test may change."""

from orchestrator.domain.records import (
    CheckpointRow,
    EpochRow,
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


def at(second: int, day: int = 21) -> str:
    """Return a moment of 2026-11-`day`."""
    return f"2026-11-{day:02}T02:{second // 60:02}:{second % 60:02}.000000Z"


STATION = StationRow("S1", "st1", "pc", "0.1", "3.11", "SQLite", at(0))
RECIPE = RecipeRow("H1", "guardian", "1.0", "P1", "A", "PROGRAM", "recipe: 1", "{}", at(0))
BASE: tuple[Record, ...] = (STATION, RECIPE)


def run(run_id: str, second: int = 1, **changes: object) -> RunRow:
    """Return the begin of a run."""
    row = RunRow(
        run_id, "st1", "S1", "1", "1111", "H1", "PROGRAM", None, '{"line":"A"}', at(second)
    )
    return row._replace(**changes)  # type: ignore[arg-type]  # the test names the columns


def step(run_id: str, sequence: int, second: int = 2, **changes: object) -> StepRow:
    """Return the begin of a step attempt."""
    row = StepRow(
        run_id, sequence, "main", f"s{sequence}", "Step", "sphere.identify", 1, False, "{}",
        at(second),
    )  # fmt: skip
    return row._replace(**changes)  # type: ignore[arg-type]  # the test names the columns


def step_end(
    run_id: str, sequence: int, outcome: str = "PASS", second: int = 3, message: str = ""
) -> StepEndRow:
    """Return the end of a step attempt."""
    return StepEndRow(run_id, sequence, outcome, at(second), 1_000_000, "", "", message, "")


def run_end(
    run_id: str, outcome: str = "PASS", second: int = 9, failure: int | None = None
) -> RunEndRow:
    """Return the end of a run."""
    return RunEndRow(run_id, outcome, at(second), 8_000_000, failure, "")


def unit(unit_id: str, serial: str | None) -> UnitRow:
    """Return a unit."""
    return UnitRow(unit_id, serial, "P1", "A", at(0))


def identity(run_id: str, device_id: str, unit_id: str | None, sequence: int = 0) -> IdentityRow:
    """Return an identity that was read."""
    return IdentityRow(run_id, sequence, unit_id, "azure-sphere", device_id, at(1))


def measurement(run_id: str, sequence: int, name: str = "volts") -> MeasurementRow:
    """Return a measurement."""
    return MeasurementRow(
        run_id, sequence, name, "number", "0.5", "V", "0.4", "0.6", None, None, None, "PASS"
    )


INTENT = IntentRow("I1", "R1", 1, None, "azure-sphere", "aa", "set", "{}", 3_000_000, at(2))
FINDING = FindingRow("I1", 1, "applied", "answer", "", "", at(3))
KEY = KeyRow("K1", "AAAA", None, None, "station", "new", at(0))
EPOCH = EpochRow("EP1", "st1", "K1", 0, "station", "new", at(0))
CHECKPOINT = CheckpointRow(1, "0" * 64, "EP1", "K1", "note", at(4))
SEGMENT = SegmentRow("G1", 1, 2, *["0" * 64] * 2, 2, 0, "0" * 64, "a.tar", "0" * 64, at(5))
PROOF: tuple[Record, ...] = (INTENT, FINDING, KEY, EPOCH, CHECKPOINT, SEGMENT)
"""What is known of a request for good in step 1 of run R1, and what proves the rows."""
