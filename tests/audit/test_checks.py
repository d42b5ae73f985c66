"""What can be bound: everything that is stored comes back as it was, everything else is refused."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from orchestrator.audit.checks import BindCheck
from orchestrator.audit.database import open_audit
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.tables import run_end, step_end
from orchestrator.domain.errors import StationMisuse
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import AttachmentRow
from tests.audit.rows import BASE, run, step
from tests.audit.rows import run_end as run_end_row
from tests.audit.rows import step_end as step_end_row

POISON = [
    "\ud800",
    "a\udfffb",
    "nul\0",
    2**63,
    -(2**63) - 1,
    10**400,
    0.5,
    float("nan"),
    Decimal(1),
]


@pytest.mark.parametrize("value", [*POISON, b"bytes", None, True, ["list"]], ids=repr)
@pytest.mark.parametrize("column", ["message", "duration_us"])
def test_what_cannot_be_bound_is_refused(column: str, value: Any) -> None:
    """The refusal names record and column, so that the guilty step is found."""
    check = BindCheck()
    check([step_end_row("R1", 1)])
    row = step_end_row("R1", 1)._replace(**{column: value})
    with pytest.raises(StationMisuse) as refusal:
        check([row])
    assert refusal.value.where == {"record": "StepEndRow", "column": column}
    assert refusal.value.remedy


def test_a_stranger_is_no_record() -> None:
    """Only the rows of the ground floor are stored."""
    with pytest.raises(StationMisuse, match="tuple is no record"):
        BindCheck()([("R1", 1)])  # type: ignore[list-item]  # what mypy would refuse


def test_words_become_plain_text() -> None:
    """An outcome is a text with a class; drivers get the text."""
    ((checked,), _, _) = BindCheck()([run_end_row("R1", outcome=Outcome.FAIL)])
    assert type(checked[1]) is str
    assert checked[1] == "FAIL"


def test_missing_values_and_bytes_are_as_declared() -> None:
    """None is taken where the record says so, bytes where it says so."""
    check = BindCheck()
    for row in (
        run("R1", unit_id=None),
        run("R1", unit_id="U1"),
        AttachmentRow("R1", 1, "log", "text/plain", "00", 3, b"\0\xff\0"),
    ):
        assert list(check([row]).records) == [row]


@settings(max_examples=25, deadline=None)
@given(
    messages=st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=8),
    durations=st.lists(st.integers(-(2**65), 2**65), min_size=8, max_size=8),
)
async def test_what_was_accepted_is_read_back_unchanged(
    messages: list[str], durations: list[int]
) -> None:
    """A text or number is stored exactly or not at all."""
    kept = []
    with TemporaryDirectory() as folder:
        async with open_audit(sqlite_url(Path(folder))) as audit:
            await audit.record(*BASE, run("R1"))
            for number, (message, duration) in enumerate(zip(messages, durations, strict=False), 1):
                row = step_end_row("R1", number, message=message)._replace(duration_us=duration)
                try:
                    await audit.record(step("R1", number), row)
                except StationMisuse:
                    continue
                kept.append(tuple(row))
            found = await audit.read(
                lambda connection: connection.execute(
                    select(step_end).order_by(step_end.c.sequence)
                ).all()
            )
            assert [tuple(row)[:-2] for row in found] == kept
            assert (
                await audit.read(lambda connection: connection.execute(select(run_end)).all()) == []
            )
