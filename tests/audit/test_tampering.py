"""A thousand edits of a copied database: all are reported where they are, none falsely."""

import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from random import Random

import psycopg
import pytest

from orchestrator.audit.database import reading
from orchestrator.audit.findings import FindingKind, Report
from orchestrator.audit.verify import stretch_findings, verify
from orchestrator.domain.errors import AuditUnavailable
from tests.audit import chained, tampering

SEEDS_AT_ONCE = 100
FLIPS_AT_ONCE = 60


def examined(path: Path, note: str) -> Report:
    """Verify a file against the checkpoint that left it, with the key that everybody knows."""
    with reading(f"sqlite:///{path}", check_schema=False) as connection:
        return verify(connection, against=[note], public_key=chained.KEY.public_key)


def packed(folder: Path) -> tuple[Path, str]:
    """Make an audit in one file, without a log beside it."""
    path, note = chained.made(folder, runs=2)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    connection.close()
    return path, note


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An audit of two runs, and its newest checkpoint."""
    return packed(tmp_path_factory.mktemp("original"))


def test_an_untouched_copy_is_sound(original: tuple[Path, str], tmp_path: Path) -> None:
    """Nothing is reported of a copy, nor of one whose guards alone were taken away."""
    path, note = original
    copy = tmp_path / "audit.db"
    shutil.copyfile(path, copy)
    report = examined(copy, note)
    assert report.findings == ()
    assert report.rows == report.last_entry
    tampering.opened(copy).close()
    assert examined(copy, note).is_sound


@pytest.mark.parametrize("block", range(10))
def test_every_single_edit_is_reported_where_it_is(
    block: int, original: tuple[Path, str], tmp_path: Path
) -> None:
    """Of a hundred random edits each one is found between the entries that it touched."""
    path, note = original
    copy = tmp_path / "audit.db"
    for seed in range(block * SEEDS_AT_ONCE, (block + 1) * SEEDS_AT_ONCE):
        shutil.copyfile(path, copy)
        connection = tampering.opened(copy)
        edited = tampering.tamper(connection, seed)
        connection.close()
        found = examined(copy, note).findings
        located = [one for one in found if edited.first <= one.entry <= edited.last]
        assert located, f"seed {seed}: {edited}: {[str(one) for one in found]}"


@pytest.mark.parametrize("entry", [0, -7])
def test_rows_in_front_of_the_chain_are_reported(
    entry: int, original: tuple[Path, str], tmp_path: Path
) -> None:
    """What no entry before it vouches for is found, though no walk from entry 1 on meets it."""
    path, note = original
    copy = tmp_path / "audit.db"
    shutil.copyfile(path, copy)
    connection = tampering.opened(copy)
    (place, *_) = connection.execute("SELECT entry FROM event").fetchone()
    row = connection.execute("SELECT * FROM event WHERE entry = ?", (place,)).fetchone()
    names = [each.name for each in tampering.BY_NAME["event"].columns]
    forged = {**dict(zip(names, row, strict=True)), "event_id": "EX", "entry": entry}
    marks = ", ".join("?" * len(forged))
    connection.execute(f"INSERT INTO event VALUES ({marks})", tuple(forged.values()))
    connection.close()
    [found] = examined(copy, note).findings
    assert (found.kind, found.table, found.entry) == (FindingKind.INSERTED, "event", entry)
    with reading(f"sqlite:///{copy}", check_schema=False) as looked:
        assert found in stretch_findings(looked, place, place)


@pytest.mark.parametrize("foreign", [b"\xff\x00", "x" * 32, "9", 7, 1.5, None], ids=repr)
def test_a_value_of_any_type_is_reported_in_any_column(
    foreign: object, original: tuple[Path, str], tmp_path: Path
) -> None:
    """SQLite keeps what it is given: what no station writes is a finding, and never ends the look.

    The same when only what came after a checkpoint is looked at.
    """
    path, note = original
    copy = tmp_path / "audit.db"
    for name in tampering.NAMES:
        for column in [each.name for each in tampering.BY_NAME[name].columns]:
            shutil.copyfile(path, copy)
            connection = tampering.opened(copy)
            rows = connection.execute(f"SELECT entry, {column} FROM {name} ORDER BY entry DESC")
            entry, old = rows.fetchone() or (0, foreign)
            rows.close()
            if column == "entry" or foreign == old:
                continue  # or there is no such row
            change = f"UPDATE OR REPLACE {name} SET {column} = ? WHERE entry = {entry}"
            with suppress(sqlite3.IntegrityError):  # of a value that may not be missing
                connection.execute(change, (foreign,))
            (new,) = connection.execute(
                f"SELECT {column} FROM {name} WHERE entry = {entry}"
            ).fetchone()
            connection.close()
            if new == old:
                continue  # as a number that is kept as a text
            located = [
                one for one in examined(copy, note).findings if one.entry in (entry, entry + 1)
            ]
            assert located, f"{name}.{column} of entry {entry}: {old!r} became {new!r}"
            with reading(f"sqlite:///{copy}", check_schema=False) as looked:
                verify(looked, since=entry, public_key=chained.KEY.public_key)
                assert stretch_findings(looked, entry, entry)


@pytest.mark.parametrize("block", range(4))
def test_a_flipped_bit_of_the_file_changes_no_row_unnoticed(
    block: int, original: tuple[Path, str], tmp_path: Path
) -> None:
    """The file is refused, or the flip is reported, or all rows still read as they were."""
    path, note = original
    copy, content = tmp_path / "audit.db", path.read_bytes()
    rows = _all_rows(path)
    for seed in range(block * FLIPS_AT_ONCE, (block + 1) * FLIPS_AT_ONCE):
        chance = Random(seed)
        changed = bytearray(content)
        place = chance.randrange(len(changed))
        changed[place] ^= 1 << chance.randrange(8)
        copy.write_bytes(changed)
        try:
            report = examined(copy, note)
        except AuditUnavailable:
            continue
        assert not report.is_sound or _all_rows(copy) == rows, f"seed {seed}: byte {place}"


def _all_rows(path: Path) -> list[object]:
    with sqlite3.connect(path) as connection:
        found = [
            connection.execute(f"SELECT * FROM {name} ORDER BY entry").fetchall()
            for name in tampering.NAMES
        ]
    connection.close()
    return found


def test_a_hundred_edits_of_a_server_are_reported(server_url: str) -> None:
    """On PostgreSQL each changed text, deleted row and renumbered row is found; undone, none is."""
    note = chained.write(server_url, chained.chained(chained.story(2)))[-1]
    uri = server_url.replace("+psycopg", "")
    with psycopg.connect(uri) as attacker, attacker.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for seed in range(100):
            _edit_server(cursor, Random(seed))
            attacker.commit()
            with reading(server_url) as connection:
                report = verify(connection, against=[note], public_key=chained.KEY.public_key)
            assert not report.is_sound, f"seed {seed}"
            _restore_server(cursor)
            attacker.commit()
    with reading(server_url) as connection:
        assert verify(connection, against=[note]).findings == ()


def _edit_server(cursor: "psycopg.Cursor[tuple[int, str]]", chance: Random) -> None:
    places = [
        (row[0], name)
        for name in tampering.NAMES
        for row in cursor.execute(f"SELECT entry FROM {name}".encode()).fetchall()
    ]
    entry, name = chance.choice(places)
    cursor.execute("DROP TABLE IF EXISTS kept")
    cursor.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {name} WHERE entry = {entry}".encode())
    cursor.execute("DROP TABLE IF EXISTS kept_name")
    cursor.execute(f"CREATE TEMP TABLE kept_name AS SELECT '{name}'::text AS name".encode())
    kind = chance.randrange(3)
    if kind == 0:
        statement = f"DELETE FROM {name} WHERE entry = {entry}"
    elif kind == 1:
        column = next(c.name for c in tampering.BY_NAME[name].columns if str(c.type) == "TEXT")
        statement = f"UPDATE {name} SET {column} = reverse({column}) WHERE entry = {entry}"
    else:
        statement = f"UPDATE {name} SET entry = 100000 WHERE entry = {entry}"
    cursor.execute(statement.encode())


def _restore_server(cursor: "psycopg.Cursor[tuple[int, str]]") -> None:
    found = cursor.execute("SELECT kept_name.name, kept.entry FROM kept_name, kept").fetchone()
    assert found is not None
    name, entry = found
    cursor.execute(f"DELETE FROM {name} WHERE entry IN ({entry}, 100000)".encode())
    cursor.execute(f"INSERT INTO {name} SELECT * FROM kept".encode())


def test_what_is_done_again_with_another_key_is_no_proof(tmp_path: Path) -> None:
    """Somebody who writes the whole history anew, with a key of their own, lacks the key."""
    begun = chained.begin(chained.OTHER_KEY)
    rows = [*begun, *chained.story(2)[2:]]
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    chained.write(url, chained.chained(rows, key=chained.OTHER_KEY))
    with reading(url) as connection:
        assert verify(connection).is_sound
        report = verify(connection, public_key=chained.KEY.public_key)
    assert [one.kind for one in report.findings] == [FindingKind.KEY]
