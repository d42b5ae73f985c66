"""Pieces of the chain looked at as a whole: the same bytes, and no more taken for sound."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.audit import fitting
from orchestrator.audit.chain import GENESIS, CanonicalForm, Head, UnchainableRow
from orchestrator.audit.database import reading
from orchestrator.audit.entries import EntryReader, Piece
from orchestrator.audit.findings import FindingList
from orchestrator.audit.fitting import canonical_rows, fitting_hashes
from orchestrator.audit.tables import TABLES, run_end, step, unit
from orchestrator.domain.records import Record
from tests.audit import chained
from tests.audit.test_chain import FORMS, rows_of

ROWS_OF_ONE_TABLE = st.one_of(*(st.lists(rows_of(cls), min_size=1, max_size=5) for cls in TABLES))

SOUND: dict[str, list[tuple[Any, ...]]] = {
    "unit": [("U", None, "P", None, "t"), ("V", "S", "P", None, "t"), ("W", "S", None, None, "t")],
    "step": [("R", number, "main", "s", "S", "x.y", 1, 0, "{}", "t") for number in (1, 2, 3)],
    "run_end": [("R", "FAIL", "t", 5, failed, "") for failed in (None, 1, None)],
}


@settings(max_examples=100, deadline=None)
@given(rows=ROWS_OF_ONE_TABLE)
def test_rows_have_the_bytes_that_each_has_alone(rows: Sequence[Record]) -> None:
    """Whatever the others hold, and whichever of their values are missing."""
    form = FORMS[type(rows[0])]
    chosen = [
        [value for name, value in zip(row._fields, row, strict=True) if name != "content"]
        for row in rows
    ]
    columns = list(zip(*chosen, strict=True))
    entries = range(7, 7 + len(rows))
    wanted = [form.canonical(entry, values) for entry, values in zip(entries, chosen, strict=True)]
    assert canonical_rows(form, entries, columns) == wanted


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        (unit, 0, None),
        (unit, 0, 1),
        (unit, 1, b"P"),
        (unit, 1, 1),
        (unit, 2, 1.5),
        (unit, 4, "t\0"),
        (unit, 2, "\0"),
        (unit, 2, "\ud800"),
        (step, 1, None),
        (step, 1, "2"),
        (step, 1, 2.0),
        (step, 1, True),
        (step, 7, "1"),
        (run_end, 4, "3"),
        (run_end, 4, False),
    ],
    ids=lambda each: getattr(each, "name", repr(each)),
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_row_that_no_station_writes_is_enough(
    table: Any, column: int, value: object, place: int
) -> None:
    """What has no bytes alone has none among others."""
    rows = [list(row) for row in SOUND[table.name]]
    rows[place][column] = value
    with pytest.raises(UnchainableRow):
        CanonicalForm(table).canonical(1, rows[place])
    with pytest.raises(UnchainableRow):
        canonical_rows(CanonicalForm(table), [1, 2, 3], list(zip(*rows, strict=True)))


def pieces(path: Path) -> list[Piece]:
    """Read a file in pieces of eleven entries, so that its rows are in several."""
    with reading(f"sqlite:///{path}") as connection:
        reader = EntryReader(connection, FindingList())
        return list(reader.pieces(1, reader.last()))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a piece have several groups of rows, and an audit several pieces."""
    monkeypatch.setattr("orchestrator.audit.entries.ENTRIES_AT_ONCE", 11)
    monkeypatch.setattr(fitting, "_ROWS_AT_ONCE", 2)


@pytest.mark.usefixtures("small_pieces")
def test_a_sound_audit_fits_piece_by_piece(tmp_path: Path) -> None:
    """Each goes on from the end of the one before, and from nothing else."""
    path, _ = chained.made(tmp_path)
    head, found = GENESIS, pieces(path)
    assert len(found) > 2
    for piece in found:
        hashes = fitting_hashes(piece, head)
        assert hashes is not None
        assert set(hashes) == {head.entry, *piece.numbers}
        assert fitting_hashes(piece, Head(head.entry, b"\1" * 32)) is None
        assert fitting_hashes(piece, Head(head.entry + 1, head.hash)) is None
        last = piece.numbers[-1]
        head = Head(last, hashes[last])


def _changed(c: sqlite3.Connection) -> None:
    c.execute("UPDATE measurement SET value = '0.51' WHERE entry = 11")


def _other_hash(c: sqlite3.Connection) -> None:
    c.execute("UPDATE measurement SET entry_hash = zeroblob(32) WHERE entry = 11")


def _text_for_a_hash(c: sqlite3.Connection) -> None:
    c.execute("UPDATE measurement SET entry_hash = hex(zeroblob(16)) WHERE entry = 11")


def _deleted(c: sqlite3.Connection) -> None:
    c.execute("DELETE FROM measurement WHERE entry = 11")


def _twice(c: sqlite3.Connection) -> None:
    c.execute(
        "INSERT INTO unit SELECT 'U9', serial_number, part_number, revision, registered_at,"
        " 11, entry_hash FROM unit LIMIT 1"
    )


def _one_twice_and_one_deleted(c: sqlite3.Connection) -> None:
    _twice(c)
    c.execute("DELETE FROM run WHERE entry = 8")


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    "edit",
    [_changed, _other_hash, _text_for_a_hash, _deleted, _twice, _one_twice_and_one_deleted],
)
def test_a_piece_with_a_fault_does_not_fit(
    edit: Callable[[sqlite3.Connection], None], tmp_path: Path
) -> None:
    """A row or its hash changed, none or two at an entry."""
    path, _ = chained.made(tmp_path)
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            connection.execute(f"DROP TRIGGER {name}")
        edit(connection)
    connection.close()
    assert fitting_hashes(pieces(path)[0], GENESIS) is None
