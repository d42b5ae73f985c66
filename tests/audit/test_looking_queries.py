"""What pages ask of a run: what else happened, what it requested for good, what is usual."""

from pathlib import Path

import pytest

from orchestrator.audit.database import reading
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.queries.looking import run_events, run_intents, usual_seconds
from orchestrator.domain.records import EventRow, FindingRow, IntentRow, Record
from tests.audit.rows import BASE, at, run, run_end, step, step_end
from tests.audit.story import proof_rows, write


def one_run(number: int, seconds: int, outcome: str = "PASS") -> list[Record]:
    """Return a run of one step that took so long."""
    name = f"R{number}"
    end = step_end(name, 1, outcome)._replace(duration_us=seconds * 1_000_000)
    return [run(name), step(name, 1, step_id="load"), end, run_end(name, outcome)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with three passed runs, a failed one, and one with things that happened."""
    url = sqlite_url(tmp_path)
    runs = [one_run(1, 2), one_run(2, 4), one_run(3, 9), one_run(4, 500, "FAIL")]
    eventful: list[Record] = [
        run("R9", recipe_hash="H1"),
        step("R9", 1, irreversible=True),
        IntentRow("I1", "R9", 1, None, "azure-sphere", "aa", "sphere.set_state", "{}", 1, at(3)),
        FindingRow("I1", 1, "unknown", "answer", "", "lost", at(4)),
        FindingRow("I1", 2, "applied", "decision", "ada", "looked", at(5)),
        IntentRow("I2", "R9", 1, None, "azure-sphere", "aa", "cloud.claim", "{}", 1, at(6)),
        *(EventRow(f"E{number}", "st1", "1", "R9", "note", "{}", at(6)) for number in range(4)),
        EventRow("E9", "st1", "1", None, "note", "{}", at(6)),
    ]
    write(url, [*proof_rows(at(0)), *BASE], *runs, eventful)
    return url


def test_events_of_a_run_come_in_their_order_and_not_without_end(url: str) -> None:
    """Only those of the run, the oldest first, at most as many as wanted."""
    with reading(url) as connection:
        assert [row["event_id"] for row in run_events(connection, "R9")] == ["E0", "E1", "E2", "E3"]
        assert [row["event_id"] for row in run_events(connection, "R9", 2)] == ["E0", "E1"]
        assert run_events(connection, "R1") == []


def test_requests_for_good_come_with_every_finding(url: str) -> None:
    """A row per finding; a request of which nothing was found has one row without."""
    with reading(url) as connection:
        rows = run_intents(connection, "R9")
        told = [(row["kind"], row["state"], row["actor"]) for row in rows]
        assert told == [
            ("sphere.set_state", "unknown", ""),
            ("sphere.set_state", "applied", "ada"),
            ("cloud.claim", None, None),
        ]
        assert run_intents(connection, "R1") == []


def test_what_is_usual_is_the_median_of_the_last_that_passed(url: str) -> None:
    """Failed runs do not count, and older ones than wanted neither."""
    with reading(url) as connection:
        assert usual_seconds(connection, "H1") == {"load": 4.0}
        assert usual_seconds(connection, "H1", 1) == {"load": 9.0}
        assert usual_seconds(connection, "nobody") == {}
