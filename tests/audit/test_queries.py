"""The questions: one story is written, and each question finds its part of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orchestrator.audit import queries
from orchestrator.audit.database import Audit, open_audit
from orchestrator.audit.moments import since_text, until_text
from orchestrator.audit.queries import Filters
from orchestrator.domain.errors import InputMistakes
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import AttachmentRow, EventRow
from tests.audit.rows import (
    BASE,
    RECIPE,
    at,
    identity,
    measurement,
    run,
    run_end,
    step,
    step_end,
    unit,
)

DEVICE = "ab" * 64


@asynccontextmanager
async def story(database_url: str) -> AsyncIterator[Audit]:
    """Open an audit with four runs: a PASS, a FAIL after a retry, an ERROR, and one still open.

    The unit SN1 passed, then failed as a rerun; SN2 ended in ERROR; the open run is of SN2's
    board, whose serial number nobody scanned.
    """
    async with open_audit(database_url) as audit:
        await audit.record(*BASE, RECIPE._replace(recipe_hash="H2", name="other"))
        await audit.record(unit("U1", "SN1"), unit("U2", "SN2"))
        await audit.record(
            run("R1", 10, unit_id="U1"),
            identity("R1", DEVICE, "U1"),
            step("R1", 1, 11),
            step_end("R1", 1, second=12),
            measurement("R1", 1, "volts"),
            measurement("R1", 1, "amps"),
            AttachmentRow("R1", 1, "log", "text/plain", "00", 2, b"hi"),
            step("R1", 2, 13),
            step_end("R1", 2, second=14),
            run_end("R1", second=15),
        )
        await audit.record(
            run("R2", 20, unit_id="U1", slot="2"),
            step("R2", 1, 21, step_id="stage"),
            step_end("R2", 1, "ERROR", 22, "link broke"),
            step("R2", 2, 23, step_id="stage", attempt=2),
            step_end("R2", 2, "FAIL", 24, "wrong image"),
            run_end("R2", "FAIL", 25, failure=2),
        )
        await audit.record(
            run("R3", 30, unit_id="U2", station_id="st2", recipe_hash="H2"),
            step("R3", 1, 31, step_id="stage"),
            step_end("R3", 1, "ERROR", 32, "link broke again"),
            run_end("R3", "ERROR", 33, failure=1),
            EventRow("E1", "st2", "1", "R3", "unit_left", '{"why":"pulled"}', at(34)),
        )
        await audit.record(
            run("R4", 40),
            step("R4", 1, 41),
            step_end("R4", 1, second=42),
            identity("R4", "cd" * 64, "U2", sequence=1),
            step("R4", 2, 43, irreversible=True),
        )
        yield audit


FOUND_BY = [
    (Filters(), ["R4", "R3", "R2", "R1"]),
    (Filters(station="st2"), ["R3"]),
    (Filters(slot="2"), ["R2"]),
    (Filters(recipe="other"), ["R3"]),
    (Filters(recipe="H1"), ["R4", "R2", "R1"]),
    (Filters(outcome=Outcome.FAIL), ["R2"]),
    (Filters(serial="SN2"), ["R4", "R3"]),
    (Filters(since=at(30)), ["R4", "R3"]),
    (Filters(until=at(30)), ["R3", "R2", "R1"]),
    (Filters(since="2026-11-21", until="2026-11-21"), ["R4", "R3", "R2", "R1"]),
    (Filters(until="2026-11-20"), []),
    (Filters(since="2026-11-21T03:00:30+01:00"), ["R4", "R3"]),
    (Filters(serial="SN1", outcome=Outcome.PASS), ["R1"]),
]


async def test_runs_are_found_by_every_filter(database_url: str) -> None:
    """The newest first, with unit, board and end; filters narrow and combine."""
    async with story(database_url) as audit:
        for filters, expected in FOUND_BY:
            found = await audit.read(queries.runs, filters)
            assert [row["run_id"] for row in found] == expected, filters
        newest, *_, oldest = await audit.read(queries.runs)
        assert await audit.read(queries.runs, limit=1) == [newest]
    assert (newest["outcome"], newest["serial_number"], newest["device_id"]) == (
        None,
        "SN2",
        "cd" * 64,
    )
    assert (oldest["outcome"], oldest["recipe"], oldest["duration_us"]) == (
        "PASS",
        "guardian",
        8_000_000,
    )


async def test_a_run_shows_its_steps_and_what_they_measured(database_url: str) -> None:
    """Steps in their order, each with its measurements, attachments and identities."""
    async with story(database_url) as audit:
        found = await audit.read(queries.steps, "R1")
        assert [row["sequence"] for row in found] == [1, 2]
        assert [value["name"] for value in found[0]["measurements"]] == ["amps", "volts"]
        assert found[0]["measurements"][1]["limit_max"] == "0.6"
        assert found[0]["attachments"][0]["name"] == "log"
        assert found[1]["measurements"] == []
        assert found[0]["irreversible"] is False
        assert await audit.read(queries.attachment_content, "R1", 1, "log") == b"hi"
        assert await audit.read(queries.attachment_content, "R1", 1, "none") is None
        row = await audit.read(queries.run_row, "R1")
        assert row is not None
        assert row["first_failure"] is None
        assert await audit.read(queries.run_row, "NONE") is None
        last = (await audit.read(queries.steps, "R4"))[-1]
        assert (last["outcome"], last["ended_at"], last["irreversible"]) == (None, None, True)
        assert (await audit.read(queries.steps, "R4"))[0]["identities"][0]["unit_id"] == "U2"


async def test_open_runs_are_found_for_recovery(database_url: str) -> None:
    """A run without an end, with the steps that have none either."""
    async with story(database_url) as audit:
        (left,) = await audit.read(queries.open_runs, station="st1")
        assert left["run_id"] == "R4"
        assert [(row["sequence"], row["irreversible"]) for row in left["steps"]] == [(2, True)]
        assert await audit.read(queries.open_runs, "st2") == []
        assert len(await audit.read(queries.open_runs)) == 1


async def test_a_verdict_stands_while_the_unit_sits_there(database_url: str) -> None:
    """The last run of that silicon in that slot, ended by itself, with nothing seen since."""

    async def standing(audit: Audit, slot: str = "1", station: str = "st1") -> str | None:
        found = await audit.read(
            queries.standing_run,
            station=station,
            slot=slot,
            system="azure-sphere",
            device_id=DEVICE,
        )
        return found["run_id"] if found else None

    async with open_audit(database_url) as audit:
        await audit.record(*BASE)
        assert await standing(audit) is None
        await audit.record(run("R1", 10), identity("R1", DEVICE, None))
        assert await standing(audit) is None, "still open"
        await audit.record(run_end("R1", "FAIL", 11))
        assert await standing(audit) == "R1"
        assert await standing(audit, slot="2") is None
        assert await standing(audit, station="st2") is None
        await audit.record(run("R2", 20), run_end("R2", second=21))
        assert await standing(audit) is None, "something else ran there"
        await audit.record(run("R3", 30), identity("R3", DEVICE, None), run_end("R3", second=31))
        assert await standing(audit) == "R3"
        await audit.record(EventRow("E1", "st1", "1", "R3", "unit_left", "{}", at(32)))
        assert await standing(audit) is None, "it has left"
        cut = run_end("R4", "INTERRUPTED", 41)
        await audit.record(run("R4", 40), identity("R4", DEVICE, None), cut)
        assert await standing(audit) is None, "it came to no end"


async def test_failures_are_counted_with_their_last_message(database_url: str) -> None:
    """By step and outcome, attempts and runs, and what the last one said."""
    async with story(database_url) as audit:
        found = await audit.read(queries.failures)
        shown = [
            (row["recipe"], row["step_id"], row["outcome"], row["failures"], row["runs"])
            for row in found
        ]
        assert shown == [
            ("guardian", "stage", "ERROR", 1, 1),
            ("guardian", "stage", "FAIL", 1, 1),
            ("other", "stage", "ERROR", 1, 1),
        ]
        (only,) = await audit.read(queries.failures, Filters(outcome=Outcome.FAIL))
        assert (only["message"], only["last_run_id"]) == ("wrong image", "R2")
        assert await audit.read(queries.failures, Filters(outcome=Outcome.ABORTED)) == []
        await audit.record(
            run("R5", 50),
            step("R5", 1, 51, step_id="stage"),
            step_end("R5", 1, "FAIL", 52, "wrong again"),
        )
        first = (await audit.read(queries.failures))[0]
        assert (first["failures"], first["runs"], first["message"]) == (2, 2, "wrong again")
        assert first["last_ended_at"] == at(52)


async def test_counts_tell_how_runs_ended(database_url: str) -> None:
    """One row per outcome; what has not ended has none."""
    async with story(database_url) as audit:
        found = await audit.read(queries.counts)
        assert {row["outcome"]: row["runs"] for row in found} == {
            "PASS": 1,
            "FAIL": 1,
            "ERROR": 1,
            None: 1,
        }
        assert await audit.read(queries.counts, Filters(slot="2")) == [
            {"outcome": "FAIL", "runs": 1}
        ]


async def test_a_unit_is_found_by_serial_number_and_by_silicon(database_url: str) -> None:
    """Everything that happened to it, the oldest first, whichever name is given."""
    async with story(database_url) as audit:
        by_serial = await audit.read(queries.unit_history, "SN1")
        assert await audit.read(queries.unit_history, DEVICE.upper()) == by_serial
        other = await audit.read(queries.unit_history, "cd" * 64)
        assert await audit.read(queries.unit_history, "nobody") == []
    assert [(row["kind"], row["run_id"]) for row in by_serial] == [
        ("registered", None),
        ("run began", "R1"),
        ("identity", "R1"),
        ("step", "R1"),
        ("step", "R1"),
        ("run ended", "R1"),
        ("run began", "R2"),
        ("step", "R2"),
        ("step", "R2"),
        ("run ended", "R2"),
    ]
    assert by_serial[-1]["outcome"] == "FAIL"
    assert by_serial[-1]["slot"] == "2"
    assert {row["run_id"] for row in other} == {None, "R3", "R4"}
    assert ("unit_left", '{"why":"pulled"}') in [(row["kind"], row["detail"]) for row in other]


@pytest.mark.parametrize(
    "typed",
    ["yesterday", "2026-13-01", "2026-11-21T10:00:00", "", "2026", "9999-12-31T23:00:00-02:00"],
)
def test_a_time_that_is_none_is_refused(typed: str) -> None:
    """The message shows how to write one."""
    for understand in (since_text, until_text):
        with pytest.raises(InputMistakes) as mistake:
            understand(typed)
        assert "2026-11-21T14:30:00Z" in mistake.value.remedy


def test_a_day_begins_and_ends() -> None:
    """A date means the whole day in UTC, at both ends."""
    assert since_text("2026-11-21") == "2026-11-21T00:00:00.000000Z"
    assert until_text("2026-11-21") == "2026-11-21T23:59:59.999999Z"
