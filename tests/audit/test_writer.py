"""The writer: everything that waits shares a commit, and one caller's mistake stays its own."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from sqlalchemy import func, select

from orchestrator.audit.database import open_audit, reading
from orchestrator.audit.tables import recipe, run_end, step, unit
from orchestrator.domain.errors import AuditUnavailable, StationMisuse
from orchestrator.domain.records import Record
from tests.audit.rows import BASE, RECIPE, measurement, run, step_end
from tests.audit.rows import step as step_row
from tests.audit.rows import unit as unit_row
from tests.audit.stores import faulty_writer
from tests.patience import PATIENCE_SECONDS


async def test_rows_are_there_when_the_call_returns(database_url: str) -> None:
    """A second connection sees the rows at once, and all of one call or none."""
    async with open_audit(database_url) as audit:
        await audit.record(*BASE, run("R1"), step_row("R1", 1))
        await audit.record(step_end("R1", 1), measurement("R1", 1), step_row("R1", 2))
        with pytest.raises(StationMisuse):
            await audit.record(step_end("R1", 2), step_row("R2", 1))
        with reading(database_url) as connection:
            assert connection.execute(select(func.count()).select_from(step)).scalar() == 2
        assert audit.commits == 2


async def test_calls_that_wait_share_a_commit(database_url: str) -> None:
    """A hundred tasks need a handful of commits, not a hundred."""
    async with faulty_writer(database_url) as (writer, store):
        await writer.record(*BASE, *(run(f"R{k}") for k in range(100)))
        async with anyio.create_task_group() as group:
            for k in range(100):
                group.start_soon(writer.record, step_row(f"R{k}", 1))
        assert sum(store.calls_per_commit) == 101
        assert len(store.calls_per_commit) < 10


async def test_rows_written_once_stay_as_they_are(database_url: str) -> None:
    """Recipes and units may be handed over again, alone and many at once; the first stays."""
    async with open_audit(database_url) as audit:
        await audit.record(*BASE, unit_row("U1", "first"))
        await audit.record(RECIPE._replace(text="other"), *[unit_row("U1", "second")] * 40)
        with reading(database_url) as connection:
            assert connection.execute(select(recipe.c.text)).scalars().all() == ["recipe: 1"]
            assert connection.execute(select(unit.c.serial_number)).scalars().all() == ["first"]


async def test_only_the_guilty_caller_fails(database_url: str) -> None:
    """Three bad calls among forty: thirty-seven are stored, three are told."""
    told = []

    async def write(number: int) -> None:
        run_id = "NONE" if number in {0, 17, 39} else f"R{number}"
        try:
            await audit.record(step_row(run_id, 1), step_end(run_id, 1))
        except StationMisuse as misuse:
            told.append((number, misuse.where["records"]))

    async with open_audit(database_url) as audit:
        await audit.record(*BASE, *(run(f"R{k}") for k in range(40)))
        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(write, number)
        assert sorted(told) == [(k, "StepRow, StepEndRow") for k in (0, 17, 39)]
        assert audit.failure is None
        with reading(database_url) as connection:
            assert connection.execute(select(func.count()).select_from(step)).scalar() == 37


async def test_a_cancelled_caller_does_not_disturb_the_others(database_url: str) -> None:
    """The batch it rides in is written; whether its own row was is left open."""
    gate = threading.Event()
    async with faulty_writer(database_url) as (writer, store):
        await writer.record(*BASE, run("R1"), run("R2"))
        store.before_insert = lambda: None if gate.wait(10) else pytest.fail("never opened")
        async with anyio.create_task_group() as group:
            group.start_soon(writer.record, step_row("R1", 1))
            with anyio.move_on_after(0) as scope:
                await writer.record(step_row("R2", 1))
            gate.set()
        assert scope.cancelled_caught
        await writer.record(step_end("R1", 1))


async def test_too_many_calls_wait_for_room(database_url: str) -> None:
    """The queue is bounded; those outside get their turn, and nothing is lost."""
    async with faulty_writer(database_url, max_calls_waiting=4) as (writer, store):
        await writer.record(*BASE, *(run(f"R{k}") for k in range(50)))
        async with anyio.create_task_group() as group:
            for k in range(50):
                group.start_soon(writer.record, step_row(f"R{k}", 1))
        assert max(store.calls_per_commit) <= 4
        assert sum(store.calls_per_commit) == 51


async def test_closing_writes_what_waits(database_url: str) -> None:
    """Calls that were made before the close are answered; later ones are refused."""
    async with anyio.create_task_group() as group, faulty_writer(database_url) as (writer, _):
        await writer.record(*BASE, *(run(f"R{k}") for k in range(20)))
        for k in range(20):
            group.start_soon(writer.record, step_row(f"R{k}", 1))
        await anyio.lowlevel.checkpoint()
    with pytest.raises(AuditUnavailable, match="closed"):
        await writer.record(step_end("R1", 1))
    with pytest.raises(AuditUnavailable, match="closed"):
        await writer.try_again()
    with reading(database_url) as connection:
        assert connection.execute(select(func.count()).select_from(step)).scalar() == 20


async def test_a_call_without_rows_is_nothing_special(file_url: str) -> None:
    """Recording nothing returns."""
    async with open_audit(file_url) as audit:
        await audit.record()
        assert await audit.read(lambda c: c.execute(select(run_end)).all()) == []


async def test_a_mistake_of_the_program_reaches_everybody_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the thread itself die, no caller waits for ever."""
    crashes: list[object] = []
    monkeypatch.setattr(threading, "excepthook", crashes.append)
    gate, told = threading.Event(), []

    async def ask(question: Callable[..., Awaitable[object]], *rows: Record) -> None:
        try:
            await question(*rows)
        except AuditUnavailable as error:
            told.append(error.code)

    async with faulty_writer(tmp_path) as (writer, store):

        def crash() -> None:
            gate.wait(10)
            raise ZeroDivisionError

        store.before_insert = crash
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as group:
                group.start_soon(ask, writer.record, *BASE)
                await anyio.wait_all_tasks_blocked()
                group.start_soon(ask, writer.try_again)
                group.start_soon(ask, writer.record, *BASE)
                await anyio.wait_all_tasks_blocked()
                gate.set()
            await ask(writer.record, *BASE)
    assert told == ["closed"] * 4
    assert len(crashes) == 1
