"""The chain: different rows have different bytes, and both databases give the same ones back."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from orchestrator.audit.chain import (
    GENESIS,
    CanonicalForm,
    UnchainableRow,
    canonical_forms,
    chained_columns,
    link,
)
from orchestrator.audit.chain_state import chain_head, chain_state
from orchestrator.audit.checks import BindCheck
from orchestrator.audit.columns import key_columns
from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.location import FILE_NAME, open_store, sqlite_url
from orchestrator.audit.migrate import upgrade
from orchestrator.audit.tables import METADATA, TABLES, attachment, step, unit
from orchestrator.domain.records import AttachmentRow, Record, StepRow, UnitRow
from tests.audit.rows import BASE, PROOF, RECIPE, at, identity, measurement, run, run_end
from tests.audit.rows import step as step_row
from tests.audit.rows import step_end as step_end_row
from tests.audit.rows import unit as unit_row

FORMS = canonical_forms()

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


def chained(connection: Connection) -> list[tuple[int, bytes, bytes]]:
    """Return entry, hash and canonical bytes of all rows, in the order of entries."""
    found = []
    for cls, table in TABLES.items():
        columns = [*chained_columns(table), table.c.entry, table.c.entry_hash]
        for *values, entry, entry_hash in connection.execute(select(*columns)):
            found.append((entry, bytes(entry_hash), FORMS[cls].canonical(entry, values)))
    return sorted(found)


def demand_whole(connection: Connection) -> int:
    """Recompute the chain; return how many entries it has."""
    found = chained(connection)
    previous = GENESIS.hash
    for number, (entry, entry_hash, canonical) in enumerate(found, 1):
        assert entry == number
        previous = link(previous, canonical)
        assert entry_hash == previous
    assert chain_head(connection) == (len(found), previous)
    return len(found)


def rows_of(cls: type[Record]) -> st.SearchStrategy[Record]:
    """Give records of a type with any values that its members may have."""

    def values(hint: Any) -> st.SearchStrategy[Any]:
        kinds = get_args(hint) or (hint,)
        return st.one_of(
            *(
                {
                    str: TEXT,
                    int: st.integers(-(2**63), 2**63 - 1),
                    bool: st.booleans(),
                    bytes: st.binary(max_size=4),
                    NoneType: st.none(),
                }[kind]
                for kind in kinds
            )
        )

    members = [values(hint) for hint in get_type_hints(cls).values()]
    return st.tuples(*members).map(cls._make)  # type: ignore[arg-type]  # as declared


ANY_ROW = st.one_of(*map(rows_of, TABLES))


def fields(canonical: bytes) -> tuple[Any, ...]:
    """Read canonical bytes back, as the reference describes them."""
    entry, name, absent, *texts = canonical.decode().split("\0")
    columns = chained_columns(METADATA.tables[name])
    assert len(columns) == len(absent) == len(texts)

    def value(kind: type, missing: str, text: str) -> Any:
        if missing == "1":
            assert text == ""
            return None
        return text if kind is str else int(text)

    kinds = [column.type.python_type for column in columns]
    return int(entry), name, *map(value, kinds, absent, texts)


@settings(max_examples=100, deadline=None)
@given(row=ANY_ROW, entry=st.integers(1, 2**63 - 1))
def test_bytes_say_which_row_they_are_of(row: Record, entry: int) -> None:
    """The row can be read from its bytes: so no two rows have the same."""
    form = FORMS[type(row)]
    values = [value for name, value in zip(row._fields, row, strict=True) if name != "content"]
    canonical = form.canonical(entry, values)
    assert fields(canonical) == (entry, form.name, *values)
    assert canonical == f"{entry}\0{form.body_of(row)}".encode()


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ANY_ROW, min_size=1, max_size=5))
@example(rows=[unit_row("U\1", "a"), unit_row("\1", None)])
@example(rows=[unit_row("é", "a"), unit_row("b", None)])
def test_the_check_of_a_call_makes_the_same_bytes(rows: Sequence[Record]) -> None:
    """At the first and at every later time, whatever stands beside a row."""
    check = BindCheck()
    wanted = [b"\0" + FORMS[type(row)].body_of(row).encode() for row in rows]
    for _ in range(3):
        assert check(rows).bodies == wanted


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with its tables, to be copied: making them takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("empty")
    upgrade(sqlite_url(folder))
    return folder / FILE_NAME


@settings(max_examples=20, deadline=None)
@given(
    texts=st.lists(TEXT, min_size=8, max_size=8),
    numbers=st.lists(st.integers(0, 2**63 - 1), max_size=5),
)
async def test_a_file_gives_the_same_bytes_back(
    empty_file: Path, texts: list[str], numbers: list[int]
) -> None:
    """What was chained as a record is recomputed from the file."""
    with TemporaryDirectory() as folder:
        copy(empty_file, folder)
        await _written_and_whole(sqlite_url(Path(folder)), texts, numbers)


async def test_both_databases_give_the_same_bytes_back(database_url: str) -> None:
    """Of every table, with texts of all kinds."""
    texts = ["", "\1", "é", "日本", "😀", "None", "%s %", "' \n\t\r\x7f"]
    await _written_and_whole(database_url, texts, [0, 1, 2**63 - 1])


async def _written_and_whole(url: str, texts: list[str], numbers: list[int]) -> None:
    async with open_audit(url, inline=True) as audit:
        await audit.record(
            *BASE,
            unit_row("U1", texts[0]),
            *(unit_row(f"U{n}-{text}", None) for n, text in enumerate(texts, 2)),
            run("R1", unit_id="U1", slot=texts[1], inputs=texts[2]),
            run("R2", continues="R1"),
            identity("R1", texts[3], "U1"),
            step_row("R1", 1, parameters=texts[4], irreversible=True),
            step_end_row("R1", 1, message=texts[5]),
            measurement("R1", 1)._replace(value=texts[6], limit_equal=texts[7]),
            AttachmentRow("R1", 1, texts[7], "text/plain", "00", 3, b"\0\xff\0"),
            *(
                step_end_row("R2", n)._replace(duration_us=number)
                for n, number in enumerate(numbers, 1)
            ),
            *(step_row("R2", n) for n in range(1, len(numbers) + 1)),
            run_end("R1"),
            *PROOF,
        )
    with reading(url) as connection:
        assert demand_whole(connection) == 17 + len(texts) + 2 * len(numbers)
        assert connection.execute(select(attachment.c.content)).scalar() == b"\0\xff\0"


def test_the_form_is_what_the_page_says() -> None:
    """A row and its hash, written out by hand."""
    row = StepRow("R", 2, "main", "s", "Name", "x.y", 1, True, "{}", at(1))
    wanted = f"7\0step\0{'0' * 10}\0R\0{2}\0main\0s\0Name\0x.y\0{1}\0{1}\0{{}}\0{at(1)}".encode()
    assert FORMS[StepRow].canonical(7, row) == wanted
    assert link(b"p" * 32, wanted) == sha256(b"p" * 32 + wanted).digest()
    assert FORMS[UnitRow].canonical(1, ("U", None, "P", None, "t")) == (
        b"1\0unit\x0001010\0U\0\0P\0\0t"
    )
    # SQLite keeps a truth as a number.
    assert FORMS[StepRow].canonical(7, (*row[:7], 1, *row[8:])) == wanted


@pytest.mark.parametrize(
    "values",
    [
        ("U", None, b"P", None, "t"),
        (None, None, "P", None, "t"),
        ("U", 1.5, "P", None, "t"),
        ("U", 1, "P", None, "t"),
        ("U\0", None, "P", None, "t"),
        ("U", None, "\ud800", None, "t"),
    ],
    ids=repr,
)
def test_what_no_station_writes_has_no_bytes(values: tuple[Any, ...]) -> None:
    """Values of another type, texts with NUL or half a character."""
    with pytest.raises(UnchainableRow):
        CanonicalForm(unit).canonical(1, values)


def test_what_is_chained_is_all_but_content() -> None:
    """The content of an attachment is covered by its hash, which is a column."""
    for cls, table in TABLES.items():
        left_out = set(cls._fields) - {column.name for column in chained_columns(table)}
        assert left_out == ({"content"} if table is attachment else set())
        assert set(key_columns(table)) <= set(cls._fields)


async def test_rows_that_are_there_already_get_no_entry(database_url: str) -> None:
    """Alone, twice in a call, and beside new ones: the entries have no gap."""
    async with open_audit(database_url) as audit:
        await audit.record(*BASE, unit_row("U1", "first"), unit_row("U1", "second"))
        await audit.record(RECIPE)
        await audit.record(RECIPE, *[unit_row("U1", "x"), unit_row("U2", None)] * 20, run("R1"))
        with reading(database_url) as connection:
            assert demand_whole(connection) == 5


async def test_entries_follow_the_order_of_the_calls(file_url: str) -> None:
    """Across tables: a step's end comes before the next begin."""
    async with open_audit(file_url) as audit:
        await audit.record(*BASE, run("R1"), step_row("R1", 1))
        await audit.record(step_end_row("R1", 1), measurement("R1", 1), step_row("R1", 2))
        entries = await audit.read(lambda c: c.execute(select(step.c.entry)).scalars().all())
        state = await audit.read(chain_state)
    assert entries == [4, 7]
    assert (state.head.entry, state.epoch_id, state.key_id, state.signed_entry) == (
        7,
        None,
        None,
        0,
    )


async def test_two_writers_of_a_file_make_one_chain(file_url: str) -> None:
    """Each goes on behind the rows of the other."""
    async with open_audit(file_url) as one, open_audit(file_url, inline=True) as other:
        await one.record(*BASE, run("R1"))
        await other.record(run("R2"))
        await one.record(step_row("R1", 1))
        await one.record(step_row("R1", 2))
        await other.record(step_row("R2", 1))
    with reading(file_url) as connection:
        assert demand_whole(connection) == 7


def test_an_empty_database_begins_at_the_beginning(database_url: str) -> None:
    """The head of no rows is 32 zero bytes."""
    upgrade(database_url)
    store = open_store(database_url, 1)
    store.open()
    store.load_head()
    store.close()
    assert store.chain.head == GENESIS == (0, bytes(32))
    with reading(database_url) as connection:
        assert chain_head(connection) == GENESIS
