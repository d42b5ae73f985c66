"""When the end of the chain is signed, by which key, and who hears of what in which order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import select

from orchestrator.audit.chain_state import chain_head
from orchestrator.audit.database import Audit, open_audit, reading
from orchestrator.audit.findings import FindingKind
from orchestrator.audit.keys import StationKey, StationSigner, key_row
from orchestrator.audit.location import sqlite_url
from orchestrator.audit.proof_tables import checkpoint
from orchestrator.audit.verify import verify
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.records import EventRow, FindingRow, IntentRow, Record
from tests.audit.chained import KEY, OTHER_KEY, STATION
from tests.audit.rows import BASE, at, identity, run, run_end, unit
from tests.audit.rows import step as step_row
from tests.audit.stores import faulty_writer

SIGNER = StationSigner(KEY, STATION)


@dataclass
class Hands:
    """A clock that a test moves."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """Return one moment."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        """Return what the test says."""
        return self.seconds


@dataclass
class Told:
    """What was heard, in its order."""

    what: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def checkpoint(self, note: str) -> None:
        """Hear of a checkpoint."""
        self.notes.append(note)
        self.what.append("checkpoint")


def event(number: int) -> EventRow:
    """Return a row that asks for no checkpoint."""
    return EventRow(f"EV{number}", STATION, None, None, "x", "{}", at(number))


def findings(url: str, *notes: str, key: StationKey | None = KEY) -> list[str]:
    """Verify a database and return what is wrong with its chain; its rows are no whole story."""
    with reading(url) as connection:
        report = verify(connection, against=notes, public_key=key.public_key if key else None)
    return [str(one) for one in report.findings if one.kind is not FindingKind.RECORD]


def signed(url: str) -> list[int]:
    """Return which entries were signed."""
    with reading(url) as connection:
        return list(connection.execute(select(checkpoint.c.up_to)).scalars())


INTENT = IntentRow("I1", "R1", 1, "U1", "azure-sphere", "D1", "x.lock", "{}", 0, at(3))
FOUND = FindingRow("I1", 1, "applied", "answer", STATION, "", at(4))


@pytest.mark.parametrize("last", [run_end("R1"), FOUND])
async def test_what_ends_a_run_or_settles_a_request_is_signed_at_once(
    database_url: str, last: Record
) -> None:
    """The checkpoint is a row of the same commit; steps and intents get none."""
    told = Told()
    async with open_audit(database_url, signer=SIGNER, on_checkpoint=told.checkpoint) as audit:
        begun = len(told.notes)
        await audit.record(
            *BASE, unit("U1", "SN"), run("R1"), identity("R1", "D1", "U1"), step_row("R1", 1)
        )
        await audit.record(INTENT)
        assert len(told.notes) == begun == 1
        commits = audit.commits
        await audit.record(last)
        assert len(told.notes) == 2
        assert audit.commits == commits + 1
    # Nothing was written since: closing has nothing to sign.
    assert len(told.notes) == 2
    assert findings(database_url, *told.notes) == []


async def test_a_checkpoint_is_due_after_so_many_entries(file_url: str) -> None:
    """And not before; what is left is signed at the close."""
    told = Told()
    async with open_audit(
        file_url, signer=SIGNER, clock=Hands(), checkpoint_entries=5, on_checkpoint=told.checkpoint
    ) as audit:
        for number in range(4):
            await audit.record(event(number))
        assert signed(file_url) == [2]
        await audit.record(event(4))
        assert signed(file_url) == [2, 8]
        await audit.record(event(5))
    assert signed(file_url) == [2, 8, 10]
    assert len(told.notes) == 3
    assert findings(file_url, *told.notes) == []


async def test_a_checkpoint_is_due_after_so_many_seconds(file_url: str) -> None:
    """With the first commit from then on; a station that writes nothing signs nothing."""
    hands = Hands()
    async with open_audit(file_url, signer=SIGNER, clock=hands, checkpoint_seconds=60.0) as audit:
        hands.seconds = 59.0
        await audit.record(event(0))
        assert signed(file_url) == [2]
        hands.seconds = 60.0
        assert signed(file_url) == [2]
        await audit.record(event(1))
        assert signed(file_url) == [2, 5]
        hands.seconds = 119.0
        await audit.record(event(2))
        assert signed(file_url) == [2, 5]


async def test_another_key_is_refused_at_the_start(database_url: str) -> None:
    """The sentence names both keys, and nothing is written."""
    async with open_audit(database_url, signer=SIGNER) as audit:
        await audit.record(event(0))
    before = signed(database_url)
    with pytest.raises(AuditUnavailable, match=KEY.key_id) as refusal:
        async with open_audit(database_url, signer=StationSigner(OTHER_KEY, STATION)):
            raise AssertionError
    assert OTHER_KEY.key_id in refusal.value.what
    assert "new-epoch" in refusal.value.remedy
    assert signed(database_url) == before
    assert findings(database_url) == []


async def test_a_key_that_is_replaced_while_it_signs_signs_nothing_more(file_url: str) -> None:
    """From the row of the new key on the old one is silent; the new one goes on after a start."""
    told = Told()
    new = key_row(OTHER_KEY, actor="ada", reason="yearly", began_at=at(9), endorsed_by=KEY)
    async with open_audit(file_url, signer=SIGNER, on_checkpoint=told.checkpoint) as audit:
        await audit.record(new, *BASE, run("R1"))
        await audit.record(run_end("R1"))
    assert len(told.notes) == 1
    after = StationSigner(OTHER_KEY, STATION)
    async with open_audit(file_url, signer=after, on_checkpoint=told.checkpoint) as audit:
        await audit.record(event(1))
    assert len(told.notes) == 2
    assert findings(file_url, *told.notes) == []
    assert findings(file_url, *told.notes, key=OTHER_KEY) == []


@pytest.mark.parametrize("inline", [False, True])
async def test_callers_hear_of_a_commit_last(file_url: str, inline: bool) -> None:
    """Who counts what was acknowledged knows of it before it is; the entries have no gap."""
    told, entries = Told(), list[int]()

    async def record(audit: Audit, *rows: Record) -> None:
        await audit.record(*rows)
        told.what.append("caller")

    async with open_audit(
        file_url,
        signer=SIGNER,
        inline=inline,
        on_acknowledged=lambda first, last, _: told.what.append(f"{first}-{last}"),
        on_entries=lambda made: entries.extend(one.entry for one in made),
        on_checkpoint=told.checkpoint,
    ) as audit:
        told.what.clear()
        await record(audit, *BASE, run("R1"))
        await record(audit, run_end("R1"))
        # A row that is there already gets no entry: nobody is told of one.
        await record(audit, BASE[1])
    assert told.what == ["4-6", "caller", "7-8", "checkpoint", "caller", "caller"]
    assert entries == list(range(1, 9))


@pytest.mark.parametrize("inline", [False, True])
async def test_a_guilty_call_leaves_no_gap(file_url: str, inline: bool) -> None:
    """Its batch is halved; those that are stored are chained one behind the other."""
    async with open_audit(file_url, signer=SIGNER, inline=inline) as audit:
        await audit.record(*BASE, run("R1"))
        commits, guilty = audit.commits, list[int]()

        async def write(number: int) -> None:
            try:
                await audit.record(step_row("NONE" if number == 3 else "R1", number))
            except StationMisuse:
                guilty.append(number)

        async with anyio.create_task_group() as group:
            for number in range(1, 9):
                group.start_soon(write, number)
        assert guilty == [3]
        assert audit.commits - commits == 3
    assert findings(file_url) == []
    with reading(file_url) as connection:
        # Two of the beginning, three of before, seven of the batch, one checkpoint.
        assert chain_head(connection).entry == 3 + 3 + 7 + 1


@pytest.mark.parametrize("written", [True, False])
async def test_the_chain_goes_on_behind_an_unknown_commit(database_url: str, written: bool) -> None:
    """Whether the commit came to the disk or not, the head is the one of the database."""
    async with faulty_writer(database_url) as (writer, store):
        await writer.record(*BASE, run("R1"))
        store.error, store.error_after_commit = OSError(5, "Input/output error"), written
        with pytest.raises(AuditUnavailable):
            await writer.record(step_row("R1", 1))
        store.error = None
        await writer.try_again()
        await writer.record(step_row("R1", 2))
    assert findings(database_url, key=None) == []
    with reading(database_url) as connection:
        assert chain_head(connection).entry == (5 if written else 4)


@pytest.mark.parametrize("place", ["commit.before", "commit.after"])
async def test_the_lights_go_out_around_a_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Before it nothing is there, after it everything; a writer without a thread dies in words."""
    url = sqlite_url(tmp_path)
    asked: list[str] = []

    def visit(name: str) -> None:
        asked.append(name)
        if name == place:
            raise ZeroDivisionError

    async with open_audit(url, signer=SIGNER, inline=True) as audit:
        await audit.record(*BASE, run("R1"))
        await _die(audit, visit, monkeypatch)
        with pytest.raises(AuditUnavailable, match="the audit is closed"):
            await audit.record(event(2))
    assert asked[-1] == place
    with reading(url) as connection:
        found = connection.exec_driver_sql("SELECT event_id FROM event").scalars().all()
    assert findings(url) == []
    assert found == (["EV1"] if place == "commit.after" else [])


async def _die(audit: Audit, visit: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a place of the writer fail; its caller is told, and the loop hears why."""
    import asyncio  # the loop's own way to tell of an error in a callback

    from orchestrator.domain.crash_points import arm

    heard: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: heard.append(context))
    arm(visit)
    try:
        with pytest.raises(AuditUnavailable, match="the audit is closed"):
            await audit.record(event(1))
    finally:
        arm(None)
        loop.set_exception_handler(None)
    [why] = heard
    assert isinstance(why["exception"], ZeroDivisionError)
