"""A unit is failed for its own answers alone: who answered is asked again before FAIL is said."""

from decimal import Decimal

import pytest

from orchestrator.domain.errors import Mismatch, Unreachable
from orchestrator.domain.measurement import Limit
from orchestrator.domain.outcome import Outcome
from orchestrator.domain.records import IdentityRow
from orchestrator.engine.step import StepContext
from tests.engine.support import (
    BOARD,
    OTHER,
    Bench,
    definition,
    measuring,
    passes,
    plan,
    planned,
    raises,
)

BAD = raises(Mismatch("it is bad"))
VOLTS = {"volts": Limit(max=Decimal(5))}


@pytest.mark.parametrize("step", ["bad", "over"])
async def test_another_units_answer_fails_nobody(step: str) -> None:
    """When another unit sits there by then, the run ends as ERROR and says so."""
    bench = Bench(definition("bad", BAD, measures=()), definition("over", measuring(9)))
    bench.reads = [OTHER]
    limits = VOLTS if step == "over" else {}
    result = await bench.run(plan(planned(step, limits=limits)))
    assert result.outcome is Outcome.ERROR
    assert OTHER.device_id in result.message


async def test_another_unit_gets_no_key_of_the_runs_unit() -> None:
    """The identity of the other unit is on record, without the serial number of this one."""
    bench = Bench(definition("bad", BAD))
    bench.reads = [OTHER]
    await bench.run(plan(planned("bad")))
    (row,) = bench.recorder.all(IdentityRow)
    assert (row.device_id, row.unit_id) == (OTHER.device_id, None)


async def test_a_run_that_began_without_identity_names_its_own_unit_alone() -> None:
    """The unit that was read first gets the key of the run's unit; the one after it gets none."""
    seen = [BOARD, OTHER]

    async def reads(ctx: StepContext) -> None:
        ctx.identify(seen.pop(0))

    bench = Bench(definition("read", reads))
    bench.identity = None
    result = await bench.run(plan(planned("read", "first"), planned("read", "second")))
    assert result.outcome is Outcome.ERROR
    rows = bench.recorder.all(IdentityRow)
    assert [(row.device_id, row.unit_id is None) for row in rows] == [
        (BOARD.device_id, False), (OTHER.device_id, True),
    ]  # fmt: skip


async def test_the_same_unit_is_failed() -> None:
    """The unit that the run began with is failed, and its identity is on record once more."""
    bench = Bench(definition("bad", BAD))
    result = await bench.run(plan(planned("bad")))
    assert result.outcome is Outcome.FAIL
    (row,) = bench.recorder.all(IdentityRow)
    assert row.device_id == BOARD.device_id
    assert row.unit_id is not None


async def test_a_unit_that_cannot_be_asked_is_failed() -> None:
    """A link that breaks in this moment does not take the FAIL back."""
    bench = Bench(definition("bad", BAD))
    bench.reads = [Unreachable("nobody answers")]
    assert (await bench.run(plan(planned("bad")))).outcome is Outcome.FAIL


async def test_nobody_is_asked_in_teardown() -> None:
    """What a teardown finds says nothing about the product."""
    bench = Bench(definition("good", passes), definition("bad", BAD))
    bench.reads = [OTHER]
    result = await bench.run(plan(planned("good"), teardown=[planned("bad")]))
    assert result.outcome is Outcome.ERROR
    assert bench.recorder.all(IdentityRow) == []
