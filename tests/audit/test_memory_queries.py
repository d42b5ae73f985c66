"""What a station must know of what was before: intents, holds, last runs, in the order of entry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orchestrator.audit import queries
from orchestrator.audit.database import Audit, open_audit
from orchestrator.domain.records import FindingRow, IntentRow
from tests.audit.rows import BASE, at, identity, run, run_end, step, step_end, unit

DEVICE = "ab" * 64
OTHER = "cd" * 64
BOARD = {"system": "azure-sphere", "device_id": DEVICE}


def intent(intent_id: str, run_id: str, device_id: str = DEVICE, second: int = 20) -> IntentRow:
    """Return an intent of step 2 of a run."""
    return IntentRow(
        intent_id, run_id, 2, "U1", "azure-sphere", device_id, "sphere.set_manufacturing_state",
        '{"state":"DeviceComplete"}', 5_000_000, at(second),
    )  # fmt: skip


def finding(intent_id: str, number: int, state: str, source: str = "probe") -> FindingRow:
    """Return a finding."""
    actor = "Jo" if source == "decision" else ""
    return FindingRow(intent_id, number, state, source, actor, "words", at(25))


@asynccontextmanager
async def shift(database_url: str) -> AsyncIterator[Audit]:
    """Open an audit with three runs of one board; times fall while entries rise.

    R1 was interrupted with an applied intent; R2 continued it and is held; R3 of another board is
    open with an intent without finding.
    """
    async with open_audit(database_url) as audit:
        await audit.record(*BASE, unit("U1", "SN1"), unit("U2", "SN2"))
        await audit.record(
            run("R1", 50, unit_id="U1"),
            identity("R1", DEVICE, "U1"),
            step("R1", 1, 51, step_id="optional"),
            step_end("R1", 1, "FAIL", 52),
            step("R1", 2, 53, irreversible=True, step_id="lock"),
            intent("I1", "R1"),
        )
        await audit.record(
            finding("I1", 1, "applied", "recovery"),
            step_end("R1", 2, "INTERRUPTED", 54),
            run_end("R1", "INTERRUPTED", 55, failure=2),
        )
        await audit.record(
            run("R2", 40, unit_id="U1")._replace(continues="R1"),
            identity("R2", DEVICE, "U1"),
            step("R2", 1, 41),
            step_end("R2", 1, second=41),
            step("R2", 2, 41, irreversible=True),
            intent("I2", "R2"),
            finding("I2", 1, "unknown"),
            step_end("R2", 2, "ERROR", 42, "HOLD"),
            run_end("R2", "ERROR", 43, failure=2),
        )
        await audit.record(
            run("R3", 30, unit_id="U2", slot="2"),
            identity("R3", OTHER, "U2"),
            step("R3", 1, 31),
            step_end("R3", 1, second=31),
            step("R3", 2, 31, irreversible=True, step_id="lock"),
            intent("I3", "R3", OTHER),
        )
        yield audit


async def test_what_was_requested_of_a_board(database_url: str) -> None:
    """Every intent of that silicon in its order, each with its last finding alone."""
    async with shift(database_url) as audit:
        first, second = await audit.read(queries.earlier_intents, **BOARD)
        assert (first["intent_id"], first["state"], first["findings"]) == ("I1", "applied", 1)
        assert (first["step_id"], first["recipe_hash"]) == ("lock", "H1")
        assert (second["intent_id"], second["state"]) == ("I2", "unknown")
        await audit.record(finding("I2", 2, "reopened", "decision"))
        await audit.record(finding("I2", 3, "not_applied", "recovery"))
        _, second = await audit.read(queries.earlier_intents, **BOARD)
        assert (second["state"], second["findings"], second["source"]) == (
            "not_applied",
            3,
            "recovery",
        )
        assert await audit.read(queries.earlier_intents, system="other", device_id=DEVICE) == []
        (open_one,) = await audit.read(
            queries.earlier_intents, system="azure-sphere", device_id=OTHER
        )
        assert (open_one["state"], open_one["findings"], open_one["source"]) == (None, 0, None)


async def test_which_units_are_held(database_url: str) -> None:
    """An intent whose last finding is unknown, until a person has decided."""
    async with shift(database_url) as audit:
        (held,) = await audit.read(queries.holds)
        assert tuple(held) == queries.HOLD_COLUMNS
        assert (held["intent_id"], held["serial_number"], held["slot"]) == ("I2", "SN1", "1")
        assert await audit.read(queries.intent_row, "I2") == held
        assert await audit.read(queries.intent_row, "I9") is None
        await audit.record(finding("I2", 2, "applied", "decision"))
        assert await audit.read(queries.holds) == []


async def test_an_open_run_brings_its_open_intents(database_url: str) -> None:
    """With the silicon that was read in it, so that the board can be asked."""
    async with shift(database_url) as audit:
        (left,) = await audit.read(queries.open_runs, station="st1")
        assert (left["run_id"], left["system"], left["device_id"]) == ("R3", "azure-sphere", OTHER)
        assert [row["intent_id"] for row in left["intents"]] == ["I3"]
        await audit.record(finding("I3", 1, "applied", "recovery"))
        (left,) = await audit.read(queries.open_runs, station="st1")
        assert left["intents"] == []


async def test_the_last_run_of_a_board_is_that_of_the_last_entry(database_url: str) -> None:
    """Wall time had stepped back between the runs; outcomes are those of the continued run."""
    async with shift(database_url) as audit:
        last = await audit.read(queries.last_run, **BOARD)
        assert last is not None
        assert (last["run_id"], last["continues"]) == ("R2", "R1")
        assert last["step_outcomes"] == {"optional": "FAIL", "lock": "INTERRUPTED"}
        assert await audit.read(queries.last_run, system="other", device_id=DEVICE) is None
        newest, *_ = await audit.read(queries.runs)
        assert newest["run_id"] == "R3"


async def test_a_decision_ends_a_standing_verdict(database_url: str) -> None:
    """The board may go on: what it came to before is no reason to leave it where it is."""
    place = {"station": "st1", "slot": "1"}
    async with shift(database_url) as audit:
        standing = await audit.read(queries.standing_run, **place, **BOARD)
        assert standing is not None
        assert standing["run_id"] == "R2"
        await audit.record(finding("I2", 2, "not_applied", "decision"))
        assert await audit.read(queries.standing_run, **place, **BOARD) is None


async def test_the_history_shows_intents_and_findings(database_url: str) -> None:
    """In the order of entry, whatever the clock said; a run says which one it continues."""
    async with shift(database_url) as audit:
        history = await audit.read(queries.unit_history, "SN1")
    entries = [row["entry"] for row in history]
    assert entries == sorted(entries)
    kinds = [row["kind"] for row in history if row["run_id"] == "R1"]
    assert kinds == ["run began", "identity", "step", "intent", "finding", "step", "run ended"]
    (continued,) = [row for row in history if (row["kind"], row["run_id"]) == ("run began", "R2")]
    assert continued["detail"] == "continues run R1"
    found = [row["detail"] for row in history if row["kind"] == "finding"]
    assert found == [
        "sphere.set_manufacturing_state applied (recovery)",
        "sphere.set_manufacturing_state unknown (probe)",
    ]


async def test_a_session_is_known_where_it_began(database_url: str) -> None:
    """A database that was put in place of the right one does not know it."""
    async with shift(database_url) as audit:
        known = BASE[0][0]
        assert await audit.read(queries.session_known, known) is True
        assert await audit.read(queries.session_known, "another") is False
